import { expected, QUOTE, type Scan } from "./lex.ts";

const BACKSLASH = 0x5c;
const LETTER_U = 0x75;
const JSON_NUMBER = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;
const HEX4 = /^[0-9a-fA-F]{4}$/;

/** The number a text writes in JSON (RFC 8259 §6), or undefined. Minus zero is zero: no store tells them apart. */
export function readNumber(text: string): number | undefined {
  if (!JSON_NUMBER.test(text)) return undefined;
  return Number(text) + 0;
}

/**
 * Reads the JSON string (RFC 8259 §7) whose opening quote is at the current place. Half surrogate pairs are
 * refused: no UTF-8 text in a store can equal them.
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
