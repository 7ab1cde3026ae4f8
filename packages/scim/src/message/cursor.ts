import { describeType, type Json } from "../json.ts";
import { badRequest, type ScimError } from "./error.ts";

/** "This value may only contain characters from the unreserved character set" of RFC 3986 §2.3 (RFC 9865 §2). */
const UNRESERVED = /^[A-Za-z0-9._~-]*$/;

/**
 * Reads the `cursor` of a query (RFC 9865 §2). What it means is known to the service provider that made it.
 * @returns "" for the first page; undefined where pages are not asked for by cursor
 * @throws ScimError 400 invalidCursor
 */
export function readCursor(value: Json | undefined): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string") throw invalidCursor(`cursor must be a string, but ${describeType(value)} was sent.`);
  if (!UNRESERVED.test(value)) {
    throw invalidCursor(
      'cursor has characters that no cursor has. Send an empty one for the first page, then the "nextCursor" of the last answer as it is.',
    );
  }
  return value;
}

/** A cursor that this service provider did not make, or not for this query (RFC 9865 §2.1). */
export function invalidCursor(detail: string): ScimError {
  return badRequest("invalidCursor", { code: "invalidCursor" }, detail);
}

/** A cursor that was not used for longer than the service provider's `cursorTimeout` (RFC 9865 §2.1). */
export function expiredCursor(detail: string, timeoutSeconds: number): ScimError {
  return badRequest("expiredCursor", { code: "cursorExpired", timeoutSeconds }, detail);
}

/** A `count` that is no number, or is another one than that of the query the cursor comes from (RFC 9865 §2.1). */
export function invalidCount(detail: string): ScimError {
  return badRequest("invalidCount", { code: "invalidParameter", name: "count" }, detail);
}
