import type { Store } from "../../packages/server/src/store/store.ts";
import { decimals } from "../table.ts";
import { percentile } from "./searching.ts";

/** Removes exchanges of the first endpoint, step by step. */
export async function retentionSteps(store: Store, count: number): Promise<string> {
  const own = (await store.monitor.sizes(store.committed)).find(({ endpoint }) => endpoint === 1);
  const maxCount = Math.max(0, (own?.exchanges ?? 0) - count);
  const timesMs: number[] = [];
  let removed = 0;
  for (let isDone = false; !isDone; ) {
    const started = performance.now();
    const step = await store.transaction((transaction) =>
      store.monitor.exchanges.retain(transaction, 1, { maxCount }, Date.now()),
    );
    timesMs.push(performance.now() - started);
    removed += step.removed;
    isDone = step.isDone;
  }
  return (
    `Retention: ${decimals(removed, 0)} exchanges in ${timesMs.length} steps, ` +
    `p50 ${decimals(percentile(timesMs, 0.5), 1)} ms, p99 ${decimals(percentile(timesMs, 0.99), 1)} ms, ` +
    `longest ${decimals(Math.max(...timesMs), 1)} ms`
  );
}
