const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** From the longest: a month is taken as 30 days, a year as 365. */
const UNITS = [
  ["year", 365 * DAY_MS],
  ["month", 30 * DAY_MS],
  ["day", DAY_MS],
  ["hour", HOUR_MS],
  ["minute", MINUTE_MS],
] as const;

/** How long ago something was: "3 days ago", "1 hour ago", "just now". @param thenMs, nowMs since 1970 */
export function agoText(thenMs: number, nowMs: number): string {
  const elapsedMs = nowMs - thenMs;
  for (const [unit, lengthMs] of UNITS) {
    const count = Math.floor(elapsedMs / lengthMs);
    if (count >= 1) return `${counted(count, unit)} ago`;
  }
  return "just now";
}

/** A number with its noun: "1 day", "3 days", "1,200 times". */
export function counted(count: number, noun: string): string {
  return `${numberText(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** A number with commas between thousands. */
export function numberText(number: number): string {
  return number.toLocaleString("en-US");
}

/**
 * A moment as it is said on the day of another one: "08:00", else "23 November, 08:00".
 * @param timeZone IANA name
 * @throws RangeError for a time zone that there is not
 */
export function clockText(momentMs: number, seenFromMs: number, timeZone: string): string {
  const time = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone }).format(momentMs);
  const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone });
  if (day.format(momentMs) === day.format(seenFromMs)) return time;
  const dayAndMonth = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", timeZone });
  return `${dayAndMonth.format(momentMs)}, ${time}`;
}

const DATE = /^\d{4}-\d\d-\d\d$/;
const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)$/;

/** A date (RFC 7643 §2.3.5) in words: "24 November 2026, 21:45 UTC"; undefined where the text is none. */
export function dateText(text: string): string | undefined {
  const isDate = DATE.test(text);
  if (!isDate && !DATE_TIME.test(text)) return undefined;
  const momentMs = Date.parse(text);
  if (Number.isNaN(momentMs)) return undefined;
  const options = { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" } as const;
  const day = new Intl.DateTimeFormat("en-GB", options).format(momentMs);
  return isDate ? day : `${day}, ${new Date(momentMs).toISOString().slice(11, 16)} UTC`;
}
