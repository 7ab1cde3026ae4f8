import type { FastifySchema } from "fastify";

// What a route says of itself. Its `schema` is Fastify's, with the words of OpenAPI 3.1 beside it, and is there to be
// read only: requests are checked by the routes' own code, which can tell what to do instead, and answers are written as
// the routes make them. `/api/openapi.json` is made of it, and a test compares answers with what is said of them here.
//
//     const THING = named("Thing", "What a thing is.", object({ key: INTEGER, label: TEXT, ended: nullable(TIME) }));
//
//     const LIST_THINGS: RouteSchema = {
//       summary: "List the things of an endpoint",
//       tags: ["Endpoints"],
//       params: object({ name: ENDPOINT_NAME }),
//       querystring: object({ label: described("Those with this label.", TEXT) }, ["label"]),
//       response: { 200: object({ things: list(THING) }) },
//     };
//
//     server.get<Named>("/endpoints/:name/things", { schema: LIST_THINGS }, handler);
//     server.post<Named>("/endpoints/:name/things", { ...writeHooks(backup), schema: ADD_THING }, handler);
//
// A schema with a name is told once, among the components, and referred to. 400, 401, 403, 429 and 503, 404 where the path has
// parameters, 413 and 415 where there is a body, and 507 where something may be written need not be said.

/** Spares Fastify its compilers of schemas, which it would load at each start. */
export const SCHEMAS_TO_READ = {
  compilersFactory: {
    // Fastify's type is that of its own compiler, whose functions have more than is called.
    buildValidator: () => () => (() => true) as never,
    buildSerializer: () => () => JSON.stringify,
  },
};

/** JSON Schema 2020-12, which is that of OpenAPI 3.1. */
export type Schema = { readonly [keyword: string]: unknown };

export type ObjectSchema = Schema & { readonly properties: Readonly<Record<string, Schema>> };

/** An answer that is not JSON. */
export type OtherAnswer = {
  readonly description: string;
  readonly content: Readonly<Record<string, { readonly schema: Schema }>>;
};

/** What the routes are grouped by, in the order in which they are shown. */
export const TAGS = {
  Session: "Signing in with a secret, for browsers.",
  Exchanges: "Requests and answers of clients, as they were recorded.",
  History: "Versions of resources: what was changed, when and by whom.",
  Statistics: "Numbers over time.",
  Endpoints: "Tenants, each with resources, credentials and settings of its own.",
  Credentials: "Bearer tokens of an endpoint, and secrets of its OAuth clients.",
  Trusts: "Other issuers whose tokens an endpoint accepts.",
  SCIM: "The SCIM protocol of an endpoint (RFC 7644), for an administrator.",
  Server: "The server itself: its backup, version and this description.",
} as const;

export type RouteSchema = FastifySchema & {
  /** What it does, as an order without a full stop. */
  readonly summary: string;
  /** What the summary does not say, in Markdown. */
  readonly description?: string;
  readonly tags: readonly [keyof typeof TAGS];
  /** `[]` where no secret is asked for. */
  readonly security?: readonly [];
  /** Parameters of the path, of which none may be left out. */
  readonly params?: ObjectSchema;
  readonly querystring?: ObjectSchema;
  readonly headers?: ObjectSchema;
  readonly body?: Schema;
  /** Whether a request without a body is one with `{}`. */
  readonly isBodyOptional?: boolean;
  /** By status, the answers that are no refusals. */
  readonly response: Readonly<Record<number, Schema | OtherAnswer>>;
  /** By status, when it is refused besides, in a sentence. */
  readonly problems?: Readonly<Record<number, string>>;
};

/** @param optional names of members that may be left out; of an answer, none is */
export function object(properties: Readonly<Record<string, Schema>>, optional: readonly string[] = []): ObjectSchema {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: "object", properties, required, additionalProperties: false };
}

/** An object whose members are not known beforehand. */
export function objectOf(values: Schema): Schema {
  return { type: "object", additionalProperties: values };
}

export function list(items: Schema): Schema {
  return { type: "array", items };
}

export function nullable(schema: Schema): Schema {
  if (typeof schema["type"] !== "string" || "enum" in schema || "title" in schema) {
    return { anyOf: [schema, { type: "null" }] };
  }
  return { ...schema, type: [schema["type"], "null"] };
}

/** One of several words. */
export function oneOf(...words: readonly string[]): Schema {
  return { type: "string", enum: words };
}

/** @param description in a sentence or more; a schema with a name keeps its own beside it */
export function described(description: string, schema: Schema): Schema {
  return "title" in schema ? { allOf: [schema], description } : { ...schema, description };
}

/** A schema that several routes share, or that is worth a name. */
export function named<S extends Schema>(title: string, description: string, schema: S): S {
  return { ...schema, title, description };
}

/** An answer without a body. */
export const NO_CONTENT: Schema = { description: "Done.", type: "null" };

export const TEXT: Schema = { type: "string" };
export const INTEGER: Schema = { type: "integer" };
export const BOOLEAN: Schema = { type: "boolean" };
export const TIME: Schema = { type: "string", format: "date-time", examples: ["2026-08-01T12:00:00.000Z"] };
/** Any JSON object. */
export const JSON_OBJECT: Schema = { type: "object" };

export const ENDPOINT_NAME = described("Name of the endpoint.", TEXT);
