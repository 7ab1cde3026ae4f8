import type { FastifyInstance } from "fastify";

/** What a container platform asks: is the process alive, may it take traffic. */
export function healthRoutes(server: FastifyInstance, isReady: () => boolean): void {
  server.get("/healthz", async (_request, reply) => reply.header("content-type", "text/plain").send("ok\n"));
  server.get("/readyz", async (_request, reply) => {
    const ready = isReady();
    return reply
      .code(ready ? 200 : 503)
      .header("content-type", "text/plain")
      .send(ready ? "ready\n" : "shutting down\n");
  });
}
