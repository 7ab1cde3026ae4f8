import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { find, GROUP, get, insertGroup, insertUser, inWorld, type OpenStore, USER } from "./world.ts";

export function endpointConformance(openStore: OpenStore): void {
  describe("endpoints", () => {
    test(
      "an endpoint is listed as inserted, and updated by its key",
      inWorld(openStore, async ({ store, endpoint }) => {
        await store.transaction((transaction) =>
          store.endpoints.update(transaction, {
            key: endpoint,
            name: "main",
            settings: { profile: "strict" },
            isLeaving: true,
          }),
        );
        const listed = await store.endpoints.list(store.committed);
        assert.deepEqual(
          listed.map(({ name, settings, isLeaving }) => ({ name, settings, isLeaving })),
          [
            { name: "main", settings: { profile: "strict" }, isLeaving: true },
            { name: "other", settings: { profile: "strict" }, isLeaving: false },
          ],
        );
        assert.equal(listed[0]?.key, endpoint);
      }),
    );

    test(
      "its revision counts its changes, visible to later steps of the transaction, and undone if it fails",
      inWorld(openStore, async ({ store, endpoint, otherEndpoint }) => {
        const change = { key: endpoint, name: "default", settings: {}, isLeaving: false };
        const revisions = () =>
          store.transaction((transaction) =>
            Promise.all([endpoint, otherEndpoint].map((key) => store.endpoints.revisionOf(transaction, key))),
          );
        const listed = async () => (await store.endpoints.list(store.committed)).map(({ revision }) => revision);
        assert.deepEqual(
          [await revisions(), await listed()],
          [
            [1, 1],
            [1, 1],
          ],
        );
        const failing = store.transaction(async (transaction) => {
          await store.endpoints.update(transaction, change);
          throw new Error("no");
        });
        await assert.rejects(failing, /no/);
        assert.deepEqual(await revisions(), [1, 1]);
        const told = await store.transaction(async (transaction) => [
          await store.endpoints.update(transaction, change),
          await store.endpoints.revisionOf(transaction, endpoint),
        ]);
        assert.deepEqual(
          [told, await revisions(), await listed()],
          [
            [2, 2],
            [2, 1],
            [2, 1],
          ],
        );
        await store.transaction((transaction) => store.endpoints.remove(transaction, otherEndpoint));
        assert.deepEqual(await revisions(), [2, undefined]);
      }),
    );

    test(
      "two endpoints cannot have the same name",
      inWorld(openStore, async ({ store }) => {
        const insertion = store.transaction((transaction) =>
          store.endpoints.insert(transaction, { name: "default", settings: { profile: "strict" } }, 0),
        );
        await assert.rejects(insertion);
        assert.equal((await store.endpoints.list(store.committed)).length, 2);
      }),
    );

    test(
      "a resource requires an existing endpoint",
      inWorld(openStore, async (world) => {
        await assert.rejects(insertUser(world, { userName: "lost" }, { endpoint: 4_711 }));
      }),
    );

    test(
      "resources of another endpoint are not found by id, list, filter or holder",
      inWorld(openStore, async (world) => {
        const { store, endpoint, otherEndpoint } = world;
        const there = { endpoint: otherEndpoint };
        const emails = [{ value: "a@example.com" }];
        const user = await insertUser(world, { userName: "anna", externalId: "x1", emails }, there);
        const group = await insertGroup(world, "Guides", [user], there);
        assert.equal(await get(world, USER, user.id), undefined);
        assert.equal(await get(world, GROUP, group.id), undefined);
        for (const filter of [
          "id pr",
          'userName eq "anna"',
          'externalId eq "x1"',
          'emails.value eq "a@example.com"',
          `id eq "${user.id}"`,
          `groups.value eq "${group.id}"`,
        ]) {
          assert.deepEqual(await find(world, USER, { filter }), { total: 0, resources: [] }, filter);
          assert.equal((await find(world, USER, { filter, ...there })).total, 1, filter);
        }
        assert.deepEqual(await find(world, USER), { total: 0, resources: [] });
        assert.equal((await find(world, GROUP, { filter: `members.value eq "${user.id}"` })).total, 0);
        assert.equal(await store.resources.holderOf(store.committed, endpoint, USER, "userName", "anna"), undefined);
      }),
    );

    test(
      "a unique value is free on another endpoint, and so is an ID",
      inWorld(openStore, async (world) => {
        const there = { endpoint: world.otherEndpoint };
        const here = await insertUser(world, { userName: "anna" }, { id: "same" });
        const other = await insertUser(world, { userName: "anna" }, { id: "same", ...there });
        assert.notEqual(here.key, other.key);
        await insertGroup(world, "Guides");
        await insertGroup(world, "Guides", [], there);
        assert.equal((await find(world, USER)).total, 1);
        assert.equal((await find(world, GROUP, there)).total, 1);
      }),
    );

    test(
      "members of another endpoint cannot be listed, removed or retained from here",
      inWorld(openStore, async (world) => {
        const { store, endpoint, otherEndpoint } = world;
        const there = { endpoint: otherEndpoint };
        const user = await insertUser(world, { userName: "anna" }, there);
        const group = await insertGroup(world, "Guides", [user], there);
        const gone = await store.transaction(async (transaction) => [
          ...(await store.members.remove(transaction, endpoint, group.key, [user.id])),
          ...(await store.members.retain(transaction, endpoint, group.key, [])),
        ]);
        assert.deepEqual(gone, []);
        assert.deepEqual(await store.members.list(store.committed, endpoint, group.key), []);
        assert.equal((await store.members.list(store.committed, otherEndpoint, group.key)).length, 1);
      }),
    );

    test(
      "the key of a removed endpoint is never reused",
      inWorld(openStore, async ({ store, otherEndpoint }) => {
        await store.transaction((transaction) => store.endpoints.remove(transaction, otherEndpoint));
        const next = await store.transaction((transaction) =>
          store.endpoints.insert(transaction, { name: "other", settings: {} }, 0),
        );
        assert.ok(next.key > otherEndpoint);
      }),
    );

    test(
      "removing and touching by a key of another endpoint does nothing",
      inWorld(openStore, async (world) => {
        const { store, endpoint, otherEndpoint } = world;
        const user = await insertUser(world, { userName: "anna" }, { endpoint: otherEndpoint });
        await store.transaction((transaction) => store.resources.touch(transaction, endpoint, USER, user, 1));
        const found = await store.resources.get(store.committed, otherEndpoint, USER, user.id, {
          groups: true,
          members: false,
        });
        assert.deepEqual(found, { ...user, groups: [] });
      }),
    );
  });
}
