import { generateLoad, type Load, type LoadResult } from "./generator.ts";
import type { ServerProcess } from "./server-process.ts";

/** Long enough for a server to finish deferred work, short enough for its idle cost not to count. */
const settleMs = 300;

export type Measurement = Omit<LoadResult, "nextIndex"> & { cpuMicrosecondsPerRequest: number };

/**
 * Runs the load and divides the server's CPU time by its requests. Both readings are taken at rest, so that deferred
 * work is counted, and exactly the requests of this load.
 */
export async function measure(server: ServerProcess, load: Omit<Load, "port">): Promise<Measurement> {
  await sleep(settleMs);
  const before = await server.cpuMicroseconds();
  const { nextIndex: _, ...result } = await generateLoad({ ...load, port: server.port });
  await sleep(settleMs);
  const cpuMicroseconds = (await server.cpuMicroseconds()) - before;
  return { ...result, cpuMicrosecondsPerRequest: cpuMicroseconds / result.requests };
}

/** The median. Throws on an empty list. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  if (upper === undefined || lower === undefined) throw new Error("No values to take the median of.");
  return (lower + upper) / 2;
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
