import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { applyChanges, diffResources, type JsonObject, type ResourceModel } from "@scimtool/scim";
import fc from "fast-check";
import { type HistoryAction, type HistoryEntry, stateBefore } from "../monitor.ts";
import { inMonitorWorld, type MonitorWorld, type OpenMonitor } from "./monitor-world.ts";
import { ENTERPRISE, GROUP, START_MS, USER } from "./world.ts";

const ALICE = { id: "alice", type: "User", label: "Alice" };
const FINANCE = { id: "finance", type: "Group", label: "Finance" };

const present = { requiredKeys: [] };
const word = fc.constantFrom("a", "b", "c");

/** As read from JSON. */
function asStored(state: unknown): JsonObject {
  return JSON.parse(JSON.stringify(state)) as JsonObject;
}

const userState: fc.Arbitrary<JsonObject> = fc
  .record(
    {
      userName: word,
      title: word,
      active: fc.boolean(),
      name: fc.record({ givenName: word, familyName: word }, { requiredKeys: ["givenName"] }),
      emails: fc.uniqueArray(fc.record({ value: word, type: word }), {
        minLength: 1,
        maxLength: 3,
        selector: ({ value }) => value,
      }),
      [ENTERPRISE]: fc.record(
        { department: word, manager: fc.record({ value: word }) },
        { requiredKeys: ["department"] },
      ),
    },
    present,
  )
  .map(asStored);

const groupState: fc.Arbitrary<JsonObject> = fc
  .record(
    {
      displayName: word,
      members: fc
        .uniqueArray(fc.constantFrom("1", "2", "3", "4", "5"), { minLength: 1 })
        .map((ids) => ids.toSorted().map((value) => ({ value, type: "User" }))),
    },
    present,
  )
  .map(asStored);

/** Without derived values, and with members in a fixed order. */
function comparable(state: JsonObject): JsonObject {
  const { schemas: _, members, ...rest } = state;
  if (!Array.isArray(members)) return rest;
  const idOf = (member: unknown) => String((member as JsonObject)["value"]);
  return { ...rest, members: members.toSorted((a, b) => idOf(a).localeCompare(idOf(b))) };
}

function entry(own: Partial<HistoryEntry>): HistoryEntry {
  return {
    resource: ALICE,
    revision: 1,
    action: "modify",
    atMs: START_MS,
    exchange: undefined,
    actor: { credential: undefined, dialect: "entra" },
    changes: [],
    concerns: [],
    ...own,
  };
}

/** Appends entries, each in its own transaction. */
async function append({ store, monitor, endpoint }: MonitorWorld, ...entries: readonly HistoryEntry[]): Promise<void> {
  for (const one of entries) {
    await store.transaction((transaction) => monitor.history.append(transaction, endpoint, one));
  }
}

function members(added: readonly string[], removed: readonly string[]): HistoryEntry["changes"] {
  const values = (ids: readonly string[]) => ids.map((value) => ({ value, type: "User" }));
  return [{ kind: "collection", path: "members", added: values(added), removed: values(removed) }];
}

export function historyConformance(open: OpenMonitor): void {
  describe("history", () => {
    test(
      "an entry is read as written",
      inMonitorWorld(open, async (world) => {
        const { store, monitor, endpoint, otherEndpoint } = world;
        const written = entry({
          revision: 7,
          action: "restore",
          exchange: 12_345_678_901_234,
          actor: { credential: "Entra ID", dialect: "entra" },
          changes: [
            { kind: "attribute", path: "title", before: "Engineer" },
            { kind: "attribute", path: "emails", after: [{ value: "ä@example.com" }] },
          ],
          concerns: ["bob"],
        });
        await append(world, written);
        const page = { limit: 5 };
        assert.deepEqual(await monitor.history.versions(store.committed, endpoint, "alice", page), {
          total: 1,
          entries: [{ ...written, position: 1 }],
        });
        assert.equal((await monitor.history.versions(store.committed, otherEndpoint, "alice", page)).total, 0);
        assert.equal((await monitor.history.versions(store.committed, endpoint, "bob", page)).total, 0);
      }),
    );

    test(
      "a write that was rolled back leaves no history",
      inMonitorWorld(open, async ({ store, monitor, endpoint }) => {
        const failing = store.transaction(async (transaction) => {
          await monitor.history.append(transaction, endpoint, entry({ concerns: ["bob"] }));
          throw new Error("no");
        });
        await assert.rejects(failing, /^Error: no$/);
        assert.equal((await monitor.history.timeline(store.committed, endpoint, "bob", { limit: 1 })).total, 0);
        assert.deepEqual(await monitor.sizes(store.committed), []);
      }),
    );

    test(
      "a person's timeline has its versions, the groups that added and removed it, and related resources",
      inMonitorWorld(open, async (world) => {
        const { store, monitor, endpoint } = world;
        const changes = [{ kind: "attribute", path: "title", after: "Manager" }] as const;
        await append(
          world,
          entry({ action: "create" }),
          entry({ resource: FINANCE, changes: members(["alice", "bob"], []) }),
          entry({ changes }),
          entry({ resource: { id: "bob", type: "User", label: "Bob" }, concerns: ["alice"] }),
          entry({ resource: { id: "carol", type: "User", label: "Carol" } }),
          entry({ resource: FINANCE, changes: members(["carol"], ["alice"]) }),
        );
        const first = await monitor.history.timeline(store.committed, endpoint, "alice", { limit: 3 });
        assert.equal(first.total, 5);
        assert.deepEqual(
          first.entries.map(({ role, resource, changes: own }) => [role, resource.label, own]),
          [
            ["removed", "Finance", []],
            ["concerned", "Bob", []],
            ["self", "Alice", changes],
          ],
        );
        assert.ok(first.next !== undefined);
        const page = { limit: 3, before: first.next };
        const { entries, next } = await monitor.history.timeline(store.committed, endpoint, "alice", page);
        assert.deepEqual(
          entries.map(({ role, action }) => [role, action]),
          [
            ["added", "modify"],
            ["self", "create"],
          ],
        );
        assert.equal(next, undefined);
        const versions = await monitor.history.versions(store.committed, endpoint, "alice", { limit: 9 });
        assert.equal(versions.total, 2);
        assert.deepEqual(
          versions.entries.map(({ action }) => action),
          ["modify", "create"],
        );
      }),
    );

    test(
      "deleted resources stay visible until their retention ends, and then leave no trace",
      inMonitorWorld(open, async (world) => {
        const { store, monitor, endpoint } = world;
        await append(
          world,
          entry({ action: "create", atMs: 10, changes: [{ kind: "attribute", path: "title", after: "Engineer" }] }),
          entry({ resource: FINANCE, atMs: 20, changes: members(["alice"], []) }),
          entry({ action: "delete", atMs: 30, changes: [{ kind: "attribute", path: "title", before: "Engineer" }] }),
          entry({ resource: FINANCE, action: "delete", atMs: 40, changes: members([], ["bob"]) }),
        );
        const deleted = async () =>
          (await monitor.history.deleted(store.committed, endpoint, { limit: 9 })).entries.map(
            ({ resource }) => resource,
          );
        const retain = (beforeMs: number) =>
          store.transaction((transaction) => monitor.history.retain(transaction, endpoint, beforeMs));
        assert.deepEqual(await deleted(), [FINANCE, ALICE]);
        assert.equal((await monitor.history.deleted(store.committed, endpoint, { limit: 1 })).next, 4);
        const versions = await monitor.history.versionsAfter(store.committed, endpoint, "alice", 15);
        assert.deepEqual(
          versions.map(({ action }) => action),
          ["delete"],
        );
        assert.deepEqual(comparable(stateBefore({}, versions, USER)), { title: "Engineer" });

        assert.deepEqual(await retain(10), { removed: 0, isDone: true });
        assert.deepEqual(await retain(31), { removed: 3, isDone: true });
        assert.deepEqual(await deleted(), [FINANCE]);
        assert.equal((await monitor.history.timeline(store.committed, endpoint, "alice", { limit: 9 })).total, 0);
        assert.equal((await monitor.history.timeline(store.committed, endpoint, "bob", { limit: 9 })).total, 1);
        await retain(41);
        assert.deepEqual(await monitor.sizes(store.committed), []);
      }),
    );

    test(
      "deleted resources of one type are found among others, page by page",
      inMonitorWorld(open, async (world) => {
        const { store, monitor, endpoint } = world;
        for (const id of ["alice", "bob", "carol"]) {
          await append(world, entry({ resource: { ...ALICE, id }, action: "delete" }));
          await append(world, entry({ resource: { ...FINANCE, id: `group of ${id}` }, action: "delete" }));
        }
        const page = { type: "User", limit: 2 };
        const first = await monitor.history.deleted(store.committed, endpoint, page);
        const rest = await monitor.history.deleted(store.committed, endpoint, { ...page, before: first.next ?? 0 });
        assert.deepEqual([first.total, rest.total, rest.next], [3, 3, undefined]);
        assert.deepEqual(
          [...first.entries, ...rest.entries].map(({ resource }) => resource.id),
          ["carol", "bob", "alice"],
        );
      }),
    );

    test(
      "a restored resource is not among the deleted ones, and one deleted again is listed once",
      inMonitorWorld(open, async (world) => {
        const { store, monitor, endpoint } = world;
        const totals: number[] = [];
        for (const action of ["create", "delete", "restore", "delete"] as const) {
          await append(world, entry({ action, atMs: 10 }));
          const { total, entries } = await monitor.history.deleted(store.committed, endpoint, { limit: 9 });
          assert.equal(entries.length, total);
          totals.push(total);
        }
        assert.deepEqual(totals, [0, 1, 0, 1]);
      }),
    );

    test(
      "long history is removed in steps of bounded entries and resources",
      inMonitorWorld(open, async (world) => {
        const { store, monitor, endpoint } = world;
        const many = Array.from({ length: 3_000 }, (_, at) => `member-${at}`);
        await append(world, entry({ atMs: 1, resource: FINANCE, changes: members(many, []) }));
        await append(world, ...Array.from({ length: 450 }, () => entry({ atMs: 2 })));
        const steps: number[] = [];
        for (let isDone = false; !isDone; ) {
          assert.ok(steps.length < 50);
          const step = await store.transaction((transaction) => monitor.history.retain(transaction, endpoint, 3));
          steps.push(step.removed);
          ({ isDone } = step);
        }
        assert.ok(steps.length > 5 && Math.max(...steps) < 400, steps.join());
        assert.equal(
          steps.reduce((sum, removed) => sum + removed, 0),
          451,
        );
        assert.equal((await monitor.history.timeline(store.committed, endpoint, "member-2999", { limit: 1 })).total, 0);
      }),
    );

    for (const [model, states] of [
      [USER, userState],
      [GROUP, groupState],
    ] as const) {
      test(
        `every version of a ${model.type.name} can be rebuilt from its history, forwards and backwards`,
        inMonitorWorld(open, async (world) => {
          let resources = 0;
          await fc.assert(
            fc.asyncProperty(fc.array(states, { minLength: 1, maxLength: 8 }), fc.boolean(), (made, isDeleted) =>
              checkReplay(world, model, `resource-${resources++}`, isDeleted ? [...made, {}] : made),
            ),
            { numRuns: 60 },
          );
        }),
      );
    }
  });
}

/** Changes a resource once a second, and reads all its states from the history. */
async function checkReplay(
  world: MonitorWorld,
  model: ResourceModel,
  id: string,
  states: readonly JsonObject[],
): Promise<void> {
  const { store, monitor, endpoint } = world;
  const resource = { id, type: model.type.name, label: id };
  const momentOf = (version: number) => START_MS + 1_000 * version;
  for (const [version, state] of states.entries()) {
    const changes = diffResources(states[version - 1] ?? {}, state, model);
    const action: HistoryAction = version === 0 ? "create" : "modify";
    await append(world, entry({ resource, action, revision: version + 1, atMs: momentOf(version), changes }));
  }
  const { entries } = await monitor.history.versions(store.committed, endpoint, id, { limit: 99 });
  let replayed: JsonObject = {};
  for (const { revision, changes } of entries.toReversed()) {
    replayed = applyChanges(changes, replayed, model);
    assert.deepEqual(comparable(replayed), comparable(states[revision - 1] ?? {}));
  }
  for (const [version, state] of states.entries()) {
    const newer = await monitor.history.versionsAfter(store.committed, endpoint, id, momentOf(version));
    assert.deepEqual(comparable(stateBefore(states.at(-1) ?? {}, newer, model)), comparable(state));
  }
  const all = await monitor.history.versionsAfter(store.committed, endpoint, id, START_MS - 1);
  assert.deepEqual(comparable(stateBefore(states.at(-1) ?? {}, all, model)), {});
}
