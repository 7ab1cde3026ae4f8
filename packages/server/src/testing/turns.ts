import { mock } from "node:test";

/** Counts turns of the event loop during work. With the fake clock, each step takes 0.1 ms. */
export async function countTurns(work: () => Promise<unknown>): Promise<number> {
  let nowMs = performance.now();
  const clock = mock.method(performance, "now", () => {
    nowMs += 0.1;
    return nowMs;
  });
  let turns = 0;
  let next = setImmediate(function count() {
    turns++;
    next = setImmediate(count);
  });
  try {
    await work();
    return turns;
  } finally {
    clearImmediate(next);
    clock.mock.restore();
  }
}
