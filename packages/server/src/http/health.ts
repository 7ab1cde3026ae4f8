import type { FastifyInstance } from "fastify";
import type { Readiness } from "./serving.ts";

/** What a container platform asks: is the process alive, may it take traffic. */
export function healthRoutes(server: FastifyInstance, readiness: () => Readiness): void {
  server.get("/healthz", async (_request, reply) => reply.header("content-type", "text/plain").send("ok\n"));
  server.get("/readyz", async (_request, reply) => {
    const state = readiness();
    return reply
      .code(state.startsWith("ready") ? 200 : 503)
      .header("content-type", "text/plain")
      .send(`${state}\n`);
  });
}
