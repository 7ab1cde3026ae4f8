import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { databasePlace } from "../../testing/database.ts";
import {
  GROUP,
  insert,
  insertGroup,
  insertUser,
  inWorld,
  LOCATIONS,
  type OpenStore,
  remove,
  USER,
  update,
  type World,
} from "../conformance/world.ts";
import type { StoredResource } from "../store.ts";
import { connectionOf } from "./connection.ts";
import { anchoringOf } from "./page-anchor.ts";
import { marksOf, type QueryMarks } from "./page-marks.ts";
import { openSqliteStore } from "./store.ts";

const openStore: OpenStore = async () => {
  const place = databasePlace();
  return { store: openSqliteStore(place.file), dispose: async () => place.remove() };
};

/** What is known of the plain list of users. */
function marksOfUsers({ store, endpoint }: World): QueryMarks {
  const connection = connectionOf(store.committed);
  const marks = marksOf(connection, "users", anchoringOf(connection, { endpoint, model: USER, locations: LOCATIONS }));
  assert.ok(marks);
  return marks;
}

async function insertUsers(world: World, names: readonly string[]): Promise<StoredResource[]> {
  const users: StoredResource[] = [];
  for (const userName of names) users.push(await insertUser(world, { userName }));
  return users;
}

describe("marks of a plain list", () => {
  test(
    "outlive commits that add, that change, and that are about others, but not what was counted",
    inWorld(openStore, async (world) => {
      const [anna, berta] = await insertUsers(world, ["anna", "berta", "carla"]);
      assert.ok(anna && berta);
      const guides = await insertGroup(world, "Guides", [anna]);
      const marks = marksOfUsers(world);
      const outlive: (() => Promise<unknown>)[] = [
        () => insertUsers(world, ["dora", "elsa"]),
        () => update(world, USER, anna, { userName: "zoe" }),
        () => remove(world, GROUP, guides),
        () => insertUser(world, { userName: "elsewhere" }, { endpoint: world.otherEndpoint }),
        () => insertGroup(world, "Drivers", [berta]),
        () => insertUsers(world, ["frida"]),
      ];
      for (const [at, write] of outlive.entries()) {
        marks.total = 7;
        marks.counts.set("filled", 7);
        await write();
        assert.equal(marksOfUsers(world), marks, `write ${at}`);
        assert.deepEqual([marks.total, marks.counts.size], [undefined, 0]);
      }
    }),
  );

  test(
    "do not outlive a removal, whatever is added with it",
    inWorld(openStore, async (world) => {
      const users = await insertUsers(world, ["anna", "berta", "carla", "dora"]);
      let marks = marksOfUsers(world);
      for (const [at, user] of users.entries()) {
        await world.store.transaction(async (transaction) => {
          await world.store.resources.remove(transaction, world.endpoint, USER, user.key, 1);
          for (let added = 0; added < at; added++) {
            await insert(world, transaction, USER, { userName: `new ${at} ${added}` });
          }
        });
        const after = marksOfUsers(world);
        assert.notEqual(after, marks, `removal ${at}`);
        marks = after;
      }
    }),
  );

  test(
    "do not outlive keys that are given again",
    inWorld(openStore, async (world) => {
      const [anna] = await insertUsers(world, ["anna", "berta"]);
      const guides = await insertGroup(world, "Guides");
      const [last] = await insertUsers(world, ["carla"]);
      assert.ok(anna && last);
      const marks = marksOfUsers(world);
      for (const user of [anna, last]) await remove(world, USER, user);
      await remove(world, GROUP, guides);
      const [, again] = await insertUsers(world, ["dora", "elsa"]);
      assert.equal(again?.key, last.key, "as many users as before, and the last key is in use");
      assert.notEqual(marksOfUsers(world), marks);
    }),
  );

  test(
    "of an empty list begin anew with the first one",
    inWorld(openStore, async (world) => {
      const marks = marksOfUsers(world);
      await insertUsers(world, ["anna"]);
      assert.notEqual(marksOfUsers(world), marks);
    }),
  );
});
