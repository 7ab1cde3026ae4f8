const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const clockSeconds = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const clockMilliseconds = new Intl.DateTimeFormat("en-GB", {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  fractionalSecondDigits: 3,
});
const dayAndMonth = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const date = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });
const exact = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "long",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  timeZoneName: "short",
});

/** "23 November 2026 at 14:05:09 CET". */
export function exactText(moment: Date): string {
  return exact.format(moment);
}

/** "14:05:09", or "2 Dec, 14:05" if it was not today. */
export function clockTimeText(moment: Date, nowMs: number, hasMilliseconds = false): string {
  if (dayOf(moment) !== dayOf(new Date(nowMs))) return `${dayAndMonth.format(moment)}, ${clock.format(moment)}`;
  return (hasMilliseconds ? clockMilliseconds : clockSeconds).format(moment);
}

/** "just now", "12 s ago", "3 min ago", "2 h ago", "yesterday 14:05", "23 Nov 14:05", "23 Nov 2025". */
export function agoText(moment: Date, nowMs: number): string {
  const elapsedMs = nowMs - moment.getTime();
  if (elapsedMs < 10 * SECOND_MS) return "just now";
  if (elapsedMs < MINUTE_MS) return `${Math.floor(elapsedMs / SECOND_MS)} s ago`;
  if (elapsedMs < HOUR_MS) return `${Math.floor(elapsedMs / MINUTE_MS)} min ago`;
  if (elapsedMs < 12 * HOUR_MS) return `${Math.floor(elapsedMs / HOUR_MS)} h ago`;
  const today = new Date(nowMs);
  if (dayOf(moment) === dayOf(today)) return clock.format(moment);
  if (dayOf(moment) === dayOf(new Date(nowMs - DAY_MS))) return `yesterday ${clock.format(moment)}`;
  return moment.getFullYear() === today.getFullYear()
    ? `${dayAndMonth.format(moment)} ${clock.format(moment)}`
    : date.format(moment);
}

/** "2 Dec 14:05". */
export function spanText(moment: Date): string {
  return `${dayAndMonth.format(moment)} ${clock.format(moment)}`;
}

/** "2 Dec". */
export function dayText(moment: Date): string {
  return dayAndMonth.format(moment);
}

export function clockText(moment: Date): string {
  return clock.format(moment);
}

/** The same for two moments of one day. */
export function dayOf(moment: Date): string {
  return `${moment.getFullYear()}-${moment.getMonth()}-${moment.getDate()}`;
}

/** "4.1 ms", "1.25 s", "820 µs". */
export function durationText(microseconds: number): string {
  if (microseconds < 1_000) return `${microseconds} µs`;
  if (microseconds < 10_000) return `${(microseconds / 1_000).toFixed(1)} ms`;
  if (microseconds < 1_000_000) return `${Math.round(microseconds / 1_000)} ms`;
  return `${(microseconds / 1_000_000).toFixed(2)} s`;
}

/** "3 days", "4 h 12 min", "12 s". */
export function lengthText(ms: number): string {
  if (ms < SECOND_MS) return `${Math.round(ms)} ms`;
  if (ms < MINUTE_MS) return `${Math.round(ms / SECOND_MS)} s`;
  if (ms < HOUR_MS) return `${Math.round(ms / MINUTE_MS)} min`;
  if (ms < 2 * DAY_MS) return `${Math.floor(ms / HOUR_MS)} h ${Math.round((ms % HOUR_MS) / MINUTE_MS)} min`;
  return `${Math.floor(ms / DAY_MS)} days`;
}
