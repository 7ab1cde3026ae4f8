import { GROUP_TYPE, type Json, type JsonObject, PATCH_SCHEMA } from "@scimtool/scim";
import type { Dialect } from "../dialect/client.ts";
import type { Outcome } from "../exchange-facts.ts";

// Requests as identity providers send them, each with its sentences. One test calls the functions that make them, another
// compares what is recorded over HTTP.

/** How a client writes beyond path and body. */
export type Manner = { readonly query?: string; readonly userAgent?: string };

/** A write. Ids of other resources are those of `world.ts`. */
export type GoldenWrite = Manner & {
  readonly sends: string;
  readonly method: "POST" | "PUT" | "PATCH" | "DELETE";
  /** What is there before, with its id; undefined for a creation. */
  readonly on: JsonObject | undefined;
  /** undefined for a deletion. */
  readonly body: JsonObject | undefined;
  readonly by: Dialect;
  readonly sentences: readonly string[];
  /** Each attribute as `path: before → after`. */
  readonly differences: readonly string[];
};

/** A read, with the outcome that the request has in `world.ts`. */
export type GoldenRead = Manner & {
  readonly path: string;
  readonly outcome: Outcome;
  readonly by: Dialect;
  readonly sentence: string;
};

/** The body of a PATCH. */
export function patchBody(...operations: readonly Json[]): JsonObject {
  return { schemas: [PATCH_SCHEMA], Operations: [...operations] };
}

/** Where resources like this one are. */
export function endpointOf({ schemas }: JsonObject): "/Groups" | "/Users" {
  return Array.isArray(schemas) && schemas.includes(GROUP_TYPE.schema.id) ? "/Groups" : "/Users";
}
