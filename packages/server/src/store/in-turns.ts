import { setImmediate as nextTurn } from "node:timers/promises";

/** Does something with one after the other, and lets others have their turn after each so many. */
export async function inTurns<T>(items: Iterable<T>, itemsPerTurn: number, work: (item: T) => unknown): Promise<void> {
  let done = 0;
  for (const item of items) {
    const working = work(item);
    if (working instanceof Promise) await working;
    if (++done % itemsPerTurn === 0) await nextTurn();
  }
}
