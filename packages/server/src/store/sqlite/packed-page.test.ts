import assert from "node:assert/strict";
import { test } from "node:test";
import { databasePlace } from "../../testing/database.ts";
import { insert, inWorld, type OpenStore, queryOf, USER } from "../conformance/world.ts";
import { type Connection, connectionOf } from "./connection.ts";
import { readPacked } from "./packed-page.ts";
import { sql } from "./sql.ts";
import { openSqliteStore } from "./store.ts";

/** A connection on which every statement fails. */
function failing(errcode: number): Connection {
  return {
    get: () => {
      throw Object.assign(new Error("string or blob too big"), { errcode });
    },
  } as unknown as Connection;
}

const openStore: OpenStore = async () => {
  const place = databasePlace();
  return { store: openSqliteStore(place.file), dispose: async () => place.remove() };
};

test("bodies that are too long together are left to be read one by one; other failures are failures", () => {
  assert.equal(readPacked(failing(18), sql("SELECT 1")), undefined);
  assert.throws(() => readPacked(failing(10), sql("SELECT 1")), /too big/);
});

test(
  "a page of bodies that are too long together is whole",
  inWorld(openStore, async (world) => {
    const { store, endpoint } = world;
    await store.transaction(async (transaction) => {
      for (let at = 0; at < 30; at++) {
        await insert(world, transaction, USER, { userName: `u${at}`, title: "x".repeat(1_000) });
      }
    });
    const search = (packs: boolean) =>
      store.resources.search(store.committed, endpoint, USER, { ...queryOf(USER, {}), packs });
    assert.ok((await search(true)).resources.every(({ packed }) => packed !== undefined));
    connectionOf(store.committed).database.limits.length = 20_000;
    const found = await search(true);
    assert.equal(found.resources.length, 30);
    assert.deepEqual(found, await search(false));
  }),
);
