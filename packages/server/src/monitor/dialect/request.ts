import { isObject, type Json, type JsonObject } from "@scimtool/scim";

/** What of a request tells who sent it. */
export type SentRequest = {
  readonly method: string;
  /** Below the base URI, with its slash and without the query. */
  readonly path: string;
  /** The URL's query as it came, without its question mark; undefined where there was no question mark. */
  readonly query: string | undefined;
  readonly userAgent: string | undefined;
  /** Undefined where there was none, or it could not be read. */
  readonly body: Json | undefined;
};

/** The body, where it is an object; else an empty one. */
export function bodyOf({ body }: SentRequest): JsonObject {
  return isObject(body) ? body : {};
}

/** The operations of a PATCH body that are objects. */
export function operationsOf(request: SentRequest): readonly JsonObject[] {
  const { Operations: operations } = bodyOf(request);
  return request.method === "PATCH" && Array.isArray(operations) ? operations.filter(isObject) : [];
}

/** The URNs that a body lists. */
export function schemasOf(request: SentRequest): readonly string[] {
  const { schemas } = bodyOf(request);
  return Array.isArray(schemas) ? schemas.filter((urn) => typeof urn === "string") : [];
}
