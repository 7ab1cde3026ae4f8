import assert from "node:assert/strict";
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { RestoreImpossible } from "../errors.ts";
import { LOG } from "../log/log.ts";
import { slotKey } from "../target/target.ts";
import { History, type State } from "./fixture.ts";
import { restore, verify } from "./restore.ts";
import { points } from "./restore-points.ts";
import { scrub } from "./scrub.ts";

async function world(t: TestContext): Promise<{ history: History; folder: string }> {
  const history = await new History(t).begin();
  await history.commit("INSERT INTO t VALUES (1, 'one')");
  const folder = join(history.folder, "room");
  mkdirSync(folder);
  return { history, folder };
}

test("a database that can be restored is reported with its figures, and nothing is left", async (t) => {
  const { history, folder } = await world(t);
  const { point, objects, bytes, durationMs, warnings, databaseId } = await verify(history.target, { folder });
  assert.equal(point.slot, history.last.slot);
  assert.equal(databaseId, history.databaseId);
  assert.equal(objects, 2);
  assert.ok(bytes > 0 && durationMs > 0);
  assert.deepEqual(warnings, []);
  assert.deepEqual(readdirSync(folder), []);
});

test("a database that cannot be restored is reported too, and nothing is left", async (t) => {
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

test("an index that does not match its table is found, which a restore does not check", async (t) => {
  const { history, folder } = await world(t);
  history.database.enableDefensive(false);
  // The index is not updated for this change.
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

test("the traces of a killed writer are fine, before and after another one takes the log", async (t) => {
  for (const left of [Buffer.alloc(0), Buffer.from("SQLLOG01 and no more")]) {
    const { history, folder } = await world(t);
    await history.torn(left);
    assert.equal((await verify(history.target, { folder })).point.slot, history.last.slot);
    await history.fence();
    await history.torn();
    assert.equal((await verify(history.target, { folder })).point.slot, history.last.slot);
  }
});

test("an end of the log that may have had more is not fine; an earlier time is", async (t) => {
  const { history, folder } = await world(t);
  const before = history.last;
  const lost = await history.commit("INSERT INTO t VALUES (2, 'two')");
  await history.torn();
  await verify(history.target, { folder });
  await history.alter(slotKey(LOG, lost.slot), (bytes) => bytes.fill(7, 100, 110));
  const damaged = new RegExp(
    `may be damaged: .*0${lost.slot}: it is not a complete record, .* acknowledged changes are lost`,
  );
  await assert.rejects(verify(history.target, { folder }), damaged);
  const { point, warnings } = await restore(history.target, history.restored);
  assert.equal(point.slot, before.slot);
  assert.match(warnings.join("\n"), damaged);
  assert.match((await points(history.target))?.warnings.join("\n") ?? "", /acknowledged changes are lost/);
  await assert.rejects(scrub(history.target), damaged);
  assert.equal((await verify(history.target, { folder, atMs: before.timeMs })).point.slot, before.slot);
});

test("a slot that was just taken is not doubtful once its record is complete", async (t) => {
  const { history, folder } = await world(t);
  await history.torn();
  const { target } = history;
  const key = slotKey(LOG, history.slot);
  await history.fence();
  let hides = true;
  setTimeout(() => {
    hides = false;
  }, 300);
  const read: typeof target.read = async (wanted, range) =>
    wanted === key && hides ? Buffer.alloc(0) : target.read(wanted, range);
  assert.equal((await verify({ ...target, read }, { folder })).point.slot, history.last.slot);
});

test("nor is one whose writer continued behind a missing link", async (t) => {
  const { history, folder } = await world(t);
  const before = history.last;
  const lost = await history.commit("INSERT INTO t VALUES (2, 'two')");
  await history.released();
  await history.alter(slotKey(LOG, lost.slot), () => Buffer.alloc(0));
  await assert.rejects(verify(history.target, { folder }), /its writer continued behind it.*are lost.*up to/);
  assert.equal((await verify(history.target, { folder, atMs: before.timeMs })).point.slot, before.slot);
});

test("a target without log slots is damaged if a manifest names one", async (t) => {
  const { history, folder } = await world(t);
  await history.pack();
  await history.enter(await history.snapshot());
  await history.commit("INSERT INTO t VALUES (2, 'two')");
  for (const key of await history.target.list("replica/log/")) await history.target.remove(key);
  for (const kind of ["directory", "azure-blob"] as const) {
    const target = { ...history.target, kind };
    await assert.rejects(verify(target, { folder }), /replica\/log\/: the log has no slot.*up to/);
  }
  const { slot, timeMs } = history.states.at(-2) as State;
  assert.equal((await verify(history.target, { folder, atMs: timeMs })).point.slot, slot);
});

test("an earlier time can be verified as well", async (t) => {
  const { history, folder } = await world(t);
  const atMs = history.states[0]?.timeMs as number;
  assert.equal((await verify(history.target, { folder, atMs })).point.slot, history.states[0]?.slot);
});
