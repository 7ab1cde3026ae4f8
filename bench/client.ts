/** Requests as bytes, and single requests outside of measurements. */
import { connect } from "node:net";
import { createResponseReader } from "./response-reader.ts";

type Method = "GET" | "POST" | "PUT" | "PATCH";
/** The bytes of one authenticated request; `path` is relative to the SCIM base URL. */
export type BuildRequest = (method: Method, path: string, body?: unknown) => Buffer;
export type Answer = { status: number; body: Buffer };

const scimBasePath = "/scim/v2";
const answerTimeoutMs = 120_000;

export function createRequestBuilder(secret: string): BuildRequest {
  const headers = ` HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${secret}\r\nAccept: application/scim+json\r\n`;
  return (method, path, body) => {
    const head = `${method} ${scimBasePath}${path}${headers}`;
    if (body === undefined) return Buffer.from(`${head}\r\n`, "latin1");
    const text = JSON.stringify(body);
    const contentHeaders = `Content-Type: application/scim+json; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n`;
    return Buffer.from(head + contentHeaders + text, "utf8");
  };
}

/** Sends one request on a new connection. Rejects if there is no complete response in time. */
export function ask(port: number, request: Buffer): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const reader = createResponseReader(true);
  const socket = connect({ host: "127.0.0.1", port, noDelay: true });
  socket.setTimeout(answerTimeoutMs, () => reject(new Error(`No answer within ${answerTimeoutMs} ms.`)));
  socket.on("connect", () => socket.write(request));
  socket.on("data", (bytes: Buffer) => {
    try {
      if (reader.push(bytes)) resolve({ status: reader.status(), body: reader.body() });
    } catch (error) {
      reject(error);
    }
  });
  socket.on("error", reject);
  socket.on("close", () => reject(new Error("The server closed the connection without an answer.")));
  return promise.finally(() => socket.destroy());
}

/** Sends a request and parses the JSON. Throws with the body if the status is not 2xx. */
export async function askForJson(port: number, request: Buffer): Promise<unknown> {
  const { status, body } = await ask(port, request);
  const text = body.toString("utf8");
  if (status < 200 || status > 299) {
    const line = request.toString("latin1").split("\r\n", 1)[0];
    throw new Error(`${line} was answered ${status}: ${text.slice(0, 2000)}`);
  }
  return text.length === 0 ? undefined : JSON.parse(text);
}
