/** A tick counts for this long, however late it comes. */
const TICK_MS = 100;

/**
 * A timeout that counts only time in which this process runs. A process that is stopped or throttled learns nothing about
 * the target meanwhile, so a late tick counts no more than a punctual one.
 * @param ms rounded up to whole ticks of 100 ms
 * @returns cancels the timeout
 */
export function afterRunning(ms: number, due: () => void): () => void {
  let ticksLeft = Math.ceil(ms / TICK_MS);
  const timer = setInterval(() => {
    if (--ticksLeft > 0) return;
    clearInterval(timer);
    due();
  }, TICK_MS);
  return () => clearInterval(timer);
}
