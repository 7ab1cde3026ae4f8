import type { Exchange } from "../store/exchange.ts";
import type { Key } from "../store/store.ts";
import { type RunningApplication, startApplication, testFolder } from "./application.ts";
import { openTestStore } from "./store.ts";

/** Exchanges per transaction. */
const BATCH = 500;

/** Exchanges of any age stay. */
const SETTINGS = { retention: { exchanges: { maxAgeDays: 3_650 } } };

/** Starts the program with a database that contains exchanges. @param make exchanges in order, by endpoint */
export async function startWithRecorded(
  make: (endpoints: { readonly default: Key; readonly okta: Key }) => Iterable<Exchange>,
): Promise<RunningApplication> {
  const dataDir = testFolder();
  const store = await openTestStore(dataDir);
  const endpoints = await store.transaction(async (transaction) => {
    const insert = async (name: string) =>
      (await store.endpoints.insert(transaction, { name, settings: SETTINGS }, 0)).key;
    return { default: await insert("default"), okta: await insert("okta") };
  });
  let batch: Exchange[] = [];
  const record = async () => {
    const some = batch;
    batch = [];
    await store.transaction((transaction) => store.monitor.exchanges.record(transaction, some));
  };
  for (const exchange of make(endpoints)) {
    batch.push(exchange);
    if (batch.length === BATCH) await record();
  }
  await record();
  await store.close();
  return startApplication({ dataDir });
}
