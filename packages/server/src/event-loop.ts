/** Lets waiting requests and timers run before the caller continues. */
export function yieldToEventLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

const TURN_MS = 5;

/** Call it between two pieces of work: it yields to the event loop when the turn has taken its time. */
export type EndTurn = () => Promise<void> | undefined;

export function turnsOf(turnMs: number = TURN_MS): EndTurn {
  let endMs = performance.now() + turnMs;
  return () => {
    if (performance.now() < endMs) return undefined;
    return yieldToEventLoop().then(() => {
      endMs = performance.now() + turnMs;
    });
  };
}

/** Processes items one after the other and yields to the event loop between them.  */
export async function forEachYielding<T>(
  items: Iterable<T>,
  work: (item: T) => unknown,
  endTurn = turnsOf(),
): Promise<void> {
  for (const item of items) {
    const working = work(item);
    if (working instanceof Promise) await working;
    const ending = endTurn();
    if (ending !== undefined) await ending;
  }
}
