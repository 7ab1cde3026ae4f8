import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Found, Position, TypedResource } from "../store.ts";
import {
  GROUP,
  idsOf,
  insertGroup,
  insertUser,
  inWorld,
  namesOf,
  type OpenStore,
  queryOfAll,
  readFilter,
  type Search,
  USER,
  type World,
} from "./world.ts";

type SearchOfAll = Omit<Search, "filter">;

const BOTH = [USER, GROUP];

function findAll({ store, endpoint }: World, search: SearchOfAll = {}): Promise<Found<TypedResource>> {
  return store.resources.searchAll(store.committed, search.endpoint ?? endpoint, queryOfAll(BOTH, search));
}

/** Five users and four groups alternately; some without a displayName, or with the same one. */
async function populate(world: World): Promise<void> {
  await insertUser(world, { userName: "u0", displayName: "m" });
  await insertGroup(world, "k");
  await insertUser(world, { userName: "u1" });
  await insertUser(world, { userName: "u2", displayName: "a" });
  await insertGroup(world, "z");
  await insertGroup(world, "b");
  await insertUser(world, { userName: "u3", displayName: "K" });
  await insertGroup(world, "A0");
  await insertUser(world, { userName: "u4" });
  await insertUser(world, { userName: "elsewhere" }, { endpoint: world.otherEndpoint });
}

const ORDERS: readonly (readonly [search: SearchOfAll, names: string])[] = [
  [{}, "u0 k u1 u2 z b u3 A0 u4"],
  [{ sortBy: "displayName" }, "u2 A0 b k u3 u0 z u1 u4"],
  [{ sortBy: "displayName", descending: true }, "u1 u4 z u0 k u3 b A0 u2"],
  [{ sortBy: "userName" }, "u0 u1 u2 u3 u4 k z b A0"],
  [{ sortBy: "userName", descending: true }, "k z b A0 u4 u3 u2 u1 u0"],
  [{ sortBy: "meta.resourceType" }, "k z b A0 u0 u1 u2 u3 u4"],
  [{ sortBy: "meta.created", descending: true }, "u0 k u1 u2 z b u3 A0 u4"],
];

export function rootConformance(openStore: OpenStore): void {
  describe("several types at once", () => {
    test(
      "are one list in one order, of one endpoint",
      inWorld(openStore, async (world) => {
        await populate(world);
        for (const [search, names] of ORDERS) {
          const found = await findAll(world, search);
          assert.equal(namesOf(found).join(" "), names, JSON.stringify(search));
          assert.equal(found.total, 9);
          for (const { type, body } of found.resources)
            assert.equal(type, body.includes("userName") ? "User" : "Group");
        }
        const elsewhere = await findAll(world, { endpoint: world.otherEndpoint });
        assert.deepEqual([elsewhere.total, namesOf(elsewhere)], [1, ["elsewhere"]]);
      }),
    );

    test(
      "are paged, by offset and by position, with the total of all types",
      inWorld(openStore, async (world) => {
        await populate(world);
        for (const [search, names] of ORDERS) {
          for (const limit of [1, 2, 4, 9, 10]) {
            const said = `${JSON.stringify(search)} by ${limit}`;
            const byOffset: unknown[] = [];
            for (let offset = 0; offset < 12; offset += limit) {
              const page = await findAll(world, { ...search, offset, limit });
              assert.equal(page.total, 9, said);
              byOffset.push(...namesOf(page));
            }
            assert.equal(byOffset.join(" "), names, said);
            const byPlace: unknown[] = [];
            let after: Position | undefined;
            do {
              const page = await findAll(world, { ...search, limit, keyset: { after } });
              assert.equal(page.total, 9, said);
              byPlace.push(...namesOf(page));
              assert.ok(byPlace.length <= 9, said);
              after = page.next;
            } while (after !== undefined);
            assert.equal(byPlace.join(" "), names, said);
          }
        }
      }),
    );

    test(
      "are found each by its own filter, and none of another type",
      inWorld(openStore, async (world) => {
        await populate(world);
        const { store, endpoint } = world;
        const query = queryOfAll(BOTH, { sortBy: "displayName" });
        const types = query.types.map((type) => ({ ...type, filter: readFilter(type.model, 'displayName le "k"') }));
        const found = await store.resources.searchAll(store.committed, endpoint, { ...query, types });
        assert.deepEqual([found.total, namesOf(found)], [5, ["u2", "A0", "b", "k", "u3"]]);
        const groups = await store.resources.searchAll(store.committed, endpoint, queryOfAll([GROUP], {}));
        assert.deepEqual([groups.total, namesOf(groups)], [4, ["k", "z", "b", "A0"]]);
        const none = await store.resources.searchAll(store.committed, endpoint, queryOfAll([], {}));
        assert.deepEqual(none, { total: 0, resources: [] });
      }),
    );

    test(
      "include users with groups, and groups with members, on request",
      inWorld(openStore, async (world) => {
        const anna = await insertUser(world, { userName: "anna" });
        const guides = await insertGroup(world, "Guides", [anna]);
        const shown = (found: Found) =>
          found.resources.map(({ groups, members }) => [idsOf(groups), members === undefined ? [] : idsOf(members)]);
        assert.deepEqual(shown(await findAll(world, { groups: true })), [
          [[guides.id], []],
          [[], [anna.id]],
        ]);
        assert.deepEqual(shown(await findAll(world)), [
          [[], []],
          [[], []],
        ]);
      }),
    );
  });
}
