import { connect, type Socket } from "node:net";
import { sleep, type Target } from "./target.ts";

const ANSWER_TIMEOUT_MS = 30_000;
const PROBE_INTERVAL_MS = 20;

/** Before the fixes these attacks held up others for 600 ms to 70 s. The rest is for a busy machine. */
export const MAX_STALL_MS = 250;

export type Answer = { readonly status: number; readonly head: string; readonly body: string };

export type RequestParts = {
  readonly secret?: string;
  readonly headers?: readonly string[];
  readonly host?: string;
  readonly body?: string;
};

/** The bytes of a request, with a SCIM body if there is one. */
export function requestText(method: string, path: string, { secret, headers = [], host, body }: RequestParts): string {
  const lines = [`${method} ${path} HTTP/1.1`, `Host: ${host ?? "127.0.0.1"}`, ...headers];
  if (secret !== undefined) lines.push(`Authorization: Bearer ${secret}`);
  if (body !== undefined)
    lines.push("Content-Type: application/scim+json", `Content-Length: ${Buffer.byteLength(body)}`);
  return `${lines.join("\r\n")}\r\n\r\n${body ?? ""}`;
}

/** Opens a connection and sends something. Nothing is read before somebody listens for data. */
export function open(port: number, text: string): Socket {
  const socket = connect({ port, host: "127.0.0.1" }).on("error", () => undefined);
  socket.write(text);
  return socket;
}

/** Sends a request on a connection of its own. @returns status 0 if the connection is closed without an answer */
export async function ask(port: number, method: string, path: string, parts: RequestParts = {}): Promise<Answer> {
  const headers = [...(parts.headers ?? []), "Connection: close"];
  return answerOn(open(port, requestText(method, path, { ...parts, headers })));
}

/** Reads an answer until the server closes the connection. */
export async function answerOn(socket: Socket, timeoutMs: number = ANSWER_TIMEOUT_MS): Promise<Answer> {
  const received: Buffer[] = [];
  const timer = setTimeout(() => socket.destroy(), timeoutMs);
  await new Promise<void>((resolve) => {
    socket.on("data", (bytes: Buffer) => received.push(bytes)).once("close", () => resolve());
  });
  clearTimeout(timer);
  const [head = "", ...body] = Buffer.concat(received).toString("utf8").split("\r\n\r\n");
  return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0), head, body: body.join("\r\n\r\n") };
}

/** Asks for /healthz every 20 ms while an attack is under way. @returns the longest time to an answer, in milliseconds */
export async function longestStallMs({ port, isRunning }: Target, attack: () => Promise<unknown>): Promise<number> {
  let longestMs = 0;
  let isOver = false;
  const probing = (async () => {
    while (!isOver && isRunning()) {
      const startMs = performance.now();
      const { status } = await ask(port, "GET", "/healthz");
      longestMs = Math.max(longestMs, status === 200 ? performance.now() - startMs : Number.POSITIVE_INFINITY);
      await sleep(PROBE_INTERVAL_MS);
    }
  })();
  await attack();
  isOver = true;
  await probing;
  return isRunning() ? longestMs : Number.POSITIVE_INFINITY;
}

/** Memory of the server in megabytes. */
export async function residentMb({ port, adminSecret }: Target): Promise<number> {
  const { body } = await ask(port, "GET", "/metrics", { secret: adminSecret });
  return Number(/^process_resident_memory_bytes (\S+)$/m.exec(body)?.[1]) / 1_048_576;
}
