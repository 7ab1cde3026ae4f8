import { element } from "./element.js";

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** How often what is shown is brought up to date. */
const TICK_MS = 10_000;

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const dayAndMonth = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const date = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });
const weekday = new Intl.DateTimeFormat("en-GB", { weekday: "long", day: "numeric", month: "long" });
const exact = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "long",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  fractionalSecondDigits: 3,
  timeZoneName: "short",
});

/**
 * How long ago a moment was, kept up to date while it is on the page; the exact time on hover.
 * @param {string} iso shown as it is where it is no moment
 */
export function agoElement(iso) {
  const moment = new Date(iso);
  if (isNone(moment)) return iso;
  return movingElement(iso, "ago", exact.format(moment));
}

/** A moment in full. @param {string} iso shown as it is where it is no moment */
export function exactElement(iso) {
  const moment = new Date(iso);
  return isNone(moment) ? iso : element("time", { datetime: iso, title: iso }, exact.format(moment));
}

/** The day of a moment, kept up to date over midnight. @param {string} iso */
export function dayElement(iso) {
  return movingElement(iso, "day");
}

/**
 * What is said of a moment depends on when it is read.
 * @param {string} iso
 * @param {keyof typeof WORDS} words
 * @param {string} [title]
 */
function movingElement(iso, words, title) {
  return element("time", { datetime: iso, title, "data-words": words }, WORDS[words](new Date(iso), new Date()));
}

const WORDS = { ago: agoText, day: dayText };

/** @param {Date} moment */
function isNone(moment) {
  return Number.isNaN(moment.getTime());
}

/**
 * "now", "12 s ago", "3 min ago", "2 h ago", "yesterday 14:05", "23 Nov 14:05", "23 Nov 2025".
 * @param {Date} moment
 * @param {Date} now
 */
export function agoText(moment, now) {
  const elapsedMs = now.getTime() - moment.getTime();
  if (elapsedMs < 5 * SECOND_MS) return "now";
  if (elapsedMs < MINUTE_MS) return `${Math.floor(elapsedMs / SECOND_MS)} s ago`;
  if (elapsedMs < HOUR_MS) return `${Math.floor(elapsedMs / MINUTE_MS)} min ago`;
  if (elapsedMs < 12 * HOUR_MS) return `${Math.floor(elapsedMs / HOUR_MS)} h ago`;
  if (dayOf(moment) === dayOf(now)) return clock.format(moment);
  if (dayOf(moment) === dayOf(new Date(now.getTime() - DAY_MS))) return `yesterday ${clock.format(moment)}`;
  return moment.getFullYear() === now.getFullYear()
    ? `${dayAndMonth.format(moment)} ${clock.format(moment)}`
    : date.format(moment);
}

/**
 * The day of a moment as a heading: "Today", "Yesterday", "Monday 23 November".
 * @param {Date} moment
 * @param {Date} now
 */
function dayText(moment, now) {
  if (dayOf(moment) === dayOf(now)) return "Today";
  if (dayOf(moment) === dayOf(new Date(now.getTime() - DAY_MS))) return "Yesterday";
  return moment.getFullYear() === now.getFullYear() ? weekday.format(moment) : date.format(moment);
}

/** @param {Date} moment */
export function clockText(moment) {
  return clock.format(moment);
}

/** Two moments of one day have the same. @param {Date} moment */
export function dayOf(moment) {
  return `${moment.getFullYear()}-${moment.getMonth()}-${moment.getDate()}`;
}

/** "4.1 ms", "1.25 s", "820 µs". @param {number} us microseconds */
export function durationText(us) {
  if (us < 1_000) return `${us} µs`;
  if (us < 10_000) return `${(us / 1_000).toFixed(1)} ms`;
  if (us < 1_000_000) return `${Math.round(us / 1_000)} ms`;
  return `${(us / 1_000_000).toFixed(2)} s`;
}

/** "3 days", "4 h 12 min", "12 s". @param {number} ms */
export function lengthText(ms) {
  if (ms < SECOND_MS) return `${Math.round(ms)} ms`;
  if (ms < MINUTE_MS) return `${Math.round(ms / SECOND_MS)} s`;
  if (ms < HOUR_MS) return `${Math.round(ms / MINUTE_MS)} min`;
  if (ms < 2 * DAY_MS) return `${Math.floor(ms / HOUR_MS)} h ${Math.round((ms % HOUR_MS) / MINUTE_MS)} min`;
  return `${Math.floor(ms / DAY_MS)} days`;
}

setInterval(() => {
  if (document.hidden) return;
  const now = new Date();
  for (const shown of /** @type {NodeListOf<HTMLTimeElement>} */ (document.querySelectorAll("time[data-words]"))) {
    const words = /** @type {keyof typeof WORDS} */ (shown.dataset["words"]);
    const text = WORDS[words](new Date(shown.dateTime), now);
    if (shown.textContent !== text) shown.textContent = text;
  }
}, TICK_MS);
