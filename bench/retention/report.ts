import { quantile } from "../command.ts";
import { decimals, formatTable } from "../table.ts";

export type Look = {
  readonly hour: number;
  readonly recorded: number;
  /** Exchanges of each endpoint, and entries of all histories. */
  readonly kept: readonly number[];
  readonly entries: number;
  /** Size of the database in pages; the file follows at the next checkpoint. */
  readonly bytes: number;
  readonly fileBytes: number;
  readonly walBytes: number;
  readonly freeBytes: number;
  /** Since the previous sample. */
  readonly requestsMs: readonly number[];
};

export type Steps = {
  /** For each step: how long it held the event loop, its CPU time, and the duration of its commit. */
  readonly workMs: readonly number[];
  readonly cpuMs: readonly number[];
  readonly commitMs: readonly number[];
};

const megabytes = (bytes: number) => decimals(bytes / 1e6, 1);

export function looksTable(looks: readonly Look[], endpoints: readonly string[]): string {
  const header = [
    "hour",
    "recorded",
    ...endpoints,
    "history",
    "database MB",
    "file MB",
    "log MB",
    "free MB",
    "requests",
    "p99 ms",
    "longest ms",
  ];
  const rows = looks.map((look) => {
    const sorted = look.requestsMs.toSorted((a, b) => a - b);
    return [
      decimals(look.hour, 0),
      decimals(look.recorded, 0),
      ...look.kept.map((count) => decimals(count, 0)),
      decimals(look.entries, 0),
      ...[look.bytes, look.fileBytes, look.walBytes, look.freeBytes].map(megabytes),
      decimals(sorted.length, 0),
      decimals(quantile(sorted, 0.99), 1),
      decimals(sorted.at(-1) ?? 0, 1),
    ];
  });
  return formatTable("The database over the time", header, rows);
}

export function stepsText({ workMs, cpuMs, commitMs }: Steps): string {
  const told = (timesMs: readonly number[]) => {
    const sorted = timesMs.toSorted((a, b) => a - b);
    return `p50 ${decimals(quantile(sorted, 0.5), 2)} ms, p99 ${decimals(quantile(sorted, 0.99), 1)} ms, longest ${decimals(sorted.at(-1) ?? 0, 1)} ms`;
  };
  return `${decimals(workMs.length, 0)} steps of upkeep: ${told(workMs)}\nof processor time: ${told(cpuMs)}\ntheir commits, with SQLite's checkpoints: ${told(commitMs)}`;
}

/** The file may grow by this factor in the last third, because retention is not exact. */
const tolerance = 1.1;

/** Whether the file stopped growing after the first limits were reached. */
export function isBounded(looks: readonly Look[]): boolean {
  const third = Math.floor(looks.length / 3);
  const most = (some: readonly Look[]) => Math.max(...some.map(({ bytes }) => bytes));
  return most(looks.slice(-third)) <= tolerance * most(looks.slice(third, -third));
}
