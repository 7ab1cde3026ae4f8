/** Clients in a separate thread, so that response times do not depend on the rest of the program's thread. */
import { Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { parentPort, workerData } from "node:worker_threads";
import type { RequestsPlan } from "./requests.ts";

const thinkMs = 5;

/** Created by each client. */
const users = 50;
const { port, secret, clients } = workerData as RequestsPlan;
const agent = new Agent({ keepAlive: true, maxSockets: clients });
const schema = "urn:ietf:params:scim:schemas:core:2.0:User";
let isOver = false;
let timesMs: number[] = [];

type Answer = { readonly status: number; readonly text: string };

function send(method: string, path: string, body?: object): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const beganMs = performance.now();
  const headers = { authorization: `Bearer ${secret}`, "content-type": "application/scim+json" };
  const sent = request({ host: "127.0.0.1", port, method, path: `/scim/v2${path}`, headers, agent }, (response) => {
    let text = "";
    response.setEncoding("utf8");
    response.on("data", (part) => {
      text += part;
    });
    response.on("end", () => {
      timesMs.push(performance.now() - beganMs);
      resolve({ status: response.statusCode ?? 0, text });
    });
  });
  sent.on("error", reject);
  sent.end(body === undefined ? undefined : JSON.stringify(body));
  return promise;
}

/** Sends one request after another: creates a user, then finds and changes users. */
async function act(client: number): Promise<void> {
  const ids: string[] = [];
  for (let turn = 0; !isOver; turn++) {
    const userName = `client-${client}-${turn}@example.com`;
    const id = ids[turn % Math.max(1, ids.length)] ?? "";
    const answer = await (turn % 10 === 0 && ids.length < users
      ? send("POST", "/Users", { schemas: [schema], userName })
      : turn % 3 === 0
        ? send("PATCH", `/Users/${id}`, patchOf(turn))
        : turn % 3 === 1
          ? send("GET", `/Users?filter=${encodeURIComponent(`userName eq "${userName}"`)}`)
          : send("GET", `/Users/${id}`));
    if (answer.status >= 300) throw new Error(`answered ${answer.status}: ${answer.text}`);
    if (answer.status === 201) ids.push((JSON.parse(answer.text) as { id: string }).id);
    await sleep(thinkMs);
  }
}

function patchOf(turn: number): object {
  return {
    schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
    Operations: [{ op: "replace", path: "title", value: `Title ${turn}` }],
  };
}

parentPort?.on("message", (message: "take" | "end") => {
  parentPort?.postMessage(timesMs);
  timesMs = [];
  if (message !== "end") return;
  isOver = true;
  agent.destroy();
  parentPort?.close();
});

await Promise.all(Array.from({ length: clients }, (_, client) => act(client))).catch((error: Error) => {
  if (!isOver) throw error;
});
