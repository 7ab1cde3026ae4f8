import { isStrict, type Reading } from "../dialect/tolerance.ts";
import { parseDateTime } from "../filter/date-time.ts";
import type { AttributeType } from "./attribute.ts";

/** Both alphabets, and the line breaks of PEM. No two parts match a blank, so that reading takes linear time. */
const BASE64 = /^[A-Za-z0-9+/_\-\s]*(?:=\s*){0,2}$/;

/** Four characters are three bytes, and two or three at the end one or two: one alone is nothing (RFC 4648 §4). */
function hasBase64Length(text: string): boolean {
  return text.replaceAll(/[\s=]/g, "").length % 4 !== 1;
}

/** The characters of a URI or a relative reference (RFC 3986, Appendix A). */
const URI = /^(?:[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})*$/;

/**
 * Whether a text is written as its data type asks for (RFC 7643 §2.3.5 to §2.3.7). Clients empty a dateTime by an empty
 * text, and put addresses with blanks and umlauts where URIs belong; only a strict reading refuses these.
 */
export function hasForm(type: AttributeType, text: string, reading: Reading): boolean {
  switch (type) {
    case "dateTime":
      return (text === "" && !isStrict(reading)) || parseDateTime(text) !== undefined;
    case "binary":
      return BASE64.test(text) && hasBase64Length(text);
    case "reference":
      return !isStrict(reading) || URI.test(text);
    default:
      return true;
  }
}
