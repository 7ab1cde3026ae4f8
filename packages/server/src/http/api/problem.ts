import { STATUS_CODES } from "node:http";
import type { FastifyReply, FastifyRequest } from "fastify";
import { isFailure, toScimError } from "../scim/errors.ts";

/** Answers a refusal outside SCIM as problem details (RFC 9457); what is none is logged once with its cause. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const refusal = toScimError(error, 0);
  if (isFailure(error, refusal)) request.log.error({ reqId: request.id, err: error }, "request failed");
  const { status, detail } = refusal;
  return reply
    .code(status)
    .headers(refusal.headers)
    .header("cache-control", "no-store")
    .type("application/problem+json")
    .send(JSON.stringify({ title: STATUS_CODES[status] ?? "Error", status, detail }));
}
