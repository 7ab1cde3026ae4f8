const MS_PER_UNIT: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * Reads a duration: `300` and `300s` are seconds, then `5m`, `1h`, `7d`.
 * @returns milliseconds; undefined for any other text
 */
export function parseDuration(text: string): number | undefined {
  const [, number, unit = "s"] = /^(\d{1,9})([smhd])?$/.exec(text) ?? [];
  return number === undefined ? undefined : Number(number) * (MS_PER_UNIT[unit] ?? Number.NaN);
}

/**
 * The last millisecond of the period that a text names, so that changes in this second or millisecond are included.
 * @param ms its beginning, in milliseconds since 1970
 */
export function endOfMoment(text: string, ms: number): number {
  return /:\d\d\.\d/.test(text) ? Math.ceil(ms) : Math.ceil((ms + 1) / 1_000) * 1_000 - 1;
}

/** A duration for display: `250 ms`, `1.2 s`, `3 min 20 s`, `2 h 5 min`, `4 d 3 h`. */
export function formatDuration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 3_600) return join(Math.floor(seconds / 60), "min", seconds % 60, "s");
  const minutes = Math.round(seconds / 60);
  if (minutes < 1_440) return join(Math.floor(minutes / 60), "h", minutes % 60, "min");
  const hours = Math.round(minutes / 60);
  return join(Math.floor(hours / 24), "d", hours % 24, "h");
}

function join(many: number, unit: string, few: number, smaller: string): string {
  return few === 0 ? `${many} ${unit}` : `${many} ${unit} ${few} ${smaller}`;
}
