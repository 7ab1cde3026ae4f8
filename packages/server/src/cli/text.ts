import type { RestorePoint } from "@scimtool/replica";
import { formatDuration } from "../duration.ts";

const UNITS = ["bytes", "kB", "MB", "GB", "TB"] as const;

/** `512 bytes`, `1.2 MB`. */
export function formatBytes(bytes: number): string {
  const power = bytes < 1_000 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3));
  return power === 0 ? `${bytes} ${UNITS[0]}` : `${(bytes / 1_000 ** power).toFixed(1)} ${UNITS[power]}`;
}

/** To the second: `2026-08-01T12:00:00Z`. */
export function formatTime(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");
}

/** `2026-08-01T12:00:00Z (10 min ago)`. */
export function formatPast(time: string, nowMs: number): string {
  const ms = Date.parse(time);
  return `${formatTime(ms)} (${formatDuration(Math.max(0, nowMs - ms))} ago)`;
}

/** A restore point: `1.2 MB as of 2026-08-01T12:00:00Z (transaction 17)`; without the transaction if unknown (0). */
export function formatRestorePoint({ timeMs, pageSize, databasePages, lastCommit }: RestorePoint): string {
  const transaction = lastCommit === 0 ? "" : ` (transaction ${lastCommit})`;
  return `${formatBytes(databasePages * pageSize)} as of ${formatTime(timeMs)}${transaction}`;
}

/** `1 object`, `3 objects`. */
export function count(number: number, noun: string): string {
  return `${number.toLocaleString("en-US")} ${noun}${number === 1 ? "" : "s"}`;
}

/** Lines of names and values. */
export function columns(rows: readonly (readonly [name: string, value: string])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length)) + 3;
  return rows.map(([name, value]) => `${name.padEnd(width)}${value}`).join("\n");
}

/**
 * Rows below a line of headings. A column that is empty in every row is left out.
 * @param rows as long as the headings
 */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const shown = headings.flatMap((_, column) => (rows.some((row) => (row[column] ?? "") !== "") ? [column] : []));
  const lines = [headings, ...rows].map((row) => shown.map((column) => row[column] ?? ""));
  const widths = shown.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map((line) => line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("   "))
    .map((line) => line.trimEnd())
    .join("\n");
}

export function shellWord(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** Like {@link shellWord}, without quotes where none are needed. */
export function briefShellWord(text: string): string {
  return /^[\w./:-]+$/.test(text) ? text : shellWord(text);
}
