import type { Store } from "../../packages/server/src/store/store.ts";
import { exchangeMaker } from "./exchanges.ts";

/** Endpoints of the exchanges; the first has most of them. */
const endpoints = [1, 2, 3];
const batch = 500;

export async function loadExchanges(store: Store, count: number): Promise<void> {
  for (const name of ["default", "second", "third"]) {
    await store.transaction((transaction) => store.endpoints.insert(transaction, { name, settings: {} }, 0));
  }
  const make = exchangeMaker(1, endpoints);
  for (let at = 0; at < count; ) {
    const size = Math.min(count - at, batch);
    const exchanges = Array.from({ length: size }, (_, index) => make(at + index));
    await store.transaction((transaction) => store.monitor.exchanges.record(transaction, exchanges));
    at += size;
    if (at % 100_000 === 0) process.stderr.write(`${at} exchanges\n`);
  }
}
