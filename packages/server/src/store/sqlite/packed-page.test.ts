import assert from "node:assert/strict";
import { test } from "node:test";
import { databasePlace } from "../../testing/database.ts";
import { insertUser, inWorld, type OpenStore, queryOf, START_MS, USER, update } from "../conformance/world.ts";
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
  "a packed page is what it would be else, also where its bodies are too long together",
  inWorld(openStore, async (world) => {
    const { store, endpoint } = world;
    for (let at = 0; at < 30; at++) {
      const attributes = { userName: `u${at}`, title: "x".repeat(1_000) };
      const user = await insertUser(world, attributes);
      if (at % 2 === 1) await update(world, USER, user, { ...attributes, active: true }, START_MS + at);
    }
    const search = (packs: boolean) =>
      store.resources.search(store.committed, endpoint, USER, { ...queryOf(USER, {}), packs });
    const plain = await search(false);
    const { resources } = await search(true);
    assert.ok(resources.every(({ packed }) => packed !== undefined));
    assert.deepEqual(
      resources.map(({ key, id, revision, createdMs, modifiedMs, body, groups }) => {
        return { key, id, revision, createdMs, modifiedMs, body, groups };
      }),
      plain.resources,
    );
    connectionOf(store.committed).database.limits.length = 20_000;
    assert.deepEqual(await search(true), plain);
  }),
);
