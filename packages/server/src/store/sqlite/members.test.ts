import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { databasePlace } from "../../testing/database.ts";
import { countTurns } from "../../testing/turns.ts";
import {
  find,
  GROUP,
  idsOf,
  insertGroup,
  insertUser,
  inWorld,
  LOCATIONS,
  membersOf,
  namesOf,
  type OpenStore,
  readMembersFilter,
  remove,
  type World,
} from "../conformance/world.ts";
import type { StoredResource } from "../store.ts";
import { openSqliteStore } from "./store.ts";

const openStore: OpenStore = async () => {
  const place = databasePlace();
  return { store: openSqliteStore(place.file), dispose: async () => place.remove() };
};

function keep({ store, endpoint }: World, group: StoredResource, ids: readonly string[]) {
  return store.transaction((transaction) => store.members.add(transaction, endpoint, GROUP, group.key, ids, "keep"));
}

function removeWhere({ store, endpoint }: World, group: StoredResource, filter: string) {
  return store.transaction((transaction) =>
    store.members.removeWhere(transaction, endpoint, group.key, readMembersFilter(filter), {
      locations: LOCATIONS,
      maxMs: 10_000,
    }),
  );
}

describe("a member that is not a resource", () => {
  test(
    "has a value and nothing else, in filters and when sorted by its name",
    inWorld(openStore, async (world) => {
      const anna = await insertUser(world, { userName: "anna" });
      const known = await insertGroup(world, "Known", [anna]);
      const bare = await insertGroup(world, "Bare");
      await keep(world, bare, ["aaa"]);
      for (const filter of ["display pr", "type pr", '$ref sw "http"', 'display eq "aaa"', 'type le "z"']) {
        const found = await find(world, GROUP, { filter: `members[${filter}]` });
        assert.ok(!namesOf(found).includes("Bare"), filter);
        assert.deepEqual(await removeWhere(world, bare, filter), [], filter);
      }
      for (const filter of ["members.display pr", "members.type pr"]) {
        assert.deepEqual(namesOf(await find(world, GROUP, { filter })), ["Known"], filter);
      }
      const without = { filter: "members[not (display pr) and not (type pr) and not ($ref pr)]" };
      assert.deepEqual(namesOf(await find(world, GROUP, without)), ["Bare"]);
      // Without a name it comes last, like unassigned values.
      assert.deepEqual(namesOf(await find(world, GROUP, { sortBy: "members.display" })), ["Known", "Bare"]);
      assert.deepEqual(idsOf(await removeWhere(world, bare, "not (display pr)")), ["aaa"]);
      assert.deepEqual(idsOf(await membersOf(world, known)), [anna.id]);
    }),
  );
});

test(
  "others have their turn while thousands are searched, kept as IDs, or removed with their group",
  inWorld(openStore, async (world) => {
    const [group, empty] = [await insertGroup(world, "Everybody"), await insertGroup(world, "Nobody")];
    const turnsOfOne = await countTurns(() => removeWhere(world, empty, 'display eq "x"'));
    const ids = Array.from({ length: 8_500 }, (_, index) => `ghost-${index}`);
    assert.ok((await countTurns(() => keep(world, group, ids))) >= turnsOfOne + 23);
    assert.ok((await countTurns(() => removeWhere(world, group, 'display eq "x"'))) >= turnsOfOne + 7);
    const { length } = await removeWhere(world, group, 'value sw "ghost-1" or value ew "7"');
    assert.equal(length, ids.filter((id) => id.startsWith("ghost-1") || id.endsWith("7")).length);
    assert.equal((await membersOf(world, group)).length, ids.length - length);
    assert.ok((await countTurns(() => remove(world, GROUP, group))) >= turnsOfOne + 10);
    await insertUser(world, { userName: "now there" }, { id: "ghost-2" });
  }),
);
