import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { attributesOf } from "../store/resource-body.ts";
import { GROUP, inDirectory, USER } from "../testing/directory.ts";
import {
  create,
  createUsers,
  ENTERPRISE,
  get,
  memberIds,
  refusal,
  replace,
  summary,
  valuesOf,
} from "../testing/directory-actions.ts";

describe("replacing", () => {
  test(
    "clears omitted attributes and keeps id and created",
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
      assert.deepEqual(attributesOf(stored), {
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
    "with the same content changes nothing: no change, no new version, no new lastModified",
    inDirectory(async (directory) => {
      const attributes = { userName: "anna", name: { givenName: "A", familyName: "B" }, emails: [{ value: "a@x" }] };
      const { stored } = await create(directory, USER, attributes);
      const again = await replace(directory, USER, stored, {
        emails: [{ value: "a@x" }],
        name: { familyName: "B", givenName: "A" },
        username: "anna",
      });
      assert.deepEqual([again.stored, again.changes], [stored, []]);
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
    "with unknown members is rejected and changes nothing at all",
    inDirectory(
      async (directory) => {
        const [a] = await createUsers(directory, 1);
        assert.ok(a);
        const { stored } = await create(directory, GROUP, { displayName: "G", members: valuesOf([a]) });
        const body = { displayName: "Other", members: [{ value: "nobody" }] };
        await assert.rejects(replace(directory, GROUP, stored, body), refusal(400, "invalidValue", /"nobody"/));
        const after = await get(directory, GROUP, stored);
        assert.deepEqual(after, stored);
        assert.deepEqual(await memberIds(directory, stored), [a.id]);
      },
      { danglingReferences: "refuse" },
    ),
  );

  test(
    "without a required attribute, or of a missing resource, is rejected",
    inDirectory(async (directory) => {
      const { stored } = await create(directory, USER, { userName: "anna" });
      await assert.rejects(replace(directory, USER, stored, { title: "x" }), refusal(400, "invalidValue", /userName/));
      const nobody = { ...stored, id: "nobody" };
      await assert.rejects(replace(directory, USER, nobody, { userName: "x" }), refusal(404, undefined, /"nobody"/));
      await assert.rejects(replace(directory, GROUP, stored, { displayName: "x" }), refusal(404, undefined));
    }),
  );
});
