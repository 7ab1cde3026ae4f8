import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, type TestContext, test } from "node:test";
import { ChainBroken } from "../log/log.ts";
import { History } from "../restore/fixture.ts";
import { restore } from "../restore/restore.ts";
import { CopyOutdated, Standby } from "./standby.ts";

const insert = (rows: number) =>
  `WITH RECURSIVE n (v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM n WHERE v < ${rows})
   INSERT INTO t SELECT v, hex(randomblob(60)) FROM n`;

/** A history, and a standby that follows its current state. */
async function follow(t: TestContext, ...commits: readonly string[]) {
  const history = await new History(t).begin();
  for (const sql of commits) await history.commit(sql);
  const { point: head, checksum, backupCount } = await restore(history.target, history.restored);
  return { history, standby: new Standby(history.target, history.restored, { head, checksum, backupCount }) };
}

describe("a copy", () => {
  test("equals the database byte by byte after each link, as it grows, changes and shrinks", async (t) => {
    const { history, standby } = await follow(t, insert(50));
    for (const sql of [
      insert(100),
      "UPDATE t SET b = 'x' WHERE a % 2",
      "DELETE FROM t WHERE a > 10",
      "VACUUM",
      insert(5),
    ]) {
      await history.commit(sql);
      await standby.advance();
      assert.ok(readFileSync(history.restored).equals(history.last.database), sql);
      assert.deepEqual([standby.head.slot, standby.head.hash], [history.last.slot, history.last.hash]);
      assert.equal(standby.copy.checksum.value, history.last.checksum);
    }
  });

  test("skips fences, void slots and void links, and reports who owned the log", async (t) => {
    const { history, standby } = await follow(t, insert(5));
    await history.torn();
    await history.fence();
    await history.commit(insert(3));
    await history.fence();
    const end = await standby.advance();
    assert.ok(readFileSync(history.restored).equals(history.last.database));
    assert.deepEqual([end.maxEpoch, end.released], [3, false]);
    await history.released();
    assert.equal((await standby.advance()).released, true);
  });

  test("stays unchanged without news", async (t) => {
    const { history, standby } = await follow(t, insert(5));
    const before = standby.head;
    const { nextSlot } = await standby.advance();
    assert.equal(standby.head, before);
    assert.equal(nextSlot, history.last.slot + 1);
    assert.ok(readFileSync(history.restored).equals(history.last.database));
  });
});

describe("a copy must be restored again", () => {
  test("if the log restarts with a base", async (t) => {
    const { history, standby } = await follow(t, insert(5));
    await history.base(insert(5));
    await assert.rejects(standby.advance(), CopyOutdated);
  });

  test("if the following slots have been packed and removed", async (t) => {
    const { history, standby } = await follow(t, insert(5));
    for (let link = 0; link < 5; link++) await history.commit(insert(2));
    await history.pack();
    await history.dropPacked();
    await assert.rejects(standby.advance(), CopyOutdated);
  });

  test("if it is so far behind that restoring is faster", async (t) => {
    const { history, standby } = await follow(t, insert(5));
    await history.commit(insert(1));
    await history.publish({ tailSlot: history.slot + 300 });
    await assert.rejects(standby.advance(), /30\d slots behind/);
  });

  test("but not right after a restore, however far the primary has gone ahead", async (t) => {
    const { history, standby } = await follow(t, insert(5));
    for (let link = 0; link < 300; link++) await history.commit(insert(1));
    await history.publish({ tailSlot: history.slot });
    await assert.rejects(standby.advance(), CopyOutdated);
    await standby.advance(Number.POSITIVE_INFINITY);
    assert.ok(readFileSync(history.restored).equals(history.last.database));
  });

  test("if its last link has become void", async (t) => {
    const { history, standby } = await follow(t, insert(5));
    const [before] = history.states.slice(-2);
    await history.fence();
    // The newcomer has read the last slot as torn, and continues from the previous one.
    history.states.splice(-1);
    assert.equal(history.last, before);
    await history.commit(insert(1));
    await assert.rejects(standby.advance(), ChainBroken);
  });

  test("if the log does not continue from it", async (t) => {
    const { history, standby } = await follow(t, insert(50));
    standby.copy.checksum.set(3, Buffer.alloc(1_024, 9));
    await history.commit("UPDATE t SET b = 'x' WHERE a = 1");
    await assert.rejects(standby.advance(), CopyOutdated);
  });
});

describe("news", () => {
  test("is what was written after the copy, also after unfinished slots", async (t) => {
    const { history, standby } = await follow(t, insert(5));
    assert.equal(await standby.hasNews(), false);
    for (let slot = 0; slot < 3; slot++) await history.torn();
    assert.equal(await standby.hasNews(), false);
    await history.fence();
    assert.equal(await standby.hasNews(), true);
    await history.commit(insert(1));
    await standby.advance();
    assert.equal(await standby.hasNews(), false);
  });
});
