import { setTimeout as sleep } from "node:timers/promises";

/** Waits for something, however it ends, but not beyond a moment on the clock of performance.now(). */
export async function waitUntil(deadline: number, work: Promise<unknown>): Promise<void> {
  const abort = new AbortController();
  const left = Math.max(0, deadline - performance.now());
  const limit = sleep(left, undefined, { signal: abort.signal, ref: true }).catch(() => {});
  await Promise.race([work.catch(() => {}), limit]);
  abort.abort();
}
