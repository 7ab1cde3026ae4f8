/** Assigns cores to server and load generator, so that they never compete. */
import { spawnSync } from "node:child_process";

export type Cores = { server: number; generator: number };

/**
 * Pins this process to the second available core and leaves the first to the servers. Undefined, with nothing pinned,
 * without `taskset` or with only one core.
 */
export function pinGenerator(): Cores | undefined {
  const allowed = allowedCores();
  const [server, generator] = allowed;
  if (server === undefined || generator === undefined) return undefined;
  const pinned = taskset(["--all-tasks", "--cpu-list", "--pid", String(generator), String(process.pid)]);
  return pinned === undefined ? undefined : { server, generator };
}

/** The command line that runs `command` on the servers' core. */
export function onServerCore(cores: Cores | undefined, command: readonly string[]): string[] {
  return cores === undefined ? [...command] : ["taskset", "--cpu-list", String(cores.server), ...command];
}

/** `taskset` says "pid 7's current affinity list: 0-3,8". */
function allowedCores(): number[] {
  const ranges = taskset(["--cpu-list", "--pid", String(process.pid)])?.split(": ")[1] ?? "";
  return ranges.split(",").flatMap((range) => {
    const [first = Number.NaN, last = first] = range.trim().split("-").map(Number);
    return Number.isNaN(first) ? [] : Array.from({ length: last - first + 1 }, (_, offset) => first + offset);
  });
}

function taskset(parameters: string[]): string | undefined {
  const result = spawnSync("taskset", parameters, { encoding: "utf8" });
  return result.status === 0 ? result.stdout : undefined;
}
