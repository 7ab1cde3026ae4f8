import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { startApplication } from "../testing/application.ts";
import type { AnyJson } from "../testing/client.ts";

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const server = await startApplication();
const { admin } = server;
after(server.close);

async function recorded(query: string): Promise<AnyJson> {
  for (let tries = 0; tries < 250; tries++) {
    const { exchanges } = (await admin.get(`/api/exchanges?${query}`)).body;
    if (exchanges.length > 0) return exchanges[0];
    await setTimeout(20);
  }
  throw new Error(`nothing recorded for ${query}`);
}

test("a client's request ID is returned, recorded and found", async () => {
  for (const [name, id] of [
    ["x-request-id", "trace:7f4b.1_a"],
    ["client-request-id", "5f3c2b1a-aaaa-4bbb-8ccc-1234567890ab"],
  ] as const) {
    const { headers } = await server.client.get("/Users?count=1", { [name]: id });
    assert.equal(headers["x-request-id"], id);
    assert.equal((await recorded(`requestId=${id}`)).requestId, id);
    assert.equal((await recorded(`q=${id}`)).requestId, id);
  }
});

test("without a valid one, each request gets a unique ID", async () => {
  const ids = new Set<unknown>();
  for (const id of [undefined, "", "a b", "é", "x".repeat(129)]) {
    const sent = id === undefined || id === "é" ? {} : { "x-request-id": id };
    ids.add((await server.client.get("/Users?count=1", sent)).headers["x-request-id"]);
  }
  assert.equal(ids.size, 5);
  for (const id of ids) assert.match(String(id), UUID);
});

test("every response has one: of the page, of administration, of unknown paths and of rejected requests", async () => {
  for (const path of ["/", "/healthz", "/api/exchanges", "/nothing", "/scim/v2/Users/%"]) {
    assert.match(String((await admin.get(path)).headers["x-request-id"]), UUID, path);
  }
});

test("an unreadable request is recorded with the ID of its response", async () => {
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = connect(server.port, "127.0.0.1", () => socket.write("GARBAGE\r\n\r\n"));
    let text = "";
    socket
      .on("data", (bytes) => (text += bytes))
      .on("close", () => resolve(text))
      .on("error", reject);
  });
  const [, id] = /x-request-id: (\S+)/.exec(answer) ?? [];
  assert.match(String(id), UUID);
  assert.equal((await recorded(`requestId=${id}`)).status, 400);
});

test("the path is also shown as it was sent, with its base URL", async () => {
  const base = "/scim/v2";
  const client = server.connect("test-scim-secret");
  for (const path of [`${base}/Users`, `${base}//Users`, "/scim/Users", base]) {
    const id = `path-${path.length}`;
    await client.get(path, { "x-request-id": id });
    assert.equal((await recorded(`requestId=${id}`)).sentPath, path === base ? `${base}/` : path);
  }
});
