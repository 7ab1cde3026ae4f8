const DATE_TIME =
  /^([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?(?:Z|([+-])([0-9]{2}):([0-9]{2}))?$/;

const MAX_OFFSET_MINUTES = 14 * 60;
const MS_PER_MINUTE = 60_000;

/**
 * The instant of an xsd:dateTime (RFC 7643 §2.3.5) in milliseconds since 1970; undefined if the text is not one. A time
 * without a zone is UTC, digits after the millisecond are dropped, and years are 0001 to 9999, the range of RFC 3339
 * and of SQL databases.
 */
export function parseDateTime(text: string): number | undefined {
  const match = DATE_TIME.exec(text);
  if (match === null) return undefined;
  const part = (index: number): number => Number(match[index] ?? 0);
  const [year, month, day, hour, minute, second] = [part(1), part(2), part(3), part(4), part(5), part(6)];
  const ms = Number((match[7] ?? "").slice(0, 3).padEnd(3, "0"));
  const date = new Date(0);
  // Date.UTC reads the years 0 to 99 as 1900 to 1999; setUTCFullYear does not. An invalid day changes the month.
  date.setUTCFullYear(year, month - 1, day);
  const dateExists = year > 0 && date.getUTCMonth() === month - 1;
  // 24:00:00 is the end of the day (XML Schema Part 2, §3.2.7).
  const isEndOfDay = hour === 24 && minute === 0 && second === 0 && /^0*$/.test(match[7] ?? "");
  const timeExists = (hour < 24 || isEndOfDay) && minute < 60 && second < 60;
  const offsetMinutes = part(9) * 60 + part(10);
  if (!dateExists || !timeExists || part(10) > 59 || offsetMinutes > MAX_OFFSET_MINUTES) return undefined;
  const utcMinutes = hour * 60 + minute - (match[8] === "-" ? -offsetMinutes : offsetMinutes);
  return date.getTime() + utcMinutes * MS_PER_MINUTE + second * 1000 + ms;
}

const DAY_MS = 86_400_000;

const TWO_DIGITS = Array.from({ length: 100 }, (_, number) => String(number).padStart(2, "0"));

let lastDay = Number.NaN;
let lastDayText = "";

/**
 * An instant as xsd:dateTime in UTC, like `Date.prototype.toISOString`. A list formats hundreds, mostly of the same
 * days, so the last day is cached.
 * @param ms milliseconds since 1970, not negative
 */
export function formatDateTime(ms: number): string {
  const day = Math.floor(ms / DAY_MS);
  if (day !== lastDay) {
    lastDayText = new Date(day * DAY_MS).toISOString().slice(0, 11);
    lastDay = day;
  }
  const time = ms - day * DAY_MS;
  const seconds = Math.floor(time / 1_000);
  const minutes = Math.floor(seconds / 60);
  const fraction = time % 1_000;
  return (
    `${lastDayText}${TWO_DIGITS[Math.floor(minutes / 60)]}:${TWO_DIGITS[minutes % 60]}:${TWO_DIGITS[seconds % 60]}` +
    `.${Math.floor(fraction / 100)}${TWO_DIGITS[fraction % 100]}Z`
  );
}
