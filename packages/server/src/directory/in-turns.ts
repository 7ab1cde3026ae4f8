import { inTurns as soManyInTurns } from "../store/in-turns.ts";

/** Resources that one request changes before others have their turn: some milliseconds. */
const RESOURCES_PER_TURN = 50;

/**
 * Does something with one after the other, for a write that changes others than its own resource: thousands may refer
 * to one. Others read in between; whoever writes waits.
 */
export function inTurns<T>(items: Iterable<T>, work: (item: T) => Promise<unknown>): Promise<void> {
  return soManyInTurns(items, RESOURCES_PER_TURN, work);
}
