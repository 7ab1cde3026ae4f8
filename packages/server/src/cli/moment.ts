import { parseDateTime } from "@scimtool/scim";

const MS_PER_UNIT: readonly (readonly [unit: RegExp, ms: number])[] = [
  [/^s(?:ec(?:ond)?s?)?$/i, 1_000],
  [/^m(?:in(?:ute)?s?)?$/i, 60_000],
  [/^h(?:ours?)?$/i, 3_600_000],
  [/^d(?:ays?)?$/i, 86_400_000],
];

/**
 * Reads a moment of the past: a time of RFC 3339, without a zone in UTC, or how long ago: `90m`, `2 hours ago`.
 * @returns milliseconds since 1970, or undefined when the text is none
 */
export function parseMoment(text: string, nowMs: number): number | undefined {
  const [, number, name = ""] = /^(\d{1,9})\s*([a-z]+)(?:\s+ago)?$/i.exec(text.trim()) ?? [];
  if (number === undefined) return parseDateTime(text.trim().replace(/^(\S{10}) /, "$1T"));
  const unit = MS_PER_UNIT.find(([pattern]) => pattern.test(name));
  return unit === undefined ? undefined : nowMs - Number(number) * unit[1];
}
