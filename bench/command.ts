/** Shared by the commands for replication and storage: parameters, output, clean-up. */
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const startedMs = performance.now();

/** Prints a line of progress on standard error. */
export function progress(line: string): void {
  process.stderr.write(`${((performance.now() - startedMs) / 1000).toFixed(0).padStart(4)} s  ${line}\n`);
}

/** Prints a paragraph of the results on standard output. */
export function print(text: string): void {
  process.stdout.write(`\n${text}\n`);
}

/** Runs a command to its end; prints an error in one line. */
export async function runCommand(main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  }
}

/** The number in a parameter. Throws a sentence about what is wrong. */
export function wholeNumber(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (!(Number.isInteger(value) && value >= least && value <= most))
    throw new Error(`--${name} must be a whole number from ${least} to ${most}, not ${text}.`);
  return value;
}

/** A folder that is removed when the process ends, also by a signal. */
export function folderUntilExit(prefix: string): string {
  const folder = mkdtempSync(join(tmpdir(), prefix));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
  return folder;
}

const children = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of children) child.kill("SIGKILL");
});

/** Ensures that a child does not outlive this process. */
export function killAtExit(child: ChildProcess): void {
  children.add(child);
  child.once("close", () => children.delete(child));
}

/** @param sorted in ascending order */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

export class WriteGate {
  #pauses = 0;
  #open = Promise.withResolvers<void>();

  /** What a write must wait for before it begins. */
  get opened(): Promise<void> | undefined {
    return this.#pauses === 0 ? undefined : this.#open.promise;
  }

  /** Holds writes until the returned function is called once. */
  pause(): () => void {
    if (this.#pauses++ === 0) this.#open = Promise.withResolvers<void>();
    return () => {
      if (--this.#pauses === 0) this.#open.resolve();
    };
  }
}
