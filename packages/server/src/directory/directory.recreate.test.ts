import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { attributesOf } from "../store/resource-body.ts";
import { GROUP, inDirectory, USER } from "../testing/directory.ts";
import { create, get, memberIds, modify, refusal, search, summary, valuesOf } from "../testing/directory-actions.ts";
import { createResource } from "./directory.ts";

const REACTIVATE = { recreate: "reactivate" };

describe("a POST with the userName of a deactivated user", () => {
  test(
    "gets 409 by default",
    inDirectory(async (directory) => {
      await create(directory, USER, { userName: "anna", active: false });
      await assert.rejects(create(directory, USER, { userName: "Anna" }), refusal(409, "uniqueness", /"Anna"/));
    }),
  );

  test(
    "reactivates that user: its ID and groups stay, its attributes are those of the POST",
    inDirectory(async (directory) => {
      const { stored: old } = await create(directory, USER, { userName: "anna", title: "Guide", active: true });
      const group = await create(directory, GROUP, { displayName: "Guides", members: valuesOf([old]) });
      await modify(directory, USER, old, [{ op: "replace", path: "active", value: false }]);
      const { stored, changes } = await create(directory, USER, { userName: "Anna", nickName: "A" });
      assert.equal(stored.id, old.id);
      assert.equal(stored.revision, 3);
      assert.deepEqual(attributesOf(stored), {
        schemas: [USER.type.schema.id],
        id: old.id,
        userName: "Anna",
        nickName: "A",
        active: true,
      });
      assert.deepEqual(summary(changes).sort(), [
        ["active", false, true],
        ["nickName", undefined, "A"],
        ["title", "Guide", undefined],
        ["userName", "anna", "Anna"],
      ]);
      assert.deepEqual(await memberIds(directory, group.stored), [old.id]);
      assert.deepEqual(attributesOf(await get(directory, USER, old)), attributesOf(stored));
      assert.equal((await search(directory, USER, {})).totalResults, 1);
    }, REACTIVATE),
  );

  test(
    "leaves that user deactivated if it says so, and returns the groups if they are included",
    inDirectory(async (directory) => {
      const { stored: old } = await create(directory, USER, { userName: "anna", active: false });
      const { stored: group } = await create(directory, GROUP, { displayName: "Guides", members: valuesOf([old]) });
      const body = { schemas: [USER.type.schema.id], userName: "anna", title: "Guide", active: false };
      const include = { groups: true, members: false };
      const { stored, changes } = (await createResource(directory, directory.about(USER), body, include)).written;
      assert.deepEqual([stored.id, attributesOf(stored)["active"]], [old.id, false]);
      assert.deepEqual(summary(changes), [["title", undefined, "Guide"]]);
      assert.deepEqual(
        stored.groups.map(({ id }) => id),
        [group.id],
      );
    }, REACTIVATE),
  );

  test(
    "of an active user, or one without active, still gets 409",
    inDirectory(async (directory) => {
      await create(directory, USER, { userName: "anna", active: true });
      await create(directory, USER, { userName: "berta" });
      for (const userName of ["anna", "berta"]) {
        await assert.rejects(create(directory, USER, { userName }), refusal(409, "uniqueness", /is taken by/));
      }
    }, REACTIVATE),
  );
});
