import { describeType, isObject, type Json } from "../json.ts";
import { badRequest, ScimError, withScimType } from "./error.ts";
import { namesMessage } from "./member.ts";

/** "This value may only contain characters from the unreserved character set" of RFC 3986 §2.3 (RFC 9865 §2). */
const UNRESERVED = /^[A-Za-z0-9._~-]*$/;

/**
 * Reads the `cursor` of a query (RFC 9865 §2). Only the service provider that made it understands it.
 * @returns "" for the first page; undefined if the query does not page by cursor
 * @throws ScimError 400 invalidCursor
 */
function readCursor(value: Json | undefined): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string") throw invalidCursor(`cursor must be a string, but ${describeType(value)} was sent.`);
  if (!UNRESERVED.test(value)) {
    throw invalidCursor(
      'cursor contains invalid characters. Send an empty one for the first page, then the "nextCursor" of the last response unchanged.',
    );
  }
  return value;
}

/** The error for a cursor of another service provider or query (RFC 9865 §2.1). */
export function invalidCursor(detail: string): ScimError {
  return badRequest("invalidCursor", { code: "invalidCursor" }, detail);
}

/** The error for a cursor that was unused for longer than `cursorTimeout` (RFC 9865 §2.1). */
export function expiredCursor(detail: string, timeoutSeconds: number): ScimError {
  return badRequest("expiredCursor", { code: "cursorExpired", timeoutSeconds }, detail);
}

/** The error for a `count` that is not a number or differs from that of the cursor's query (RFC 9865 §2.1). */
export function invalidCount(detail: string): ScimError {
  return badRequest("invalidCount", { code: "invalidParameter", name: "count" }, detail);
}

export const SEARCH_REQUEST_SCHEMA = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";

/** The parameters of a query (RFC 7644 §3.4.2, §3.9, RFC 9865 §2), from a URL or a SearchRequest. */
export type QueryParameters = {
  readonly filter?: string;
  readonly sortBy?: string;
  readonly sortOrder: "ascending" | "descending";
  /** 1-based. */
  readonly startIndex: number;
  /** Pages by cursor: "" for the first page, otherwise from the previous one. startIndex is then 1. */
  readonly cursor?: string;
  /** As requested; undefined leaves it to the service provider. */
  readonly count?: number;
  readonly attributes: readonly string[];
  readonly excludedAttributes: readonly string[];
};

/**
 * Reads URL parameters by lower-case name; names ignore letter case. Ignores others, because tenant URLs carry flags
 * such as `aadOptscim062020`.
 * @throws ScimError 400 invalidValue, invalidCursor or invalidCount
 */
export function readUrlQuery(parameters: ReadonlyMap<string, string>): QueryParameters {
  if (parameters.size === 0) return NO_PARAMETERS;
  return readParameters(parameters);
}

const NO_PARAMETERS: QueryParameters = {
  sortOrder: "ascending",
  startIndex: 1,
  attributes: [],
  excludedAttributes: [],
};

/**
 * Reads a SearchRequest (RFC 7644 §3.4.3).
 * @throws ScimError 400 invalidSyntax, invalidValue, invalidCursor or invalidCount
 */
export function readSearchRequest(body: Json): QueryParameters {
  if (!isObject(body))
    throw badRequest(
      "invalidSyntax",
      { code: "wrongType", path: "body", expected: "a SearchRequest", received: describeType(body) },
      `A SearchRequest is a JSON object, but ${describeType(body)} was sent.`,
    );
  if (!namesMessage(body, SEARCH_REQUEST_SCHEMA)) {
    throw badRequest(
      "invalidSyntax",
      { code: "missing", path: "schemas" },
      `A SearchRequest has "schemas": ["${SEARCH_REQUEST_SCHEMA}"].`,
    );
  }
  return readParameters(new Map(Object.entries(body).map(([name, value]) => [name.toLowerCase(), value])));
}

/** @param given values by lower-case name */
function readParameters(given: ReadonlyMap<string, Json>): QueryParameters {
  // Keep an empty filter: the profile decides whether to accept it.
  const filter = given.get("filter") === "" ? "" : readText("filter", given.get("filter"));
  const sortBy = readText("sortBy", given.get("sortby"));
  const cursor = readCursor(given.get("cursor"));
  const startIndex = readInteger("startIndex", given.get("startindex"));
  if (cursor !== undefined && startIndex !== undefined) {
    throw badRequest(
      "invalidValue",
      { code: "parametersConflict", names: ["startIndex", "cursor"] },
      'startIndex and cursor cannot be combined (RFC 9865 §2.4). Send one of them; for later pages, send the "nextCursor" of the response.',
    );
  }
  const count = readCount(given.get("count"), cursor);
  return {
    ...(filter === undefined ? {} : { filter }),
    ...(sortBy === undefined ? {} : { sortBy }),
    sortOrder: readSortOrder(given.get("sortorder")),
    // "A value less than 1 SHALL be interpreted as 1" and, for count, "A negative value SHALL be interpreted as 0" (§3.4.2.4).
    startIndex: Math.max(1, startIndex ?? 1),
    ...(cursor === undefined ? {} : { cursor }),
    ...(count === undefined ? {} : { count: Math.max(0, count) }),
    attributes: readNames("attributes", given.get("attributes")),
    excludedAttributes: readNames("excludedAttributes", given.get("excludedattributes")),
  };
}

/** An invalid count has its own keyword if the query pages by cursor (RFC 9865 §2.1). */
function readCount(value: Json | undefined, cursor: string | undefined): number | undefined {
  try {
    return readInteger("count", value);
  } catch (error) {
    if (cursor === undefined || !(error instanceof ScimError)) throw error;
    throw withScimType(error, "invalidCount");
  }
}

function readText(name: string, value: Json | undefined): string | undefined {
  if (value === undefined || value === null || value === "") return undefined;
  if (typeof value !== "string")
    throw badRequest(
      "invalidValue",
      { code: "invalidParameter", name },
      `${name} must be a string, but ${describeType(value)} was sent.`,
    );
  return value;
}

/** Whole numbers of any size. Beyond what JavaScript counts exactly, they just mean "very many". */
function readInteger(name: string, value: Json | undefined): number | undefined {
  if (value === undefined || value === null || value === "") return undefined;
  const number = typeof value === "string" && /^[+-]?\d+$/.test(value.trim()) ? Number(value) : value;
  if (typeof number !== "number" || !(Number.isInteger(number) || Math.abs(number) === Number.POSITIVE_INFINITY)) {
    throw badRequest(
      "invalidValue",
      { code: "invalidParameter", name },
      `${name} must be a whole number, for example ${name}=1.`,
    );
  }
  return Math.min(Math.max(number, Number.MIN_SAFE_INTEGER), Number.MAX_SAFE_INTEGER);
}

function readSortOrder(value: Json | undefined): "ascending" | "descending" {
  const order = readText("sortOrder", value)?.toLowerCase() ?? "ascending";
  if (order !== "ascending" && order !== "descending") {
    throw badRequest(
      "invalidValue",
      { code: "invalidParameter", name: "sortOrder" },
      "sortOrder must be ascending or descending.",
    );
  }
  return order;
}

/**
 * Maximum number of names in `attributes` or `excludedAttributes`. Each is looked up, and a body could contain a
 * million.
 */
const MAX_NAMES = 1_000;

/** Names separated by commas, or an array of names. */
function readNames(name: string, value: Json | undefined): string[] {
  if (value === undefined || value === null) return [];
  const names = Array.isArray(value) ? value : typeof value === "string" ? value.split(",") : undefined;
  if (names === undefined || !names.every((each) => typeof each === "string")) {
    throw badRequest(
      "invalidValue",
      { code: "invalidParameter", name },
      `${name} must be attribute names, separated by commas in a URL and an array in a SearchRequest.`,
    );
  }
  if (names.length > MAX_NAMES) {
    throw badRequest(
      "invalidValue",
      { code: "limitExceeded", limit: "names", max: MAX_NAMES, actual: names.length, path: name },
      `${name} has ${names.length} names; send at most ${MAX_NAMES}.`,
    );
  }
  return names.map((each) => each.trim()).filter((each) => each !== "");
}
