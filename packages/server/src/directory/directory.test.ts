import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import {
  type ChangeSet,
  type Json,
  type JsonObject,
  type QueryParameters,
  type ResourceModel,
  ScimError,
} from "@scimtool/scim";
import type { FoundResource } from "../store/store.ts";
import { GROUP, inDirectory, LOCATIONS, patchOf, type TestDirectory, USER } from "../testing/directory.ts";
import {
  createResource,
  getResource,
  modifyResource,
  removeResource,
  replaceResource,
  searchResources,
  type Written,
} from "./directory.ts";

const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

function create(directory: TestDirectory, model: ResourceModel, attributes: JsonObject): Promise<Written> {
  return createResource(directory, directory.about(model), { schemas: [model.type.schema.id], ...attributes });
}

function replace(
  directory: TestDirectory,
  model: ResourceModel,
  { id }: FoundResource,
  attributes: JsonObject,
  ifMatch?: string,
): Promise<Written> {
  const body = { schemas: [model.type.schema.id], ...attributes };
  return replaceResource(directory, directory.about(model), id, body, ifMatch);
}

function modify(
  directory: TestDirectory,
  model: ResourceModel,
  { id }: FoundResource,
  operations: Json[],
  ifMatch?: string,
): Promise<Written> {
  return modifyResource(directory, directory.about(model), id, patchOf(...operations), ifMatch, {
    groups: true,
    members: false,
  });
}

function remove(
  directory: TestDirectory,
  model: ResourceModel,
  { id }: FoundResource,
  ifMatch?: string,
): Promise<void> {
  return removeResource(directory, directory.about(model), id, ifMatch);
}

function get(directory: TestDirectory, model: ResourceModel, { id }: FoundResource) {
  return getResource(directory, directory.about(model), id, { groups: true, members: false });
}

function getWithMembers(directory: TestDirectory, { id }: FoundResource) {
  return getResource(directory, directory.about(GROUP), id, { groups: false, members: true });
}

async function memberIds(directory: TestDirectory, group: FoundResource): Promise<string[]> {
  const { members } = await getWithMembers(directory, group);
  return (members ?? []).map(({ id }) => id);
}

async function createUsers(directory: TestDirectory, count: number): Promise<FoundResource[]> {
  const users: FoundResource[] = [];
  for (let index = 0; index < count; index++) {
    users.push((await create(directory, USER, { userName: `user${index}` })).stored);
  }
  return users;
}

function valuesOf(users: readonly FoundResource[]): JsonObject[] {
  return users.map(({ id }) => ({ value: id }));
}

function bodyOf({ body }: FoundResource): JsonObject {
  return JSON.parse(body) as JsonObject;
}

function refusal(status: number, scimType: string | undefined, ...details: RegExp[]): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof ScimError, String(error));
    assert.deepEqual([error.status, error.scimType], [status, scimType], error.detail);
    for (const detail of details) assert.match(error.detail, detail);
    return true;
  };
}

/** What is compared of a change set: values of members by their id alone. */
function summary(changes: ChangeSet): unknown[] {
  return changes.map((change) =>
    change.kind === "attribute"
      ? [change.path, change.before, change.after]
      : [change.path, change.added.map(({ value }) => value), change.removed.map(({ value }) => value)],
  );
}

describe("creating", () => {
  test(
    "keeps what was sent, with schemas and id first, at revision 1",
    inDirectory(async (directory) => {
      const { stored } = await create(directory, USER, { userName: "anna", [ENTERPRISE]: { department: "Tours" } });
      assert.equal(stored.revision, 1);
      assert.equal(stored.createdMs, stored.modifiedMs);
      assert.deepEqual(Object.keys(bodyOf(stored)).slice(0, 2), ["schemas", "id"]);
      assert.deepEqual(bodyOf(stored), {
        schemas: [USER.type.schema.id, ENTERPRISE],
        id: stored.id,
        userName: "anna",
        [ENTERPRISE]: { department: "Tours" },
      });
      assert.deepEqual(await get(directory, USER, stored), stored);
    }),
  );

  test(
    "gives an id of its own, whatever the client sends",
    inDirectory(async (directory) => {
      const { stored } = await create(directory, USER, { userName: "anna", id: "mine", meta: { version: "9" } });
      assert.match(stored.id, /^[0-9a-f-]{36}$/);
      assert.equal(bodyOf(stored)["meta"], undefined);
    }),
  );

  test(
    "tells every attribute as a change",
    inDirectory(async (directory) => {
      const { changes } = await create(directory, USER, {
        userName: "anna",
        name: { givenName: "Anna", familyName: "A" },
        emails: [{ value: "a@example.com" }],
        [ENTERPRISE]: { department: "Tours" },
      });
      assert.deepEqual(summary(changes).sort(), [
        ["emails", undefined, [{ value: "a@example.com" }]],
        ["name.familyName", undefined, "A"],
        ["name.givenName", undefined, "Anna"],
        [`${ENTERPRISE}:department`, undefined, "Tours"],
        ["userName", undefined, "anna"],
      ]);
    }),
  );

  test(
    "a group with members tells them with type and name, each once",
    inDirectory(async (directory) => {
      const [anna, berta] = await createUsers(directory, 2);
      assert.ok(anna && berta);
      const { stored, changes } = await create(directory, GROUP, {
        displayName: "Guides",
        members: [...valuesOf([anna, berta, anna])],
      });
      assert.equal(bodyOf(stored)["members"], undefined);
      assert.deepEqual(changes[1], {
        kind: "collection",
        path: "members",
        added: [
          { value: anna.id, type: "User", display: "user0" },
          { value: berta.id, type: "User", display: "user1" },
        ],
        removed: [],
      });
      assert.deepEqual(await memberIds(directory, stored), [anna.id, berta.id]);
    }),
  );

  test(
    "with a name that is taken is refused with 409, naming the attribute, the value and the holder",
    inDirectory(async (directory) => {
      const { stored } = await create(directory, USER, { userName: "anna", displayName: "Anna A." });
      await assert.rejects(
        create(directory, USER, { userName: "ANNA" }),
        refusal(409, "uniqueness", /userName "ANNA"/, /the User "Anna A\."/, new RegExp(stored.id)),
      );
      const group = await create(directory, GROUP, { displayName: "Guides" });
      await assert.rejects(
        create(directory, GROUP, { displayName: "guides" }),
        refusal(409, "uniqueness", /displayName "guides"/, /the Group "Guides"/, new RegExp(group.stored.id)),
      );
    }),
  );

  test(
    "a group with unknown members is refused and not created",
    inDirectory(async (directory) => {
      const [anna] = await createUsers(directory, 1);
      assert.ok(anna);
      const members = [...valuesOf([anna]), { value: "n1" }, { value: "n2" }, { value: "n3" }, { value: "n4" }];
      await assert.rejects(
        create(directory, GROUP, { displayName: "Guides", members }),
        refusal(400, "invalidValue", /"n1", "n2", "n3" and 1 more/),
      );
      assert.equal((await search(directory, GROUP, {})).totalResults, 0);
      await create(directory, GROUP, { displayName: "Guides" });
    }),
  );
});

describe("members without a value", () => {
  test(
    "are refused by POST and PUT, saying what is missing",
    inDirectory(async (directory) => {
      const { stored } = await create(directory, GROUP, { displayName: "G" });
      for (const member of [{ type: "User" }, { value: "" }]) {
        const body = { displayName: "H", members: [member] };
        const missing = refusal(400, "invalidValue", /every value of members needs a "value"/);
        await assert.rejects(create(directory, GROUP, body), missing);
        await assert.rejects(replace(directory, GROUP, stored, body), missing);
      }
    }),
  );
});

describe("replacing", () => {
  test(
    "clears what is left out and keeps id and created",
    inDirectory(async (directory) => {
      const { stored: before } = await create(directory, USER, {
        userName: "anna",
        title: "Guide",
        active: true,
        emails: [{ value: "a@example.com" }],
        [ENTERPRISE]: { department: "Tours" },
      });
      const { stored, changes } = await replace(directory, USER, before, {
        userName: "anna",
        id: "other",
        active: false,
      });
      assert.deepEqual(bodyOf(stored), {
        schemas: [USER.type.schema.id],
        id: before.id,
        userName: "anna",
        active: false,
      });
      assert.deepEqual([stored.revision, stored.createdMs], [2, before.createdMs]);
      assert.ok(stored.modifiedMs > before.modifiedMs);
      assert.deepEqual(summary(changes).sort(), [
        ["active", true, false],
        ["emails", [{ value: "a@example.com" }], undefined],
        ["title", "Guide", undefined],
        [`${ENTERPRISE}:department`, "Tours", undefined],
      ]);
      assert.deepEqual(await get(directory, USER, before), stored);
    }),
  );

  test(
    "by what is there already changes nothing: no change, no new version, no new lastModified",
    inDirectory(async (directory) => {
      const attributes = { userName: "anna", name: { givenName: "A", familyName: "B" }, emails: [{ value: "a@x" }] };
      const { stored } = await create(directory, USER, attributes);
      const again = await replace(directory, USER, stored, {
        emails: [{ value: "a@x" }],
        name: { familyName: "B", givenName: "A" },
        username: "anna",
      });
      assert.deepEqual(again, { stored, changes: [] });
      assert.deepEqual(await get(directory, USER, stored), stored);
    }),
  );

  test(
    "a group's members leaves exactly those sent",
    inDirectory(async (directory) => {
      const [a, b, c] = await createUsers(directory, 3);
      assert.ok(a && b && c);
      const { stored } = await create(directory, GROUP, { displayName: "G", members: valuesOf([a, b]) });
      const swapped = await replace(directory, GROUP, stored, { displayName: "G", members: valuesOf([b, c]) });
      assert.deepEqual(summary(swapped.changes), [["members", [c.id], [a.id]]]);
      assert.equal(swapped.stored.revision, 2);
      assert.deepEqual(await memberIds(directory, stored), [b.id, c.id]);

      const same = await replace(directory, GROUP, stored, { displayName: "G", members: valuesOf([c, b]) });
      assert.deepEqual([same.changes, same.stored.revision], [[], 2]);

      const emptied = await replace(directory, GROUP, stored, { displayName: "G" });
      assert.deepEqual(summary(emptied.changes), [["members", [], [b.id, c.id]]]);
      assert.deepEqual(await memberIds(directory, stored), []);
    }),
  );

  test(
    "with unknown members is refused and changes nothing, not even what else was sent",
    inDirectory(async (directory) => {
      const [a] = await createUsers(directory, 1);
      assert.ok(a);
      const { stored } = await create(directory, GROUP, { displayName: "G", members: valuesOf([a]) });
      const body = { displayName: "Other", members: [{ value: "nobody" }] };
      await assert.rejects(replace(directory, GROUP, stored, body), refusal(400, "invalidValue", /"nobody"/));
      const after = await get(directory, GROUP, stored);
      assert.deepEqual(after, stored);
      assert.deepEqual(await memberIds(directory, stored), [a.id]);
    }),
  );

  test(
    "without what is required, or of what is not there, is refused",
    inDirectory(async (directory) => {
      const { stored } = await create(directory, USER, { userName: "anna" });
      await assert.rejects(replace(directory, USER, stored, { title: "x" }), refusal(400, "invalidValue", /userName/));
      const nobody = { ...stored, id: "nobody" };
      await assert.rejects(replace(directory, USER, nobody, { userName: "x" }), refusal(404, undefined, /"nobody"/));
      await assert.rejects(replace(directory, GROUP, stored, { displayName: "x" }), refusal(404, undefined));
    }),
  );
});

describe("modifying", () => {
  test(
    "changes what the operations say, and tells before and after",
    inDirectory(async (directory) => {
      const { stored: before } = await create(directory, USER, { userName: "anna", title: "Guide", active: true });
      const { stored, changes } = await modify(directory, USER, before, [
        { op: "replace", path: "active", value: false },
        { op: "remove", path: "title" },
        { op: "add", path: "name.familyName", value: "A" },
        { op: "add", path: `${ENTERPRISE}:department`, value: "Tours" },
      ]);
      assert.deepEqual(summary(changes).sort(), [
        ["active", true, false],
        ["name.familyName", undefined, "A"],
        ["title", "Guide", undefined],
        [`${ENTERPRISE}:department`, undefined, "Tours"],
      ]);
      assert.deepEqual([stored.revision, stored.createdMs], [2, before.createdMs]);
      assert.ok(stored.modifiedMs > before.modifiedMs);
      assert.deepEqual(bodyOf(stored)["schemas"], [USER.type.schema.id, ENTERPRISE]);
      assert.deepEqual(await get(directory, USER, before), stored);
    }),
  );

  const idle: readonly (readonly [what: string, operations: Json[]])[] = [
    ["the value that is there", [{ op: "replace", path: "title", value: "Guide" }]],
    [
      "a change and its undoing",
      [
        { op: "replace", path: "title", value: "Driver" },
        { op: "replace", path: "title", value: "Guide" },
      ],
    ],
    ["an e-mail that is there", [{ op: "add", path: "emails", value: [{ value: "a@x", type: "work" }] }]],
    ["a password, which is not kept", [{ op: "replace", path: "password", value: "s3cr3t" }]],
    ["the removal of what is not there", [{ op: "remove", path: "nickName" }]],
  ];
  for (const [what, operations] of idle) {
    test(
      `by ${what} changes nothing: no change, no new version, no new lastModified`,
      inDirectory(async (directory) => {
        const { stored } = await create(directory, USER, {
          userName: "anna",
          title: "Guide",
          emails: [{ value: "a@x", type: "work" }],
        });
        assert.deepEqual(await modify(directory, USER, stored, operations), { stored, changes: [] });
        assert.deepEqual(await get(directory, USER, stored), stored);
      }),
    );
  }

  test(
    "keeps nothing of a request of which one operation is refused",
    inDirectory(async (directory) => {
      const [a] = await createUsers(directory, 1);
      assert.ok(a);
      const { stored } = await create(directory, GROUP, { displayName: "G", members: valuesOf([a]) });
      const refused = modify(directory, GROUP, stored, [
        { op: "replace", path: "displayName", value: "Other" },
        { op: "remove", path: "members" },
        { op: "add", path: "members", value: [{ value: "nobody" }] },
      ]);
      await assert.rejects(refused, refusal(400, "invalidValue", /"nobody"/));
      assert.deepEqual(await get(directory, GROUP, stored), stored);
      assert.deepEqual(await memberIds(directory, stored), [a.id]);
    }),
  );

  test(
    "to a name that is taken is refused with 409, naming the holder, and changes nothing",
    inDirectory(async (directory) => {
      const [a, b] = await createUsers(directory, 2);
      assert.ok(a && b);
      await assert.rejects(
        modify(directory, USER, b, [{ op: "replace", value: { userName: "USER0", title: "x" } }]),
        refusal(409, "uniqueness", /userName "USER0"/, new RegExp(a.id)),
      );
      assert.deepEqual(await get(directory, USER, b), b);
    }),
  );

  test(
    "members raises the group's version once and moves its lastModified, and tells the net effect",
    inDirectory(async (directory) => {
      const [a, b, c, d] = await createUsers(directory, 4);
      assert.ok(a && b && c && d);
      const { stored: before } = await create(directory, GROUP, { displayName: "G", members: valuesOf([a, b]) });
      const { stored, changes } = await modify(directory, GROUP, before, [
        { op: "remove", path: `members[value eq "${a.id}"]` },
        { op: "add", path: "members", value: valuesOf([a, c, d]) },
        { op: "remove", path: "members", value: valuesOf([b]) },
        { op: "remove", path: `members[value eq "${d.id}"]` },
      ]);
      // a went and came back, d came and went.
      assert.deepEqual(summary(changes), [["members", [c.id], [b.id]]]);
      assert.equal(stored.revision, 2);
      assert.ok(stored.modifiedMs > before.modifiedMs);
      assert.deepEqual(stored.body, before.body);
      assert.deepEqual(await memberIds(directory, stored), [a.id, c.id]);
    }),
  );

  const idleOnMembers: readonly (readonly [what: string, operations: (a: string, b: string) => Json[]])[] = [
    ["a member that is there", (a) => [{ op: "add", path: "members", value: [{ value: a }] }]],
    ["the removal of who is not there", (_, b) => [{ op: "remove", path: "members", value: [{ value: b }] }]],
    ["the removal of an unknown id", () => [{ op: "remove", path: 'members[value eq "nobody"]' }]],
    ["the members that are there", (a) => [{ op: "replace", path: "members", value: [{ value: a }] }]],
    [
      "a member that leaves again",
      (_, b) => [
        { op: "add", path: "members", value: [{ value: b }] },
        { op: "remove", path: `members[value eq "${b}"]` },
      ],
    ],
  ];
  for (const [what, operations] of idleOnMembers) {
    test(
      `a group by ${what} changes nothing: no change, no new version, no new lastModified`,
      inDirectory(async (directory) => {
        const [a, b] = await createUsers(directory, 2);
        assert.ok(a && b);
        const { stored } = await create(directory, GROUP, { displayName: "G", members: valuesOf([a]) });
        const written = await modify(directory, GROUP, stored, operations(a.id, b.id));
        assert.deepEqual(written, { stored, changes: [] });
        assert.deepEqual(await get(directory, GROUP, stored), stored);
        assert.deepEqual(await memberIds(directory, stored), [a.id]);
      }),
    );
  }

  test(
    "shows the groups of a user in the answer, and keeps them",
    inDirectory(async (directory) => {
      const [a] = await createUsers(directory, 1);
      assert.ok(a);
      const group = await create(directory, GROUP, { displayName: "G", members: valuesOf([a]) });
      const { stored } = await modify(directory, USER, a, [{ op: "add", path: "title", value: "x" }]);
      assert.deepEqual(stored.groups, [{ type: "Group", id: group.stored.id, label: "G" }]);
      assert.equal(bodyOf(stored)["groups"], undefined);
    }),
  );

  test(
    "one group 100 times at once loses no member and counts each change",
    inDirectory(async (directory) => {
      const users = await createUsers(directory, 100);
      const { stored } = await create(directory, GROUP, { displayName: "G" });
      await Promise.all(
        users.map((user) =>
          modify(directory, GROUP, stored, [{ op: "add", path: "members", value: valuesOf([user]) }]),
        ),
      );
      assert.deepEqual((await memberIds(directory, stored)).sort(), users.map(({ id }) => id).sort());
      assert.equal((await get(directory, GROUP, stored)).revision, 101);
    }),
  );

  test(
    "one user at once from many sides loses no change",
    inDirectory(async (directory) => {
      const [user] = await createUsers(directory, 1);
      assert.ok(user);
      const emails = Array.from({ length: 40 }, (_, index) => ({ value: `mail${index}@example.com` }));
      await Promise.all(
        emails.map((email) => modify(directory, USER, user, [{ op: "add", path: "emails", value: [email] }])),
      );
      const stored = await get(directory, USER, user);
      assert.equal((bodyOf(stored)["emails"] as Json[]).length, 40);
      assert.equal(stored.revision, 41);
    }),
  );
});

describe("If-Match", () => {
  test(
    "with the present version, or *, lets a write happen",
    inDirectory(async (directory) => {
      const [user] = await createUsers(directory, 1);
      assert.ok(user);
      await modify(directory, USER, user, [{ op: "add", path: "title", value: "a" }], 'W/"1"');
      await replace(directory, USER, user, { userName: "user0", title: "b" }, 'W/"9", W/"2"');
      await modify(directory, USER, user, [{ op: "add", path: "title", value: "c" }], "*");
      await remove(directory, USER, user, 'W/"4"');
    }),
  );

  test(
    "with another version refuses it with 412, naming both, and nothing happens",
    inDirectory(async (directory) => {
      const [user] = await createUsers(directory, 1);
      assert.ok(user);
      const mismatch = refusal(412, undefined, /W\/"1"/, /W\/"7"/);
      await assert.rejects(
        modify(directory, USER, user, [{ op: "add", path: "title", value: "a" }], 'W/"7"'),
        mismatch,
      );
      await assert.rejects(replace(directory, USER, user, { userName: "x" }, 'W/"7"'), mismatch);
      await assert.rejects(remove(directory, USER, user, 'W/"7"'), mismatch);
      assert.deepEqual(await get(directory, USER, user), user);
    }),
  );

  test(
    "lets one of many win that know the same version",
    inDirectory(async (directory) => {
      const [user] = await createUsers(directory, 1);
      assert.ok(user);
      const outcomes = await Promise.allSettled(
        Array.from({ length: 20 }, (_, index) =>
          modify(directory, USER, user, [{ op: "add", path: "title", value: `t${index}` }], 'W/"1"'),
        ),
      );
      assert.equal(outcomes.filter(({ status }) => status === "fulfilled").length, 1);
      assert.equal((await get(directory, USER, user)).revision, 2);
    }),
  );
});

describe("deleting", () => {
  test(
    "takes the resource away, out of its groups too, whose versions rise",
    inDirectory(async (directory) => {
      const [a, b] = await createUsers(directory, 2);
      assert.ok(a && b);
      const { stored: group } = await create(directory, GROUP, { displayName: "G", members: valuesOf([a, b]) });
      await remove(directory, USER, a);
      await assert.rejects(get(directory, USER, a), refusal(404, undefined));
      await assert.rejects(remove(directory, USER, a), refusal(404, undefined));
      await assert.rejects(modify(directory, USER, a, [{ op: "remove", path: "title" }]), refusal(404, undefined));
      assert.deepEqual(await memberIds(directory, group), [b.id]);
      const stored = await get(directory, GROUP, group);
      assert.equal(stored.revision, 2);
      assert.ok(stored.modifiedMs > group.modifiedMs);
      await create(directory, USER, { userName: "user0" });
    }),
  );

  test(
    "a group leaves its members",
    inDirectory(async (directory) => {
      const [a] = await createUsers(directory, 1);
      assert.ok(a);
      const { stored: group } = await create(directory, GROUP, { displayName: "G", members: valuesOf([a]) });
      await remove(directory, GROUP, group);
      assert.deepEqual(await get(directory, USER, a), a);
    }),
  );

  test(
    "is refused under another type",
    inDirectory(async (directory) => {
      const [a] = await createUsers(directory, 1);
      assert.ok(a);
      await assert.rejects(remove(directory, GROUP, a), refusal(404, undefined));
      assert.deepEqual(await get(directory, USER, a), a);
    }),
  );
});

type Parameters = Partial<QueryParameters>;

function search(directory: TestDirectory, model: ResourceModel, parameters: Parameters, members = false) {
  const query = {
    sortOrder: "ascending",
    startIndex: 1,
    attributes: [],
    excludedAttributes: [],
    ...parameters,
  } as const;
  return searchResources(directory, directory.about(model), query, { groups: true, members });
}

describe("reading", () => {
  test(
    "shows the members that belong to the version shown, whatever is written meanwhile",
    inDirectory(async (directory) => {
      const users = await createUsers(directory, 200);
      const { stored } = await create(directory, GROUP, { displayName: "G" });
      let written = 0;
      let looks = 0;
      // Reads without a pause, so that commits fall between any two steps of theirs.
      const watch = async (): Promise<void> => {
        while (written < users.length) {
          const view = await getWithMembers(directory, stored);
          assert.equal(view.members?.length, view.revision - 1);
          looks++;
        }
      };
      const write = async (user: FoundResource, index: number): Promise<void> => {
        await modify(directory, GROUP, stored, [{ op: "add", path: "members", value: valuesOf([user]) }]);
        written++;
        if (index === 0) await watch();
      };
      await Promise.all(users.map(write));
      assert.ok(looks > 0);
    }),
  );
});

describe("searching", () => {
  test(
    "answers a page from startIndex, of count, with the total",
    inDirectory(async (directory) => {
      await createUsers(directory, 7);
      const page = await search(directory, USER, { startIndex: 3, count: 2 });
      assert.deepEqual([page.totalResults, page.startIndex], [7, 3]);
      assert.deepEqual(
        page.resources.map((stored) => bodyOf(stored)["userName"]),
        ["user2", "user3"],
      );
      assert.equal((await search(directory, USER, { count: 0 })).resources.length, 0);
      assert.equal((await search(directory, USER, { startIndex: 8 })).totalResults, 7);
    }),
  );

  test(
    "gives 100 resources where no count is asked for, and 1,000 at most",
    inDirectory(async (directory) => {
      const { store, about } = directory;
      await store.transaction(async (transaction) => {
        for (let index = 0; index < 1_005; index++) {
          const resource = { schemas: [], id: `u${index}`, userName: `u${index}` };
          const content = { resource, body: JSON.stringify(resource), label: "u", nowMs: 1 };
          await store.resources.insert(transaction, about(USER).endpoint.key, USER, resource.id, content);
        }
      });
      assert.equal((await search(directory, USER, {})).resources.length, 100);
      assert.equal((await search(directory, USER, { count: 5_000 })).resources.length, 1_000);
    }),
  );

  test(
    "shows members where they are wanted, and groups of users",
    inDirectory(async (directory) => {
      const [a] = await createUsers(directory, 1);
      assert.ok(a);
      const { stored } = await create(directory, GROUP, { displayName: "G", members: valuesOf([a]) });
      const [shown] = (await search(directory, GROUP, { filter: 'displayName eq "g"' }, true)).resources;
      assert.deepEqual(shown?.members, [{ id: a.id, type: "User", label: "user0" }]);
      assert.equal((await search(directory, GROUP, {})).resources[0]?.members, undefined);
      const [user] = (await search(directory, USER, { filter: `groups.value eq "${stored.id}"` })).resources;
      assert.deepEqual(user?.groups, [{ id: stored.id, type: "Group", label: "G" }]);
    }),
  );

  test(
    "sorts a complex attribute by its value, and refuses one that has none or is unknown",
    inDirectory(async (directory) => {
      await create(directory, USER, { userName: "a", emails: [{ value: "z@x" }] });
      await create(directory, USER, { userName: "b", emails: [{ value: "y@x" }] });
      const { resources } = await search(directory, USER, { sortBy: "emails" });
      assert.deepEqual(
        resources.map((stored) => bodyOf(stored)["userName"]),
        ["b", "a"],
      );
      await assert.rejects(search(directory, USER, { sortBy: "name" }), refusal(400, "invalidPath", /name\.formatted/));
      await assert.rejects(search(directory, USER, { sortBy: "shoeSize" }), refusal(400, "invalidPath", /shoeSize/));
      await assert.rejects(search(directory, USER, { filter: "userName is" }), refusal(400, "invalidFilter"));
    }),
  );

  test(
    "finds resources by the URIs under which they are served",
    inDirectory(async (directory) => {
      const [a] = await createUsers(directory, 2);
      assert.ok(a);
      const filter = `meta.location eq "${LOCATIONS.get("User")}${a.id}"`;
      const { resources } = await search(directory, USER, { filter });
      assert.deepEqual(
        resources.map(({ id }) => id),
        [a.id],
      );
    }),
  );
});

describe("a password", () => {
  test(
    "is accepted in every way there is, and is neither in the database nor in a change set",
    inDirectory(async (directory) => {
      const planted = "pl4nted-p4ssw0rd";
      const changes: ChangeSet[] = [];
      const created = await create(directory, USER, { userName: "anna", password: planted });
      changes.push(created.changes);
      const { stored } = created;
      const core = USER.type.schema.id;
      for (const operation of [
        { op: "add", path: "password", value: planted },
        { op: "Replace", path: "PassWord", value: planted },
        { op: "replace", path: `${core}:password`, value: planted },
        { op: "replace", value: { password: planted, title: "a" } },
        { op: "add", value: { Password: planted, nickName: "b" } },
      ]) {
        changes.push((await modify(directory, USER, stored, [operation])).changes);
      }
      changes.push(
        (await replace(directory, USER, stored, { userName: "anna", PASSWORD: planted, title: "c" })).changes,
      );
      assert.doesNotMatch(JSON.stringify(changes), new RegExp(planted));
      assert.equal((await get(directory, USER, stored)).revision, 4);

      const { folder } = directory.place;
      const files = readdirSync(folder);
      assert.ok(files.includes("scim.db-wal"), files.join());
      for (const file of files) assert.ok(!readFileSync(join(folder, file)).includes(planted), file);
      // The search would find what is there.
      assert.ok(files.some((file) => readFileSync(join(folder, file)).includes("nickName")));
    }),
  );
});
