import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Json } from "@scimtool/scim";
import { attributesOf } from "../store/resource-body.ts";
import { GROUP, inDirectory, patchOf, USER } from "../testing/directory.ts";
import {
  create,
  createUsers,
  ENTERPRISE,
  get,
  memberIds,
  modify,
  refusal,
  remove,
  replace,
  summary,
  valuesOf,
} from "../testing/directory-actions.ts";
import { modifyResource } from "./directory.ts";

describe("modifying", () => {
  test(
    "changes what the operations say, and reports before and after",
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
      assert.deepEqual(attributesOf(stored)["schemas"], [USER.type.schema.id, ENTERPRISE]);
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
        const again = await modify(directory, USER, stored, operations);
        assert.deepEqual([again.stored, again.changes], [stored, []]);
        assert.deepEqual(await get(directory, USER, stored), stored);
      }),
    );
  }

  test(
    "changes nothing if one operation is rejected",
    inDirectory(
      async (directory) => {
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
      },
      { danglingReferences: "refuse" },
    ),
  );

  test(
    "to a taken name is rejected with 409, naming the holder, and changes nothing",
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
    "members increments the group's version once and updates lastModified, and reports the net effect",
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
      // a was removed and added again, d was added and removed.
      assert.deepEqual(summary(changes), [["members", [c.id], [b.id]]]);
      assert.equal(stored.revision, 2);
      assert.ok(stored.modifiedMs > before.modifiedMs);
      assert.deepEqual(attributesOf(stored), attributesOf(before));
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
  for (const profile of ["tolerant", "strict"]) {
    test(
      `the removal of a non-member is noted, and accepted in every profile: ${profile}`,
      inDirectory(
        async (directory) => {
          const [a, b] = await createUsers(directory, 2);
          assert.ok(a && b);
          const { stored } = await create(directory, GROUP, { displayName: "G", members: valuesOf([a]) });
          const removals: Json[] = [
            { op: "remove", path: `members[value eq "${b.id}"]` },
            { op: "remove", path: 'members[display sw "nobody"]' },
          ];
          if (profile === "tolerant") removals.push({ op: "remove", path: "members", value: valuesOf([a, b]) });
          removals.push({ op: "remove", path: `members[value eq "${a.id}"]` });
          const subject = directory.about(GROUP);
          await modifyResource(directory, subject, {
            id: stored.id,
            body: patchOf(...removals),
            preconditions: undefined,
          });
          const absent = subject.reading.notes.filter(({ code }) => code === "target-absent");
          const detail = "a remove of a value that is not there was treated as already done";
          const count = profile === "tolerant" ? 4 : 2;
          assert.deepEqual(absent, Array(count).fill({ code: "target-absent", where: "members", detail }));
          assert.deepEqual(await memberIds(directory, stored), []);
        },
        { profile },
      ),
    );
  }

  for (const [what, operations] of idleOnMembers) {
    test(
      `a group by ${what} changes nothing: no change, no new version, no new lastModified`,
      inDirectory(async (directory) => {
        const [a, b] = await createUsers(directory, 2);
        assert.ok(a && b);
        const { stored } = await create(directory, GROUP, { displayName: "G", members: valuesOf([a]) });
        const written = await modify(directory, GROUP, stored, operations(a.id, b.id));
        assert.deepEqual([written.stored, written.changes], [stored, []]);
        assert.deepEqual(await get(directory, GROUP, stored), stored);
        assert.deepEqual(await memberIds(directory, stored), [a.id]);
      }),
    );
  }

  test(
    "returns the groups of a user, and keeps them",
    inDirectory(async (directory) => {
      const [a] = await createUsers(directory, 1);
      assert.ok(a);
      const group = await create(directory, GROUP, { displayName: "G", members: valuesOf([a]) });
      const { stored } = await modify(directory, USER, a, [{ op: "add", path: "title", value: "x" }]);
      assert.deepEqual(stored.groups, [{ type: "Group", id: group.stored.id, label: "G" }]);
      assert.equal(attributesOf(stored)["groups"], undefined);
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
    "one user from many sides at once loses no change",
    inDirectory(async (directory) => {
      const [user] = await createUsers(directory, 1);
      assert.ok(user);
      const emails = Array.from({ length: 40 }, (_, index) => ({ value: `mail${index}@example.com` }));
      await Promise.all(
        emails.map((email) => modify(directory, USER, user, [{ op: "add", path: "emails", value: [email] }])),
      );
      const stored = await get(directory, USER, user);
      assert.equal((attributesOf(stored)["emails"] as Json[]).length, 40);
      assert.equal(stored.revision, 41);
    }),
  );
});

describe("a transaction that runs again", () => {
  test(
    "because a neighbour in its commit failed after a write notes each tolerance once",
    inDirectory(
      async (directory) => {
        const [user] = await createUsers(directory, 1);
        assert.ok(user);
        const subject = directory.about(USER);
        const [modified, created] = await Promise.allSettled([
          modifyResource(directory, subject, {
            id: user.id,
            body: patchOf({ op: "add", path: "active", value: "False" }),
            preconditions: undefined,
          }),
          create(directory, GROUP, { displayName: "G", members: [{ value: "nobody" }] }),
        ]);
        assert.deepEqual([modified.status, created.status], ["fulfilled", "rejected"]);
        assert.deepEqual(
          subject.reading.notes.map(({ code }) => code),
          ["string-boolean"],
        );
        assert.equal((await get(directory, USER, user)).revision, 2);
      },
      { danglingReferences: "refuse" },
    ),
  );
});

describe("If-Match", () => {
  test(
    "with the current version, or *, allows a write",
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
    "with another version rejects it with 412, naming both, and nothing changes",
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
    "allows one of many writes with the same version",
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
