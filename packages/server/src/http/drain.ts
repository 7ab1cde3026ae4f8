import type { Socket } from "node:net";
import type { FastifyInstance } from "fastify";

/** How often a closing server looks for connections that have nothing more to carry. */
const SWEEP_MS = 50;

/**
 * How long a closing server waits for a connection that no answer is due on: a request may be just about to come whole,
 * and a client that is still sending may not have seen its answer yet (RFC 9112 §9.6).
 */
const NO_ANSWER_DUE_MS = 2_000;

/** A connection of Node's HTTP server, which has the answer that is due on it. */
type HttpSocket = Socket & { readonly _httpMessage?: object | null };

/**
 * Lets a closing server end once the requests under way are answered. Node waits for every connection, and so for
 * those too that are kept alive after their last answer, those that never carried a request, those whose answer is
 * sent to its end and which their clients do not end, and those on which a request, or the body of one that is answered,
 * never comes to its end.
 */
export function endConnectionsOnClose(server: FastifyInstance): void {
  const sockets = new Set<HttpSocket>();
  server.server.on("connection", (socket: HttpSocket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.addHook("preClose", async () => {
    const startMs = performance.now();
    const isOver = (socket: HttpSocket) =>
      socket.bytesRead === 0 ||
      socket.writableFinished ||
      (!socket._httpMessage && performance.now() - startMs >= NO_ANSWER_DUE_MS);
    const sweep = setInterval(() => {
      server.server.closeIdleConnections();
      for (const socket of sockets) if (isOver(socket)) socket.destroy();
    }, SWEEP_MS).unref();
    server.server.once("close", () => clearInterval(sweep));
  });
}
