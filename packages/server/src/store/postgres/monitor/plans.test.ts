import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import pg from "pg";
import { exchangeIdAt } from "../../exchange.ts";
import { openPostgresStore } from "../store.ts";
import { type Cluster, startCluster } from "../testing/cluster.ts";

let cluster: Cluster;
before(async () => {
  cluster = await startCluster();
});
after(() => cluster.stop());

test("a search for a word that no exchange has reads no exchange", async () => {
  const url = await cluster.createDatabase();
  const store = await openPostgresStore(url);
  const exchanges = 500;
  const message = { headers: [], body: new Uint8Array(), bodyBytes: 0 };
  await store.transaction((transaction) =>
    store.monitor.exchanges.record(
      transaction,
      Array.from({ length: exchanges }, (_, at) => ({
        ...{ id: exchangeIdAt(at), method: "GET", path: "/Users", query: "", status: 200, durationUs: 1 },
        ...{ split: { queueUs: 0, databaseUs: 0, durableUs: 0 }, clientAddress: "", userAgent: "", requestId: "" },
        ...{ dialect: "manual" as const, severity: "info" as const, isProbe: false, sentences: [], findings: [] },
        ...{
          endpoint: undefined,
          credential: undefined,
          resources: [],
          details: {},
          request: message,
          response: message,
        },
      })),
    ),
  );
  const found = await store.monitor.exchanges.search(store.committed, { text: "nowhere" }, { limit: 50 });
  assert.equal(found.total, 0);
  await store.close();
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query(
    "SELECT seq_tup_read + idx_tup_fetch AS read FROM pg_stat_user_tables WHERE relname = 'exchange'",
  );
  await client.end();
  // Counting their sizes reads each once.
  assert.ok(Number(rows[0].read) <= exchanges, `${rows[0].read} exchanges were read`);
});
