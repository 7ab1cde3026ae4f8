import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import pg from "pg";
import { startApplication } from "../../testing/application.ts";
import { type Cluster, startCluster } from "./testing/cluster.ts";

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";

let cluster: Cluster;
before(async () => {
  cluster = await startCluster();
});
after(() => cluster.stop());

test("statements planned on empty tables read few rows when the tables have grown", async () => {
  const users = 400;
  const url = await cluster.createDatabase();
  const application = await startApplication({ postgresUrl: url, recording: "off" });
  const group = { schemas: ["urn:ietf:params:scim:schemas:core:2.0:Group"], displayName: "All" };
  const { body } = await application.client.post("/Groups", group);
  for (let index = 0; index < users; index++) {
    const created = await application.client.post("/Users", { schemas: [USER], userName: `user-${index}` });
    const value = [{ value: created.body.id }];
    await application.client.patch(`/Groups/${body.id}`, [{ op: "add", path: "members", value }]);
    await application.client.get(`/Users/${created.body.id}`);
  }
  await application.close();
  // Which of two indexes of `resource` is better, the server knows after its first ANALYZE, within a minute.
  for (const table of ["unique_value", "member", "indexed_value"]) {
    const rows = await rowsRead(url, table);
    assert.ok(rows < users * 20, `${rows} rows of ${table} were read`);
  }
  await analyze(url);
  const before = await rowsRead(url, "resource");
  const again = await startApplication({ postgresUrl: url, recording: "off" });
  for (const sortBy of ["userName", "meta.created"]) {
    const page = await again.client.get(`/Users?sortBy=${sortBy}&count=10&startIndex=20`);
    assert.equal(page.body.Resources.length, 10);
  }
  await again.close();
  const rows = (await rowsRead(url, "resource")) - before;
  assert.ok(rows < users / 2, `${rows} resources were read for two sorted pages`);
});

async function analyze(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query("ANALYZE");
  await client.end();
}

/** Counters of the server. Connections write them at the latest when they end. */
async function rowsRead(url: string, table: string): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query(
    "SELECT seq_tup_read + coalesce(idx_tup_fetch, 0) AS read FROM pg_stat_user_tables WHERE relname = $1",
    [table],
  );
  const index = await client.query(
    "SELECT coalesce(sum(idx_tup_read), 0) AS read FROM pg_stat_user_indexes WHERE relname = $1",
    [table],
  );
  await client.end();
  return Number(rows[0].read) + Number(index.rows[0].read);
}
