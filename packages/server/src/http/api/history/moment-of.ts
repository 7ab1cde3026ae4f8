import { ScimError } from "@scimtool/scim";
import type { FastifyRequest } from "fastify";
import type { Moment } from "../../../monitor/history/state.ts";
import { membersOf, textOf } from "../members-of.ts";
import { momentIn, type Query, queryOf, wholeNumberIn } from "../query-of.ts";
import { STATE_PARAMETERS } from "./history-schema.ts";

/** Which state of a resource the query of a request asks for. @throws ScimError 400 */
export function momentOfQuery(request: FastifyRequest, nowMs: number): Moment {
  return momentOf(queryOf(request, STATE_PARAMETERS), nowMs);
}

/** Which state of a resource the body of a request asks for. @throws ScimError 400 */
export function momentOfBody(request: FastifyRequest, nowMs: number): Moment {
  const { revision, at } = membersOf(request.body, Object.keys(STATE_PARAMETERS));
  const query = new Map<string, readonly string[]>();
  if (revision !== undefined) query.set("revision", [String(revision)]);
  if (at !== undefined) query.set("at", [textOf("at", at)]);
  return momentOf(query, nowMs);
}

function momentOf(query: Query, nowMs: number): Moment {
  const revision = wholeNumberIn(query, "revision", 1, Number.MAX_SAFE_INTEGER);
  const atMs = momentIn(query, "at", nowMs);
  if (revision !== undefined && atMs === undefined) return { revision };
  if (atMs !== undefined && revision === undefined) return { atMs };
  throw new ScimError(400, 'Send one of "revision", the number of a version, and "at", a time.');
}
