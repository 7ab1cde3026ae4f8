import { isUtf8 } from "node:buffer";
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { badRequest, CERTAIN_DIGITS, isKeptExactly, type Json, ScimError } from "@scimtool/scim";
import type { FastifyReply, FastifyRequest } from "fastify";
import { yieldToEventLoop } from "../event-loop.ts";

export const SCIM_MEDIA_TYPE = "application/scim+json";

/** SCIM needs at most six levels (a PATCH of an extension's complex attribute). */
const MAX_DEPTH = 40;

/**
 * Rejects compressed bodies and encodings other than UTF-8 (RFC 8259 §8.1).
 * @throws ScimError 415
 */
export function checkBodyEncoding(headers: IncomingHttpHeaders): void {
  const { "content-encoding": contentEncoding, "content-type": contentType = "" } = headers;
  if (contentEncoding !== undefined && contentEncoding.toLowerCase() !== "identity") {
    throw new ScimError(415, `The body must be sent as it is, not with Content-Encoding: ${contentEncoding}.`, {
      reason: { code: "unsupportedMediaType", header: "Content-Encoding", value: contentEncoding },
    });
  }
  const charset = /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(contentType)?.[1];
  if (charset !== undefined && !/^(?:utf-?8|us-ascii)$/i.test(charset)) {
    throw new ScimError(415, `The body must be in UTF-8, not ${charset}.`, {
      reason: { code: "unsupportedMediaType", header: "Content-Type", value: contentType },
    });
  }
}

/**
 * Reads a request body as JSON (RFC 8259). Rejects what another parser would read differently, or what could not be
 * stored unchanged: invalid UTF-8, duplicate members, `__proto__`, lone surrogates, NUL characters.
 * @throws ScimError 400 invalidSyntax or invalidValue
 */
export async function parseJsonBody(bytes: Buffer): Promise<Json> {
  if (bytes.length === 0)
    throw badRequest("invalidSyntax", { code: "bodyEmpty" }, "The body is empty. Send a JSON object.");
  // JSON begins with ASCII, so a NUL in its first two bytes is half a character of UTF-16.
  if (!isUtf8(bytes) || bytes[0] === 0 || bytes[1] === 0)
    throw badRequest(
      "invalidSyntax",
      { code: "bodyNotUtf8" },
      "The body is not valid UTF-8. Encode the JSON text as UTF-8.",
    );
  const endTurn = bytes.length > LONG_BODY_BYTES ? yieldToEventLoop : () => undefined;
  const sentNames = countSentNames(bytes);
  await endTurn();
  const text = bytes.toString("utf8").replace(/^\uFEFF/, "");
  const value = parse(text);
  await endTurn();
  const names = countNames(value);
  // UTF-8 cannot contain lone surrogates; only an escape sequence can.
  if (text.includes("\\u")) checkStrings(value);
  await endTurn();
  if (names !== sentNames) refuseRepeatedNames(text);
  return value;
}

/** Reading a longer body takes more than a few milliseconds, so others are served in between. */
const LONG_BODY_BYTES = 512 * 1_024;

function parse(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    throw badRequest(
      "invalidSyntax",
      { code: "bodyNotJson" },
      `The body is not valid JSON: ${withoutExcerpt((error as Error).message)}.`,
    );
  }
}

/** V8 quotes a part of the body, which may contain a password. */
function withoutExcerpt(message: string): string {
  return message.replace(/,? ?(?:\.\.\.)?".*$/s, "").replace(/ is not valid JSON$/, "") || "it ends too early";
}

function countNames(value: Json): number {
  if (value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY) {
    throw badRequest(
      "invalidValue",
      { code: "numberNotExact" },
      "A number is larger than a double can hold (1.8e308), so it cannot be stored exactly.",
    );
  }
  if (typeof value !== "object" || value === null) return 0;
  let count = 0;
  if (Array.isArray(value)) {
    for (const element of value) count += countNames(element);
    return count;
  }
  for (const name in value) {
    if (name === "__proto__")
      throw badRequest(
        "invalidSyntax",
        { code: "invalidAttributeName", name },
        '"__proto__" is not an attribute name.',
      );
    count += 1 + countNames(value[name] as Json);
  }
  return count;
}

function checkStrings(value: Json): void {
  if (typeof value === "string") {
    if (!value.isWellFormed()) {
      throw badRequest(
        "invalidValue",
        { code: "characterNotStorable" },
        "A string contains half of a surrogate pair (\\ud800 to \\udfff), which is not a character.",
      );
    }
    if (value.includes("\0"))
      throw badRequest(
        "invalidValue",
        { code: "characterNotStorable" },
        "A string contains the character NUL (\\u0000), which cannot be stored.",
      );
  } else if (Array.isArray(value)) {
    value.forEach(checkStrings);
  } else if (value !== null && typeof value === "object") {
    for (const name of Object.keys(value)) {
      checkStrings(name);
      checkStrings(value[name] as Json);
    }
  }
}

/**
 * Maximum number of values in a body. Each takes up to half a microsecond, which blocks other requests. A thousand
 * users have about 50,000; a member has two.
 */
const MAX_BODY_VALUES = 250_000;

/**
 * Counts the member names in a JSON text, including repeated ones, before parsing it.
 * @throws ScimError 400 if it contains too many values, or is nested so deep that recursion could fail
 */
function countSentNames(bytes: Buffer): number {
  let names = 0;
  let values = 0;
  let depth = 0;
  let isInString = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (isInString) {
      if (byte === BACKSLASH) at++;
      else if (byte === QUOTE) isInString = false;
    } else if (byte === QUOTE) isInString = true;
    else if (byte === COLON) names++;
    else if (byte === COMMA) {
      if (++values > MAX_BODY_VALUES) throw tooManyValues();
    } else if (byte === OPENING_BRACE || byte === OPENING_BRACKET) {
      values++;
      // The outermost value is not a level.
      if (++depth > MAX_DEPTH + 1) throw tooDeep();
    } else if (byte === CLOSING_BRACE || byte === CLOSING_BRACKET) depth--;
  }
  return names;
}

function tooManyValues(): ScimError {
  return badRequest(
    "invalidSyntax",
    { code: "limitExceeded", limit: "bodyValues", max: MAX_BODY_VALUES },
    `The body contains more than ${MAX_BODY_VALUES} values. Send them in several requests.`,
  );
}

function tooDeep(): ScimError {
  return badRequest(
    "invalidSyntax",
    { code: "limitExceeded", limit: "nesting", max: MAX_DEPTH },
    `The body is nested deeper than ${MAX_DEPTH} levels; no SCIM message is.`,
  );
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPENING_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSING_BRACKET = 0x5d;
const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;

/**
 * `JSON.parse` keeps the last of several members with the same name, other parsers keep the first. One could check a
 * value that the other does not use.
 */
function refuseRepeatedNames(text: string): void {
  const scopes: (Set<string> | undefined)[] = [];
  const token = /"(?:[^"\\]|\\.)*"(\s*:)?|[{}[\]]/g;
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    const [found, colon] = match;
    if (found === "{") scopes.push(new Set());
    else if (found === "[") scopes.push(undefined);
    else if (found === "}" || found === "]") scopes.pop();
    else if (colon !== undefined) {
      const name = JSON.parse(found.slice(0, found.length - colon.length)) as string;
      const names = scopes.at(-1);
      if (names?.has(name))
        throw badRequest(
          "invalidSyntax",
          { code: "duplicate", path: name.slice(0, 80) },
          `The member ${JSON.stringify(name.slice(0, 80))} appears twice in one object.`,
        );
      names?.add(name);
    }
  }
}

/** Almost no body contains so many digits (and dots) in a row. */
const LONG_ROW = CERTAIN_DIGITS + 1;

/** Whether a body may contain a number with more digits than a double can store. Fast: it looks at few of the bytes. */
export function hasLongNumber(bytes: Buffer): boolean {
  for (let at = LONG_ROW - 1; at < bytes.length; at += LONG_ROW) {
    if (!isOfNumber(bytes[at])) continue;
    let from = at;
    let to = at;
    while (isOfNumber(bytes[from - 1])) from--;
    while (isOfNumber(bytes[to + 1])) to++;
    if (to - from + 1 >= LONG_ROW) return true;
    at = to;
  }
  return false;
}

const DOT = 0x2e;

function isOfNumber(byte: number | undefined): boolean {
  return byte !== undefined && ((byte >= 0x30 && byte <= 0x39) || byte === DOT);
}

/** A string (with a colon: a member name) or a number. */
const STRING_OR_NUMBER = /("[^"\\]*(?:\\.[^"\\]*)*")(\s*:)?|-?\d[\d.eE+-]*/g;

/**
 * Rejects numbers that `JSON.parse` changes: it turns 1234567890123456789 into 1234567890123456800 (RFC 8259 §6).
 * @param bytes of a body that {@link parseJsonBody} accepted
 * @throws ScimError 400 invalidValue
 */
export function refuseLostDigits(bytes: Buffer): void {
  let name = "";
  for (const [token, text, colon] of bytes.toString("utf8").matchAll(STRING_OR_NUMBER)) {
    if (colon !== undefined) name = text ?? "";
    if (text !== undefined || token.length < LONG_ROW || isKeptExactly(token)) continue;
    // Do not repeat the number: it may be a secret.
    throw badRequest(
      "invalidValue",
      { code: "numberNotExact", path: name.slice(0, 80) },
      `${name.slice(0, 80)} contains a number with more digits than can be stored. Send it as a string, in double quotes.`,
    );
  }
}

/** Limits for reading the rest of a rejected body. */
const MAX_DISCARDED_BYTES = 64 * 1_024 * 1_024;
const MAX_DISCARD_MS = 20_000;

/**
 * Whether the client of a rejected request is still sending its body, and the connection closes after the answer.
 * Closing with unread bytes resets the connection. Many clients send the whole body before they read the answer, so
 * they would never see it (RFC 9112 §9.6).
 */
export function leavesBodyUnread({ raw, headers }: FastifyRequest, reply: FastifyReply): boolean {
  const isWorthWhile = Number(headers["content-length"] ?? 0) <= MAX_DISCARDED_BYTES;
  return reply.getHeader("connection") === "close" && !raw.readableEnded && !raw.destroyed && isWorthWhile;
}

/** Reads the rest of a body and discards it, within limits of size and time. */
export function discardBody(raw: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    let bytes = 0;
    const count = (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > MAX_DISCARDED_BYTES) finish();
    };
    const finish = () => {
      clearTimeout(timeout);
      raw.off("data", count).off("end", finish).off("close", finish).off("error", finish);
      // A flowing stream would be read forever.
      if (!raw.readableEnded) raw.pause();
      resolve();
    };
    const timeout = setTimeout(finish, MAX_DISCARD_MS).unref();
    raw.on("data", count).once("end", finish).once("close", finish).once("error", finish).resume();
  });
}
