/** A number with at most this many digits is always stored exactly (IEEE 754 double, `DBL_DIG`). */
export const CERTAIN_DIGITS = 15;

/**
 * Whether JavaScript stores a number to its last digit (RFC 8259 §6: "numbers … that are integers and are in the range
 * [-(2**53)+1, (2**53)-1] are interoperable").
 * @param text a number as JSON writes it
 */
export function isKeptExactly(text: string): boolean {
  return text.length <= CERTAIN_DIGITS || denoted(text) === denoted(String(Number(text)));
}

const NUMBER = /^[+-]?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/** A number's digits without leading and trailing zeros, and its power of ten; undefined if it is not a number. */
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
