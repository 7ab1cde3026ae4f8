import { setImmediate as nextTurn } from "node:timers/promises";

/** Resources that one request changes before others have their turn: some milliseconds. */
const RESOURCES_PER_TURN = 50;

/**
 * Does something with one after the other, for a write that changes others than its own resource: thousands may refer
 * to one. Others read in between; whoever writes waits.
 */
export async function inTurns<T>(items: Iterable<T>, work: (item: T) => Promise<unknown>): Promise<void> {
  let done = 0;
  for (const item of items) {
    await work(item);
    if (++done % RESOURCES_PER_TURN === 0) await nextTurn();
  }
}
