import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { databasePlace } from "../../testing/database.ts";
import { storeConformance } from "../conformance/conformance.ts";
import {
  ENTERPRISE,
  find,
  GROUP,
  insert,
  insertGroup,
  insertUser,
  inWorld,
  membersOf,
  namesOf,
  type OpenStore,
  remove,
  USER,
  update,
  type World,
} from "../conformance/world.ts";
import type { Transaction } from "../store.ts";
import { connectionOf } from "./connection.ts";
import { defaultCacheMb, openSqliteStore } from "./store.ts";

const openStore: OpenStore = async () => {
  const place = databasePlace();
  return { store: openSqliteStore(place.file), dispose: async () => place.remove() };
};

storeConformance("SQLite", openStore);

/** The rows of every table with resources and their data, except the history and the exchange log. */
function rowsLeft({ store }: World): Record<string, number> {
  const connection = connectionOf(store.committed);
  const tables = connection.all("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'");
  const kept = new Set(["endpoint", "endpoint_made", "credential", "issuer_trust", "used_assertion", "population"]);
  return Object.fromEntries(
    tables
      .map(([name]) => String(name))
      .filter((name) => !kept.has(name) && !/^(?:exchange|history|population)(?:_|$)/.test(name))
      .map((name) => [name, Number(connection.get(`SELECT count(*) FROM "${name}"`)?.[0])]),
  );
}

describe("SQLite rows", () => {
  test(
    "removed resources leave none in any table",
    inWorld(openStore, async (world) => {
      const anna = await insertUser(world, {
        userName: "anna",
        emails: [{ value: "a@example.com" }, { value: "A@example.com" }, { value: "second@example.com" }],
        [ENTERPRISE]: { employeeNumber: "1" },
      });
      const berta = await insertUser(world, { userName: "berta", emails: [{ value: "a@example.com" }] });
      const inner = await insertGroup(world, "Inner", [anna, berta]);
      const outer = await insertGroup(world, "Outer", [inner, anna]);
      assert.deepEqual(rowsLeft(world), { resource: 4, indexed_value: 3, member: 4, unique_value: 2 });
      const changed = await update(world, USER, anna, { userName: "anna", emails: [{ value: "other@example.com" }] });
      assert.deepEqual(rowsLeft(world), { resource: 4, indexed_value: 2, member: 4, unique_value: 2 });
      await remove(world, GROUP, inner);
      assert.deepEqual(rowsLeft(world), { resource: 3, indexed_value: 2, member: 1, unique_value: 1 });
      await remove(world, USER, changed);
      assert.deepEqual(rowsLeft(world), { resource: 2, indexed_value: 1, member: 0, unique_value: 1 });
      assert.deepEqual(await membersOf(world, outer), []);
      await remove(world, USER, berta);
      await remove(world, GROUP, outer);
      assert.deepEqual(rowsLeft(world), { resource: 0, indexed_value: 0, member: 0, unique_value: 0 });
      assert.deepEqual(connectionOf(world.store.committed).all("SELECT type, count FROM population ORDER BY type"), [
        ["Group", 0],
        ["User", 0],
      ]);
    }),
  );
});

/** Makes the commit that this transaction shares fail, by a foreign key that is only checked at its end. */
function spoilCommit(transaction: Transaction): void {
  const connection = connectionOf(transaction);
  connection.run("PRAGMA defer_foreign_keys = ON");
  connection.run(
    `INSERT INTO credential (purpose, endpoint, kind, label, secret_hash, scopes, created_ms)
     VALUES ('x', 99, 'token', 'x', 'x', 'read', 1)`,
  );
}

describe("SQLite commits", () => {
  test(
    "if the commit fails, every transaction in it is rejected and none has happened",
    inWorld(openStore, async (world) => {
      const { store } = world;
      await insertUser(world, { userName: "before" });
      const first = insertUser(world, { userName: "first" });
      const spoiler = store.transaction(async (transaction) => spoilCommit(transaction));
      const refused = store.transaction(async () => {
        throw new Error("refused");
      });
      const last = insertUser(world, { userName: "last" });
      const outcomes = await Promise.allSettled([first, spoiler, refused, last]);
      for (const outcome of outcomes) {
        assert.equal(outcome.status, "rejected");
        assert.match(String(outcome.reason), /FOREIGN KEY/);
      }
      assert.deepEqual(namesOf(await find(world, USER)), ["before"]);
      await insertUser(world, { userName: "first" });
      assert.deepEqual(namesOf(await find(world, USER)), ["before", "first"]);
    }),
  );

  test(
    "if the disk is full, the transactions of that commit are rejected and later ones continue",
    inWorld(openStore, async (world) => {
      const { store } = world;
      const pages = await store.transaction(async (transaction) => {
        const connection = connectionOf(transaction);
        const [used] = connection.get("PRAGMA page_count") ?? [];
        connection.get(`PRAGMA max_page_count = ${Number(used) + 20}`);
        return Number(used);
      });
      assert.ok(pages > 0);
      const title = "x".repeat(10_000);
      const neighbour = insertUser(world, { userName: "neighbour" });
      const filling = store.transaction(async (transaction) => {
        for (let index = 0; index < 100; index++)
          await insert(world, transaction, USER, { userName: `u${index}`, title });
      });
      const outcomes = await Promise.allSettled([neighbour, filling]);
      assert.match(String(outcomes[1]?.status === "rejected" && outcomes[1].reason), /full/);
      const survived = outcomes[0]?.status === "fulfilled" ? ["neighbour"] : [];
      assert.deepEqual(namesOf(await find(world, USER)), survived);
      await insertUser(world, { userName: "small" });
      assert.deepEqual(namesOf(await find(world, USER)), [...survived, "small"]);
    }),
  );

  test(
    "nobody gets a result before the commit, not even a refusal",
    inWorld(openStore, async (world) => {
      const { store } = world;
      const told: string[] = [];
      const toldDuringLast: string[] = [];
      const quick = insertUser(world, { userName: "quick" }).then(() => told.push("quick"));
      const refused = store
        .transaction(async () => {
          throw new Error("refused");
        })
        .catch(() => told.push("refused"));
      const last = store.transaction(async () => {
        for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
        toldDuringLast.push(...told);
      });
      await Promise.all([quick, refused, last]);
      assert.deepEqual(toldDuringLast, []);
      assert.deepEqual(told.sort(), ["quick", "refused"]);
    }),
  );
});

test("the page caches take an eighth of the memory, 512 MB at most", () => {
  assert.deepEqual(
    [256, 512, 2_048, 4_096, 65_536].map((megabytes) => defaultCacheMb(megabytes * 2 ** 20)),
    [32, 64, 256, 512, 512],
  );
});
