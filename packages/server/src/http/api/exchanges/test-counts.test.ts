import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { Source } from "../../../monitor/export/export.ts";
import { newExchange, START_MS } from "../../../monitor/export/testing/exchange.ts";
import type { Exchange } from "../../../store/exchange.ts";
import { openSqliteStore } from "../../../store/sqlite/store.ts";
import { databasePlace } from "../../../testing/database.ts";
import { TestCounts } from "./tests.ts";

const FILTER = { fromMs: START_MS, kinds: ["connection.tested"] };
const TESTED = { isProbe: true, sentences: [{ kind: "connection.tested", text: "Entra ID tested the connection" }] };

const place = databasePlace();
const store = openSqliteStore(place.file);
after(async () => {
  await store.close();
  place.remove();
});

const { exchanges } = store.monitor;
const { key: endpoint } = await store.transaction((transaction) =>
  store.endpoints.insert(transaction, { name: "default", settings: {} }, 0),
);
let seconds = 0;

async function record(count: number, own: Partial<Exchange> = {}): Promise<void> {
  const some = Array.from({ length: count }, () => newExchange(seconds++, { endpoint, ...TESTED, ...own }));
  await store.transaction((transaction) => exchanges.record(transaction, some));
}

/** Number of exchanges read for a count. */
let read = 0;
let refusal: Error | undefined;
const source: Source = {
  scope: store.committed,
  exchanges: {
    ...exchanges,
    since: async (...given) => {
      if (refusal !== undefined) throw refusal;
      const found = await exchanges.since(...given);
      read += found.length;
      return found;
    },
  },
};

test("what was counted is not read again, and nothing is counted twice or passed over", async () => {
  const counts = new TestCounts(source);
  const counted = async () => (await counts.count(FILTER)).map(({ count }) => count);
  await record(250);
  assert.deepEqual([await counted(), read], [[250], 250]);
  await record(3);
  await record(5, { sentences: [{ kind: "search", text: "Entra ID listed users" }], isProbe: false });
  await record(2, { userAgent: "Okta SCIM Client 1.0.0" });
  assert.deepEqual([await counted(), read], [[253, 2], 255]);
  assert.deepEqual([await counted(), read], [[253, 2], 255]);
  await record(1);
  // Two at once, as two open pages do.
  assert.deepEqual(await Promise.all([counted(), counted()]), [
    [254, 2],
    [254, 2],
  ]);
  assert.equal(read, 256);
  const [{ sinceMs, lastMs } = assert.fail()] = await counts.count(FILTER);
  assert.deepEqual([sinceMs, lastMs], [START_MS, START_MS + 1_000 * (seconds - 1)]);
});

test("since another time they are counted by themselves, and after a failure anew", async () => {
  const counts = new TestCounts(source);
  const [{ count: all } = assert.fail()] = await counts.count(FILTER);
  assert.equal((await counts.count({ ...FILTER, fromMs: START_MS + 100_000 }))[0]?.count, all - 100);
  await record(1);
  refusal = new Error("The database is closed.");
  await assert.rejects(counts.count(FILTER), refusal);
  refusal = undefined;
  assert.equal((await counts.count(FILTER))[0]?.count, all + 1);
});
