import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { ChangeSet } from "@scimtool/scim";
import { inDirectory, USER } from "../testing/directory.ts";
import { create, get, modify, replace } from "../testing/directory-actions.ts";

describe("a password", () => {
  test(
    "is accepted in every form, and is neither in the database nor in a change set",
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
      // The search does find other text.
      assert.ok(files.some((file) => readFileSync(join(folder, file)).includes("nickName")));
    }),
  );
});
