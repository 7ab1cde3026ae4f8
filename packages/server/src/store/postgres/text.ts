// PostgreSQL's text has no NUL. It is stored as two characters, and so is U+0001 that they begin with: order, prefixes and
// endings of texts stay as they are.

const [NUL, MARK] = ["\u0000", "\u0001"];
const [STORED_NUL, STORED_MARK] = ["\u0001\u0001", "\u0001\u0002"];

export function encodeText(text: string): string {
  if (!text.includes(NUL) && !text.includes(MARK)) return text;
  return text.replaceAll(MARK, STORED_MARK).replaceAll(NUL, STORED_NUL);
}

export function decodeText(text: string): string {
  return text.includes(MARK) ? text.replaceAll(STORED_NUL, NUL).replaceAll(STORED_MARK, MARK) : text;
}
