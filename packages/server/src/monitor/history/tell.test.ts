import assert from "node:assert/strict";
import { test } from "node:test";
import { restoreResource } from "../../directory/restore.ts";
import type { FoundResource } from "../../store/store.ts";
import { GROUP, inDirectory, type TestDirectory, USER } from "../../testing/directory.ts";
import { create, ENTERPRISE, modify, remove, summary, valuesOf } from "../../testing/directory-actions.ts";
import { english } from "../words/sentence.ts";
import { readState } from "./state.ts";
import { type ToldEntry, tellDeleted, tellTimeline, tellVersions } from "./tell.ts";

const ALL = { limit: 99 };

function textsOf({ sentences }: ToldEntry): string[] {
  return sentences.map((sentence) => english(sentence));
}

function kindsOf({ sentences }: ToldEntry): string[] {
  return sentences.map(({ kind }) => kind);
}

function placeOf({ store, about }: TestDirectory) {
  return [store, about(USER).endpoint] as const;
}

function set(path: string, value: string) {
  return { op: "replace", path, value };
}

async function restoreFirst(directory: TestDirectory, { id }: FoundResource): Promise<void> {
  const about = directory.about(USER);
  const { resource = {} } = await readState(directory.store, about.endpoint, id, { revision: 1 });
  await restoreResource(directory, about, id, resource);
}

/** Alice, from her creation to her restore. */
async function liveThrough(directory: TestDirectory): Promise<FoundResource> {
  const { stored } = await create(directory, USER, { userName: "alice", displayName: "Alice Young", title: "Clerk" });
  await modify(directory, USER, stored, [set("title", "Lead")]);
  await modify(directory, USER, stored, [set("displayName", "Alice Miller")]);
  await restoreFirst(directory, stored);
  await remove(directory, USER, stored);
  await restoreFirst(directory, stored);
  return stored;
}

test(
  "versions are described with the names at their time",
  inDirectory(async (directory) => {
    const { id } = await liveThrough(directory);
    const { total, entries, next } = await tellVersions(...placeOf(directory), id, ALL);
    assert.deepEqual([total, next], [6, undefined]);
    assert.deepEqual(entries.map(textsOf), [
      ["An unknown client restored Alice Young after its deletion"],
      ["An unknown client deleted Alice Young"],
      ["An unknown client restored Alice Young to an earlier version"],
      ["An unknown client renamed Alice Young to Alice Miller"],
      ["An unknown client changed Alice's title from Clerk to Lead"],
      ["An unknown client created Alice Young"],
    ]);
    assert.deepEqual(entries.flatMap(kindsOf), [
      "user.restored",
      "user.deleted",
      "user.restored",
      "user.renamed",
      "user.changed",
      "user.created",
    ]);
    const [back, end, over] = entries;
    assert.deepEqual(
      over?.sentences[0]?.attributes.map(({ path, before, after }) => [path, before, after]),
      [
        ["displayName", "Alice Miller", "Alice Young"],
        ["title", "Lead", "Clerk"],
      ],
    );
    assert.deepEqual([back?.changes.length, end?.changes.length], [3, 3]);
  }),
);

test(
  "a creation shows the original attributes, whatever changed later",
  inDirectory(async (directory) => {
    const { stored: boss } = await create(directory, USER, { userName: "boss" });
    const begun = { userName: "alice", title: "Clerk", active: false, [ENTERPRISE]: { manager: { value: boss.id } } };
    const { stored: alice, changes } = await create(directory, USER, begun);
    const { stored: finance, changes: first } = await create(directory, GROUP, {
      displayName: "Finance",
      members: valuesOf([alice]),
    });
    const creationOf = async ({ id }: FoundResource) => {
      const [versions, timeline] = [
        await tellVersions(...placeOf(directory), id, ALL),
        await tellTimeline(...placeOf(directory), id, ALL),
      ];
      const { role, ...told } =
        timeline.entries.find((entry) => entry.role === "self" && entry.action === "create") ?? {};
      assert.deepEqual(told, versions.entries.at(-1));
      assert.match(textsOf(versions.entries.at(-1) as ToldEntry)[0] ?? "", /^An unknown client created /);
      return versions.entries.at(-1)?.changes;
    };
    const steps = [
      async () => undefined,
      () => modify(directory, USER, alice, [set("title", "Lead"), set("name.givenName", "Al")]),
      () => modify(directory, GROUP, finance, [{ op: "remove", path: "members" }, set("displayName", "Money")]),
      () => remove(directory, USER, alice),
      () => remove(directory, GROUP, finance),
      () => restoreFirst(directory, alice),
    ];
    for (const step of steps) {
      await step();
      assert.deepEqual(summary((await creationOf(alice)) ?? []), summary(changes));
      assert.deepEqual(summary((await creationOf(finance)) ?? []), summary(first));
    }
  }),
);

test(
  "the last entry of a page needs nothing from the next page",
  inDirectory(async (directory) => {
    const { id } = await liveThrough(directory);
    const whole = await tellVersions(...placeOf(directory), id, ALL);
    for (const limit of [1, 2, 4, 5]) {
      const met: ToldEntry[] = [];
      for (let before = Number.MAX_SAFE_INTEGER; ; ) {
        const { total, entries, next } = await tellVersions(...placeOf(directory), id, { before, limit });
        assert.equal(total, 6);
        met.push(...entries);
        if (next === undefined) break;
        assert.equal(entries.length, limit);
        before = next;
      }
      assert.deepEqual(met, whole.entries);
    }
  }),
);

test(
  "a timeline has the resource's part in changes of others",
  inDirectory(async (directory) => {
    const { stored: boss } = await create(directory, USER, { userName: "boss", displayName: "The Boss" });
    const { stored: alice } = await create(directory, USER, { userName: "alice", displayName: "Alice Young" });
    const { stored: bob } = await create(directory, USER, { userName: "bob", displayName: "Bob" });
    const members = valuesOf([bob, alice]);
    const { stored: finance } = await create(directory, GROUP, { displayName: "Finance", members });
    await modify(directory, USER, alice, [set("displayName", "Alice Miller")]);
    await modify(directory, GROUP, finance, [{ op: "remove", path: "members" }]);
    const manager = { value: alice.id };
    await modify(directory, USER, bob, [
      set("title", "Clerk"),
      { op: "add", path: `${ENTERPRISE}:manager`, value: manager },
    ]);
    await modify(directory, GROUP, finance, [{ op: "add", path: "members", value: valuesOf([alice]) }]);
    await remove(directory, USER, alice);

    const { total, entries } = await tellTimeline(...placeOf(directory), alice.id, ALL);
    assert.equal(total, 9);
    assert.deepEqual(
      entries.map((entry) => [entry.role, entry.resource.label, ...textsOf(entry)]),
      [
        ["removed", "Finance", "An unknown client removed Alice Miller from Finance"],
        ["self", "Alice Miller", "An unknown client deleted Alice Miller"],
        ["concerned", "Bob", "An unknown client removed Bob's manager (it was Alice Miller)"],
        ["added", "Finance", "An unknown client added Alice Miller to Finance"],
        ["concerned", "Bob", "An unknown client set Bob's manager to Alice Miller"],
        ["removed", "Finance", "An unknown client removed Alice Miller from Finance"],
        ["self", "Alice Miller", "An unknown client renamed Alice Young to Alice Miller"],
        ["added", "Finance", "An unknown client added Alice Young to Finance"],
        ["self", "Alice Young", "An unknown client created Alice Young"],
      ],
    );
    const [left] = entries;
    const value = { value: alice.id, type: "User", display: "Alice Miller" };
    assert.deepEqual(left?.changes, [{ kind: "collection", path: "members", added: [], removed: [value] }]);
    const concerned = entries.find(({ role, revision }) => role === "concerned" && revision === 2);
    assert.deepEqual(
      concerned?.changes.map(({ path }) => path),
      ["title", `${ENTERPRISE}:manager.value`, `${ENTERPRISE}:manager.$ref`, `${ENTERPRISE}:manager.displayName`],
    );
    assert.equal((await tellTimeline(...placeOf(directory), boss.id, ALL)).total, 1);
  }),
);

test(
  "pages of a timeline have the names at their time",
  inDirectory(async (directory) => {
    const { stored: alice } = await create(directory, USER, { userName: "alice", displayName: "Alice" });
    const members = valuesOf([alice]);
    const { stored: finance } = await create(directory, GROUP, { displayName: "Finance", members });
    await modify(directory, USER, alice, [set("displayName", "Alicia")]);
    await modify(directory, GROUP, finance, [{ op: "remove", path: "members" }]);
    await modify(directory, USER, alice, [set("displayName", "Alix")]);
    const whole = (await tellTimeline(...placeOf(directory), alice.id, ALL)).entries;
    assert.deepEqual(whole.flatMap(textsOf), [
      "An unknown client renamed Alicia to Alix",
      "An unknown client removed Alicia from Finance",
      "An unknown client renamed Alice to Alicia",
      "An unknown client added Alice to Finance",
      "An unknown client created Alice",
    ]);
    const met: ToldEntry[] = [];
    for (let before: number | undefined = Number.MAX_SAFE_INTEGER; before !== undefined; ) {
      const found = await tellTimeline(...placeOf(directory), alice.id, { before, limit: 1 });
      met.push(...found.entries);
      before = found.next;
    }
    assert.deepEqual(met, whole);
    assert.deepEqual((await tellTimeline(...placeOf(directory), "nobody", ALL)).entries, []);
  }),
);

test(
  "a user without stored entries has the current name",
  inDirectory(async (directory) => {
    const { store, about } = directory;
    const { stored: alice } = await create(directory, USER, { userName: "alice", displayName: "Alice" });
    const { key } = about(USER).endpoint;
    const forgetting = alice.modifiedMs + 1;
    await store.transaction((transaction) => store.monitor.history.retain(transaction, key, forgetting));
    await create(directory, GROUP, { displayName: "Finance", members: valuesOf([alice]) });
    await create(directory, GROUP, { displayName: "Sales", members: [{ value: "nobody" }] });
    const ofAlice = await tellTimeline(...placeOf(directory), alice.id, ALL);
    assert.deepEqual(ofAlice.entries.flatMap(textsOf), ["An unknown client added Alice to Finance"]);
    const ofNobody = await tellTimeline(...placeOf(directory), "nobody", ALL);
    assert.deepEqual(ofNobody.entries.flatMap(textsOf), ["An unknown client added the unknown ID nobody to Sales"]);
  }),
);

test(
  "deleted resources are described by their deletion",
  inDirectory(async (directory) => {
    for (const userName of ["a", "b", "c"]) {
      const { stored } = await create(directory, USER, { userName });
      await remove(directory, USER, stored);
    }
    const first = await tellDeleted(...placeOf(directory), { limit: 2 });
    assert.deepEqual(
      [first.total, ...first.entries.flatMap(textsOf)],
      [3, "An unknown client deleted c", "An unknown client deleted b"],
    );
    assert.ok(first.next !== undefined);
    const last = await tellDeleted(...placeOf(directory), { limit: 2, before: first.next });
    assert.deepEqual([last.next, ...last.entries.flatMap(textsOf)], [undefined, "An unknown client deleted a"]);
    assert.deepEqual(Object.keys(last.entries[0] ?? {}).includes("role"), false);
  }),
);
