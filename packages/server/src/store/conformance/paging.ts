import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { JsonObject, ResourceModel } from "@scimtool/scim";
import fc from "fast-check";
import { MODEL as EVERY_KIND } from "../../../../scim/src/filter/fixture.ts";
import { idOf } from "../resource-body.ts";
import type { Found, Position, StoredResource } from "../store.ts";
import {
  find,
  insert,
  insertGroup,
  insertUser,
  inWorld,
  namesOf,
  type OpenStore,
  remove,
  type Search,
  START_MS,
  USER,
  update,
  type World,
} from "./world.ts";

/** Lists in every kind of order: with and without an index, missing values, and a filter. */
const LISTS: readonly Search[] = [
  {},
  { filter: "active eq true" },
  { filter: 'title eq "a" or title eq "b"' },
  { sortBy: "userName" },
  { sortBy: "userName", descending: true },
  { sortBy: "displayName" },
  { sortBy: "displayName", descending: true },
  { sortBy: "title" },
  { sortBy: "title", descending: true, filter: "active eq true" },
  { sortBy: "active" },
  { sortBy: "active", descending: true },
  { sortBy: "emails.value" },
  { sortBy: "meta.created", descending: true },
  { sortBy: "meta.lastModified" },
  { sortBy: "meta.location" },
  { sortBy: "nickName", descending: true },
];

const NAMES = [undefined, "a", "A", "b", "Édith"];

const MAX_PAGES = 200;

/** Few values, so that many are equal and some are missing. */
function attributesOf(number: number): JsonObject {
  const [displayName, title] = [NAMES[number % 5], NAMES[(number >> 2) % 5]];
  return {
    active: number % 3 === 0,
    ...(displayName === undefined ? {} : { displayName }),
    ...(title === undefined ? {} : { title }),
    ...(number % 4 === 0 ? {} : { emails: [{ value: `${number % 7}@example.com` }] }),
  };
}

async function insertUsers(world: World, count: number): Promise<StoredResource[]> {
  const users: StoredResource[] = [];
  await world.store.transaction(async (transaction) => {
    users.length = 0;
    for (let index = 0; index < count; index++) {
      const attributes = { userName: `u${(index * 7) % count}`, ...attributesOf(index) };
      users.push(await insert(world, transaction, USER, attributes, { nowMs: START_MS + (index >> 2) }));
    }
  });
  return users;
}

/** Reads page by page. `between` runs before each further page. */
async function walk(
  world: World,
  search: Search,
  limit: number,
  between = async () => {},
  model: ResourceModel = USER,
): Promise<Found[]> {
  const pages: Found[] = [];
  let after: Position | undefined;
  do {
    const page = await find(world, model, { ...search, limit, keyset: { after } });
    pages.push(page);
    assert.ok(pages.length <= MAX_PAGES, "a walk that does not end");
    after = page.next;
    await between();
  } while (after !== undefined);
  return pages;
}

/** Reads a page, and asserts that it is that part of the whole list. */
async function readPart(world: World, search: Search, offset: number, limit: number): Promise<void> {
  const page = await find(world, USER, { ...search, offset, limit });
  // A transaction does not use what earlier pages showed.
  const whole = await world.store.transaction((scope) => find(world, USER, { ...search, limit: 1_000, scope }));
  const said = `${JSON.stringify(search)} from ${offset}, ${limit} at most`;
  assert.deepEqual(namesOf(page), namesOf(whole).slice(offset, offset + limit), said);
  assert.equal(page.total, whole.total, said);
}

export function pagingConformance(openStore: OpenStore): void {
  describe("paging", () => {
    test(
      "pages by position make up the list, in any order and size",
      inWorld(openStore, async (world) => {
        await insertUsers(world, 41);
        for (const list of LISTS) {
          const whole = await find(world, USER, list);
          for (const limit of [1, 7, 40, 41, 100]) {
            const pages = await walk(world, list, limit);
            const said = `${JSON.stringify(list)} by ${limit}`;
            assert.deepEqual(pages.flatMap(namesOf), namesOf(whole), said);
            assert.deepEqual(new Set(pages.map(({ total }) => total)), new Set([whole.total]), said);
            assert.equal(pages.length, Math.max(1, Math.ceil(whole.total / limit)), said);
          }
        }
      }),
    );

    test(
      "a walk by position returns remaining resources once, whatever is added, removed and changed meanwhile",
      inWorld(openStore, async (world) => {
        const users = await insertUsers(world, 60);
        let step = 0;
        for (const list of LISTS) {
          // Three are added, three removed, and one changed in a way that affects only one of the lists.
          const [leaving, staying] = [users.splice(0, 3), users.slice(0)];
          const pages = await walk(world, list, 9, async () => {
            const at = step++;
            await insertUser(world, { userName: `new${at}`, ...attributesOf(at) }, { nowMs: START_MS });
            const gone = leaving.pop();
            if (gone !== undefined) await remove(world, USER, gone);
          });
          const met = pages.flatMap(({ resources }) => resources.map(idOf));
          assert.equal(new Set(met).size, met.length, JSON.stringify(list));
          const all = await find(world, USER, { ...list, limit: 1_000 });
          const matching = new Set(all.resources.map(idOf));
          const missed = staying.filter(({ id }) => matching.has(id) && !met.includes(id));
          assert.deepEqual(missed, [], JSON.stringify(list));
        }
      }),
    );

    test(
      "a position stays valid when the resource before it is changed or removed",
      inWorld(openStore, async (world) => {
        const [, second, third] = await insertUsers(world, 5);
        assert.ok(second && third);
        const first = await find(world, USER, { limit: 2, keyset: { after: undefined } });
        const sorted = await find(world, USER, { limit: 3, sortBy: "userName", keyset: { after: undefined } });
        await remove(world, USER, second);
        await update(world, USER, third, { userName: "u99" });
        const next = await find(world, USER, { limit: 2, keyset: { after: first.next } });
        assert.deepEqual(namesOf(next), ["u99", "u1"]);
        // After u0, u1, u2; u2 was deleted, and u4 has just been renamed to u99.
        const behind = await find(world, USER, { limit: 9, sortBy: "userName", keyset: { after: sorted.next } });
        assert.deepEqual(namesOf(behind), ["u3", "u99"]);
      }),
    );

    test(
      "whether there is a next position is exact, and never given for a total only",
      inWorld(openStore, async (world) => {
        await insertUsers(world, 6);
        const next = async (search: Search) =>
          (await find(world, USER, { keyset: { after: undefined }, ...search })).next !== undefined;
        assert.deepEqual(
          [await next({ limit: 5 }), await next({ limit: 6 }), await next({ limit: 7 }), await next({ limit: 0 })],
          [true, false, false, false],
        );
        assert.equal(await next({ limit: 1, filter: 'userName eq "u1"' }), false);
        assert.equal(await next({ limit: 1, sortBy: "title", filter: "active eq true" }), true);
        const [, user] = (await find(world, USER)).resources;
        const behind = { key: user?.key ?? 0, value: null };
        const { userName } = JSON.parse(user?.body ?? "") as { userName: string };
        const gone = await find(world, USER, { filter: `userName eq "${userName}"`, keyset: { after: behind } });
        assert.deepEqual(gone, { total: 1, resources: [] });
        const { next: none } = await find(world, USER, { limit: 2 });
        assert.equal(none, undefined);
      }),
    );

    test(
      "numbers too large for JavaScript to count by are positions too",
      inWorld(openStore, async (world) => {
        const scores = [2 ** 53, 2 ** 60, 1.5, -1e300, 3];
        await world.store.transaction(async (transaction) => {
          for (const [index, score] of scores.entries())
            await insert(world, transaction, EVERY_KIND, { userName: `u${index}`, score });
        });
        const pages = await walk(world, { sortBy: "score" }, 1, undefined, EVERY_KIND);
        assert.deepEqual(pages.flatMap(namesOf), ["u3", "u2", "u4", "u0", "u1"]);
      }),
    );

    test(
      "sorted pages have each resource's own groups",
      inWorld(openStore, async (world) => {
        const users = [];
        for (const userName of ["a", "x", "c", "y", "b"]) users.push(await insertUser(world, { userName }));
        const [first, , , , last] = users;
        assert.ok(first && last);
        const all = await insertGroup(world, "All", users);
        // The distance between the first and the last of the page is its length, with others in between.
        const page = await find(world, USER, { sortBy: "userName", limit: 3, groups: true });
        assert.deepEqual(
          page.resources.map(({ groups }) => groups.map(({ id }) => id)),
          [[all.id], [all.id], [all.id]],
        );
      }),
    );

    test(
      "any page by offset is that part of the list, whatever was read and written before",
      inWorld(openStore, async (world) => {
        const { store, endpoint } = world;
        let users = await insertUsers(world, 30);
        let made = 1_000;
        const list = fc.constantFrom(...LISTS);
        const step = fc.oneof(
          { weight: 6, arbitrary: fc.record({ list, offset: fc.nat(45), limit: fc.integer({ min: 1, max: 9 }) }) },
          { weight: 1, arbitrary: fc.record({ write: fc.constantFrom("insert", "remove", "update"), at: fc.nat() }) },
        );
        const write = async (what: string, at: number) => {
          const user = users[at % users.length];
          if (what === "insert" || user === undefined) {
            users.push(await insertUser(world, { userName: `u${made++}`, ...attributesOf(at) }));
          } else if (what === "remove") {
            users = users.filter((each) => each !== user);
            await store.transaction((transaction) =>
              store.resources.remove(transaction, endpoint, USER, user.key, START_MS),
            );
          } else {
            const { userName } = JSON.parse(user.body) as { userName: string };
            const changed = await update(world, USER, user, { userName, ...attributesOf(at) }, START_MS + (at % 50));
            users = users.map((each) => (each === user ? changed : each));
          }
        };
        await fc.assert(
          fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
            for (const each of steps) {
              if ("write" in each) await write(each.write, each.at);
              else await readPart(world, each.list, each.offset, each.limit);
            }
          }),
          { numRuns: 100 },
        );
      }),
    );

    test(
      "a walk through a long list stays correct, whatever is added, removed and changed meanwhile",
      inWorld(openStore, async (world) => {
        const users = await insertUsers(world, 320);
        let made = 1_000;
        const list = fc.constantFrom<Search>({}, {}, { sortBy: "displayName" }, { filter: "title pr" });
        const what = fc.constantFrom("add", "add", "remove", "removeLast", "change", "other");
        const read = fc.record({
          list,
          offset: fc.integer({ min: 190, max: 340 }),
          limit: fc.integer({ min: 1, max: 90 }),
        });
        const apply = async (kind: string, at: number) => {
          const index = kind === "removeLast" ? users.length - 1 : at % users.length;
          const user = users[index];
          if (kind === "other") await insertGroup(world, `g${made++}`);
          else if (kind === "add" || user === undefined || users.length < 200) {
            users.push(await insertUser(world, { userName: `u${made++}`, ...attributesOf(at) }));
          } else if (kind === "change") {
            users[index] = await update(world, USER, user, { userName: `u${made++}`, ...attributesOf(at) });
          } else {
            users.splice(index, 1);
            await remove(world, USER, user);
          }
        };
        const step = fc.oneof(read, read, fc.record({ what, at: fc.nat() }));
        await fc.assert(
          fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
            for (const each of steps) {
              if ("what" in each) await apply(each.what, each.at);
              else await readPart(world, each.list, each.offset, each.limit);
            }
          }),
          { numRuns: 40 },
        );
        assert.equal((await find(world, USER)).total, users.length);
      }),
    );

    test(
      "resources that leave or enter a filtered or sorted list shift later pages",
      inWorld(openStore, async (world) => {
        const users = await insertUsers(world, 320);
        const [first, second] = users.filter(({ body }) => body.includes('"title":"b"'));
        assert.ok(first && second);
        await readPart(world, { filter: "title pr" }, 205, 10);
        await update(world, USER, first, { userName: "untitled" });
        await readPart(world, { filter: "title pr" }, 215, 10);
        await readPart(world, { sortBy: "title" }, 205, 10);
        await update(world, USER, second, { userName: "retitled", title: "z" });
        await readPart(world, { sortBy: "title" }, 215, 10);
      }),
    );

    test(
      "others see only committed data during a transaction",
      inWorld(openStore, async (world) => {
        const users = await insertUsers(world, 12);
        const page = () => find(world, USER, { offset: 4, limit: 2 });
        const before = namesOf(await page());
        await world.store.transaction(async (transaction) => {
          for (const { key } of users.slice(0, 2)) {
            await world.store.resources.remove(transaction, world.endpoint, USER, key, START_MS);
          }
          assert.deepEqual(namesOf(await page()), before);
          assert.deepEqual(namesOf(await find(world, USER, { offset: 2, limit: 2, scope: transaction })), before);
          const [, , third] = users;
          assert.ok(third);
          await world.store.resources.remove(transaction, world.endpoint, USER, third.key, START_MS);
          assert.deepEqual(namesOf(await find(world, USER, { offset: 1, limit: 2, scope: transaction })), before);
          const [whole, part] = [{ limit: 20 }, { offset: 4, limit: 2 }];
          const rest = namesOf(await find(world, USER, { ...whole, scope: transaction })).slice(4, 6);
          assert.deepEqual(namesOf(await find(world, USER, { ...part, scope: transaction })), rest);
        });
        assert.deepEqual(namesOf(await find(world, USER, { offset: 1, limit: 2 })), before);
        assert.notDeepEqual(namesOf(await page()), before);
      }),
    );
  });
}
