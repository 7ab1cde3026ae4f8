import { isUtf8 } from "node:buffer";
import type { IncomingHttpHeaders } from "node:http";
import { badRequest, CERTAIN_DIGITS, isKeptExactly, type Json, ScimError } from "@scimtool/scim";

/** Nesting of a body. SCIM needs six levels at most (a PATCH of an extension's complex attribute). */
const MAX_DEPTH = 40;

/**
 * Refuses a body that is packed, or text in another encoding than JSON's (RFC 8259 §8.1).
 * @param headers those of its request
 * @throws ScimError 415
 */
export function checkBodyForm(headers: IncomingHttpHeaders): void {
  checkCoding(headers["content-encoding"]);
  checkCharset(headers["content-type"]);
}

function checkCoding(contentEncoding: string | undefined): void {
  if (contentEncoding !== undefined && contentEncoding.toLowerCase() !== "identity") {
    throw new ScimError(415, `The body must be sent as it is, not with Content-Encoding: ${contentEncoding}.`);
  }
}

function checkCharset(contentType: string | undefined): void {
  const charset = /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(contentType ?? "")?.[1];
  if (charset !== undefined && !/^(?:utf-?8|us-ascii)$/i.test(charset)) {
    throw new ScimError(415, `The body must be in UTF-8, not ${charset}.`);
  }
}

/**
 * Reads a request body as JSON (RFC 8259) and refuses what would be understood differently elsewhere or could not be
 * stored as it came: bytes that are no UTF-8, members given twice, `__proto__`, lone surrogates, NUL characters.
 * @throws ScimError 400 invalidSyntax or invalidValue
 */
export function parseJsonBody(bytes: Buffer): Json {
  if (bytes.length === 0) throw badRequest("invalidSyntax", "The body is empty. Send a JSON object.");
  if (!isUtf8(bytes)) throw badRequest("invalidSyntax", "The body is not valid UTF-8. Encode the JSON text as UTF-8.");
  const text = bytes.toString("utf8").replace(/^\uFEFF/, "");
  const value = parse(text);
  const names = countNames(value, 0);
  // Only an escape can bring in what UTF-8 itself cannot hold.
  if (text.includes("\\u")) checkStrings(value);
  if (names !== countNameCandidates(text)) refuseRepeatedNames(text);
  return value;
}

function parse(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    throw badRequest("invalidSyntax", `The body is not valid JSON: ${withoutExcerpt((error as Error).message)}.`);
  }
}

/** V8 quotes a part of the body, which may hold a password; the position is enough. */
function withoutExcerpt(message: string): string {
  return message.replace(/,? ?(?:\.\.\.)?".*$/s, "").replace(/ is not valid JSON$/, "") || "it ends too early";
}

/** How many members all objects have together. Bounds the depth before anything else walks the value. */
function countNames(value: Json, depth: number): number {
  if (value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY) {
    throw badRequest(
      "invalidValue",
      "A number is larger than a double can hold (1.8e308), so it could not be kept as it came.",
    );
  }
  if (typeof value !== "object" || value === null) return 0;
  if (depth > MAX_DEPTH) {
    throw badRequest("invalidSyntax", `The body is nested deeper than ${MAX_DEPTH} levels; no SCIM message is.`);
  }
  let count = 0;
  if (Array.isArray(value)) {
    for (const element of value) count += countNames(element, depth + 1);
    return count;
  }
  for (const name in value) {
    if (name === "__proto__") throw badRequest("invalidSyntax", '"__proto__" is not an attribute name.');
    count += 1 + countNames(value[name] as Json, depth + 1);
  }
  return count;
}

function checkStrings(value: Json): void {
  if (typeof value === "string") {
    if (!value.isWellFormed()) {
      throw badRequest(
        "invalidValue",
        "A string holds half of a surrogate pair (\\ud800 to \\udfff), which is no character.",
      );
    }
    if (value.includes("\0"))
      throw badRequest("invalidValue", "A string holds the character NUL (\\u0000), which cannot be stored.");
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
 * Every member's name ends in a quote and a colon. A string may hold those too, so there can be more candidates than
 * members; without repeated names there are never fewer members than names.
 */
function countNameCandidates(text: string): number {
  let count = 0;
  for (let colon = text.indexOf(":"); colon >= 0; colon = text.indexOf(":", colon + 1)) {
    let before = colon - 1;
    while (isBlank(text.charCodeAt(before))) before--;
    if (text.charCodeAt(before) === QUOTE) count++;
  }
  return count;
}

const QUOTE = 0x22;

/** Space, tab, line feed, carriage return: the white space of JSON. */
function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d;
}

/**
 * `JSON.parse` keeps the last of several members with one name, other parsers the first: what one of them checked, the
 * other acts on.
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
          `The member ${JSON.stringify(name.slice(0, 80))} is given twice in one object.`,
        );
      names?.add(name);
    }
  }
}

/** A row of as many digits, with or without a dot among them, is in almost no body. */
const LONG_ROW = CERTAIN_DIGITS + 1;

/** Whether a body may hold a number with more digits than are kept. Quick: it looks at one byte of many. */
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

/** A string, with the colon that makes it a name, or a number. */
const STRING_OR_NUMBER = /("[^"\\]*(?:\\.[^"\\]*)*")(\s*:)?|-?\d[\d.eE+-]*/g;

/**
 * `JSON.parse` makes 1234567890123456800 of 1234567890123456789, and nobody would be told (RFC 8259 §6).
 * @param bytes of a body that {@link parseJsonBody} has read
 * @throws ScimError 400 invalidValue
 */
export function refuseLostDigits(bytes: Buffer): void {
  let name = "";
  for (const [token, text, colon] of bytes.toString("utf8").matchAll(STRING_OR_NUMBER)) {
    if (colon !== undefined) name = text ?? "";
    if (text !== undefined || token.length < LONG_ROW || isKeptExactly(token)) continue;
    // The number is not repeated: it may be a secret.
    throw badRequest(
      "invalidValue",
      `${name.slice(0, 80)} holds a number with more digits than can be kept. Send it as a string, in double quotes.`,
    );
  }
}
