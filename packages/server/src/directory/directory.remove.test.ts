import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { GROUP, inDirectory, USER } from "../testing/directory.ts";
import {
  create,
  createUsers,
  ENTERPRISE,
  get,
  memberIds,
  modify,
  refusal,
  remove,
  valuesOf,
} from "../testing/directory-actions.ts";
import { countTurns } from "../testing/turns.ts";

describe("deleting", () => {
  test(
    "removes the resource, also from its groups, whose versions increase",
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
    "a group keeps its members",
    inDirectory(async (directory) => {
      const [a] = await createUsers(directory, 1);
      assert.ok(a);
      const { stored: group } = await create(directory, GROUP, { displayName: "G", members: valuesOf([a]) });
      await remove(directory, GROUP, group);
      assert.deepEqual(await get(directory, USER, a), a);
    }),
  );

  test(
    "is rejected under another type",
    inDirectory(async (directory) => {
      const [a] = await createUsers(directory, 1);
      assert.ok(a);
      await assert.rejects(remove(directory, GROUP, a), refusal(404, undefined));
      assert.deepEqual(await get(directory, USER, a), a);
    }),
  );
});

test(
  "other requests run while hundreds of referring resources or groups are updated",
  inDirectory(async (directory) => {
    const [boss, alone] = await createUsers(directory, 2);
    assert.ok(boss && alone);
    const change = (user: typeof boss, path: string) =>
      countTurns(() => modify(directory, USER, user, [{ op: "replace", path, value: "Renamed" }]));
    const turnsOfOne = await change(alone, "displayName");
    for (let count = 0; count < 450; count++) {
      const manager = { value: boss.id };
      await create(directory, USER, { userName: `report${count}`, [ENTERPRISE]: { manager } });
      await create(directory, GROUP, { displayName: `group${count}`, members: valuesOf([boss]) });
    }
    assert.ok((await change(boss, "displayName")) >= turnsOfOne + 8);
    assert.ok((await countTurns(() => remove(directory, USER, boss))) >= turnsOfOne + 17);
  }),
);
