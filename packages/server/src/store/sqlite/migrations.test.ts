import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, test } from "node:test";
import { newResourceId } from "../../directory/resource-id.ts";
import { type DatabasePlace, databasePlace } from "../../testing/database.ts";
import { USER } from "../conformance/world.ts";
import { openSqliteStore } from "./store.ts";

/** `PRAGMA user_version` of databases whose resources have no `meta` in their bodies. */
const STEPS_BEFORE_META = 8;

/** That migration takes so many in one go. */
const KEYS_AT_ONCE = 5_000;

function inPlace(work: (place: DatabasePlace) => void | Promise<void>): () => Promise<void> {
  return async () => {
    const place = databasePlace();
    try {
      await work(place);
    } finally {
      place.remove();
    }
  };
}

function execute(file: string, sql: string): void {
  const database = new DatabaseSync(file);
  database.exec(sql);
  database.close();
}

/** Asserts that the file is refused with that message, and is afterwards, byte by byte, what it was. */
function refusesUntouched({ file, folder }: DatabasePlace, message: RegExp): void {
  const before = readFileSync(file);
  const files = readdirSync(folder);
  assert.throws(() => openSqliteStore(file), message);
  assert.ok(readFileSync(file).equals(before), "the file was changed");
  assert.deepEqual(readdirSync(folder), files);
}

describe("opening a database", () => {
  test(
    "a file that does not exist is made, and so is an empty one filled",
    inPlace(async ({ file, folder }) => {
      const empty = join(folder, "empty.db");
      writeFileSync(empty, "");
      for (const path of [file, empty]) {
        const store = openSqliteStore(path);
        assert.deepEqual(await store.endpoints.list(store.committed), []);
        await store.close();
      }
    }),
  );

  test(
    "what was written is there when it is opened again, and nothing lies beside the file in between",
    inPlace(async ({ file, folder }) => {
      const first = openSqliteStore(file);
      await first.transaction((transaction) =>
        first.endpoints.insert(transaction, { name: "default", settings: { profile: "strict" } }, 0),
      );
      await first.close();
      assert.deepEqual(readdirSync(folder), ["scim.db"]);
      const second = openSqliteStore(file);
      assert.deepEqual(
        (await second.endpoints.list(second.committed)).map(({ name }) => name),
        ["default"],
      );
      await second.close();
    }),
  );

  test(
    "a file that is no database is refused",
    inPlace((place) => {
      writeFileSync(place.file, "Dear diary, ".repeat(1_000));
      refusesUntouched(place, /not a database/);
    }),
  );

  test(
    "a short file that is no database is refused",
    inPlace((place) => {
      writeFileSync(place.file, "no\n");
      refusesUntouched(place, /not a database/);
    }),
  );

  test(
    "another program's database is refused, whether it is marked as such or not",
    inPlace((place) => {
      execute(place.file, "CREATE TABLE bookmark (url TEXT)");
      refusesUntouched(place, /belongs to another program/);
      execute(place.file, "PRAGMA user_version = 1");
      refusesUntouched(place, /belongs to another program/);
      execute(place.file, "PRAGMA application_id = 252006673");
      refusesUntouched(place, /belongs to another program/);
    }),
  );

  test(
    "another program's database without tables is refused if it is marked",
    inPlace((place) => {
      execute(place.file, "PRAGMA application_id = 252006673");
      refusesUntouched(place, /belongs to another program/);
    }),
  );

  test(
    "a database of a newer version is refused, with both versions named",
    inPlace(async (place) => {
      await openSqliteStore(place.file).close();
      execute(place.file, "PRAGMA user_version = 99");
      refusesUntouched(place, /newer SCIMTool \(schema 99, this one knows \d+\)/);
    }),
  );

  test(
    "resources of a version that kept no meta in their bodies come to have it",
    inPlace(async ({ file }) => {
      const store = openSqliteStore(file);
      const { key: endpoint } = await store.transaction((transaction) =>
        store.endpoints.insert(transaction, { name: "default", settings: { profile: "strict" } }, 0),
      );
      const users = await store.transaction(async (transaction) => {
        const resource = { schemas: [], id: newResourceId(0), userName: 'Zoë "😀"' };
        const content = { resource, json: JSON.stringify(resource), label: "Zoë" };
        const zoe = await store.resources.insert(transaction, endpoint, USER, resource.id, { ...content, nowMs: 5 });
        const later = { ...content, nowMs: 1_796_014_089_070 };
        const member = { schemas: [], id: newResourceId(0), userName: "anna" };
        const json = JSON.stringify(member);
        const anna = await store.resources.insert(transaction, endpoint, USER, member.id, {
          ...{ resource: member, json, label: "anna" },
          nowMs: 1_796_014_089_999,
        });
        return [await store.resources.update(transaction, endpoint, USER, { ...zoe, resource }, later), anna];
      });
      await store.close();
      execute(
        file,
        `UPDATE resource SET body = json_remove(body, '$.meta'), key = key + ${KEYS_AT_ONCE - 1}; PRAGMA user_version = ${STEPS_BEFORE_META}`,
      );
      const reopened = openSqliteStore(file);
      for (const user of users) {
        const wanted = { groups: false, members: false };
        const found = await reopened.resources.get(reopened.committed, endpoint, USER, user.id, wanted);
        assert.deepEqual(found, { ...user, key: user.key + KEYS_AT_ONCE - 1, groups: [] });
      }
      await reopened.close();
    }),
  );

  test(
    "a folder in the place of the file is refused",
    inPlace(({ file }) => {
      mkdirSync(file);
      assert.throws(() => openSqliteStore(file), /unable to open/);
    }),
  );

  test(
    "a migration that fails leaves nothing of itself",
    inPlace((place) => {
      // Ours by its mark, but a table of the first migration is there already.
      execute(place.file, "CREATE TABLE member (x); PRAGMA application_id = 1396918605");
      refusesUntouched(place, /already exists/);
    }),
  );
});
