import { setImmediate, setTimeout as sleep } from "node:timers/promises";

/** Lets everything else that waits on the event loop run before the caller continues. */
export function yieldToEventLoop(): Promise<void> {
  return setImmediate();
}

/** Waits for work to settle, whether it succeeds or fails, but no longer than the deadline (performance.now()). */
export async function waitUntil(deadline: number, work: Promise<unknown>): Promise<void> {
  const abort = new AbortController();
  const left = Math.max(0, deadline - performance.now());
  const limit = sleep(left, undefined, { signal: abort.signal, ref: true }).catch(() => {});
  await Promise.race([work.catch(() => {}), limit]);
  abort.abort();
}

/** Limits the bytes that may be in progress at a time. */
export type ByteLimit<Item> = { readonly maxBytes: number; readonly bytesOf: (item: Item) => number };

/**
 * Works on several items at a time and yields the results in the order of the items.
 * @param atOnce how many items may be in progress or wait to be taken; bounds the memory
 * @param limit bounds the memory where items differ in size; one item always starts
 * @throws what `work` throws, when that item's turn comes; work already in progress finishes unobserved
 */
export async function* inOrder<Item, Result>(
  items: Iterable<Item>,
  atOnce: number,
  work: (item: Item) => Promise<Result>,
  { maxBytes, bytesOf }: ByteLimit<Item> = { maxBytes: 0, bytesOf: () => 0 },
): AsyncGenerator<Result> {
  const inProgress: { readonly result: Promise<Result>; readonly bytes: number }[] = [];
  let bytesInProgress = 0;
  for (const item of items) {
    const bytes = bytesOf(item);
    while (inProgress.length >= atOnce || (inProgress.length > 0 && bytesInProgress + bytes > maxBytes)) {
      const first = inProgress.shift() as (typeof inProgress)[number];
      yield await first.result;
      bytesInProgress -= first.bytes;
    }
    const result = work(item);
    // If an earlier failure ends the loop, nobody is left to handle this one.
    result.catch(() => {});
    inProgress.push({ result, bytes });
    bytesInProgress += bytes;
  }
  for (const { result } of inProgress) yield await result;
}
