import type { JsonObject } from "@scimtool/scim";
import type { FastifySchema } from "fastify";
import type {
  Static,
  TArray,
  TBoolean,
  TInteger,
  TNull,
  TNumber,
  TObject,
  TOptional,
  TProperties,
  TSchema,
  TString,
  TUnion,
  TUnsafe,
} from "typebox";

// Each request and answer of the API is described once, as JSON Schema with TypeBox's types. The static type
// (`Static<typeof THING>`), the check of a request (request.ts) and `/api/openapi.json` come from the same object:
//
//     const THING = named("Thing", "What a thing is.", object({ key: INTEGER, label: TEXT, ended: nullable(TIME) }));
//
//     const LIST_THINGS: RouteSchema = {
//       summary: "List the things of an endpoint",
//       tags: ["Endpoints"],
//       params: object({ name: ENDPOINT_NAME }),
//       response: { 200: object({ things: list(THING) }) },
//     };
//
// The schemas are built here: loading TypeBox's own builder takes a quarter of a start from the sources. A named schema
// becomes a component of the OpenAPI document. The document adds the common errors: 400, 401, 403, 429 and 503, 404 with
// path parameters, 413 and 415 with a body, and 507 for writes.

export type { Static };

/** Fastify neither compiles nor checks the schemas of routes. */
export const UNCOMPILED_SCHEMAS = {
  compilersFactory: {
    // Fastify's type is that of its own compiler, whose functions have more properties than are used.
    buildValidator: () => () => (() => true) as never,
    buildSerializer: () => () => JSON.stringify,
  },
};

/** JSON Schema 2020-12, as OpenAPI 3.1 uses it. */
export type Schema = { readonly [keyword: string]: unknown };

/** An answer that is not JSON. */
export type OtherAnswer = {
  readonly description: string;
  readonly content: Readonly<Record<string, { readonly schema: TSchema }>>;
};

/** Groups of routes, in the order of the document. */
export const TAGS = {
  Session: "Signing in with a secret, for browsers.",
  Exchanges: "Recorded requests and answers of clients.",
  History: "Versions of resources: what changed, when, and who changed it.",
  Statistics: "Statistics over time.",
  Members: "Members of groups, a page at a time.",
  Endpoints: "Tenants, each with its own resources, credentials and settings.",
  Credentials: "Bearer tokens of an endpoint, and secrets of its OAuth clients.",
  Trusts: "Other issuers whose tokens an endpoint accepts.",
  SCIM: "The SCIM protocol of an endpoint (RFC 7644), for an administrator.",
  Server: "The server itself: its backup, version and this description.",
} as const;

export type RouteSchema = FastifySchema & {
  /** An imperative sentence without a full stop. */
  readonly summary: string;
  /** Markdown. */
  readonly description?: string;
  readonly tags: readonly [keyof typeof TAGS];
  /** `[]` if no secret is needed. */
  readonly security?: readonly [];
  /** Parameters of the path; all are required. */
  readonly params?: TObject;
  readonly querystring?: TObject;
  readonly headers?: TObject;
  readonly body?: TSchema;
  /** Whether a request without a body is the same as one with `{}`. */
  readonly isBodyOptional?: boolean;
  /** Successful answers by status. */
  readonly response: Readonly<Record<number, TSchema | OtherAnswer>>;
  /** Further errors by status, each with a sentence that says when it occurs. */
  readonly problems?: Readonly<Record<number, string>>;
};

const optionalSchemas = new WeakSet<TSchema>();

/** A member that may be missing. */
export function optional<S extends TSchema>(schema: S): TOptional<S> {
  const marked = { ...schema };
  optionalSchemas.add(marked);
  return marked as TOptional<S>;
}

/** An object with these members and no others. */
export function object<Properties extends TProperties>(properties: Properties): TObject<Properties> {
  const required = Object.entries(properties).flatMap(([name, schema]) => (optionalSchemas.has(schema) ? [] : [name]));
  return { type: "object", properties, required, additionalProperties: false } as unknown as TObject<Properties>;
}

type Optional<Properties extends TProperties> = { [Name in keyof Properties]: TOptional<Properties[Name]> };

/** An object whose members may all be missing, such as the parameters of a query. */
export function partial<Properties extends TProperties>(properties: Properties): TObject<Optional<Properties>> {
  const members = Object.entries(properties).map(([name, schema]) => [name, optional(schema)]);
  return object(Object.fromEntries(members) as Optional<Properties>);
}

/** An object with any member names. */
export function objectOf<S extends TSchema>(values: S): TUnsafe<Record<string, Static<S>>> {
  return { type: "object", additionalProperties: values } as unknown as TUnsafe<Record<string, Static<S>>>;
}

export function list<S extends TSchema>(items: S): TArray<S> {
  return { type: "array", items } as unknown as TArray<S>;
}

export function nullable<S extends TSchema>(schema: S): TUnion<[S, TNull]> {
  const { type, ...rest } = schema as unknown as Schema;
  const isSimple = typeof type === "string" && !("enum" in rest) && !("title" in rest);
  const either = isSimple ? { ...schema, type: [type, "null"] } : { anyOf: [schema, { type: "null" }] };
  return either as unknown as TUnion<[S, TNull]>;
}

export function anyOf<const Schemas extends TSchema[]>(...schemas: Schemas): TUnion<Schemas> {
  return { anyOf: schemas } as unknown as TUnion<Schemas>;
}

/** One of several words. */
export function oneOf<const Word extends string>(...words: readonly Word[]): TUnsafe<Word> {
  return { type: "string", enum: words } as unknown as TUnsafe<Word>;
}

/** @param description one or more sentences; a named schema keeps its own */
export function described<S extends TSchema>(description: string, schema: S): S {
  return ("title" in schema ? { allOf: [schema], description } : { ...schema, description }) as S;
}

/** A schema that several routes share, or that deserves a name. */
export function named<S extends TSchema>(title: string, description: string, schema: S): S {
  return { ...schema, title, description };
}

/**
 * A schema with its own error message for requests.
 * @param rule follows the name of the member: `must be …`
 */
export function ruled<S extends TSchema>(rule: string, schema: S): S {
  return { ...schema, "x-rule": rule };
}

/** @param least smallest value, for the check and the error message */
export function wholeNumber(least: number, most = Number.MAX_SAFE_INTEGER, keywords: Schema = {}): TInteger {
  const limits = most === Number.MAX_SAFE_INTEGER ? { minimum: least } : { minimum: least, maximum: most };
  return { type: "integer", ...limits, ...keywords } as unknown as TInteger;
}

/** An answer without a body. */
export const NO_CONTENT = { type: "null", description: "Done." } as unknown as TNull;

export const TEXT = { type: "string" } as unknown as TString;
export const INTEGER = { type: "integer" } as unknown as TInteger;
export const NUMBER = { type: "number" } as unknown as TNumber;
export const BOOLEAN = { type: "boolean" } as unknown as TBoolean;
export const TIME = {
  type: "string",
  format: "date-time",
  examples: ["2026-08-01T12:00:00.000Z"],
} as unknown as TString;
export const JSON_OBJECT = { type: "object" } as unknown as TUnsafe<JsonObject>;
export const ANY_VALUE = {} as TUnsafe<unknown>;

export const ENDPOINT_NAME = described("Name of the endpoint.", TEXT);
export const AT_ENDPOINT = object({ name: ENDPOINT_NAME });
