import { entityTag, matchesEntityTag, readUrlQuery } from "@scimtool/scim";
import type { FastifyReply, FastifyRequest } from "fastify";
import { getResource, modifyResource, removeResource, replaceResource } from "../../directory/directory.ts";
import { checkIfMatch } from "../../directory/preconditions.ts";
import { report } from "../recording.ts";
import { bodyOf, type Exchange, preconditionsOf, presentationOf, reportWrite } from "./exchange.ts";
import { resourceText, wantedBy } from "./present.ts";
import { queryOf } from "./query-string.ts";
import { describe, sendText, sendWritten } from "./send.ts";

// What a request about one resource is answered, whichever path it came by: its own, or /Me.

export type AnswerOne = (
  exchange: Exchange,
  id: string,
  request: FastifyRequest,
  reply: FastifyReply,
) => Promise<FastifyReply>;

/** RFC 7644 §3.4.1; If-Match goes before If-None-Match (RFC 9110 §13.2.2). */
export const answerGet: AnswerOne = async (exchange, id, request, reply) => {
  const presentation = presentationOf(exchange, readUrlQuery(queryOf(request)));
  const wanted = { ...wantedBy(presentation), label: true };
  const stored = await getResource(exchange.directory, exchange, id, wanted);
  checkIfMatch(request.headers["if-match"], exchange.model, stored.revision);
  report(request, { kind: "read", model: exchange.model, stored });
  describe(reply, presentation, stored);
  const ifNoneMatch = request.headers["if-none-match"];
  if (ifNoneMatch !== undefined && matchesEntityTag(ifNoneMatch, entityTag(stored.revision))) {
    return reply.code(304).send();
  }
  return sendText(reply, resourceText(stored, presentation));
};

/** RFC 7644 §3.5.1. */
export const answerPut: AnswerOne = async (exchange, id, request, reply) => {
  const presentation = presentationOf(exchange, readUrlQuery(queryOf(request)));
  const preconditions = preconditionsOf(request, exchange);
  const wanted = wantedBy(presentation);
  const asked = await replaceResource(exchange.directory, exchange, id, bodyOf(request), preconditions, wanted);
  reportWrite(request, exchange, asked);
  return sendWritten(reply, presentation, asked);
};

/** RFC 7644 §3.5.2. */
export const answerPatch: AnswerOne = async (exchange, id, request, reply) => {
  const presentation = presentationOf(exchange, readUrlQuery(queryOf(request)));
  const preconditions = preconditionsOf(request, exchange);
  // "attributes" asks for an answer, whatever the endpoint is set to (RFC 7644 §3.5.2).
  const isSilent = presentation.projection === undefined && isSilentlyPatched(exchange);
  const wanted = isSilent ? { groups: false, members: false } : wantedBy(presentation);
  const asked = await modifyResource(exchange.directory, exchange, id, bodyOf(request), preconditions, wanted);
  reportWrite(request, exchange, asked);
  if (isSilent) return reply.code(204).header("etag", entityTag(asked.written.stored.revision)).send();
  return sendWritten(reply, presentation, asked);
};

/** Whole groups are costly to answer, and Entra ID expects none. */
function isSilentlyPatched({ endpoint, model }: Exchange): boolean {
  const { patchAnswer } = endpoint.settings;
  return patchAnswer === "auto" ? model.collection !== undefined : patchAnswer === "204";
}

/** RFC 7644 §3.6. */
export const answerDelete: AnswerOne = async (exchange, id, request, reply) => {
  const written = await removeResource(exchange.directory, exchange, id, preconditionsOf(request, exchange));
  reportWrite(request, exchange, { written, sent: undefined });
  return reply.code(204).send();
};
