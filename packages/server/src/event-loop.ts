/** Lets waiting requests and timers run before the caller continues. */
export function yieldToEventLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Suits writes of about 0.1 ms per item: other requests wait for some milliseconds at most. */
const DEFAULT_ITEMS_PER_TURN = 50;

/** Processes items one after the other and yields to the event loop after every `itemsPerTurn` items. */
export async function forEachYielding<T>(
  items: Iterable<T>,
  work: (item: T) => unknown,
  itemsPerTurn = DEFAULT_ITEMS_PER_TURN,
): Promise<void> {
  let done = 0;
  for (const item of items) {
    const working = work(item);
    if (working instanceof Promise) await working;
    if (++done % itemsPerTurn === 0) await yieldToEventLoop();
  }
}

/** Suits work that is not a transaction: nobody notices it. */
const TURN_MS = 5;

/**
 * For work in small pieces.
 * @returns call it between two pieces: it yields to the event loop when the turn has taken its time
 */
export function turnsOf(turnMs: number = TURN_MS): () => Promise<void> | undefined {
  let endMs = performance.now() + turnMs;
  return () => {
    if (performance.now() < endMs) return undefined;
    return yieldToEventLoop().then(() => {
      endMs = performance.now() + turnMs;
    });
  };
}
