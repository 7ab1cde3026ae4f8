import { setTimeout as sleep } from "node:timers/promises";

/** How long retention pauses behind a step: in proportion to what that took, which is the more the slower the machine is. */
export type Pause = { readonly timesWork: number; readonly leastMs: number };

export type Pauses = {
  /** While nothing else is going on. */
  readonly quiet: Pause;
  /** While there is, such as requests under way. At least as long. */
  readonly busy: Pause;
};

/** Share of a pause in which the event loop had something to do, from which on others are at work. */
const BUSY_SHARE = 0.1;

/**
 * Pauses behind a step, longer where others have work to do meanwhile.
 * @param workMs what the step took
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
