import { setTimeout as sleep } from "node:timers/promises";

/** How long retention pauses between two steps. Milliseconds. */
export type Pauses = {
  /** While nothing else is going on. */
  readonly quietMs: number;
  /** While there is, such as requests under way. */
  readonly busyMs: number;
};

/** Share of a pause in which the event loop had something to do, from which on others are at work. */
const BUSY_SHARE = 0.1;

/**
 * Pauses between two steps, longer where others have work to do meanwhile.
 * @throws AbortError
 */
export async function pause({ quietMs, busyMs }: Pauses, signal: AbortSignal): Promise<void> {
  const before = performance.eventLoopUtilization();
  await sleep(quietMs, undefined, { signal, ref: false });
  const { utilization } = performance.eventLoopUtilization(before);
  if (utilization > BUSY_SHARE) await sleep(busyMs - quietMs, undefined, { signal, ref: false });
}
