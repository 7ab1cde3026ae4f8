/** Digits that a number may have and be kept as it came for certain (IEEE 754 double, `DBL_DIG`). */
export const CERTAIN_DIGITS = 15;

/**
 * Whether what JavaScript makes of a number (RFC 8259 §6: "numbers … that are integers and are in the range
 * [-(2**53)+1, (2**53)-1] are interoperable") is the same number, to its last digit.
 * @param text a number as JSON writes it
 */
export function isKeptExactly(text: string): boolean {
  return text.length <= CERTAIN_DIGITS || denoted(text) === denoted(String(Number(text)));
}

const NUMBER = /^[+-]?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/** A number's digits without zeros at either end, and its power of ten; undefined if it is none. */
function denoted(text: string): string | undefined {
  const [, whole = "", fraction = "", power = "0"] = NUMBER.exec(text) ?? [];
  const digits = whole + fraction;
  let from = 0;
  while (digits[from] === "0") from++;
  let to = digits.length;
  while (to > from && digits[to - 1] === "0") to--;
  if (whole === "") return undefined;
  return from === to ? "0" : `${digits.slice(from, to)}e${Number(power) - fraction.length + digits.length - to}`;
}
