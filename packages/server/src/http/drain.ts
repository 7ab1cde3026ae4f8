import type { Socket } from "node:net";
import type { FastifyInstance } from "fastify";

/** How often a closing server looks for connections that have nothing more to carry. */
const SWEEP_MS = 50;

/**
 * Lets a closing server end once the requests under way are answered. Node waits for every connection, and so for
 * those too that are kept alive after their last answer, those that never carried a request, and those whose answer is
 * sent to its end and which their clients do not end.
 */
export function endConnectionsOnClose(server: FastifyInstance): void {
  const sockets = new Set<Socket>();
  server.server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.addHook("preClose", async () => {
    const sweep = setInterval(() => {
      server.server.closeIdleConnections();
      for (const socket of sockets) if (socket.bytesRead === 0 || socket.writableFinished) socket.destroy();
    }, SWEEP_MS).unref();
    server.server.once("close", () => clearInterval(sweep));
  });
}
