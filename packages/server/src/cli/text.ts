import type { RestorePoint } from "@scimtool/replica";
import { formatDuration } from "../duration.ts";

const UNITS = ["bytes", "kB", "MB", "GB", "TB"] as const;

/** A size for people: `512 bytes`, `1.2 MB`. */
export function formatBytes(bytes: number): string {
  const power = bytes < 1_000 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3));
  return power === 0 ? `${bytes} ${UNITS[0]}` : `${(bytes / 1_000 ** power).toFixed(1)} ${UNITS[power]}`;
}

/** A time for people, to the second: `2026-08-01T12:00:00Z`. */
export function formatTime(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");
}

/** A time, and how long ago that is. */
export function formatPast(time: string, nowMs: number): string {
  const ms = Date.parse(time);
  return `${formatTime(ms)} (${formatDuration(Math.max(0, nowMs - ms))} ago)`;
}

/** A state of a database for people: `1.2 MB as of 2026-08-01T12:00:00Z (transaction 17)`. */
export function formatState({ timeMs, pageSize, databasePages, lastCommit }: RestorePoint): string {
  // Where nothing tells it any more.
  const transaction = lastCommit === 0 ? "" : ` (transaction ${lastCommit})`;
  return `${formatBytes(databasePages * pageSize)} as of ${formatTime(timeMs)}${transaction}`;
}

/** Lines of names and values, one below the other. */
export function columns(rows: readonly (readonly [name: string, value: string])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length)) + 3;
  return rows.map(([name, value]) => `${name.padEnd(width)}${value}`).join("\n");
}

/** A text that a shell takes as one word, as it is. */
export function shellWord(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** As {@link shellWord}, without quotes where none are needed. */
export function briefShellWord(text: string): string {
  return /^[\w./:-]+$/.test(text) ? text : shellWord(text);
}

/** `1 object`, `3 objects`. */
export function count(number: number, noun: string): string {
  return `${number.toLocaleString("en-US")} ${noun}${number === 1 ? "" : "s"}`;
}
