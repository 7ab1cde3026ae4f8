import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { UniquenessConflict, ValueTooLong } from "../store.ts";
import {
  find,
  GROUP,
  get,
  insert,
  insertGroup,
  insertUser,
  inWorld,
  membersOf,
  type OpenStore,
  USER,
  update,
} from "./world.ts";

function conflictOn(attribute: string): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof UniquenessConflict, String(error));
    assert.equal(error.attribute, attribute);
    return true;
  };
}

/** Pairs that are equal when letter case is ignored. */
const SAME_NAMES: readonly (readonly [string, string])[] = [
  ["bjensen@example.com", "bjensen@example.com"],
  ["bjensen@example.com", "BJensen@Example.COM"],
  ["Édith", "édith"],
  ["ΟΔΥΣΣΕΥΣ", "οδυσσευς"],
  ["οδυσσευς", "οδυσσευσ"],
  ["ａ", "Ａ"],
  ["ａbc", "abc"],
  ["zoë", "zoe\u0308"],
  ["ZOË", "Zoe\u0308"],
  ["ｶﾞ", "ガ"],
];

/** Pairs that are not. */
const DIFFERENT_NAMES: readonly (readonly [string, string])[] = [
  ["edith", "édith"],
  ["anna", "anna "],
  ["anna", "ann_"],
  ["anna", "ann%"],
  ["strasse", "straße"],
  ["a", "a\u0000"],
];

export function uniquenessConformance(openStore: OpenStore): void {
  describe("uniqueness", () => {
    test(
      "a second User with the same userName is rejected, in any letter case",
      inWorld(openStore, async (world) => {
        for (const [index, [first, second]] of SAME_NAMES.entries()) {
          const prefix = `${index}-`;
          await insertUser(world, { userName: prefix + first });
          await assert.rejects(insertUser(world, { userName: prefix + second }), conflictOn("userName"), second);
        }
        assert.equal((await find(world, USER)).total, SAME_NAMES.length);
      }),
    );

    test(
      "userNames that differ in more than letter case are different",
      inWorld(openStore, async (world) => {
        for (const [index, names] of DIFFERENT_NAMES.entries()) {
          for (const name of names) await insertUser(world, { userName: `${index}-${name}` });
        }
        assert.equal((await find(world, USER)).total, DIFFERENT_NAMES.length * 2);
      }),
    );

    test(
      "a second Group with the same displayName is rejected, in any letter case",
      inWorld(openStore, async (world) => {
        await insertGroup(world, "Équipe");
        await assert.rejects(insertGroup(world, "équipe"), conflictOn("displayName"));
        assert.equal((await find(world, GROUP)).total, 1);
      }),
    );

    test(
      "a User's displayName, externalId and e-mail need not be unique, nor differ from a Group's",
      inWorld(openStore, async (world) => {
        const shared = { displayName: "Guides", externalId: "x", emails: [{ value: "a@example.com" }] };
        await insertGroup(world, "Guides");
        await insertUser(world, { userName: "Guides", ...shared });
        await insertUser(world, { userName: "berta", ...shared });
        assert.equal((await find(world, USER, { filter: 'displayName eq "guides"' })).total, 2);
      }),
    );

    test(
      "an update to another's name is rejected and leaves the resource unchanged",
      inWorld(openStore, async (world) => {
        await insertUser(world, { userName: "anna" });
        const berta = await insertUser(world, { userName: "berta", emails: [{ value: "b@example.com" }] });
        const refused = update(world, USER, berta, { userName: "ANNA", emails: [{ value: "other@example.com" }] });
        await assert.rejects(refused, conflictOn("userName"));
        assert.deepEqual(await get(world, USER, berta.id), { ...berta, groups: [] });
        assert.equal((await find(world, USER, { filter: 'emails.value eq "b@example.com"' })).total, 1);

        await insertGroup(world, "Guides");
        const staff = await insertGroup(world, "Staff");
        await assert.rejects(update(world, GROUP, staff, { displayName: "guides" }), conflictOn("displayName"));
      }),
    );

    test(
      "a resource may keep its name, also in other letter case",
      inWorld(openStore, async (world) => {
        const anna = await insertUser(world, { userName: "anna" });
        const after = await update(world, USER, anna, { userName: "Anna", title: "Guide" });
        assert.equal(JSON.parse(after.body).userName, "Anna");
      }),
    );

    test(
      "a name released in a transaction is free in it",
      inWorld(openStore, async (world) => {
        const { store, endpoint } = world;
        const anna = await insertUser(world, { userName: "anna" });
        await store.transaction(async (transaction) => {
          await store.resources.remove(transaction, endpoint, USER, anna.key, 1);
          await insert(world, transaction, USER, { userName: "anna" });
        });
        assert.equal((await find(world, USER)).total, 1);
      }),
    );

    test(
      "after a caught conflict, the transaction continues, and can look up the holder",
      inWorld(openStore, async (world) => {
        const { store, endpoint } = world;
        const anna = await insertUser(world, { userName: "anna", displayName: "Anna A." });
        const holder = await store.transaction(async (transaction) => {
          await assert.rejects(insert(world, transaction, USER, { userName: "Anna" }), conflictOn("userName"));
          await insert(world, transaction, USER, { userName: "berta" });
          return store.resources.holderOf(transaction, endpoint, USER, "userName", "ANNA");
        });
        assert.deepEqual(holder, { id: anna.id, type: "User", label: "Anna A." });
        assert.equal((await find(world, USER)).total, 2);
      }),
    );

    test(
      "of many simultaneous attempts at one name, one succeeds",
      inWorld(openStore, async (world) => {
        const outcomes = await Promise.allSettled(
          Array.from({ length: 30 }, () => insertUser(world, { userName: "anna" })),
        );
        assert.equal(outcomes.filter(({ status }) => status === "fulfilled").length, 1);
        for (const outcome of outcomes) if (outcome.status === "rejected") conflictOn("userName")(outcome.reason);
        assert.equal((await find(world, USER)).total, 1);
      }),
    );

    test(
      "the holder of a value is found in any spelling, and a free value has none",
      inWorld(openStore, async (world) => {
        const { store, endpoint } = world;
        const user = await insertUser(world, { userName: "Édith" });
        const group = await insertGroup(world, "Équipe", [user]);
        const holderOf = (model: typeof USER, attribute: string, value: string) =>
          store.resources.holderOf(store.committed, endpoint, model, attribute, value);
        assert.deepEqual(await holderOf(USER, "userName", "éDITH"), { id: user.id, type: "User", label: "Édith" });
        assert.deepEqual(await holderOf(GROUP, "displayName", "ÉQUIPE"), {
          id: group.id,
          type: "Group",
          label: "Équipe",
        });
        assert.equal(await holderOf(USER, "userName", "edith"), undefined);
        assert.equal(await holderOf(USER, "displayName", "Équipe"), undefined);
        assert.equal((await membersOf(world, group)).length, 1);
      }),
    );

    test(
      "values of 700 characters are unique and found, and longer ones are rejected",
      inWorld(openStore, async (world) => {
        // Nothing that a database could compress.
        const long = (seed: number) =>
          Array.from({ length: 700 }, (_, at) => String.fromCharCode(0x4e00 + ((at * seed) % 20_000))).join("");
        const attributesWith = (value: string) => [
          { userName: value },
          { userName: "a", externalId: value },
          { userName: "b", name: { familyName: value } },
          { userName: "c", emails: [{ value }] },
        ];
        for (const [at, attributes] of attributesWith(long(7_919)).entries()) {
          await insertUser(world, attributes, { id: `long-${at}` });
          await update(world, USER, (await get(world, USER, `long-${at}`)) as never, attributes);
        }
        await assert.rejects(insertUser(world, { userName: long(7_919) }), conflictOn("userName"));
        for (const path of ["userName", "externalId", "emails"]) {
          assert.equal((await find(world, USER, { filter: `${path} eq "${long(7_919)}"` })).total, 1, path);
        }
        for (const attributes of attributesWith(`${long(6_421)}x`)) {
          await assert.rejects(insertUser(world, attributes), { name: "ValueTooLong", characters: 701 });
        }
        const user = await insertUser(world, { userName: "short" });
        await assert.rejects(update(world, USER, user, { userName: long(6_421).repeat(2) }), ValueTooLong);
      }),
    );
  });
}
