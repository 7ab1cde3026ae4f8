import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { JsonObject } from "@scimtool/scim";
import { idOf } from "../resource-body.ts";
import {
  ENTERPRISE,
  find,
  GROUP,
  get,
  idsOf,
  insert,
  insertGroup,
  insertUser,
  inWorld,
  namesOf,
  type OpenStore,
  type Search,
  START_MS,
  USER,
  update,
  type World,
} from "./world.ts";

async function insertUsers(world: World, users: readonly JsonObject[]): Promise<void> {
  await world.store.transaction(async (transaction) => {
    for (const [index, user] of users.entries())
      await insert(world, transaction, USER, { userName: `u${index}`, ...user }, { nowMs: START_MS + index });
  });
}

async function sorted(world: World, sortBy: string, direction: "ascending" | "descending", search: Search = {}) {
  return namesOf(await find(world, USER, { ...search, sortBy, descending: direction === "descending" }));
}

export function searchConformance(openStore: OpenStore): void {
  describe("search", () => {
    test(
      "an endpoint without resources has an empty list",
      inWorld(openStore, async (world) => {
        assert.deepEqual(await find(world, USER), { total: 0, resources: [] });
        assert.deepEqual(await find(world, USER, { limit: 0 }), { total: 0, resources: [] });
        assert.deepEqual(await find(world, USER, { offset: 5 }), { total: 0, resources: [] });
      }),
    );

    test(
      "a list contains the resources of its type in the order of creation",
      inWorld(openStore, async (world) => {
        for (const userName of ["carla", "anna", "berta"]) await insertUser(world, { userName });
        await insertGroup(world, "Guides");
        const found = await find(world, USER);
        assert.deepEqual([found.total, namesOf(found)], [3, ["carla", "anna", "berta"]]);
        assert.deepEqual(namesOf(await find(world, GROUP)), ["Guides"]);
        assert.deepEqual(found.resources[0]?.groups, []);
      }),
    );

    test(
      "a page after the only match of a unique value is empty, and its total still one",
      inWorld(openStore, async (world) => {
        await insertUser(world, { userName: "anna" });
        const behind = await find(world, USER, { filter: 'userName eq "anna"', offset: 1 });
        assert.deepEqual([behind.total, namesOf(behind)], [1, []]);
      }),
    );

    test(
      "pages follow each other without gap or overlap, even with equal sort keys",
      inWorld(openStore, async (world) => {
        const users = Array.from({ length: 23 }, (_, index) => ({ title: index % 3 === 0 ? "Guide" : "Driver" }));
        await insertUsers(world, users);
        for (const search of [
          {},
          { sortBy: "title" },
          { sortBy: "title", descending: true },
          { sortBy: "userName" },
          { sortBy: "nickName", descending: true },
          { filter: 'title eq "driver" or title eq "guide"' },
          { filter: 'userName sw "u"', sortBy: "meta.created", descending: true },
        ]) {
          const whole = namesOf(await find(world, USER, search));
          const pages: unknown[] = [];
          for (let offset = 0; offset < 23; offset += 5) {
            const page = await find(world, USER, { ...search, offset, limit: 5 });
            assert.equal(page.total, 23);
            pages.push(...namesOf(page));
          }
          assert.deepEqual(pages, whole, JSON.stringify(search));
          assert.equal(new Set(pages).size, 23);
        }
      }),
    );

    test(
      "the total counts all matches, for any page: none, full, last, beyond the end",
      inWorld(openStore, async (world) => {
        await insertUsers(
          world,
          Array.from({ length: 10 }, (_, index) => ({ active: index < 6 })),
        );
        const pages: [Search, number][] = [
          [{ limit: 0 }, 0],
          [{ offset: 0, limit: 3 }, 3],
          [{ offset: 3, limit: 3 }, 3],
          [{ offset: 5, limit: 3 }, 1],
          [{ offset: 6, limit: 3 }, 0],
          [{ offset: 600, limit: 3 }, 0],
          [{ offset: Number.MAX_SAFE_INTEGER - 1, limit: 1_000 }, 0],
          [{ offset: 3, limit: 0 }, 0],
          [{ limit: 6 }, 6],
          [{ limit: 7 }, 6],
        ];
        for (const [page, size] of pages) {
          const found = await find(world, USER, { ...page, filter: "active eq true" });
          assert.deepEqual([found.total, found.resources.length], [6, size], JSON.stringify(page));
          assert.equal((await find(world, USER, page)).total, 10, JSON.stringify(page));
        }
      }),
    );

    test(
      "the total of a list follows inserts and removals",
      inWorld(openStore, async (world) => {
        const { store, endpoint } = world;
        const totals: number[] = [];
        const users = [];
        for (let index = 0; index < 3; index++) {
          users.push(await insertUser(world, { userName: `u${index}` }));
          totals.push((await find(world, USER, { limit: 0 })).total);
        }
        for (const { key } of users) {
          await store.transaction((transaction) => store.resources.remove(transaction, endpoint, USER, key, 1));
          totals.push((await find(world, USER, { limit: 0 })).total);
        }
        assert.deepEqual(totals, [1, 2, 3, 2, 1, 0]);
      }),
    );

    test(
      "unassigned values come last when ascending and first when descending",
      inWorld(openStore, async (world) => {
        await insertUsers(world, [{ title: "b" }, {}, { title: "a" }, { title: "c" }, {}]);
        assert.deepEqual(await sorted(world, "title", "ascending"), ["u2", "u0", "u3", "u1", "u4"]);
        assert.deepEqual(await sorted(world, "title", "descending"), ["u1", "u4", "u3", "u0", "u2"]);
      }),
    );

    test(
      "so do unassigned values of an attribute with its own column",
      inWorld(openStore, async (world) => {
        await insertUsers(world, [{ name: { familyName: "b" } }, {}, { name: { familyName: "a" } }, { name: {} }]);
        assert.deepEqual(await sorted(world, "name.familyName", "ascending"), ["u2", "u0", "u1", "u3"]);
        assert.deepEqual(await sorted(world, "name.familyName", "descending"), ["u1", "u3", "u0", "u2"]);
      }),
    );

    test(
      "equal keys keep the order of creation in both directions",
      inWorld(openStore, async (world) => {
        await insertUsers(world, [{ title: "x" }, { title: "X" }, { title: "a" }, { title: "x" }]);
        assert.deepEqual(await sorted(world, "title", "ascending"), ["u2", "u0", "u1", "u3"]);
        assert.deepEqual(await sorted(world, "title", "descending"), ["u0", "u1", "u3", "u2"]);
      }),
    );

    test(
      "text sorts by code point, ignoring letter case unless it matters",
      inWorld(openStore, async (world) => {
        const names = ["😀", "Zoe", "ａ", "anna", "Édith", "Berta", "_"];
        for (const userName of names) await insertUser(world, { userName, externalId: userName });
        const folded = ["_", "ａ", "anna", "Berta", "Zoe", "Édith", "😀"];
        assert.deepEqual(await sorted(world, "userName", "ascending"), folded);
        assert.deepEqual(await sorted(world, "userName", "descending"), folded.toReversed());
        const exact = ["Berta", "Zoe", "_", "anna", "Édith", "ａ", "😀"];
        assert.deepEqual(await sorted(world, "externalId", "ascending"), exact);
      }),
    );

    test(
      "a multi-valued attribute sorts by its primary value, otherwise by its first",
      inWorld(openStore, async (world) => {
        await insertUsers(world, [
          { emails: [{ value: "z@x" }, { value: "B@x", primary: true }] },
          { emails: [{ value: "c@x" }, { value: "a@x", primary: false }] },
          { emails: [{ value: "a@x" }] },
          {},
          { emails: [{ type: "work" }] },
        ]);
        assert.deepEqual(await sorted(world, "emails.value", "ascending"), ["u2", "u0", "u1", "u3", "u4"]);
        assert.deepEqual(await sorted(world, "emails.value", "descending"), ["u3", "u4", "u1", "u0", "u2"]);
      }),
    );

    test(
      "binary values sort by their unchanged characters",
      inWorld(openStore, async (world) => {
        const certificate = (value: string) => ({ x509Certificates: [{ value }] });
        await insertUsers(world, [certificate("b"), certificate("C"), certificate("A")]);
        assert.deepEqual(await sorted(world, "x509Certificates.value", "ascending"), ["u2", "u1", "u0"]);
      }),
    );

    test(
      "extension attributes, booleans and times sort by their own order",
      inWorld(openStore, async (world) => {
        await insertUsers(world, [
          { active: true, [ENTERPRISE]: { department: "b", employeeNumber: "2" } },
          { active: false, [ENTERPRISE]: { employeeNumber: "10" } },
          { [ENTERPRISE]: { department: "A" } },
        ]);
        assert.deepEqual(await sorted(world, "active", "ascending"), ["u1", "u0", "u2"]);
        assert.deepEqual(await sorted(world, "active", "descending"), ["u2", "u0", "u1"]);
        assert.deepEqual(await sorted(world, `${ENTERPRISE}:department`, "ascending"), ["u2", "u0", "u1"]);
        assert.deepEqual(await sorted(world, `${ENTERPRISE}:employeeNumber`, "ascending"), ["u1", "u0", "u2"]);
        assert.deepEqual(await sorted(world, "meta.created", "descending"), ["u2", "u1", "u0"]);
        const found = await find(world, USER, { filter: 'userName eq "u0"' });
        const first = await get(world, USER, found.resources.map(idOf)[0] ?? "");
        assert.ok(first);
        await update(world, USER, first, { userName: "u0" }, START_MS + 99);
        assert.deepEqual(await sorted(world, "meta.lastModified", "ascending"), ["u1", "u2", "u0"]);
        assert.deepEqual(await sorted(world, "meta.lastModified", "descending"), ["u0", "u2", "u1"]);
      }),
    );

    test(
      "filter, sort and page work together",
      inWorld(openStore, async (world) => {
        await insertUsers(
          world,
          Array.from({ length: 12 }, (_, index) => ({ active: index % 2 === 0, title: `${index % 4}` })),
        );
        const found = await find(world, USER, {
          filter: "active eq true",
          sortBy: "title",
          descending: true,
          offset: 2,
          limit: 3,
        });
        assert.deepEqual([found.total, namesOf(found)], [6, ["u10", "u0", "u4"]]);
      }),
    );

    test(
      "the groups of a whole page are looked up, each resource's own",
      inWorld(openStore, async (world) => {
        const users = [];
        for (let index = 0; index < 6; index++) users.push(await insertUser(world, { userName: `u${index}` }));
        const even = await insertGroup(
          world,
          "Even",
          users.filter((_, index) => index % 2 === 0),
        );
        const late = await insertGroup(world, "Late", users.slice(4));
        const expected = [[even.id], [], [even.id], [], [even.id, late.id], [late.id]];
        for (const search of [{}, { filter: 'userName sw "u"' }]) {
          const { resources } = await find(world, USER, { ...search, groups: true });
          assert.deepEqual(
            resources.map(({ groups }) => idsOf(groups)),
            expected,
          );
        }
        const page = await find(world, USER, { groups: true, offset: 4, limit: 1 });
        assert.deepEqual(
          page.resources.map(({ groups }) => idsOf(groups)),
          [[even.id, late.id]],
        );
      }),
    );
  });
}
