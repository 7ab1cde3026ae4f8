import { STATUS_CODES } from "node:http";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { RefusalForm } from "../durability.ts";
import { isFailure, toScimError } from "../scim/errors.ts";

/** Answers a refusal outside SCIM as problem details (RFC 9457); what is none is logged once with its cause. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return reply.send(refuse(error, request, reply));
}

/** As {@link sendProblem}, without sending it. @returns the body of the answer */
export function refuse(error: unknown, request: FastifyRequest, reply: FastifyReply): string {
  const refusal = toScimError(error);
  if (isFailure(error, refusal)) request.log.error({ reqId: request.id, err: error }, "request failed");
  const { mediaType, text } = problem(refusal);
  reply.code(refusal.status).headers(refusal.headers).header("cache-control", "no-store").type(mediaType);
  return text;
}

/** Problem details (RFC 9457 §3). */
export const problem: RefusalForm = ({ status, detail }) => ({
  mediaType: "application/problem+json",
  text: JSON.stringify({ title: STATUS_CODES[status] ?? "Error", status, detail }),
});
