import type { FastifyReply } from "fastify";

/** What administration is told is of this moment, and for nobody else to keep. */
export function sendJson(reply: FastifyReply, value: object): FastifyReply {
  return reply.header("cache-control", "no-store").type("application/json").send(JSON.stringify(value));
}
