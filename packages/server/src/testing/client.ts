import { Agent, type IncomingHttpHeaders, request } from "node:http";

/** A test looks into answers of any shape; what is not there is undefined and fails the assertion. */
// biome-ignore lint/suspicious/noExplicitAny: the shape is what the test is about
export type AnyJson = any;

export type Answer = {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The text as JSON; undefined if there is none. */
  readonly body: AnyJson;
};

export type Sent = {
  /** Sent as JSON; text and bytes are sent unchanged. */
  readonly body?: unknown;
  /** Added to the default headers; undefined omits one. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
};

export type Client = {
  readonly send: (method: string, path: string, sent?: Sent) => Promise<Answer>;
  readonly get: (path: string, headers?: Sent["headers"]) => Promise<Answer>;
  readonly post: (path: string, body: unknown, headers?: Sent["headers"]) => Promise<Answer>;
  readonly put: (path: string, body: unknown, headers?: Sent["headers"]) => Promise<Answer>;
  /** Sends operations as a PatchOp message. */
  readonly patch: (path: string, operations: unknown, headers?: Sent["headers"]) => Promise<Answer>;
  readonly delete: (path: string, headers?: Sent["headers"]) => Promise<Answer>;
  readonly close: () => void;
};

export const PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/**
 * A server that does not respond fails the test instead of blocking it. On a busy machine, PostgreSQL takes up to 20
 * seconds for the longest bulk requests of tests.
 */
const TIMEOUT_MS = 60_000;

/**
 * An HTTP client that sends exactly the given path, headers and body.
 * @param baseUrl prefix of each path, without a trailing slash
 * @param secret the bearer token; undefined sends none
 */
export function clientOf(baseUrl: string, secret: string | undefined): Client {
  const { hostname, port, pathname } = new URL(baseUrl);
  const basePath = pathname === "/" ? "" : pathname;
  const agent = new Agent({ keepAlive: true });

  const send = (method: string, path: string, { body, headers = {} }: Sent = {}): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const payload = body === undefined || typeof body === "string" || Buffer.isBuffer(body) ? body : toJson(body);
      const all: Record<string, string | undefined> = {
        ...(secret === undefined ? {} : { authorization: `Bearer ${secret}` }),
        ...(payload === undefined ? {} : { "content-type": "application/scim+json" }),
        ...(payload === undefined ? {} : { "content-length": String(Buffer.byteLength(payload)) }),
        ...headers,
      };
      const given = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
      const outgoing = request(
        { agent, hostname, port, method, path: basePath + path, headers: given },
        async (incoming) => {
          try {
            const text = Buffer.concat(await incoming.toArray()).toString("utf8");
            resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text, body: fromJson(text) });
          } catch (error) {
            reject(error);
          }
        },
      );
      outgoing.once("error", reject);
      outgoing.setTimeout(TIMEOUT_MS, () =>
        outgoing.destroy(new Error(`no answer to ${method} ${path.slice(0, 200)}`)),
      );
      outgoing.end(payload);
    });

  return {
    send,
    get: (path, headers) => send("GET", path, headers && { headers }),
    post: (path, body, headers) => send("POST", path, { body, ...(headers && { headers }) }),
    put: (path, body, headers) => send("PUT", path, { body, ...(headers && { headers }) }),
    patch: (path, operations, headers) =>
      send("PATCH", path, { body: { schemas: [PATCH_OP], Operations: operations }, ...(headers && { headers }) }),
    delete: (path, headers) => send("DELETE", path, headers && { headers }),
    close: () => agent.destroy(),
  };
}

function toJson(body: unknown): string {
  return JSON.stringify(body);
}

function fromJson(text: string): AnyJson {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
