import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ResolvedFilter } from "@scimtool/scim";
import { countTurns } from "../../testing/turns.ts";
import { type ListedResource, type Reference, type Scope, type StoredResource, UnknownMembers } from "../store.ts";
import {
  contentOf,
  find,
  GROUP,
  get,
  idsOf,
  insertGroup,
  insertUser,
  inWorld,
  LOCATIONS,
  membersOf,
  type OpenStore,
  readMembersFilter,
  START_MS,
  USER,
  update,
  type World,
} from "./world.ts";

type Ids = readonly string[];

function add({ store, endpoint }: World, group: StoredResource, ids: Ids): Promise<Reference[]> {
  return store.transaction((transaction) => store.members.add(transaction, endpoint, GROUP, group.key, ids, "refuse"));
}

function removeMembers({ store, endpoint }: World, group: StoredResource, ids: Ids): Promise<Reference[]> {
  return store.transaction((transaction) => store.members.remove(transaction, endpoint, group.key, ids));
}

function retain({ store, endpoint }: World, group: StoredResource, ids: Ids): Promise<Reference[]> {
  return store.transaction((transaction) => store.members.retain(transaction, endpoint, group.key, ids));
}

function removeWhere({ store, endpoint }: World, group: StoredResource, filter: ResolvedFilter): Promise<Reference[]> {
  return store.transaction((transaction) =>
    store.members.removeWhere(transaction, endpoint, group.key, filter, {
      locations: LOCATIONS,
      maxMs: 10_000,
    }),
  );
}

/** Turns of the event loop while a single member is added: a commit waits for others to join it. */
const MOST_TURNS_OF_ONE = 3;

/** A group of three users and another group, which has its own member. */
async function family(world: World) {
  const anna = await insertUser(world, { userName: "anna" }, { id: "A1" });
  const berta = await insertUser(world, { userName: "berta", displayName: "Berta B." }, { id: "b2" });
  const carla = await insertUser(world, { userName: "carla" }, { id: "c3" });
  const inner = await insertGroup(world, "Inner", [carla], { id: "inner" });
  const group = await insertGroup(world, "Guides", [anna, berta, carla, inner], { id: "guides" });
  return { anna, berta, carla, inner, group };
}

export function memberConformance(openStore: OpenStore): void {
  describe("members", () => {
    test(
      "are listed by ID, type and current name, in the order of creation",
      inWorld(openStore, async (world) => {
        const { group, carla } = await family(world);
        const late = await insertGroup(world, "Late", [group, carla]);
        assert.deepEqual(await membersOf(world, group), [
          { id: "A1", type: "User", label: "anna" },
          { id: "b2", type: "User", label: "Berta B." },
          { id: "c3", type: "User", label: "carla" },
          { id: "inner", type: "Group", label: "Inner" },
        ]);
        await update(world, USER, carla, { userName: "carla", displayName: "Carla C." });
        assert.deepEqual(await membersOf(world, late), [
          { id: "c3", type: "User", label: "Carla C." },
          { id: "guides", type: "Group", label: "Guides" },
        ]);
      }),
    );

    test(
      "adding returns the new ones, each once",
      inWorld(openStore, async (world) => {
        const { anna, berta, group } = await family(world);
        const dora = await insertUser(world, { userName: "dora" }, { id: "d4" });
        assert.deepEqual(await add(world, group, [anna.id, dora.id, dora.id, berta.id]), [
          { id: "d4", type: "User", label: "dora" },
        ]);
        assert.deepEqual(await add(world, group, [dora.id]), []);
        assert.deepEqual(await add(world, group, []), []);
        assert.deepEqual(idsOf(await membersOf(world, group)), ["A1", "b2", "c3", "inner", "d4"]);
      }),
    );

    test(
      "unknown IDs are rejected, all named, and nobody is added",
      inWorld(openStore, async (world) => {
        const { group } = await family(world);
        const dora = await insertUser(world, { userName: "dora" });
        const elsewhere = await insertUser(world, { userName: "eve" }, { endpoint: world.otherEndpoint });
        await assert.rejects(add(world, group, ["nobody", dora.id, elsewhere.id, "a1", ""]), (error) => {
          assert.ok(error instanceof UnknownMembers);
          assert.deepEqual(error.ids, ["nobody", elsewhere.id, "a1", ""]);
          return true;
        });
        assert.equal((await membersOf(world, group)).length, 4);
      }),
    );

    test(
      "removing returns the existing ones and ignores others",
      inWorld(openStore, async (world) => {
        const { anna, inner, group } = await family(world);
        const outsider = await insertUser(world, { userName: "dora" });
        const removed = await removeMembers(world, group, [outsider.id, "nobody", anna.id, anna.id, inner.id]);
        assert.deepEqual(idsOf(removed), ["A1", "inner"]);
        assert.deepEqual(idsOf(await membersOf(world, group)), ["b2", "c3"]);
        assert.deepEqual(await removeMembers(world, group, [anna.id]), []);
        assert.deepEqual(idsOf(await membersOf(world, inner)), ["c3"]);
      }),
    );

    test(
      "retaining removes all others and returns them",
      inWorld(openStore, async (world) => {
        const { berta, inner, group } = await family(world);
        assert.deepEqual(idsOf(await retain(world, group, [berta.id, "nobody"])), ["A1", "c3", "inner"]);
        assert.deepEqual(idsOf(await membersOf(world, group)), ["b2"]);
        assert.deepEqual(idsOf(await retain(world, group, [])), ["b2"]);
        assert.deepEqual(await membersOf(world, group), []);
        assert.deepEqual(idsOf(await membersOf(world, inner)), ["c3"]);
      }),
    );

    const removals: readonly (readonly [filter: string, removed: readonly string[]])[] = [
      ['value eq "A1"', ["A1"]],
      ['value eq "a1"', []],
      ['value ne "A1"', ["b2", "c3", "inner"]],
      ['value eq "A1" or value eq "c3"', ["A1", "c3"]],
      ['value sw "in"', ["inner"]],
      ['type eq "group"', ["inner"]],
      ['type eq "User" and not (value co "2")', ["A1", "c3"]],
      ['display eq "BERTA B."', ["b2"]],
      ['display ew "A"', ["A1", "c3"]],
      ['$ref eq "https://scim.example.com/scim/v2/Groups/inner"', ["inner"]],
      ['$ref co "/Users/"', ["A1", "b2", "c3"]],
      ["display pr", ["A1", "b2", "c3", "inner"]],
      ["not (value pr)", []],
    ];
    for (const [filter, expected] of removals) {
      test(
        `members[${filter}] removes ${expected.length === 0 ? "nobody" : expected.join(", ")}`,
        inWorld(openStore, async (world) => {
          const { group, inner } = await family(world);
          const removed = await removeWhere(world, group, readMembersFilter(filter));
          assert.deepEqual(idsOf(removed).sort(), [...expected].sort());
          const left = idsOf(await membersOf(world, group));
          assert.deepEqual(
            left,
            ["A1", "b2", "c3", "inner"].filter((id) => !expected.includes(id)),
          );
          assert.deepEqual(idsOf(await membersOf(world, inner)), ["c3"]);
        }),
      );
    }

    test(
      "a change of members leaves the group's own row to the caller",
      inWorld(openStore, async (world) => {
        const { anna, group } = await family(world);
        await removeMembers(world, group, [anna.id]);
        assert.deepEqual(await get(world, GROUP, group.id), { ...group, groups: [] });
      }),
    );

    test(
      "have groups with their current names, whoever was read before, and within the transaction that renames",
      inWorld(openStore, async (world) => {
        const { store, endpoint } = world;
        const { carla, group } = await family(world);
        const labels = (found: ListedResource | undefined) => found?.groups.map(({ label }) => label);
        const include = { groups: true, members: false };
        const reads = [
          async (scope: Scope) => labels(await store.resources.get(scope, endpoint, USER, carla.id, include)),
          async (scope: Scope) => labels((await find(world, USER, { scope, groups: true, offset: 2 })).resources[0]),
          async (scope: Scope) =>
            labels((await find(world, USER, { scope, groups: true, filter: `id eq "${carla.id}"` })).resources[0]),
        ];
        const all = (scope: Scope) => Promise.all(reads.map((read) => read(scope)));
        const times = <T>(value: T) => reads.map(() => value);
        assert.deepEqual(await all(store.committed), times(["Inner", "Guides"]));
        await update(world, GROUP, group, { displayName: "Rangers" });
        assert.deepEqual(await all(store.committed), times(["Inner", "Rangers"]));
        await store.transaction(async (transaction) => {
          assert.deepEqual(await all(transaction), times(["Inner", "Rangers"]));
          const content = contentOf({ displayName: "Rovers" }, group.id, START_MS);
          const before = { ...group, resource: { displayName: "Rangers" } };
          await store.resources.update(transaction, endpoint, GROUP, before, content);
          assert.deepEqual(await all(transaction), times(["Inner", "Rovers"]));
          assert.deepEqual(await all(store.committed), times(["Inner", "Rangers"]));
        });
        await removeMembers(world, group, [carla.id]);
        assert.deepEqual(await all(store.committed), times(["Inner"]));
      }),
    );

    test(
      "are found by a part of their name or userName or by their ID, a page at a time",
      inWorld(openStore, async (world) => {
        const { store, endpoint } = world;
        const anna = await insertUser(world, { displayName: "Anna Öz", userName: "a1@example.com" });
        const berta = await insertUser(world, { displayName: "Berta", userName: "b2@example.com" });
        const carla = await insertUser(world, { displayName: "Carla", userName: "c3@example.com" });
        await insertUser(world, { displayName: "Anna Else", userName: "d4@example.com" });
        const group = await insertGroup(world, "Guides", [carla, anna, berta]);
        const page = async (text: string, offset = 0, limit = 10) => {
          const found = await store.members.page(store.committed, endpoint, group.key, { text, offset, limit });
          return [found.total, ...found.members.map(({ label }) => label)];
        };
        assert.deepEqual(await page(""), [3, "Anna Öz", "Berta", "Carla"]);
        assert.deepEqual(await page("", 1, 1), [3, "Berta"]);
        assert.deepEqual(await page("", 3), [3]);
        assert.deepEqual(await page("ÖZ"), [1, "Anna Öz"]);
        assert.deepEqual(await page("@EXAMPLE", 2), [3, "Carla"]);
        assert.deepEqual(await page(berta.id), [1, "Berta"]);
        assert.deepEqual(await page("%"), [0]);
      }),
    );

    test(
      "thousands are added, retained and removed at once",
      inWorld(openStore, async (world) => {
        const { store, endpoint } = world;
        const group = await insertGroup(world, "Everybody");
        const ids = Array.from({ length: 2_500 }, (_, index) => `many-${index}`);
        await store.transaction(async (transaction) => {
          for (const id of ids) {
            const resource = { schemas: [], id, userName: id };
            const content = { resource, json: JSON.stringify(resource), label: id, nowMs: 1 };
            await store.resources.insert(transaction, endpoint, USER, id, content);
          }
        });
        const adding = async () => assert.equal((await add(world, group, ids)).length, 2_500);
        assert.ok(
          (await countTurns(adding)) > (world.isApart ? MOST_TURNS_OF_ONE : 50),
          "others have their turn while members are added",
        );
        assert.equal((await retain(world, group, ids.slice(0, 2_000))).length, 500);
        const removing = async () => assert.equal((await removeMembers(world, group, ids)).length, 2_000);
        assert.ok(
          (await countTurns(removing)) > (world.isApart ? MOST_TURNS_OF_ONE : 40),
          "and while they are removed",
        );
        assert.deepEqual(await membersOf(world, group), []);
        const addingOne = async () => assert.equal((await add(world, group, ids.slice(0, 1))).length, 1);
        const turnsOfOne = await countTurns(addingOne);
        assert.ok(world.isApart || turnsOfOne <= MOST_TURNS_OF_ONE);
      }),
    );
  });
}
