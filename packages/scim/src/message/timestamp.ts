const DAY_MS = 86_400_000;

const TWO_DIGITS = Array.from({ length: 100 }, (_, number) => String(number).padStart(2, "0"));

let lastDay = Number.NaN;
let lastDayText = "";

/**
 * An instant as xsd:dateTime in UTC with milliseconds: `2026-11-24T08:00:00.000Z`, as `Date.prototype.toISOString`
 * writes it. A list of resources formats hundreds, mostly of the same few days, so the day is kept.
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
