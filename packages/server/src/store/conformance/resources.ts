import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { idOf, ofVersion } from "../resource-body.ts";
import {
  ENTERPRISE,
  find,
  GROUP,
  get,
  idsOf,
  insertGroup,
  insertUser,
  inWorld,
  membersOf,
  namesOf,
  type OpenStore,
  remove,
  START_MS,
  USER,
  update,
} from "./world.ts";

export function resourceConformance(openStore: OpenStore): void {
  describe("resources", () => {
    test(
      "an inserted resource is read as given, at revision 1",
      inWorld(openStore, async (world) => {
        const user = await insertUser(world, { userName: "Zoë 😀 \"'%_\\", title: "\u0000\n" }, { id: "u1" });
        assert.equal(user.revision, 1);
        assert.equal(user.createdMs, START_MS);
        assert.equal(user.modifiedMs, START_MS);
        assert.deepEqual(await get(world, USER, "u1"), { ...user, groups: [] });
        assert.equal(JSON.parse(user.body).userName, "Zoë 😀 \"'%_\\");
      }),
    );

    test(
      "its name is returned separately on request, with its groups or without",
      inWorld(openStore, async (world) => {
        const { store, endpoint } = world;
        const user = await insertUser(world, { userName: "anna", displayName: "Anna" }, { id: "u1" });
        await insertGroup(world, "Team", [user]);
        for (const groups of [false, true]) {
          const include = { groups, members: false, label: true };
          const found = await store.resources.get(store.committed, endpoint, USER, "u1", include);
          assert.deepEqual([found?.label, found?.groups.length], ["Anna", groups ? 1 : 0]);
        }
      }),
    );

    test(
      "a resource is not found under another type, another ID, or its ID in other letter case",
      inWorld(openStore, async (world) => {
        await insertUser(world, { userName: "anna" }, { id: "u1" });
        assert.equal(await get(world, GROUP, "u1"), undefined);
        assert.equal(await get(world, USER, "U1"), undefined);
        assert.equal(await get(world, USER, "u2"), undefined);
        assert.equal(await get(world, USER, ""), undefined);
      }),
    );

    test(
      "an update increments the revision, updates lastModified and keeps ID, key and created",
      inWorld(openStore, async (world) => {
        const before = await insertUser(world, { userName: "anna", title: "Guide" });
        const after = await update(world, USER, before, { userName: "anna" }, START_MS + 5);
        assert.equal(after.revision, 2);
        assert.equal(after.modifiedMs, START_MS + 5);
        assert.deepEqual([after.key, after.id, after.createdMs], [before.key, before.id, START_MS]);
        assert.deepEqual(await get(world, USER, before.id), { ...after, groups: [] });
        assert.equal(JSON.parse(after.body).title, undefined);
      }),
    );

    test(
      "after an update, the old values find nothing and the new ones find the resource",
      inWorld(openStore, async (world) => {
        const old = {
          userName: "anna",
          externalId: "x1",
          displayName: "Anna",
          active: true,
          name: { familyName: "Old", givenName: "Anna", middleName: "M" },
          emails: [{ value: "a@example.com" }, { value: "both@example.com" }],
          [ENTERPRISE]: { employeeNumber: "1" },
        };
        const user = await insertUser(world, old);
        await update(world, USER, user, {
          userName: "berta",
          externalId: "x2",
          displayName: "Berta",
          active: false,
          name: { familyName: "New", givenName: "Berta", middleName: "N" },
          emails: [{ value: "b@example.com" }, { value: "Both@example.com" }],
          [ENTERPRISE]: { employeeNumber: "2" },
        });
        const pairs: [string, string | boolean, string | boolean][] = [
          ["userName", "anna", "berta"],
          ["externalId", "x1", "x2"],
          ["displayName", "anna", "berta"],
          ["active", true, false],
          ["name.familyName", "old", "new"],
          ["name.givenName", "anna", "berta"],
          ["name.middleName", "m", "n"],
          ["emails.value", "a@example.com", "b@example.com"],
          ["emails.value", "nobody@example.com", "both@example.com"],
          [`${ENTERPRISE}:employeeNumber`, "1", "2"],
        ];
        for (const [path, before, after] of pairs) {
          const gone = await find(world, USER, { filter: `${path} eq ${JSON.stringify(before)}` });
          const found = await find(world, USER, { filter: `${path} eq ${JSON.stringify(after)}` });
          assert.deepEqual([gone.total, found.resources.map(idOf)], [0, [user.id]], path);
        }
      }),
    );

    test(
      "attributes removed by an update are no longer found",
      inWorld(openStore, async (world) => {
        const user = await insertUser(world, {
          userName: "anna",
          active: true,
          emails: [{ value: "a@example.com" }],
          name: { familyName: "A" },
        });
        await update(world, USER, user, { userName: "anna" });
        for (const filter of ["active pr", "emails pr", 'emails.value eq "a@example.com"', "name.familyName pr"]) {
          assert.equal((await find(world, USER, { filter })).total, 0, filter);
        }
      }),
    );

    test(
      "a touch increments the revision and updates lastModified, and nothing else",
      inWorld(openStore, async (world) => {
        const { store, endpoint } = world;
        const group = await insertGroup(world, "Guides");
        const touched = await store.transaction((transaction) =>
          store.resources.touch(transaction, endpoint, GROUP, group, START_MS + 7),
        );
        const meta = { ...group, revision: 2, modifiedMs: START_MS + 7 };
        assert.deepEqual(touched, { ...meta, body: ofVersion(group, "Group", meta) });
        assert.deepEqual(await get(world, GROUP, group.id), { ...touched, groups: [] });
      }),
    );

    test(
      "a removed resource is gone from look-up, list and total, and its name is free",
      inWorld(openStore, async (world) => {
        const anna = await insertUser(world, { userName: "anna", emails: [{ value: "a@example.com" }] });
        await insertUser(world, { userName: "berta" });
        await remove(world, USER, anna);
        assert.equal(await get(world, USER, anna.id), undefined);
        assert.equal((await find(world, USER, { filter: 'emails.value eq "a@example.com"' })).total, 0);
        assert.deepEqual(namesOf(await find(world, USER)), ["berta"]);
        assert.equal((await find(world, USER, { limit: 0 })).total, 1);
        const again = await insertUser(world, { userName: "ANNA" }, { id: anna.id });
        assert.equal(again.revision, 1);
      }),
    );

    test(
      "removing a member touches each of its groups, and no other",
      inWorld(openStore, async (world) => {
        const anna = await insertUser(world, { userName: "anna" });
        const berta = await insertUser(world, { userName: "berta" });
        const both = await insertGroup(world, "Both", [anna, berta]);
        const one = await insertGroup(world, "One", [anna]);
        const none = await insertGroup(world, "None", [berta]);
        await remove(world, USER, anna, START_MS + 9);
        for (const { id } of [both, one]) {
          const touched = await get(world, GROUP, id);
          assert.deepEqual([touched?.revision, touched?.modifiedMs, touched?.createdMs], [2, START_MS + 9, START_MS]);
        }
        assert.deepEqual(await get(world, GROUP, none.id), { ...none, groups: [] });
        assert.deepEqual(idsOf(await membersOf(world, both)), [berta.id]);
        assert.deepEqual(await membersOf(world, one), []);
      }),
    );

    test(
      "removing a group removes it from its members' groups and leaves the members unchanged",
      inWorld(openStore, async (world) => {
        const anna = await insertUser(world, { userName: "anna" });
        const group = await insertGroup(world, "Guides", [anna]);
        await remove(world, GROUP, group, START_MS + 9);
        assert.deepEqual(await get(world, USER, anna.id), { ...anna, groups: [] });
        assert.equal((await find(world, USER, { filter: "groups pr" })).total, 0);
      }),
    );

    test(
      "a new resource inherits nothing from one that was just removed",
      inWorld(openStore, async (world) => {
        const anna = await insertUser(world, { userName: "anna" });
        const inner = await insertGroup(world, "Inner", [anna]);
        const outer = await insertGroup(world, "Outer", [inner]);
        await remove(world, GROUP, outer);
        assert.deepEqual(await membersOf(world, await insertGroup(world, "Outer")), []);
        const berta = await insertUser(world, { userName: "berta", emails: [{ value: "b@example.com" }] });
        const guides = await insertGroup(world, "Guides", [berta]);
        await remove(world, GROUP, guides);
        await remove(world, USER, berta);
        const carla = await insertUser(world, { userName: "carla" });
        assert.deepEqual((await get(world, USER, carla.id))?.groups, []);
        assert.equal((await find(world, USER, { filter: 'emails.value eq "b@example.com"' })).total, 0);
      }),
    );

    test(
      "groups that contain each other, or themselves, can be removed",
      inWorld(openStore, async (world) => {
        const { store, endpoint } = world;
        const inner = await insertGroup(world, "Inner");
        const outer = await insertGroup(world, "Outer", [inner]);
        await store.transaction((transaction) =>
          store.members.add(transaction, endpoint, GROUP, inner.key, [outer.id, inner.id], "refuse"),
        );
        await remove(world, GROUP, inner);
        assert.deepEqual(await membersOf(world, outer), []);
        assert.deepEqual(namesOf(await find(world, GROUP)), ["Outer"]);
      }),
    );
  });

  describe("groups of a resource", () => {
    test(
      "are its direct ones, by get and by search, with and without a filter",
      inWorld(openStore, async (world) => {
        const anna = await insertUser(world, { userName: "anna" });
        const berta = await insertUser(world, { userName: "berta" });
        const guides = await insertGroup(world, "Guides", [anna, berta]);
        const staff = await insertGroup(world, "Staff", [anna]);
        await insertGroup(world, "Everybody", [guides]);
        const guidesReference = { type: "Group", id: guides.id, label: "Guides" };
        const expected = [guidesReference, { type: "Group", id: staff.id, label: "Staff" }];
        assert.deepEqual((await get(world, USER, anna.id))?.groups, expected);
        const listed = await find(world, USER, { groups: true });
        assert.deepEqual(
          listed.resources.map(({ groups }) => groups),
          [expected, [guidesReference]],
        );
        const filtered = await find(world, USER, { groups: true, filter: 'userName sw "a"' });
        assert.deepEqual(filtered.resources[0]?.groups, expected);
      }),
    );

    test(
      "are not looked up unless requested",
      inWorld(openStore, async (world) => {
        const { store, endpoint } = world;
        const anna = await insertUser(world, { userName: "anna" });
        await insertGroup(world, "Guides", [anna]);
        const got = await store.resources.get(store.committed, endpoint, USER, anna.id, {
          groups: false,
          members: false,
        });
        assert.deepEqual(got?.groups, []);
        assert.deepEqual((await find(world, USER)).resources[0]?.groups, []);
        assert.deepEqual((await find(world, USER, { filter: "userName pr" })).resources[0]?.groups, []);
      }),
    );

    test(
      "have the group's current name",
      inWorld(openStore, async (world) => {
        const anna = await insertUser(world, { userName: "anna" });
        const group = await insertGroup(world, "Guides", [anna]);
        await update(world, GROUP, group, { displayName: 'Führer "😀"' });
        assert.equal((await get(world, USER, anna.id))?.groups[0]?.label, 'Führer "😀"');
      }),
    );
  });
}
