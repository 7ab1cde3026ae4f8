import { badRequest, type ScimError, type ScimType } from "../message/error.ts";
import type { ParsedText } from "../message/reason.ts";

/** Maximum length of a filter or path, for `/.search` and PATCH bodies. URLs are limited to 8 to 16 KiB anyway. */
export const MAX_FILTER_CHARACTERS = 16_384;

/** Maximum length of client text in an error message. */
const MAX_QUOTED_CHARACTERS = 60;

export type Scan = {
  readonly text: string;
  /** The name of the text in error messages. */
  readonly subject: ParsedText;
  /** scimType of errors; the filter inside a PATCH path has another one than the path (RFC 7644 §3.12, Table 9). */
  scimType: ScimType;
  at: number;
};

/** @throws ScimError 400 if the text is longer than {@link MAX_FILTER_CHARACTERS} */
export function newScan(text: string, subject: ParsedText, scimType: ScimType): Scan {
  if (text.length > MAX_FILTER_CHARACTERS) {
    throw badRequest(
      scimType,
      { code: "limitExceeded", limit: "filterCharacters", max: MAX_FILTER_CHARACTERS, actual: text.length },
      `${subject}: longer than ${MAX_FILTER_CHARACTERS} characters; split the request.`,
    );
  }
  return { text, subject, scimType, at: 0 };
}

export const QUOTE = 0x22;
export const OPEN_ROUND = 0x28;
export const CLOSE_ROUND = 0x29;
export const OPEN_SQUARE = 0x5b;
export const CLOSE_SQUARE = 0x5d;
export const DOT = 0x2e;
const COLON = 0x3a;
const DOLLAR = 0x24;

const LETTER = 1;
const NAME = 2;
const URN = 4;
const BLANK = 8;
const DELIMITER = 16;

const CLASSES = new Uint8Array(128);
function classify(characters: string, flags: number): void {
  for (const character of characters) {
    const code = character.charCodeAt(0);
    CLASSES[code] = (CLASSES[code] ?? 0) | flags;
  }
}
classify("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", LETTER | NAME | URN);
classify("0123456789-_", NAME | URN);
// RFC 7643 §2.1 allows "$" in a name; RFC 7644 §3.4.2.2 does not.
classify("$", NAME | URN);
// The characters of a URI (RFC 3986, Appendix A) without brackets, which the filter language needs.
classify(":/?#@!&'*+,;=.~%", URN);
classify(" \t\r\n", BLANK | DELIMITER);
classify('()[]"', DELIMITER);

function is(code: number, flag: number): boolean {
  return ((CLASSES[code] ?? 0) & flag) !== 0;
}

export function isBlank(code: number): boolean {
  return is(code, BLANK);
}

/** Whether a word ends at this position: a blank, bracket, quote, or the end of the text. */
export function isWordEnd(scan: Scan, at: number): boolean {
  return at >= scan.text.length || is(scan.text.charCodeAt(at), DELIMITER);
}

/** Skips blanks and returns whether there were any. */
export function skipBlanks(scan: Scan): boolean {
  const start = scan.at;
  while (is(scan.text.charCodeAt(scan.at), BLANK)) scan.at++;
  return scan.at > start;
}

/**
 * Index after the attribute name at `start` (RFC 7643 §2.1, ATTRNAME, and `$ref` of §2.4); `start` if there is none.
 */
function endOfName(text: string, start: number): number {
  const first = text.charCodeAt(start);
  if (first === DOLLAR) return text.slice(start, start + 4).toLowerCase() === "$ref" ? start + 4 : start;
  if (!is(first, LETTER)) return start;
  let at = start;
  do at++;
  while (is(text.charCodeAt(at), NAME));
  return at;
}

export function isAttributeName(text: string): boolean {
  return text !== "" && endOfName(text, 0) === text.length;
}

/** Whether the text starts like a URN and contains only URI characters. */
export function isUrn(text: string): boolean {
  if (!is(text.charCodeAt(0), LETTER)) return false;
  for (let at = 0; at < text.length; at++) if (!is(text.charCodeAt(at), URN)) return false;
  return true;
}

/** The word from this position to the next blank, bracket or quote. */
export function wordAt(scan: Scan, at: number): string {
  let end = at;
  while (!isWordEnd(scan, end)) end++;
  return scan.text.slice(at, end);
}

/** Finds the last colon of the current word, which ends its URN; `end` is the end of the word. */
function findLastColon(scan: Scan): { colon: number; end: number } {
  const { text } = scan;
  let colon = -1;
  let end = scan.at;
  for (; end < text.length; end++) {
    const code = text.charCodeAt(end);
    if (code === COLON) colon = end;
    else if (is(code, DELIMITER)) break;
  }
  return { colon, end };
}

/**
 * Reads `[URI ":"] ATTRNAME *1subAttr` (RFC 7644 §3.4.2.2). URNs contain colons and dots
 * (`…:enterprise:2.0:User:manager.value`), so the last colon ends the URN, and only later dots separate names.
 */
export function readAttributePath(scan: Scan): { schema?: string; attribute: string; subAttribute?: string } {
  const { text, at: start } = scan;
  const { colon, end } = findLastColon(scan);
  const nameStart = colon < 0 ? start : colon + 1;
  const nameEnd = endOfName(text, nameStart);
  let at = nameEnd;
  if (at > nameStart && at < end && text.charCodeAt(at) === DOT) at = endOfName(text, nameEnd + 1);
  if (at === nameStart || at !== end || at === nameEnd + 1) {
    throw expected(scan, nameStart, "an attribute name such as userName or name.givenName");
  }
  scan.at = end;
  const attribute = text.slice(nameStart, nameEnd);
  if (colon < 0) {
    return nameEnd === end ? { attribute } : { attribute, subAttribute: text.slice(nameEnd + 1, end) };
  }
  const schema = text.slice(start, colon);
  if (!isUrn(schema)) throw expected(scan, start, "a schema URN before the colon");
  return nameEnd === end ? { schema, attribute } : { schema, attribute, subAttribute: text.slice(nameEnd + 1, end) };
}

/** Reads `"." ATTRNAME`, the sub-attribute after a value filter. */
export function readSubAttribute(scan: Scan): string {
  const start = scan.at + 1;
  const end = endOfName(scan.text, start);
  if (end === start || !isWordEnd(scan, end)) throw expected(scan, start, "a sub-attribute name such as value");
  scan.at = end;
  return scan.text.slice(start, end);
}

/** The text in double quotes for an error message: shortened, with escaped control characters. */
export function quote(text: string): string {
  return JSON.stringify(
    text.length > MAX_QUOTED_CHARACTERS ? `${text.slice(0, MAX_QUOTED_CHARACTERS).toWellFormed()}…` : text,
  );
}

/**
 * Names of secrets. A malformed text cannot be resolved, so only its words can be checked. If one matches, any other
 * word may be the secret.
 */
const SECRET_NAME = /passw|passphrase|kennwort|pwd|secret|token|credential|\b(?:pass|pin|otp)\b/i;

/** A word for an error message, or a placeholder if it may be a secret. */
export function repeated(scan: Scan, word: string): string {
  return SECRET_NAME.test(scan.text) ? "something that is not shown here" : quote(word);
}

/** Whether the text is the whole filter or path, not one of several names in a parameter. */
function isWhole(subject: ParsedText): boolean {
  return subject === "filter" || subject === "path";
}

/**
 * The error for a position in the text: the position in characters from 1, what was expected, and what was found.
 * @param hint a sentence with a leading blank: ` Did you mean eq?`
 */
export function expected(scan: Scan, at: number, what: string, hint = ""): ScimError {
  // Counted as people do: an emoji is one character, although it is two UTF-16 units.
  const position = [...scan.text.slice(0, at)].length + 1;
  const found =
    at >= scan.text.length
      ? `the ${isWhole(scan.subject) ? scan.subject : "name"} ends`
      : `found ${repeated(scan, wordAt(scan, at) || scan.text.charAt(at))}`;
  return badRequest(
    scan.scimType,
    { code: "syntaxError", in: scan.subject, position, expected: what },
    `${scan.subject}: at character ${position}, expected ${what} but ${found}.${hint}`,
  );
}

const BACKSLASH = 0x5c;
const LETTER_U = 0x75;
const JSON_NUMBER = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;
const HEX4 = /^[0-9a-fA-F]{4}$/;

/**
 * The JSON number (RFC 8259 §6) in a text, or undefined. Minus zero becomes zero, because no store distinguishes them.
 */
export function readNumber(text: string): number | undefined {
  if (!JSON_NUMBER.test(text)) return undefined;
  return Number(text) + 0;
}

/**
 * Reads the JSON string (RFC 8259 §7) at the current position. Rejects lone surrogates: no UTF-8 text can equal them.
 */
export function readString(scan: Scan): string {
  const { text, at: start } = scan;
  let escaped = false;
  let at = start + 1;
  for (; ; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) break;
    if (code === BACKSLASH) {
      escaped = true;
      at = checkEscape(scan, at);
    } else if (code < 0x20) {
      throw expected(scan, at, "an escape such as \\n instead of a control character inside the string");
    } else if (at >= text.length) {
      throw expected(scan, at, "the closing double quote of the string");
    }
  }
  scan.at = at + 1;
  const value = escaped ? (JSON.parse(text.slice(start, at + 1)) as string) : text.slice(start + 1, at);
  if (!value.isWellFormed()) throw expected(scan, start, "a string of whole Unicode characters");
  return value;
}

/** Index of the last character of the escape at `at`. */
function checkEscape(scan: Scan, at: number): number {
  const code = scan.text.charCodeAt(at + 1);
  if (code === LETTER_U && HEX4.test(scan.text.slice(at + 2, at + 6))) return at + 5;
  if (code !== LETTER_U && '"\\/bfnrt'.includes(scan.text.charAt(at + 1)) && at + 1 < scan.text.length) return at + 1;
  throw expected(scan, at, 'one of the JSON escapes \\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX');
}
