import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { isObject, type Json, type JsonObject, type ResourceModel } from "@scimtool/scim";
import { changeEndpoint } from "../endpoint/administration.ts";
import { EndpointChanged, Endpoints } from "../endpoint/endpoints.ts";
import { serveEndpoint } from "../endpoint/served-endpoint.ts";
import { readState } from "../monitor/history/state.ts";
import { attributesOf } from "../store/resource-body.ts";
import type { FoundResource } from "../store/store.ts";
import { GROUP, inDirectory, type TestDirectory, USER } from "../testing/directory.ts";
import {
  create,
  createUsers,
  ENTERPRISE,
  get,
  memberIds,
  modify,
  refusal,
  remove,
  summary,
  valuesOf,
} from "../testing/directory-actions.ts";
import type { Subject, Written } from "./context.ts";
import { restoreResource } from "./restore.ts";

const REFUSING = { danglingReferences: "refuse" };
const ACCEPTING = { danglingReferences: "accept" };

/** Makes a version of a resource its newest one, as an administrator does. */
async function restore(
  directory: TestDirectory,
  model: ResourceModel,
  { id }: FoundResource,
  revision: number,
  subject: Subject = directory.about(model),
): Promise<Written> {
  const { resource } = await readState(directory.store, subject.endpoint, id, { revision });
  assert.ok(resource);
  return restoreResource(directory, subject, id, resource);
}

async function newestEntry({ store, about }: TestDirectory, { id }: FoundResource) {
  const { entries } = await store.monitor.history.versions(store.committed, about(USER).endpoint.key, id, { limit: 1 });
  return entries[0];
}

function add(path: string, value: Json): JsonObject {
  return { op: "add", path, value };
}

function managerOf(resource: JsonObject): unknown {
  const extension = resource[ENTERPRISE];
  return isObject(extension) && isObject(extension["manager"] ?? null) ? extension["manager"] : undefined;
}

describe("an existing resource", () => {
  test(
    "gets its earlier state as a new version",
    inDirectory(async (directory) => {
      const { stored } = await create(directory, USER, { userName: "alice", title: "Clerk", nickName: "Al" });
      await modify(directory, USER, stored, [add("title", "Lead"), { op: "remove", path: "nickName" }]);
      const restored = await restore(directory, USER, stored, 1);
      assert.deepEqual(summary(restored.changes), [
        ["nickName", undefined, "Al"],
        ["title", "Lead", "Clerk"],
      ]);
      assert.equal(restored.stored.revision, 3);
      const found = await get(directory, USER, stored);
      assert.deepEqual([found.revision, attributesOf(found)], [3, attributesOf(stored)]);
      const entry = await newestEntry(directory, stored);
      assert.deepEqual([entry?.action, entry?.revision, entry?.changes], ["restore", 3, restored.changes]);
    }),
  );

  test(
    "stays unchanged if nothing differs",
    inDirectory(async (directory) => {
      const { stored } = await create(directory, USER, { userName: "alice", title: "Clerk" });
      await modify(directory, USER, stored, [add("title", "Lead")]);
      await modify(directory, USER, stored, [add("title", "Clerk")]);
      const restored = await restore(directory, USER, stored, 1);
      assert.deepEqual([restored.changes, restored.stored.revision], [[], 3]);
      assert.equal((await newestEntry(directory, stored))?.action, "modify");
    }),
  );

  test(
    "has its earlier members, except deleted ones, and not those added since",
    inDirectory(async (directory) => {
      const users = await createUsers(directory, 4);
      const [kept, left, gone, come] = users as [FoundResource, FoundResource, FoundResource, FoundResource];
      const members = valuesOf([kept, left, gone]);
      const { stored } = await create(directory, GROUP, { displayName: "Finance", members });
      await remove(directory, USER, gone);
      await modify(directory, GROUP, stored, [
        { op: "remove", path: `members[value eq "${left.id}"]` },
        add("members", valuesOf([come])),
      ]);
      const restored = await restore(directory, GROUP, stored, 1);
      assert.deepEqual(await memberIds(directory, stored), [kept.id, left.id]);
      assert.deepEqual(summary(restored.changes), [["members", [left.id], [come.id]]]);
      assert.deepEqual(
        restored.stored.members?.map(({ id }) => id),
        [kept.id, left.id],
      );
    }, ACCEPTING),
  );

  test(
    "cannot get a name that another one has now, and nothing changes",
    inDirectory(async (directory) => {
      const { stored } = await create(directory, USER, { userName: "alice", title: "Clerk" });
      await modify(directory, USER, stored, [add("userName", "alice.old"), add("title", "Lead")]);
      const other = await create(directory, USER, { userName: "Alice", displayName: "Alice Young" });
      const taken = new RegExp(`userName "alice" is taken by the User "Alice Young" \\(id ${other.stored.id}\\)`);
      await assert.rejects(restore(directory, USER, stored, 1), refusal(409, "uniqueness", taken));
      assert.equal(attributesOf(await get(directory, USER, stored))["title"], "Lead");
      assert.equal((await newestEntry(directory, stored))?.action, "modify");
    }),
  );

  test(
    "rejects a version without attributes that the endpoint now requires",
    inDirectory(async (directory) => {
      const { stored } = await create(directory, USER, { userName: "alice" });
      await modify(directory, USER, stored, [add("title", "Lead")]);
      const about = directory.about(USER);
      const badge = "urn:example:badge:2.0:User";
      const endpoint = serveEndpoint({
        ...about.endpoint,
        settings: {
          schemas: [{ id: badge, name: "Badge", attributes: [{ name: "number", type: "string", required: true }] }],
          resourceTypes: [
            {
              name: "User",
              endpoint: "/Users",
              schema: USER.type.schema.id,
              schemaExtensions: [{ schema: badge, required: true }],
            },
          ],
        },
      });
      const model = endpoint.models.find(({ type }) => type.name === "User");
      assert.ok(model);
      const restoring = restore(directory, USER, stored, 1, { ...about, endpoint, model });
      await assert.rejects(restoring, refusal(409, undefined, /now requires more.*urn:example:badge/));
    }),
  );
});

test(
  "nothing is written for an endpoint that changed meanwhile",
  inDirectory(async (directory) => {
    const { stored } = await create(directory, USER, { userName: "alice" });
    await modify(directory, USER, stored, [add("title", "Lead")]);
    await changeEndpoint({ ...directory, endpoints: new Endpoints([]) }, "default", { settings: {} });
    await assert.rejects(restore(directory, USER, stored, 1), EndpointChanged);
    await assert.rejects(modify(directory, USER, stored, [add("title", "Chief")]), EndpointChanged);
    assert.equal(attributesOf(await get(directory, USER, stored))["title"], "Lead");
  }),
);

describe("a deleted resource", () => {
  test(
    "returns with its ID and to its groups, and its versions continue",
    inDirectory(async (directory) => {
      const { stored: alice } = await create(directory, USER, { userName: "alice", displayName: "Alice" });
      const members = valuesOf([alice]);
      const { stored: finance } = await create(directory, GROUP, { displayName: "Finance", members });
      const { stored: sales } = await create(directory, GROUP, { displayName: "Sales", members });
      const { stored: left } = await create(directory, GROUP, { displayName: "Left", members });
      await modify(directory, GROUP, left, [{ op: "remove", path: "members" }]);
      await modify(directory, USER, alice, [add("title", "Lead")]);
      await remove(directory, USER, alice);
      await remove(directory, GROUP, sales);

      const { stored, changes } = await restore(directory, USER, alice, 2);
      assert.deepEqual([stored.id, stored.revision], [alice.id, 3]);
      const found = await get(directory, USER, alice);
      assert.deepEqual(attributesOf(found), { ...attributesOf(alice), title: "Lead" });
      assert.deepEqual(found.groups, [{ id: finance.id, type: "Group", label: "Finance" }]);
      assert.equal(found.revision, 3);
      assert.deepEqual(summary(changes), [
        ["userName", undefined, "alice"],
        ["displayName", undefined, "Alice"],
        ["title", undefined, "Lead"],
      ]);
      const entry = await newestEntry(directory, alice);
      assert.deepEqual([entry?.action, entry?.revision, entry?.changes], ["restore", 3, changes]);
      const joined = await newestEntry(directory, finance);
      assert.deepEqual(
        [joined?.action, joined?.revision, joined && summary(joined.changes)],
        ["modify", 3, [["members", [alice.id], []]]],
      );
      assert.equal((await get(directory, GROUP, finance)).revision, 3);
      assert.equal((await get(directory, GROUP, left)).revision, 2);
      assert.equal((await modify(directory, USER, alice, [add("title", "Boss")])).stored.revision, 4);
    }),
  );

  test(
    "gets its name back in resources that got its ID since, which is a change of them",
    inDirectory(async (directory) => {
      const [boss, alice] = (await createUsers(directory, 2)) as [FoundResource, FoundResource];
      await modify(directory, USER, boss, [add("displayName", "Bo")]);
      await remove(directory, USER, boss);
      await modify(directory, USER, alice, [add(`${ENTERPRISE}:manager`, { value: boss.id, $ref: "elsewhere" })]);
      await restore(directory, USER, boss, 2);
      const found = await get(directory, USER, alice);
      const manager = { value: boss.id, $ref: `Users/${boss.id}`, displayName: "Bo" };
      assert.deepEqual([managerOf(attributesOf(found)), found.revision], [manager, 3]);
      const entry = await newestEntry(directory, alice);
      const path = `${ENTERPRISE}:manager`;
      assert.deepEqual(entry && summary(entry.changes), [
        [`${path}.$ref`, "elsewhere", manager.$ref],
        [`${path}.displayName`, undefined, "Bo"],
      ]);
      const { resource } = await readState(directory.store, directory.about(USER).endpoint, alice.id, { revision: 1 });
      assert.equal(resource && managerOf(resource), undefined);
    }, ACCEPTING),
  );

  test(
    "may be a group with its members, and a member of itself",
    inDirectory(async (directory) => {
      const [user] = (await createUsers(directory, 1)) as [FoundResource];
      const { stored: inner } = await create(directory, GROUP, { displayName: "Inner", members: valuesOf([user]) });
      const { stored: outer } = await create(directory, GROUP, { displayName: "Outer", members: valuesOf([inner]) });
      await remove(directory, GROUP, inner);
      const { changes } = await restore(directory, GROUP, inner, 1);
      assert.deepEqual(await memberIds(directory, inner), [user.id]);
      assert.deepEqual(await memberIds(directory, outer), [inner.id]);
      assert.deepEqual(summary(changes), [
        ["displayName", undefined, "Inner"],
        ["members", [user.id], []],
      ]);
    }),
  );

  test(
    "stays deleted if its name is taken",
    inDirectory(async (directory) => {
      const { stored: alice } = await create(directory, USER, { userName: "alice" });
      const { stored: finance } = await create(directory, GROUP, { displayName: "F", members: valuesOf([alice]) });
      await remove(directory, USER, alice);
      await create(directory, USER, { userName: "alice" });
      await assert.rejects(restore(directory, USER, alice, 1), refusal(409, "uniqueness", /is taken by the User/));
      await assert.rejects(get(directory, USER, alice), refusal(404, undefined));
      assert.deepEqual(await memberIds(directory, finance), []);
      assert.equal((await newestEntry(directory, finance))?.revision, 2);
    }),
  );

  test(
    "replaces the unknown member in groups that got its ID meanwhile",
    inDirectory(async (directory) => {
      const { stored: alice } = await create(directory, USER, { userName: "alice" });
      const { stored: had } = await create(directory, GROUP, { displayName: "Had", members: valuesOf([alice]) });
      const { stored: lost } = await create(directory, GROUP, { displayName: "Lost", members: valuesOf([alice]) });
      await remove(directory, USER, alice);
      const { stored: given } = await create(directory, GROUP, { displayName: "Given", members: valuesOf([alice]) });
      await modify(directory, GROUP, had, [add("members", valuesOf([alice]))]);
      await modify(directory, GROUP, lost, [add("members", valuesOf([alice]))]);
      await modify(directory, GROUP, lost, [{ op: "remove", path: "members" }]);
      await restore(directory, USER, alice, 1);
      const { groups } = await get(directory, USER, alice);
      assert.deepEqual(groups.map(({ label }) => label).sort(), ["Given", "Had", "Lost"]);
      // Naming it made it exist.
      assert.equal((await get(directory, GROUP, given)).revision, 1);
      assert.equal((await get(directory, GROUP, had)).revision, 3);
      assert.deepEqual(await memberIds(directory, had), [alice.id]);
      assert.equal((await get(directory, GROUP, lost)).revision, 5);
    }, ACCEPTING),
  );

  test(
    "can be restored repeatedly",
    inDirectory(async (directory) => {
      const { stored: alice } = await create(directory, USER, { userName: "alice" });
      const { stored: finance } = await create(directory, GROUP, { displayName: "F", members: valuesOf([alice]) });
      for (const revision of [2, 3, 4]) {
        await remove(directory, USER, alice);
        assert.equal((await restore(directory, USER, alice, 1)).stored.revision, revision);
        assert.deepEqual(await memberIds(directory, finance), [alice.id]);
      }
      const totals = await directory.store.endpoints.population(
        directory.store.committed,
        directory.about(USER).endpoint.key,
      );
      assert.deepEqual(Object.fromEntries(totals), { User: 1, Group: 1 });
    }),
  );

  test(
    "is found by its values",
    inDirectory(async (directory) => {
      const emails = [{ value: "a@example.com", type: "work" }];
      const { stored: alice } = await create(directory, USER, { userName: "alice", emails });
      await remove(directory, USER, alice);
      await restore(directory, USER, alice, 1);
      const again = create(directory, USER, { userName: "ALICE" });
      await assert.rejects(again, refusal(409, "uniqueness", new RegExp(alice.id)));
    }),
  );

  test(
    "that never existed is not restored",
    inDirectory(async (directory) => {
      const restoring = restoreResource(directory, directory.about(USER), "nobody", { userName: "nobody" });
      await assert.rejects(restoring, refusal(404, undefined, /There is no User/));
    }),
  );
});

test(
  "a resource deleted without a history is not restored",
  inDirectory(async (directory) => {
    const { stored } = await create(directory, USER, { userName: "alice" });
    const { store } = directory;
    const about = directory.about(USER);
    await store.transaction((transaction) =>
      store.resources.remove(transaction, about.endpoint.key, USER, stored.key, 0),
    );
    const restoring = restoreResource(directory, about, stored.id, attributesOf(stored));
    await assert.rejects(restoring, refusal(404, undefined, /There is no User/));
  }),
);

describe("a reference to a resource that no longer exists", () => {
  const withManager = async (directory: TestDirectory) => {
    const { stored: boss } = await create(directory, USER, { userName: "boss", displayName: "Boss" });
    const { stored: alice } = await create(directory, USER, {
      userName: "alice",
      [ENTERPRISE]: { manager: { value: boss.id }, department: "Sales" },
    });
    return { boss, alice };
  };

  test(
    "is omitted if it would be rejected",
    inDirectory(async (directory) => {
      const { boss, alice } = await withManager(directory);
      await remove(directory, USER, boss);
      await modify(directory, USER, alice, [add("title", "Lead")]);
      const { changes } = await restore(directory, USER, alice, 1);
      assert.deepEqual(summary(changes), [["title", "Lead", undefined]]);
      const resource = attributesOf(await get(directory, USER, alice));
      assert.deepEqual(resource[ENTERPRISE], { department: "Sales" });
    }, REFUSING),
  );

  test(
    "leaves no trace of an extension that contains only it",
    inDirectory(async (directory) => {
      const { stored: boss } = await create(directory, USER, { userName: "boss" });
      const extension = { manager: { value: boss.id } };
      const { stored: alice } = await create(directory, USER, { userName: "alice", [ENTERPRISE]: extension });
      await remove(directory, USER, alice);
      await remove(directory, USER, boss);
      await restore(directory, USER, alice, 1);
      assert.deepEqual(attributesOf(await get(directory, USER, alice)), {
        schemas: [USER.type.schema.id],
        id: alice.id,
        userName: "alice",
      });
    }, REFUSING),
  );

  test(
    "is kept if it is accepted, without its earlier name",
    inDirectory(async (directory) => {
      const { boss, alice } = await withManager(directory);
      await remove(directory, USER, boss);
      await restore(directory, USER, alice, 1);
      const manager = managerOf(attributesOf(await get(directory, USER, alice)));
      assert.deepEqual(manager, { value: boss.id, $ref: `Users/${boss.id}` });
    }, ACCEPTING),
  );

  test(
    "is complete if the resource exists, with its current name",
    inDirectory(async (directory) => {
      const { boss, alice } = await withManager(directory);
      await modify(directory, USER, alice, [{ op: "remove", path: `${ENTERPRISE}:manager` }]);
      await modify(directory, USER, boss, [add("displayName", "Big Boss")]);
      await restore(directory, USER, alice, 1);
      const manager = managerOf(attributesOf(await get(directory, USER, alice)));
      const now = { value: boss.id, $ref: `Users/${boss.id}`, displayName: "Big Boss" };
      assert.deepEqual(manager, now);
      await remove(directory, USER, alice);
      await modify(directory, USER, boss, [add("displayName", "Boss of All")]);
      await restore(directory, USER, alice, 1);
      const again = managerOf(attributesOf(await get(directory, USER, alice)));
      assert.deepEqual(again, { ...now, displayName: "Boss of All" });
    }, REFUSING),
  );

  test(
    "may refer to itself",
    inDirectory(async (directory) => {
      const { stored: boss } = await create(directory, USER, { userName: "boss" });
      const manager = { value: boss.id };
      await modify(directory, USER, boss, [add(`${ENTERPRISE}:manager`, manager)]);
      await remove(directory, USER, boss);
      await restore(directory, USER, boss, 2);
      const found = managerOf(attributesOf(await get(directory, USER, boss)));
      assert.deepEqual(found, { ...manager, $ref: `Users/${boss.id}`, displayName: "boss" });
    }, REFUSING),
  );

  test(
    "that was unknown even then stays unchanged, unless it would be rejected now",
    inDirectory(async (directory) => {
      const members = [{ value: "nobody" }];
      const { stored: group } = await create(directory, GROUP, { displayName: "F", members });
      await remove(directory, GROUP, group);
      await restore(directory, GROUP, group, 1);
      assert.deepEqual(await memberIds(directory, group), ["nobody"]);

      await remove(directory, GROUP, group);
      const about = directory.about(GROUP);
      const endpoint = serveEndpoint({ ...about.endpoint, settings: REFUSING });
      await restore(directory, GROUP, group, 1, { ...about, endpoint });
      assert.deepEqual(await memberIds(directory, group), []);
    }, ACCEPTING),
  );
});
