import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { ERROR_SCHEMA } from "@scimtool/scim";
import type { FastifyInstance } from "fastify";
import type { Refusal } from "../monitor/recorder/answered.ts";
import type { UnreadableError } from "./recording.ts";
import { SCIM_MEDIA_TYPE } from "./request-body.ts";

/** Maximum size of request line and headers: a filter may have 16 KiB, and more when percent-encoded. */
export const MAX_HEADER_BYTES = 64 * 1_024;

/** How long a client may take to send one request. */
export const REQUEST_TIMEOUT_MS = 60_000;

/**
 * How long a connection stays readable after its last answer. Closing it at once could destroy the answer before a
 * client that is still sending has read it (RFC 9112 §9.6).
 */
const LINGER_MS = 1_000;

/** How often a closing server looks for connections that it can close. */
const SWEEP_MS = 50;

/** How long a closing server waits for a connection with no pending answer: a request may be about to be complete. */
const NO_ANSWER_DUE_MS = 2_000;

/**
 * Lets a closing server end once the pending requests are answered. Node waits for every connection. It also waits for
 * those that are kept alive, that never carried a request, whose client does not close them after the last answer, or
 * whose request or body never becomes complete.
 */
export function endConnectionsOnClose(server: FastifyInstance): void {
  /** Open connections with the answer to their latest request. */
  const sockets = new Map<Socket, ServerResponse | undefined>();
  server.server.on("connection", (socket: Socket) => {
    sockets.set(socket, undefined);
    socket.once("close", () => sockets.delete(socket));
  });
  server.server.on("request", ({ socket }, response) => {
    if (sockets.has(socket)) sockets.set(socket, response);
  });
  server.addHook("preClose", async () => {
    const startMs = performance.now();
    const isOver = (socket: Socket, response: ServerResponse | undefined) =>
      socket.bytesRead === 0 ||
      socket.writableFinished ||
      (response?.writableFinished !== false && performance.now() - startMs >= NO_ANSWER_DUE_MS);
    const sweep = setInterval(() => {
      server.server.closeIdleConnections();
      for (const [socket, response] of sockets) if (isOver(socket, response)) socket.destroy();
    }, SWEEP_MS).unref();
    server.server.once("close", () => clearInterval(sweep));
  });
}

/** Answers a request that Node's parser rejects, in SCIM form and directly on the socket. @returns the answer */
export function refuseUnreadable(error: UnreadableError, socket: Socket): Refusal | undefined {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return undefined;
  }
  const [status, reason, detail] = unreadableReason(error.code);
  const body = JSON.stringify({ schemas: [ERROR_SCHEMA], detail, status: String(status) });
  socket.end(
    `HTTP/1.1 ${status} ${reason}\r\nContent-Type: ${SCIM_MEDIA_TYPE}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
  const timer = setTimeout(() => socket.destroy(), LINGER_MS).unref();
  socket.once("close", () => clearTimeout(timer));
  return { status, message: detail };
}

function unreadableReason(code: string | undefined): readonly [status: number, reason: string, detail: string] {
  switch (code) {
    case "HPE_HEADER_OVERFLOW":
      return [
        431,
        "Request Header Fields Too Large",
        `The URL and headers are larger than ${MAX_HEADER_BYTES} bytes. Send a long filter in the body of POST …/.search.`,
      ];
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return [408, "Request Timeout", `The request was not complete after ${REQUEST_TIMEOUT_MS / 1_000} s.`];
    default:
      return [400, "Bad Request", "The request is not valid HTTP/1.1."];
  }
}

/** RFC 9112 §3.2: a proxy may use another Host than this server. Node exposes only the first. */
export function hasSecondHost(rawHeaders: readonly string[]): boolean {
  let isFound = false;
  // Names and values alternate. Runs for each request, so it allocates nothing.
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? "";
    if (name.length !== 4 || name.toLowerCase() !== "host") continue;
    if (isFound) return true;
    isFound = true;
  }
  return false;
}
