import { isObject, type Json, type JsonObject, parseDateTime, type ResourceModel, ScimError } from "@scimtool/scim";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Static, TObject, TProperties, TSchema } from "typebox";
import { newTiming, type Subject } from "../../directory/context.ts";
import { parseDuration } from "../../duration.ts";
import { findEndpoint } from "../../endpoint/administration.ts";
import { readingFor, type ServedEndpoint } from "../../endpoint/served-endpoint.ts";
import type { Endpoint } from "../../store/store.ts";
import { originOfWrites } from "../recording.ts";
import { checkBodyEncoding, parseJsonBody } from "../request-body.ts";
import { endpointAdminOf, servedTo } from "../serving.ts";
import { locationsOf, originOf } from "../urls.ts";
import type { RouteSchema, Schema } from "./schema.ts";

export type AtEndpoint = { Params: { name: string } };
export type AtResource = { Params: { name: string; id: string } };

/** The endpoint in the path. @throws ScimError 404 */
export function storedEndpointOf(request: FastifyRequest<AtEndpoint>): Promise<Endpoint> {
  return findEndpoint(endpointAdminOf(request), request.params.name);
}

/** Makes a scope read bodies as strict JSON; a missing body is undefined. */
export function readJsonBodies(server: FastifyInstance, maxBodyBytes: number): void {
  server.addContentTypeParser(
    /^application\/(?:[a-z0-9.-]+\+)?json(?:;|$)/i,
    { parseAs: "buffer", bodyLimit: maxBodyBytes },
    async ({ headers }: FastifyRequest, bytes: Buffer) => {
      checkBodyEncoding(headers);
      return bytes.length === 0 ? undefined : parseJsonBody(bytes);
    },
  );
}

/**
 * The body of a request, checked against its schema.
 * @throws ScimError 400 that says what the wrong member must be
 */
export async function bodyOf<P extends TProperties>(
  { body }: Pick<FastifyRequest, "body">,
  schema: TObject<P>,
): Promise<Static<TObject<P>>> {
  const names = Object.keys(schema.properties);
  if (!isObject(body as Json | undefined)) throw new ScimError(400, `Send a JSON object with ${names.join(", ")}.`);
  const members = body as JsonObject;
  const unknown = Object.keys(members).find((name) => !Object.hasOwn(schema.properties, name));
  if (unknown !== undefined) throw notKnown(unknown, "members", names);
  await check(members, schema);
  return members as Static<TObject<P>>;
}

/** As {@link bodyOf}; a missing body is `{}`. */
export async function optionalBodyOf<P extends TProperties>(
  { body = {} }: Pick<FastifyRequest, "body">,
  schema: TObject<P>,
): Promise<Static<TObject<P>>> {
  return bodyOf({ body }, schema);
}

/**
 * The query parameters of a request, as forms encode them, checked against their schema. Empty ones are ignored. Those
 * that are lists may be repeated.
 * @throws ScimError 400 that says what the wrong parameter must be
 */
export async function queryOf<P extends TProperties>(
  request: Pick<FastifyRequest, "query">,
  schema: TObject<P>,
): Promise<Static<TObject<P>>> {
  const parameters: Record<string, unknown> = {};
  for (const [name, values] of valuesIn(request, schema.properties)) {
    const { type } = (schema.properties as unknown as Record<string, Schema>)[name] ?? {};
    const [value = "", other] = values;
    if (type !== "array" && other !== undefined) throw new ScimError(400, `"${name}" was sent twice. Send it once.`);
    parameters[name] =
      type === "array" ? values : type === "integer" && /^\d{1,16}$/.test(value) ? Number(value) : value;
  }
  await check(parameters, schema);
  return parameters as Static<TObject<P>>;
}

/** The non-empty values of each parameter. @throws ScimError 400 for an unknown one */
function valuesIn(
  { query }: Pick<FastifyRequest, "query">,
  known: Readonly<Record<string, unknown>>,
): Map<string, string[]> {
  const values = new Map<string, string[]>();
  if (query === "") return values;
  checkEncoding(query as string);
  for (const [name, value] of new URLSearchParams(query as string)) {
    if (!Object.hasOwn(known, name)) throw notKnown(name, "parameters", Object.keys(known));
    if (value !== "") values.set(name, [...(values.get(name) ?? []), value]);
  }
  return values;
}

function checkEncoding(text: string): void {
  try {
    decodeURIComponent(text);
  } catch {
    throw new ScimError(400, "The URL's query is not valid percent-encoded UTF-8.");
  }
}

/** Rejects unknown query parameters at every route of a scope, also at routes that have none. */
export function refuseUnknownParameters(server: FastifyInstance): void {
  server.addHook("preHandler", (request, _reply, done) => {
    const { schema } = request.routeOptions;
    if (!request.is404) valuesIn(request, (schema as RouteSchema | undefined)?.querystring?.properties ?? {});
    done();
  });
}

function notKnown(name: string, what: "members" | "parameters", known: readonly string[]): ScimError {
  const advice = known.length === 0 ? `There are no ${what}.` : `The ${what} are: ${known.join(", ")}.`;
  return new ScimError(400, `"${name.slice(0, 100)}" is not known here. ${advice}`);
}

/** Checks each member. TypeBox's checker is loaded with the first request that needs it. @throws ScimError 400 */
async function check(values: Readonly<Record<string, unknown>>, { properties, required }: TObject): Promise<void> {
  const { Check } = await import("typebox/schema");
  for (const [name, schema] of Object.entries(properties)) {
    const value = values[name];
    const isMissing = value === undefined && !(required as readonly string[]).includes(name);
    if (!isMissing && !Check(schema as object, value)) throw new ScimError(400, `"${name}" ${ruleOf(schema)}.`);
  }
}

/** What a member must be, from its schema: `must be a whole number from 1 to 500`. */
function ruleOf(schema: TSchema): string {
  const { "x-rule": rule } = schema as Schema;
  return typeof rule === "string" ? rule : `must be ${expectedBy(schema as Schema)}`;
}

function expectedBy({ type, enum: words, anyOf, minimum, maximum }: Schema): string {
  if (Array.isArray(words)) return `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
  if (Array.isArray(anyOf)) return anyOf.map(expectedBy).join(" or ");
  if (Array.isArray(type)) return type.map((each) => expectedBy({ type: each })).join(" or ");
  switch (type) {
    case "integer":
      if (minimum === undefined) return "a whole number";
      return maximum === undefined
        ? `a whole number of ${minimum} or more`
        : `a whole number from ${minimum} to ${maximum}`;
    case "boolean":
      return "true or false";
    case "null":
      return "null";
    case "array":
      return "a list";
    case "object":
      return "an object";
    default:
      return "a string";
  }
}

/** The values of a repeatable parameter; commas separate several in one text. */
export function splitAtCommas(values: readonly string[] = []): string[] {
  return values
    .flatMap((value) => value.split(","))
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

/**
 * A time, a day (its beginning, UTC), or how long ago.
 * @returns milliseconds since 1970; undefined without a text
 * @throws ScimError 400
 */
export function momentOf(name: string, text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined) return undefined;
  // A number without a unit is ambiguous.
  const lengthMs = /[smhd]$/.test(text) ? parseDuration(text) : undefined;
  const momentMs = lengthMs === undefined ? parseDateTime(completeTime(text)) : nowMs - lengthMs;
  if (momentMs !== undefined) return momentMs;
  const detail = `"${name}" must be a time such as 2026-08-01T12:00:00Z, a day, or how long ago: 15m, 24h, 7d.`;
  throw new ScimError(400, detail);
}

/** Adds midnight to a day. An unencoded `+` in an offset arrives as a space. */
function completeTime(text: string): string {
  return text.replace(/ (?=\d\d:\d\d$)/, "+").replace(/^\S{10}$/, "$&T00:00:00Z");
}

/** A time as the API shows it. */
export function shownTime(ms: number): string;
export function shownTime(ms: number | undefined): string | null;
export function shownTime(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString();
}

/** The endpoint in the path of a request. @throws ScimError 404 */
export function endpointOf(request: FastifyRequest<AtEndpoint>): ServedEndpoint {
  const { name } = request.params;
  const { endpoints } = servedTo(request);
  const endpoint = endpoints.get(name);
  if (endpoint !== undefined) return endpoint;
  const names = endpoints.all().map((each) => each.name);
  throw new ScimError(404, `There is no endpoint "${name.slice(0, 100)}". There are: ${names.join(", ")}.`);
}

/** The subject of a write by an administrator. */
export function manualSubject(
  request: FastifyRequest,
  endpoint: ServedEndpoint,
  model: ResourceModel,
  publicUrl: string | undefined,
): Subject {
  return {
    endpoint,
    model,
    locations: locationsOf(endpoint, originOf(request, publicUrl)),
    reading: readingFor(endpoint),
    origin: originOfWrites(request),
    timing: newTiming(),
  };
}

export function sendJson<T extends object>(reply: FastifyReply, value: T): FastifyReply {
  return reply.type("application/json").send(JSON.stringify(value));
}
