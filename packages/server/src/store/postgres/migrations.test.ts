import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { insertUser, USER, type World } from "../conformance/world.ts";
import { MIGRATIONS, type Migration, migrate } from "./migrations.ts";
import { serverAt } from "./server.ts";
import { openPostgresStore } from "./store.ts";
import { type Cluster, startCluster } from "./testing/cluster.ts";

let cluster: Cluster;
let url: string;
before(async () => {
  cluster = await startCluster();
});
beforeEach(async () => {
  url = await cluster.createDatabase();
});
after(() => cluster.stop());

const ADDS: Migration = {
  sql: `CREATE TABLE added (key bigint PRIMARY KEY);
    ALTER TABLE resource ADD COLUMN added text, ADD COLUMN counted bigint NOT NULL DEFAULT 0;
    CREATE INDEX resource_by_added ON resource (endpoint, added);`,
};
const REMOVES: Migration = { sql: "ALTER TABLE resource DROP COLUMN folded_label", endsOlder: true };

async function openWorld(): Promise<World> {
  const store = await openPostgresStore(url);
  const found = await store.endpoints.list(store.committed);
  if (found.length > 0) return { store, endpoint: found[0]?.key ?? 0, otherEndpoint: 0 };
  const { key } = await store.transaction((transaction) =>
    store.endpoints.insert(transaction, { name: "default", settings: {} }, 0),
  );
  return { store, endpoint: key, otherEndpoint: 0 };
}

async function works(world: World, userName: string): Promise<void> {
  const { store, endpoint } = world;
  const { id } = await insertUser(world, { userName });
  const found = await store.resources.get(store.committed, endpoint, USER, id, { groups: true, members: true });
  assert.equal(found?.id, id);
}

/** Why programs that know nothing of a step could not run after it; undefined if they can. */
function harmOf(sql: string): string | undefined {
  const removes = /\b(?:DROP|RENAME|TRUNCATE|ALTER\s+COLUMN|SET\s+NOT\s+NULL|ADD\s+CONSTRAINT|CREATE\s+UNIQUE)\b/i;
  const found = removes.exec(sql)?.[0];
  if (found !== undefined) return found;
  const columns = [...sql.matchAll(/ADD\s+COLUMN[^,;]*/gi)].map(([column]) => column);
  return columns.find((column) => /NOT\s+NULL/i.test(column) && !/DEFAULT/i.test(column));
}

describe("the schema of PostgreSQL", () => {
  test("only grows, unless a step says that it ends older programs", () => {
    for (const { sql, endsOlder } of MIGRATIONS.slice(1)) if (endsOlder !== true) assert.equal(harmOf(sql), undefined);
    assert.equal(harmOf(ADDS.sql), undefined);
    assert.equal(harmOf(REMOVES.sql), "DROP");
    assert.equal(harmOf("ALTER TABLE a ADD COLUMN b text NOT NULL"), "ADD COLUMN b text NOT NULL");
  });

  test("grows while an older instance runs, which then starts again", async () => {
    const older = await openWorld();
    await works(older, "before");
    await migrate(serverAt(url), [...MIGRATIONS, ADDS]);
    await works(older, "after");
    await older.store.close();
    const again = await openWorld();
    await works(again, "again");
    await again.store.close();
  });

  test("is not changed under older instances that would fail; stopped ones do not start again", async () => {
    const next = [...MIGRATIONS, ADDS, REMOVES];
    const older = await openWorld();
    await assert.rejects(
      migrate(serverAt(url), next),
      /from schema 1 to 3, on which running older instances would fail: stop/,
    );
    await works(older, "still works");
    await older.store.close();
    await migrate(serverAt(url), next);
    await migrate(serverAt(url), next);
    await assert.rejects(openPostgresStore(url), /schema 3 needs a version that knows schema 3 or later/);
  });
});
