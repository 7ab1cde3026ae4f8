/** The lists, and how their pages are requested. */
import { Agent, request } from "node:http";
import { benchSecret } from "../server-process.ts";

export const pageSize = 100;

const answerTimeoutMs = 120_000;

export type List = { name: string; query: string; share: number };

export const lists: readonly List[] = [
  { name: "creation", query: "", share: 1 },
  { name: "sortBy userName", query: "sortBy=userName&", share: 1 },
  { name: "sortBy displayName", query: "sortBy=displayName&", share: 1 },
  { name: "filter active", query: "filter=active+eq+true&", share: 0.5 },
];

export type Page = {
  totalResults: number;
  Resources: { id: string }[];
  nextCursor?: string;
  /** From sending the request to the last byte of the response. */
  ms: number;
};

export type Client = {
  page(query: string): Promise<Page>;
  rename(id: string, title: string): Promise<void>;
  close(): void;
};

/** Sends one request at a time on one connection. */
export function clientOf(port: number): Client {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const send = (method: string, path: string, body?: string): Promise<{ text: string; ms: number }> => {
    const { promise, resolve, reject } = Promise.withResolvers<{ text: string; ms: number }>();
    const startedMs = performance.now();
    const headers = { authorization: `Bearer ${benchSecret}`, "content-type": "application/scim+json" };
    const outgoing = request({ agent, port, host: "127.0.0.1", method, path: `/scim/v2${path}`, headers }, (answer) => {
      const pieces: Buffer[] = [];
      answer.on("data", (piece: Buffer) => pieces.push(piece));
      answer.once("error", reject);
      answer.once("end", () => {
        const ms = performance.now() - startedMs;
        const text = Buffer.concat(pieces).toString("utf8");
        if (answer.statusCode !== 200)
          reject(new Error(`${method} ${path} was answered ${answer.statusCode}: ${text}`));
        else resolve({ text, ms });
      });
    });
    outgoing.setTimeout(answerTimeoutMs, () => outgoing.destroy(new Error(`no answer to ${path}`)));
    outgoing.once("error", reject);
    outgoing.end(body);
    return promise;
  };
  return {
    page: async (query) => {
      const { text, ms } = await send("GET", `/Users?${query}count=${pageSize}`);
      return { ...(JSON.parse(text) as Omit<Page, "ms">), ms };
    },
    rename: async (id, title) => {
      const schemas = ["urn:ietf:params:scim:api:messages:2.0:PatchOp"];
      const body = { schemas, Operations: [{ op: "replace", path: "title", value: title }] };
      await send("PATCH", `/Users/${id}`, JSON.stringify(body));
    },
    close: () => agent.destroy(),
  };
}
