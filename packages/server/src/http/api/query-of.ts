import { parseDateTime, ScimError } from "@scimtool/scim";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { parseDuration } from "../../duration.ts";
import type { RouteSchema } from "./route-schema.ts";

// The parameters of a route are written down once, by name with what is said of them in its schema:
//
//     const PARAMETERS = { limit: LIMIT, before: BEFORE };
//     … { schema: { …, querystring: object(PARAMETERS, Object.keys(PARAMETERS)) } }
//     const query = queryOf(request, PARAMETERS);
//     const limit = wholeNumberIn(query, "limit", 1, 500) ?? 50;
//
// Those that choose exchanges are in exchanges/filter-of.ts.

/** The values of each parameter of a URL's query, one at least; none is empty. */
export type Query = ReadonlyMap<string, readonly string[]>;

/**
 * The parameters of a request's URL, as forms encode them. Empty ones count as left out, as forms send them.
 * @param known by name, those that it may have
 * @throws ScimError 400 when it has another one: mostly a name that was mistyped
 */
export function queryOf(request: FastifyRequest, known: Readonly<Record<string, unknown>>): Query {
  const values = new Map<string, string[]>();
  const text = request.query as string;
  if (text === "") return values;
  checkEncoding(text);
  for (const [name, value] of new URLSearchParams(text)) {
    if (!Object.hasOwn(known, name)) throw unknown(name, Object.keys(known));
    if (value === "") continue;
    const others = values.get(name);
    if (others === undefined) values.set(name, [value]);
    else others.push(value);
  }
  return values;
}

/**
 * Has every route of a scope refuse parameters that its schema does not tell of, also those routes that have none and
 * read none.
 */
export function refuseUnknownParameters(server: FastifyInstance): void {
  server.addHook("preHandler", (request, _reply, done) => {
    const { schema } = request.routeOptions;
    if (!request.is404) queryOf(request, (schema as RouteSchema | undefined)?.querystring?.properties ?? {});
    done();
  });
}

/** A parameter that has one value. @throws ScimError 400 when it is there twice */
export function textIn(query: Query, name: string): string | undefined {
  const [value, other] = query.get(name) ?? [];
  if (other === undefined) return value;
  throw new ScimError(400, `"${name}" is there twice. Send it once.`);
}

/** A parameter that may be repeated, and have several values with commas between them. Empty where it is left out. */
export function textsIn(query: Query, name: string): string[] {
  const parts = (query.get(name) ?? []).flatMap((value) => value.split(","));
  return parts.map((part) => part.trim()).filter((part) => part !== "");
}

/** @throws ScimError 400 when it is no whole number from the least to the most */
export function wholeNumberIn(query: Query, name: string, least: number, most: number): number | undefined {
  const text = textIn(query, name);
  if (text === undefined) return undefined;
  const number = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= least && number <= most) return number;
  const range = most === Number.MAX_SAFE_INTEGER ? `from ${least} on` : `from ${least} to ${most}`;
  throw new ScimError(400, `"${name}" must be a whole number ${range}.`);
}

/** One of several words. @throws ScimError 400 for another one */
export function wordIn<Word extends string>(query: Query, name: string, words: readonly Word[]): Word | undefined {
  const text = textIn(query, name);
  if (text === undefined) return undefined;
  const word = words.find((each) => each === text);
  if (word !== undefined) return word;
  throw new ScimError(400, `"${name}" must be ${words.slice(0, -1).join(", ")} or ${words.at(-1)}.`);
}

/**
 * A moment: a time, a day (from its beginning, UTC), or how long before now.
 * @returns milliseconds since 1970
 * @throws ScimError 400
 */
export function momentIn(query: Query, name: string, nowMs: number): number | undefined {
  const text = textIn(query, name);
  if (text === undefined) return undefined;
  // A number alone might be meant in any unit.
  const lengthMs = /[smhd]$/.test(text) ? parseDuration(text) : undefined;
  const momentMs = lengthMs === undefined ? parseDateTime(inFull(text)) : nowMs - lengthMs;
  if (momentMs !== undefined) return momentMs;
  const detail = `"${name}" must be a time such as 2026-08-01T12:00:00Z, a day, or how long ago: 15m, 24h, 7d.`;
  throw new ScimError(400, detail);
}

/** The `+` of an offset means a blank where it is not encoded. */
function inFull(text: string): string {
  return text.replace(/ (?=\d\d:\d\d$)/, "+").replace(/^\S{10}$/, "$&T00:00:00Z");
}

function checkEncoding(text: string): void {
  try {
    decodeURIComponent(text);
  } catch {
    throw new ScimError(400, "The URL's query is not valid percent-encoded UTF-8.");
  }
}

function unknown(name: string, known: readonly string[]): ScimError {
  const advice = known.length === 0 ? "There are no parameters." : `The parameters are: ${known.join(", ")}.`;
  return new ScimError(400, `"${name.slice(0, 100)}" is not known here. ${advice}`);
}
