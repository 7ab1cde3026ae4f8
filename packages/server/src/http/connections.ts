import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { ERROR_SCHEMA } from "@scimtool/scim";
import type { FastifyInstance } from "fastify";
import type { Refusal } from "../monitor/recorder/answered.ts";
import type { ConnectionLimits } from "./connection-limits.ts";
import type { UnreadableError } from "./recording.ts";
import { SCIM_MEDIA_TYPE } from "./request-body.ts";
import { REQUEST_ID_HEADER } from "./request-id.ts";

/** Maximum size of request line and headers: a filter may have 16 KiB, and more when percent-encoded. */
const MAX_HEADER_BYTES = 64 * 1_024;

/** Longer than the idle timeout of common proxies, so that they close connections first. */
const KEEP_ALIVE_MS = 75_000;

/** How often Node looks for requests that take too long to arrive. */
const TIMEOUT_CHECK_MS = 2_000;

/**
 * Requests that may wait for the answers before theirs: of one connection, and of all together. Node parses as many as
 * one read of 64 KiB contains, and each takes about 4 KB of memory.
 */
const MAX_PIPELINED = 100;
const MAX_PIPELINED_TOGETHER = 5_000;

/**
 * Headers of every response. Responses contain personal data: no cache may store them, unless a route allows it. No
 * browser may guess another type for them.
 */
export const PROTECTION = { "cache-control": "no-store", "x-content-type-options": "nosniff" } as const;

const PROTECTION_LINES = Object.entries(PROTECTION)
  .map(([name, value]) => `${name}: ${value}\r\n`)
  .join("");

/**
 * How long a connection stays readable after its last answer. Closing it at once could destroy the answer before a
 * client that is still sending has read it (RFC 9112 §9.6).
 */
const LINGER_MS = 1_000;

/** How often a closing server looks for connections that it can close. */
const SWEEP_MS = 50;

/** How long a closing server waits for a connection with no pending answer: a request may be about to be complete. */
const NO_ANSWER_DUE_MS = 2_000;

type Exchange = readonly [request: IncomingMessage, response: ServerResponse];

type Connection = {
  readonly address: string;
  /** The answer to the latest request that was not made to wait. */
  latest: ServerResponse | undefined;
  /** Requests that arrived before the previous answer was sent. */
  waiting: Exchange[];
};

export type CloseReason = "connections" | "address" | "timeout" | "pipelining" | "not reading" | "memory";

export class Connections {
  /** Connections that were refused or closed since the start. */
  readonly closed: Record<CloseReason, number> = {
    connections: 0,
    address: 0,
    timeout: 0,
    pipelining: 0,
    "not reading": 0,
    memory: 0,
  };
  readonly #limits: ConnectionLimits;
  readonly #open = new Map<Socket, Connection>();
  readonly #perAddress = new Map<string, number>();
  #waiting = 0;

  constructor(limits: ConnectionLimits) {
    this.#limits = limits;
  }

  get count(): number {
    return this.#open.size;
  }

  /** Creates an HTTP server that calls the handler for one request of a connection at a time. */
  createServer(handle: RequestListener): Server {
    const { headersTimeoutMs, requestTimeoutMs, sendTimeoutMs, maxConnections } = this.#limits;
    const server = createServer(
      {
        maxHeaderSize: MAX_HEADER_BYTES,
        // Without it, a stream for a missing body costs a read of one resource up to 8 % of its time.
        optimizeEmptyRequests: true,
        headersTimeout: Math.min(headersTimeoutMs, requestTimeoutMs),
        requestTimeout: requestTimeoutMs,
        connectionsCheckingInterval: TIMEOUT_CHECK_MS,
        keepAliveTimeout: KEEP_ALIVE_MS,
      },
      (request, response) => this.#take(request, response, handle),
    );
    server.maxConnections = maxConnections;
    server.on("drop", () => this.closed.connections++);
    server.on("connection", (socket: Socket) => this.#accept(socket));
    server.setTimeout(sendTimeoutMs, (socket: Socket) => this.#onSilence(socket));
    return server;
  }

  #accept(socket: Socket): void {
    const address = socket.remoteAddress ?? "";
    const count = this.#perAddress.get(address) ?? 0;
    if (count >= this.#limits.maxConnectionsPerAddress) {
      this.close(socket, "address");
      return;
    }
    this.#perAddress.set(address, count + 1);
    const connection: Connection = { address, latest: undefined, waiting: [] };
    this.#open.set(socket, connection);
    socket.once("close", () => this.#forget(socket, connection));
  }

  #forget(socket: Socket, connection: Connection): void {
    const { address, waiting } = connection;
    this.#open.delete(socket);
    const count = (this.#perAddress.get(address) ?? 0) - 1;
    if (count > 0) this.#perAddress.set(address, count);
    else this.#perAddress.delete(address);
    this.#waiting -= waiting.length;
    connection.waiting = [];
  }

  /**
   * A pipelined request waits until the answer before it is sent (RFC 9112 §9.3.2). Otherwise a client that does not read
   * could make the server hold any number of answers.
   */
  #take(request: IncomingMessage, response: ServerResponse, handle: RequestListener): void {
    const { socket } = request;
    const connection = this.#open.get(socket);
    if (connection === undefined) return;
    const { latest, waiting } = connection;
    if (waiting.length === 0 && latest?.writableFinished !== false) {
      connection.latest = response;
      handle(request, response);
      return;
    }
    // Node parses the rest of what it has read after the connection was closed.
    if (!socket.writable) return;
    if (waiting.length >= MAX_PIPELINED || this.#waiting >= MAX_PIPELINED_TOGETHER) {
      this.close(socket, "pipelining");
      return;
    }
    this.#waiting++;
    if (waiting.push([request, response]) === 1) this.#whenAnswered(socket, connection, handle);
  }

  #whenAnswered(socket: Socket, connection: Connection, handle: RequestListener): void {
    connection.latest?.once("close", () => {
      // "close" in the latest answer ends the connection: the others are not processed (RFC 9112 §9.6).
      if (!socket.writable) return;
      const next = connection.waiting.shift();
      if (next === undefined) return;
      this.#waiting--;
      [, connection.latest] = next;
      if (connection.waiting.length > 0) this.#whenAnswered(socket, connection, handle);
      handle(...next);
    });
  }

  /** Nothing was sent or received for the time to send, or for the time that an idle connection is kept. */
  #onSilence(socket: Socket): void {
    if (socket.writableLength > 0) this.close(socket, "not reading");
    else if (this.#open.get(socket)?.latest?.writableFinished !== false) socket.destroy();
  }

  close(socket: Socket, reason: CloseReason): void {
    this.closed[reason]++;
    socket.destroy();
  }

  /**
   * Lets a closing server end once the pending requests are answered. Node waits for every connection. It also waits for
   * those that are kept alive, that never carried a request, whose client does not close them after the last answer, or
   * whose request or body never becomes complete.
   */
  endOnClose(server: FastifyInstance): void {
    server.addHook("preClose", async () => {
      const startMs = performance.now();
      const isOver = (socket: Socket, response: ServerResponse | undefined) =>
        socket.bytesRead === 0 ||
        socket.writableFinished ||
        (response?.writableFinished !== false && performance.now() - startMs >= NO_ANSWER_DUE_MS);
      const sweep = setInterval(() => {
        server.server.closeIdleConnections();
        for (const [socket, { latest }] of this.#open) if (isOver(socket, latest)) socket.destroy();
      }, SWEEP_MS).unref();
      server.server.once("close", () => clearInterval(sweep));
    });
  }

  /** Answers a request that Node's parser rejects, in SCIM form and directly on the socket. @returns the answer */
  refuseUnreadable(error: UnreadableError, socket: Socket, requestId: string): Refusal | undefined {
    if (error.code === "ECONNRESET" || !socket.writable) {
      socket.destroy();
      return undefined;
    }
    if (error.code === "ERR_HTTP_REQUEST_TIMEOUT") this.closed.timeout++;
    const [status, reason, detail] = unreadableReason(error.code, this.#limits);
    const body = JSON.stringify({ schemas: [ERROR_SCHEMA], detail, status: String(status) });
    socket.end(
      `HTTP/1.1 ${status} ${reason}\r\nContent-Type: ${SCIM_MEDIA_TYPE}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` +
        `${PROTECTION_LINES}${REQUEST_ID_HEADER}: ${requestId}\r\nConnection: close\r\n\r\n${body}`,
    );
    const timer = setTimeout(() => socket.destroy(), LINGER_MS).unref();
    socket.once("close", () => clearTimeout(timer));
    return { status, message: detail };
  }
}

function unreadableReason(
  code: string | undefined,
  { headersTimeoutMs, requestTimeoutMs }: ConnectionLimits,
): readonly [status: number, reason: string, detail: string] {
  switch (code) {
    case "HPE_HEADER_OVERFLOW":
      return [
        431,
        "Request Header Fields Too Large",
        `The URL and headers are larger than ${MAX_HEADER_BYTES} bytes. Send a long filter in the body of POST …/.search.`,
      ];
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return [
        408,
        "Request Timeout",
        `The request was not complete after ${requestTimeoutMs / 1_000} s, or its headers after ${headersTimeoutMs / 1_000} s.`,
      ];
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
