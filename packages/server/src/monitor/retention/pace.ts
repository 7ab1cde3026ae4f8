import { setTimeout as sleep } from "node:timers/promises";

/** The pause after a step: a multiple of the time that the step took, which is longer on a slow machine. */
type Pause = { readonly timesWork: number; readonly leastMs: number };

export type Pauses = {
  /** While the server has nothing else to do. */
  readonly quiet: Pause;
  /** While it serves requests. At least as long. */
  readonly busy: Pause;
};

/** The server is busy if its event loop works for this share of a pause. */
const BUSY_SHARE = 0.1;

/**
 * Pauses after a step, longer while the server is busy.
 * @param workMs how long the step took
 * @throws AbortError
 */
export async function pause(workMs: number, { quiet, busy }: Pauses, signal: AbortSignal): Promise<void> {
  const before = performance.eventLoopUtilization();
  const quietMs = lengthOf(quiet, workMs);
  await sleep(quietMs, undefined, { signal, ref: false });
  const { utilization } = performance.eventLoopUtilization(before);
  if (utilization > BUSY_SHARE) await sleep(lengthOf(busy, workMs) - quietMs, undefined, { signal, ref: false });
}

function lengthOf({ timesWork, leastMs }: Pause, workMs: number): number {
  return Math.max(leastMs, timesWork * workMs);
}
