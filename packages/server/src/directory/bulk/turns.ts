import { yieldToEventLoop } from "../../event-loop.ts";
import type { Store } from "../../store/store.ts";

const last = new WeakMap<Store, Promise<unknown>>();

/**
 * Runs parts of bulk requests one after the other, in the order in which they ask. Between two of them the event loop
 * comes round once, so that other requests wait for one part at most, however many bulk requests are under way.
 */
export function inTurn<T>(store: Store, work: () => Promise<T>): Promise<T> {
  const result = (last.get(store) ?? Promise.resolve()).then(work);
  last.set(store, result.then(yieldToEventLoop, yieldToEventLoop));
  return result;
}
