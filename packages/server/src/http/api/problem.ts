import { STATUS_CODES } from "node:http";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { RefusalForm } from "../durability.ts";
import { isFailure, toScimError } from "../errors.ts";
import { reportRefusal } from "../recording.ts";
import { discardBody, leavesBodyUnread } from "../request-body.ts";

/** Sends an error outside SCIM as problem details (RFC 9457). Unexpected errors are logged once with their cause. */
export function sendProblem(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply | Promise<string> {
  if (!leavesBodyUnread(request, reply)) return reply.send(refuse(error, request, reply));
  return discardBody(request.raw).then(() => refuse(error, request, reply));
}

/** Sets problem details for an error that is recorded. @returns the body of the response */
export function refuseReported(error: unknown, request: FastifyRequest, reply: FastifyReply): string {
  reportRefusal(request, toScimError(error));
  return refuse(error, request, reply);
}

function refuse(error: unknown, request: FastifyRequest, reply: FastifyReply): string {
  const refusal = toScimError(error);
  if (isFailure(error, refusal) && !isOfClient(error))
    request.log.error({ reqId: request.id, err: error }, "request failed");
  const { mediaType, text } = problem(refusal);
  reply.code(refusal.status).headers(refusal.headers).type(mediaType);
  return text;
}

/** Whether a response could not be completed because its client disconnected. */
function isOfClient(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "ERR_STREAM_PREMATURE_CLOSE";
}

/** Problem details (RFC 9457 §3). */
export const problem: RefusalForm = ({ status, detail }) => ({
  mediaType: "application/problem+json",
  text: JSON.stringify({ title: STATUS_CODES[status] ?? "Error", status, detail }),
});
