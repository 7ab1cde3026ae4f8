import assert from "node:assert/strict";
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { History } from "./fixture.ts";
import { restore } from "./restore.ts";
import { RestoreImpossible } from "./trouble.ts";
import { verify } from "./verify.ts";

async function world(t: TestContext): Promise<{ history: History; folder: string }> {
  const history = await new History(t).begin();
  await history.commit("INSERT INTO t VALUES (1, 'one')");
  const folder = join(history.folder, "room");
  mkdirSync(folder);
  return { history, folder };
}

test("a database that can be restored is told with its figures, and nothing is left", async (t) => {
  const { history, folder } = await world(t);
  const { point, objects, bytes, durationMs, warnings, databaseId } = await verify(history.target, { folder });
  assert.equal(point.slot, history.last.slot);
  assert.equal(databaseId, history.databaseId);
  assert.equal(objects, 2);
  assert.ok(bytes > 0 && durationMs > 0);
  assert.deepEqual(warnings, []);
  assert.deepEqual(readdirSync(folder), []);
});

test("a database that cannot be restored is told too, and nothing is left", async (t) => {
  const { history, folder } = await world(t);
  const [snapshot] = await history.target.list("replica/snap/");
  await history.target.remove(snapshot as string);
  await assert.rejects(verify(history.target, { folder }), RestoreImpossible);
  assert.deepEqual(readdirSync(folder), []);
  const nothing = new History(t).target;
  await assert.rejects(verify(nothing, { folder }), (error: unknown) => {
    assert.ok(error instanceof RestoreImpossible);
    assert.equal(error.obstacle, "empty");
    return true;
  });
});

test("an index that does not fit its table is found, which a restore does not look for", async (t) => {
  const { history, folder } = await world(t);
  history.database.enableDefensive(false);
  // The index is not told of a change: for the time of that it is none.
  await history.commit(`
    PRAGMA writable_schema = ON;
    CREATE TABLE hidden AS SELECT * FROM sqlite_schema WHERE name = 't_a';
    DELETE FROM sqlite_schema WHERE name = 't_a';
    PRAGMA writable_schema = RESET;
    UPDATE t SET a = 2;
    PRAGMA writable_schema = ON;
    INSERT INTO sqlite_schema SELECT * FROM hidden;
    PRAGMA writable_schema = RESET`);
  await restore(history.target, history.restored);
  await assert.rejects(verify(history.target, { folder }), /row \d+ missing from index t_a/);
  assert.deepEqual(readdirSync(folder), []);
});

test("an earlier time can be verified as well", async (t) => {
  const { history, folder } = await world(t);
  const atMs = history.states[0]?.timeMs as number;
  assert.equal((await verify(history.target, { folder, atMs })).point.slot, history.states[0]?.slot);
});
