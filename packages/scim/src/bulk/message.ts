import { type Reading, tolerate } from "../dialect/tolerance.ts";
import { describeType, isObject, type Json, type JsonObject } from "../json.ts";
import { badRequest, ScimError } from "../message/error.ts";
import { member, namesMessage, operationsOf } from "../message/member.ts";
import type { Reason } from "../message/reason.ts";
import { PATCH_SCHEMA } from "../patch/message.ts";
import { abbreviate } from "../schema/value.ts";
import { referredBulkId } from "./references.ts";

type BulkMethod = "POST" | "PUT" | "PATCH" | "DELETE";

/** `/Users`, `/Users/{id}` or `/Users/bulkId:{bulkId}`, split into its parts. */
export type BulkPath = {
  /** The first path segment with its slash. The resource type may not exist. */
  readonly endpoint: string;
  /** The resource's ID. A POST has neither this nor {@link bulkId}. */
  readonly id?: string;
  /** Refers to the resource that another operation creates. */
  readonly bulkId?: string;
};

export type BulkOperation = {
  readonly kind: "operation";
  /** Position in the message, from 0. Results have the same order. */
  readonly index: number;
  readonly method: BulkMethod;
  /** Every POST has one. */
  readonly bulkId?: string;
  readonly path: BulkPath;
  /** The entity tag that the resource must have, as in `If-Match`. */
  readonly version?: string;
  /** The body of the equivalent single request; a DELETE has none. */
  readonly data?: Json;
};

/** An operation that is not valid, with the parts that its result repeats. */
export type BulkFault = {
  readonly kind: "fault";
  readonly index: number;
  readonly method?: string;
  readonly bulkId?: string;
  readonly path?: BulkPath;
  readonly error: ScimError;
};

export const BULK_REQUEST_SCHEMA = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";

/** As `/ServiceProviderConfig` reports them (RFC 7643 §5). */
export type BulkLimits = {
  readonly maxOperations: number;
  /** Maximum size of the request body in bytes. */
  readonly maxPayloadSize: number;
};

/** The valid operations and, in their positions, the others. */
export type BulkRequest = {
  readonly entries: readonly (BulkOperation | BulkFault)[];
  /** The server stops after this many errors; undefined: it never stops. */
  readonly failOnErrors: number | undefined;
};

const METHODS: readonly BulkMethod[] = ["POST", "PUT", "PATCH", "DELETE"];

const MAX_BULK_ID_CHARACTERS = 200;

/**
 * Reads a BulkRequest (RFC 7644 §3.7). An error in one operation becomes its result; the others continue.
 * @throws ScimError 400 invalidSyntax or invalidValue for the message as a whole, 413 for too many operations (§3.7.4)
 */
export function readBulk(body: Json, limits: BulkLimits, reading: Reading): BulkRequest {
  if (!isObject(body)) {
    throw badRequest(
      "invalidSyntax",
      { code: "wrongType", path: "body", expected: "a BulkRequest", received: describeType(body) },
      `A BulkRequest is a JSON object, but ${describeType(body)} was sent.`,
    );
  }
  if (!namesMessage(body, BULK_REQUEST_SCHEMA)) {
    const received = `a message without ${BULK_REQUEST_SCHEMA}`;
    tolerate(reading, "message-schema", "schemas", received, "read as a BulkRequest");
  }
  const failOnErrors = readFailOnErrors(member(body, "failOnErrors") ?? undefined, reading);
  const operations = operationsOf(body, reading);
  if (operations.length > limits.maxOperations) {
    const reason = {
      code: "tooManyOperations",
      operations: operations.length,
      maxOperations: limits.maxOperations,
    } as const;
    throw tooLarge(`The number of operations (${operations.length}) exceeds maxOperations`, limits, reason);
  }
  const entries = operations.map((operation, index) => readOperation(operation, index, reading));
  return { entries: withoutRepeatedBulkIds(entries), failOnErrors };
}

/** The error for a body larger than `maxPayloadSize` (RFC 7644 §3.7.4). */
export function bulkPayloadTooLarge(limits: BulkLimits): ScimError {
  const reason = { code: "bodyTooLarge", maxBytes: limits.maxPayloadSize } as const;
  return tooLarge("The size of the bulk request exceeds maxPayloadSize", limits, reason);
}

function tooLarge(what: string, { maxOperations, maxPayloadSize }: BulkLimits, reason: Reason): ScimError {
  return new ScimError(
    413,
    `${what}. One request may have ${maxOperations} operations (maxOperations) and ${maxPayloadSize} bytes (maxPayloadSize). Send several smaller ones.`,
    { reason },
  );
}

/** Clients send 0 for no limit. RFC 7644 §3.7 does not define it, so a strict endpoint rejects it. */
function readFailOnErrors(value: Json | undefined, reading: Reading): number | undefined {
  if (value === undefined) return undefined;
  const number = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
  const least = reading.profile === "strict" ? 1 : 0;
  if (typeof number !== "number" || !Number.isInteger(number) || number < least) {
    throw badRequest(
      "invalidValue",
      { code: "invalidParameter", name: "failOnErrors" },
      `failOnErrors must be a whole number of ${least} or more. Leave it out to try every operation.`,
    );
  }
  if (number !== value) tolerate(reading, "string-number", "failOnErrors", "a text", `read as the number ${number}`);
  return number === 0 ? undefined : number;
}

/** The parts of an invalid operation that its result repeats. */
type Draft = { method?: string; bulkId?: string; path?: BulkPath };

function readOperation(json: Json, index: number, reading: Reading): BulkOperation | BulkFault {
  const draft: Draft = {};
  try {
    return readParts(json, index, draft, reading);
  } catch (error) {
    if (!(error instanceof ScimError)) throw error;
    return { kind: "fault", index, ...draft, error };
  }
}

function readParts(json: Json, index: number, draft: Draft, reading: Reading): BulkOperation {
  if (!isObject(json)) {
    throw badRequest(
      "invalidSyntax",
      { code: "wrongType", path: "Operations", expected: "an object", received: describeType(json) },
      `An operation is an object, but ${describeType(json)} was sent.`,
    );
  }
  const bulkId = readText(json, "bulkId");
  if (bulkId !== undefined) draft.bulkId = abbreviate(bulkId);
  const method = readMethod(json, draft);
  if (bulkId !== undefined && bulkId.length > MAX_BULK_ID_CHARACTERS) {
    throw badRequest(
      "invalidValue",
      { code: "limitExceeded", limit: "bulkIdCharacters", max: MAX_BULK_ID_CHARACTERS, actual: bulkId.length },
      `bulkId may have at most ${MAX_BULK_ID_CHARACTERS} characters.`,
    );
  }
  if (method === "POST" && (bulkId === undefined || bulkId === "")) {
    throw badRequest(
      "invalidValue",
      { code: "missing", path: "bulkId" },
      'bulkId is required when method is "POST" (RFC 7644 §3.7).',
    );
  }
  const path = readPath(json, method);
  draft.path = path;
  const version = method === "POST" ? undefined : readText(json, "version");
  const data = method === "DELETE" ? undefined : readData(json, method, index, reading);
  return {
    kind: "operation",
    index,
    method,
    ...(bulkId === undefined ? {} : { bulkId }),
    path,
    ...(version === undefined ? {} : { version }),
    ...(data === undefined ? {} : { data }),
  };
}

function readMethod(json: JsonObject, draft: Draft): BulkMethod {
  const given = readText(json, "method");
  if (given !== undefined) draft.method = abbreviate(given);
  const method = METHODS.find((each) => each === given);
  if (method !== undefined) return method;
  const received = given === undefined ? "nothing" : JSON.stringify(abbreviate(given));
  throw badRequest(
    "invalidSyntax",
    { code: "invalidParameter", name: "method" },
    `method must be one of ${METHODS.join(", ")}, but ${received} was sent.`,
  );
}

function readPath(json: JsonObject, method: BulkMethod): BulkPath {
  const text = readText(json, "path");
  if (text === undefined)
    throw badRequest("invalidPath", { code: "missing", path: "path" }, "path is required (RFC 7644 §3.7).");
  const path = readBulkPath(text);
  const isResource = path.id !== undefined || path.bulkId !== undefined;
  if (isResource === (method !== "POST")) return path;
  throw badRequest(
    "invalidPath",
    { code: "invalidParameter", name: "path" },
    method === "POST"
      ? `path must be that of a resource type when method is "POST", such as "${path.endpoint}".`
      : `path must be that of a resource when method is "${method}", such as "${path.endpoint}/2819c223".`,
  );
}

/** The last example of RFC 7644 §3.7.3 sends the operations of a PATCH as its data, and so do some clients. */
function readData(json: JsonObject, method: BulkMethod, index: number, reading: Reading): Json {
  const data = member(json, "data");
  if (isObject(data)) return data;
  if (method === "PATCH" && Array.isArray(data)) {
    tolerate(reading, "message-schema", `Operations[${index}].data`, "an array", "read as Operations of a PatchOp");
    return { schemas: [PATCH_SCHEMA], Operations: data };
  }
  throw badRequest(
    "invalidSyntax",
    { code: "wrongType", path: "data", expected: "an object", received: describeType(data) },
    `data must be an object when method is "${method}", but it is ${describeType(data)}.`,
  );
}

function readText(json: JsonObject, name: string): string | undefined {
  const value = member(json, name) ?? undefined;
  if (value === undefined || typeof value === "string") return value;
  throw badRequest(
    "invalidSyntax",
    { code: "wrongType", path: name, expected: "a string", received: describeType(value) },
    `${name} must be a string, but it is ${describeType(value)}.`,
  );
}

/** A bulkId is "unique within a bulk request" (RFC 7644 §3.7). A reference to a repeated one is ambiguous. */
function withoutRepeatedBulkIds(entries: readonly (BulkOperation | BulkFault)[]): (BulkOperation | BulkFault)[] {
  const counts = new Map<string | undefined, number>();
  for (const { method, bulkId } of entries) {
    if (method === "POST") counts.set(bulkId, (counts.get(bulkId) ?? 0) + 1);
  }
  return entries.map((entry) => {
    const { kind, index, method, bulkId, path } = entry;
    if (kind === "fault" || bulkId === undefined || method !== "POST" || counts.get(bulkId) === 1) return entry;
    const error = badRequest(
      "invalidValue",
      { code: "duplicate", path: "bulkId" },
      `the bulkId ${JSON.stringify(abbreviate(bulkId))} is used by more than one operation. Give each operation its own.`,
    );
    return { kind: "fault", index, method, bulkId, path, error };
  });
}

/**
 * Splits the path of a bulk operation (RFC 7644 §3.7). It is relative to the base URI, so the first slash is optional.
 * @throws ScimError 400 invalidPath
 */
function readBulkPath(path: string): BulkPath {
  const [endpoint = "", id, ...more] = path.replace(/^\//, "").split("/");
  const isPath = endpoint !== "" && id !== "" && more.length === 0 && !/[?#\s]/.test(path);
  const decoded = isPath ? decode(id ?? "") : undefined;
  if (decoded === undefined) {
    throw badRequest(
      "invalidPath",
      { code: "invalidParameter", name: "path" },
      `path must be that of a resource type or of a resource, such as "/Users" or "/Users/2819c223", but it is ${JSON.stringify(abbreviate(path))}.`,
    );
  }
  if (decoded === "") return { endpoint: `/${endpoint}` };
  const bulkId = referredBulkId(decoded);
  return { endpoint: `/${endpoint}`, ...(bulkId === undefined ? { id: decoded } : { bulkId }) };
}

function decode(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}

const BULK_RESPONSE_SCHEMA = "urn:ietf:params:scim:api:messages:2.0:BulkResponse";

export type BulkResult = {
  /** As sent; undefined if it was missing. */
  readonly method?: string;
  readonly bulkId?: string;
  /** The resource's URI; "MUST be returned for all operations except for failed POST operations" (RFC 7644 §3.7.3). */
  readonly location?: string;
  readonly version?: string;
  /** The HTTP status of the equivalent single request, or its error. */
  readonly outcome: number | ScimError;
};

/**
 * A BulkResponse (RFC 7644 §3.7.3) as JSON text.
 * @param results of the operations that were tried, in the order of the request
 */
export function bulkResponseText(results: readonly BulkResult[]): string {
  return JSON.stringify({ schemas: [BULK_RESPONSE_SCHEMA], Operations: results.map(resultJson) });
}

function resultJson({ method, bulkId, location, version, outcome }: BulkResult): object {
  // JSON.stringify omits undefined members. The status is a string, as in the examples of §3.7.3.
  return typeof outcome === "number"
    ? { location, method, bulkId, version, status: String(outcome) }
    : { location, method, bulkId, status: String(outcome.status), response: outcome };
}
