import { cpus } from "node:os";
import { decimals, formatTable, verdict } from "../table.ts";
import type { Options } from "./options.ts";

export type Row = {
  readonly name: string;
  readonly without?: string;
  readonly with: string;
  /** What the goal applies to. */
  readonly measured?: string;
  readonly goal?: string;
  readonly verdict?: string;
};

export type Figures = {
  readonly rows: readonly Row[];
  /** Remarks for readers, a line each. */
  readonly remarks?: readonly string[];
};

export function introduction({ seconds, runs }: Options): string {
  const processor = cpus()[0]?.model ?? "unknown CPU";
  return `Node ${process.version}, ${cpus().length} × ${processor}; measured for ${seconds} s, medians of ${runs} where runs differ`;
}

export function report({ rows, remarks = [] }: Figures): string {
  const header = ["figure", "without", "with", "measured", "goal", ""];
  const cells = rows.map((row) => [
    row.name,
    row.without ?? "–",
    row.with,
    row.measured ?? "",
    row.goal ?? "informative",
    row.verdict ?? "",
  ]);
  return [formatTable("Replication", header, cells), ...remarks].join("\n");
}

type Format = (value: number) => string;

/** A goal that must not be exceeded. */
export function atMost(value: number, goal: number, format: Format): Pick<Row, "measured" | "goal" | "verdict"> {
  return { measured: format(value), goal: `≤ ${format(goal)}`, verdict: verdict(value, goal) };
}

export function atLeast(value: number, goal: number, format: Format): Pick<Row, "measured" | "goal" | "verdict"> {
  return { measured: format(value), goal: `≥ ${format(goal)}`, verdict: value >= goal ? "ok" : "under" };
}

export const milliseconds: Format = (value) => `${decimals(value, value < 100 ? 1 : 0)} ms`;
export const seconds: Format = (value) => `${decimals(value / 1000, 2)} s`;
export const megabytes: Format = (value) => `${decimals(value / 1e6, 0)} MB`;
export const points: Format = (value) => `${decimals(value, 1)} points`;
export const percent: Format = (value) => `${decimals(value, 1)} %`;
export const perSecond: Format = (value) => `${decimals(value, 0)}/s`;
export const count: Format = (value) => decimals(value, 0);
