import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ScimError } from "@scimtool/scim";
import { restoreResource } from "../../directory/restore.ts";
import type { HistoryEntry } from "../../store/monitor.ts";
import { attributesOf } from "../../store/resource-body.ts";
import type { FoundResource, Reference, StoredResource } from "../../store/store.ts";
import { GROUP, inDirectory, type TestDirectory, USER } from "../../testing/directory.ts";
import { create, createUsers, get, modify, remove, valuesOf } from "../../testing/directory-actions.ts";
import { type Moment, readState } from "./state.ts";

function stateOf(directory: TestDirectory, { id }: Pick<FoundResource, "id">, moment: Moment) {
  return readState(directory.store, directory.about(USER).endpoint, id, moment);
}

function notFound(detail: RegExp): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof ScimError, String(error));
    assert.equal(error.status, 404);
    assert.match(error.detail, detail);
    return true;
  };
}

function title(value: string) {
  return { op: "replace", path: "title", value };
}

async function entriesOf({ store, about }: TestDirectory, { id }: FoundResource) {
  const { key } = about(USER).endpoint;
  return (await store.monitor.history.versions(store.committed, key, id, { limit: 99 })).entries;
}

/** Deletes history from before a time. */
async function forgetBefore({ store, about }: TestDirectory, beforeMs: number): Promise<void> {
  const { key } = about(USER).endpoint;
  await store.transaction((transaction) => store.monitor.history.retain(transaction, key, beforeMs));
}

describe("a state", () => {
  test(
    "has its version, the time since when, and whether it is current",
    inDirectory(async (directory) => {
      const { stored } = await create(directory, USER, { userName: "alice", title: "Clerk" });
      const beforeMs = stored.createdMs - 1;
      const second = await modify(directory, USER, stored, [title("Lead")]);
      await remove(directory, USER, stored);
      const [end] = await entriesOf(directory, stored);
      assert.ok(end);
      const first = {
        model: USER,
        resource: attributesOf(stored),
        revision: 1,
        atMs: stored.createdMs,
        isCurrent: false,
      };
      const nothing = { resource: undefined, revision: undefined };
      const endpoint = directory.about(USER).endpoint;
      const model = endpoint.modelAt.get("Users");
      const told = async (moment: Moment) => ({ ...(await stateOf(directory, stored, moment)), model: USER });
      assert.equal((await stateOf(directory, stored, { revision: 1 })).model, model);
      assert.deepEqual(await told({ revision: 1 }), first);
      assert.deepEqual(await told({ atMs: second.stored.modifiedMs - 1 }), first);
      const { atMs, revision, isCurrent } = await told({ atMs: second.stored.modifiedMs });
      assert.deepEqual([atMs, revision, isCurrent], [second.stored.modifiedMs, 2, false]);
      assert.equal((await told({ revision: 2 })).resource?.["title"], "Lead");
      assert.deepEqual(await told({ atMs: end.atMs }), { model: USER, ...nothing, atMs: end.atMs, isCurrent: true });
      assert.deepEqual(await told({ atMs: beforeMs }), { model: USER, ...nothing, atMs: undefined, isCurrent: false });
    }),
  );

  test(
    "has members with ID, type and name",
    inDirectory(
      async (directory) => {
        const [user] = (await createUsers(directory, 1)) as [FoundResource];
        const members = [...valuesOf([user]), { value: "nobody" }];
        const { stored } = await create(directory, GROUP, { displayName: "Finance", members });
        const value = { value: user.id, type: "User", display: "user0" };
        const current = await stateOf(directory, stored, { revision: 1 });
        assert.deepEqual(current.resource, { ...attributesOf(stored), members: [value, { value: "nobody" }] });
        assert.equal(current.isCurrent, true);
        await modify(directory, GROUP, stored, [{ op: "remove", path: "members" }]);
        const emptied = await stateOf(directory, stored, { revision: 2 });
        assert.deepEqual(emptied.resource, attributesOf(stored));
        const past = await stateOf(directory, stored, { revision: 1 });
        assert.deepEqual(past.resource, current.resource);
        assert.equal(past.isCurrent, false);
      },
      { danglingReferences: "accept" },
    ),
  );

  test(
    "of a version that never existed is refused, with the version before it",
    inDirectory(async (directory) => {
      const { stored } = await create(directory, USER, { userName: "alice" });
      await assert.rejects(stateOf(directory, stored, { revision: 2 }), notFound(/version 2\. The one before is 1;/));
      await remove(directory, USER, stored);
      await assert.rejects(stateOf(directory, stored, { revision: 2 }), notFound(/version 2\. The one before is 1;/));
      await assert.rejects(stateOf(directory, stored, { revision: 0 }), notFound(/version 0\. The first one is 1;/));
      await assert.rejects(
        stateOf(directory, { id: "nobody" }, { revision: 1 }),
        notFound(/No resource has the ID "nobody"/),
      );
    }),
  );
});

describe("if the beginning of a history was deleted", () => {
  test(
    "the version before it is known, but no time in it",
    inDirectory(async (directory) => {
      const { stored } = await create(directory, USER, { userName: "alice", title: "1" });
      const made = [];
      for (const value of ["2", "3", "4"]) made.push((await modify(directory, USER, stored, [title(value)])).stored);
      const [, third, fourth] = made as [FoundResource, FoundResource, FoundResource];
      await forgetBefore(directory, third.modifiedMs + 1);
      const last = await stateOf(directory, stored, { revision: 3 });
      assert.deepEqual([last.resource?.["title"], last.revision, last.atMs], ["3", 3, undefined]);
      const since = notFound(new RegExp(`history begins at ${new Date(fourth.modifiedMs).toISOString()}`));
      await assert.rejects(stateOf(directory, stored, { atMs: fourth.modifiedMs - 1 }), since);
      await assert.rejects(stateOf(directory, stored, { revision: 2 }), since);
      assert.equal((await stateOf(directory, stored, { atMs: fourth.modifiedMs })).revision, 4);
    }),
  );

  test(
    "the last version of a deleted resource is known as long as its deletion",
    inDirectory(async (directory) => {
      const { stored } = await create(directory, USER, { userName: "alice", title: "1" });
      await modify(directory, USER, stored, [title("2")]);
      await remove(directory, USER, stored);
      const [end] = await entriesOf(directory, stored);
      assert.ok(end);
      await forgetBefore(directory, end.atMs);
      const last = await stateOf(directory, stored, { revision: 2 });
      assert.deepEqual([last.resource?.["title"], last.atMs, last.isCurrent], ["2", undefined, false]);
      await assert.rejects(stateOf(directory, stored, { revision: 1 }), notFound(/is not stored/));
      await forgetBefore(directory, end.atMs + 1);
      await assert.rejects(stateOf(directory, stored, { revision: 2 }), notFound(/no history of it is stored/));
    }),
  );

  test(
    "nothing before the return of a restored resource is known",
    inDirectory(async (directory) => {
      const { stored } = await create(directory, USER, { userName: "alice" });
      await remove(directory, USER, stored);
      const { stored: back } = await restoreResource(directory, directory.about(USER), stored.id, attributesOf(stored));
      await modify(directory, USER, stored, [title("Lead")]);
      await forgetBefore(directory, back.modifiedMs);
      assert.equal((await stateOf(directory, stored, { revision: 2 })).atMs, back.modifiedMs);
      await assert.rejects(stateOf(directory, stored, { revision: 1 }), notFound(/is not stored/));
      await assert.rejects(stateOf(directory, stored, { atMs: back.modifiedMs - 1 }), notFound(/is not stored/));
    }),
  );

  test(
    "the current state is known since its last change",
    inDirectory(async (directory) => {
      const { stored } = await create(directory, USER, { userName: "alice" });
      const { modifiedMs } = (await modify(directory, USER, stored, [title("2")])).stored;
      await forgetBefore(directory, modifiedMs + 1);
      for (const moment of [{ revision: 2 }, { atMs: modifiedMs }, { atMs: modifiedMs + 1 }]) {
        const { resource, revision, atMs, isCurrent } = await stateOf(directory, stored, moment);
        assert.deepEqual([resource?.["title"], revision, atMs, isCurrent], ["2", 2, modifiedMs, true]);
      }
      await assert.rejects(stateOf(directory, stored, { revision: 1 }), notFound(/is not stored/));
      await assert.rejects(stateOf(directory, stored, { revision: 3 }), notFound(/version 3\. The one before is 2/));
      await assert.rejects(stateOf(directory, stored, { atMs: modifiedMs - 1 }), notFound(/is not stored/));
    }),
  );

  test(
    "nothing is known of a resource that was deleted without history",
    inDirectory(async (directory) => {
      const { stored } = await create(directory, USER, { userName: "alice" });
      const { store } = directory;
      const { endpoint } = directory.about(USER);
      await store.transaction((transaction) => store.resources.remove(transaction, endpoint.key, USER, stored.key, 0));
      await assert.rejects(stateOf(directory, stored, { revision: 1 }), notFound(/nothing tells its end/));
    }),
  );
});

test(
  "a write during the search does not affect the state",
  inDirectory(async (directory) => {
    const { stored } = await create(directory, USER, { userName: "alice", title: "1" });
    await modify(directory, USER, stored, [title("2")]);
    const { store } = directory;
    // The resource is read before the write, its history after it.
    const held: StoredResource = await get(directory, USER, stored);
    const read = async () => ({ ...held, groups: [] }) as FoundResource;
    await modify(directory, USER, stored, [title("3")]);
    const late = { ...store, resources: { ...store.resources, get: read } };
    const state = await readState(late, directory.about(USER).endpoint, stored.id, { revision: 1 });
    assert.equal(state.resource?.["title"], "1");
    const current = await readState(late, directory.about(USER).endpoint, stored.id, { revision: 2 });
    assert.deepEqual([current.resource?.["title"], current.isCurrent], ["2", true]);
  }),
);

test(
  "the first state of a group that thousands joined one by one is found quickly, and holds up no request",
  inDirectory(async (directory) => {
    const { store, about } = directory;
    const { key } = about(GROUP).endpoint;
    const { stored } = await create(directory, GROUP, { displayName: "All" });
    const count = 5_000;
    const resource: Reference = { id: stored.id, type: "Group", label: "All" };
    const found: FoundResource = {
      ...stored,
      revision: count + 1,
      groups: [],
      members: Array.from({ length: count }, (_, at) => ({ id: `u${at}`, type: "User", label: `U ${at}` })),
    };
    await store.transaction(async (transaction) => {
      for (let at = 0; at < count; at++) {
        const added = [{ value: `u${at}`, type: "User", display: `U ${at}` }];
        const entry: HistoryEntry = {
          resource,
          revision: at + 2,
          action: "modify",
          atMs: stored.createdMs + 1 + at,
          exchange: undefined,
          actor: { credential: undefined, dialect: "entra" },
          changes: [{ kind: "collection", path: "members", added, removed: [] }],
          concerns: [],
        };
        await store.monitor.history.append(transaction, key, entry);
      }
    });
    const grown = { ...store, resources: { ...store.resources, get: async () => found } };
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const first = await readState(grown, about(GROUP).endpoint, stored.id, { revision: 1 });
    clearInterval(timer);
    assert.deepEqual(first.resource, attributesOf(stored));
    assert.ok(turns > 5, `other requests had ${turns} turns`);
    const half = await readState(grown, about(GROUP).endpoint, stored.id, { revision: count / 2 + 1 });
    const { members = [] } = half.resource ?? {};
    assert.equal(Array.isArray(members) && members.length, count / 2);
  }),
);
