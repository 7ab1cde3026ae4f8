import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import { type Obstacle, RestoreImpossible } from "../errors.ts";
import { LOG } from "../log/log.ts";
import { slotKey, type Target } from "../target/target.ts";
import { History } from "./fixture.ts";
import { planRestore } from "./plan.ts";
import { points } from "./restore-points.ts";

const INSERT = "INSERT INTO t VALUES (abs(random()) % 100, hex(randomblob(300)))";

const impossible = (obstacle: Obstacle, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof RestoreImpossible, String(error));
  assert.equal(error.obstacle, obstacle, error.message);
  assert.match(error.message, message);
  return true;
};

/** A short description of what a plan reads. */
async function shape(history: History, limits = {}) {
  const plan = await planRestore(history.target, limits);
  assert.ok(plan);
  return {
    base: plan.base.slot,
    packs: plan.packs.map(({ fromSlot, toSlot }) => `${fromSlot}-${toSlot}`),
    slots: plan.slots.map(({ record }) => record.slot),
    point: plan.point.slot,
  };
}

describe("a target that holds no database", () => {
  test("has no plan and no points", async (t) => {
    const history = new History(t);
    assert.equal(await planRestore(history.target), undefined);
    assert.equal(await points(history.target), undefined);
  });

  test("differs from one with a plain copy, a self-test or an intent, which are not a database", async (t) => {
    const history = new History(t);
    await history.target.replace("scim.db", Buffer.from("SQLite format 3"));
    await history.target.create("replica/self-test/1", Buffer.from("1"));
    await history.target.replace("replica/intent", Buffer.from("{}"));
    assert.equal(await planRestore(history.target), undefined);
  });

  test("differs from one that somebody has started to use", async (t) => {
    const history = await new History(t).format();
    await assert.rejects(planRestore(history.target), impossible("not-begun", /Nothing was ever stored/));
    await history.fence();
    await history.torn();
    await assert.rejects(planRestore(history.target), impossible("not-begun", /Nothing was ever stored/));
    await assert.rejects(points(history.target), impossible("not-begun", /Nothing was ever stored/));
    // The first snapshot is written before its link.
    const snapshotOf = (slot: number) => `${slotKey("replica/snap/", slot)}-00000001-0a1b2c-first`;
    const later = `${slotKey("replica/snap/", history.slot)}-00000001-0a1b2c`;
    await history.target.create(later, Buffer.from("SQLSNAP1"));
    await assert.rejects(planRestore(history.target), impossible("no-base", /no record of its log/));
    await history.target.remove(later);
    await history.target.create(snapshotOf(history.slot), Buffer.from("SQLSNAP1"));
    await assert.rejects(planRestore(history.target), impossible("not-begun", /Nothing was ever stored/));
    // The snapshot of an unknown slot is all that remains of a database.
    await history.target.create(snapshotOf(history.slot + 1), Buffer.from("SQLSNAP1"));
    await assert.rejects(planRestore(history.target), impossible("no-base", /no record of its log/));
    await history.target.remove(snapshotOf(history.slot + 1));
    await history.torn(Buffer.from("SQLLOG01"));
    await assert.rejects(planRestore(history.target), impossible("no-base", /no record of its log/));
  });

  test("is never confused with the remains of a database", async (t) => {
    const rooms = ["replica/snap/", "replica/man/", "replica/log/", "replica/L1/", "replica/format.json"];
    // Any subset of the removable objects remains.
    for (let kept = 1; kept < 2 ** rooms.length; kept++) {
      const history = await new History(t).begin();
      await history.commit(INSERT);
      await history.pack();
      await history.dropPacked();
      for (const [at, room] of rooms.entries()) {
        if (kept & (1 << at)) continue;
        for (const key of await history.target.list(room)) await history.target.remove(key);
      }
      const left = await history.target.list("");
      try {
        assert.notEqual(await planRestore(history.target), undefined, left.join());
      } catch (error) {
        assert.ok(error instanceof RestoreImpossible, `${left}: ${error}`);
        // The fence outlives packed slots: otherwise only the format would remain of the log.
        const looksBegun = left.every((key) => /log|format/.test(key));
        if (!looksBegun) assert.notEqual(error.obstacle, "not-begun", left.join());
      }
    }
  });
});

describe("the way to the newest state", () => {
  test("uses only the log before there is a manifest", async (t) => {
    const history = await new History(t).begin();
    assert.deepEqual(await shape(history), { base: 2, packs: [], slots: [], point: 2 });
    await history.commit(INSERT);
    await history.torn();
    assert.deepEqual(await shape(history), { base: 2, packs: [], slots: [3], point: 3 });
  });

  test("starts with the newest base and uses only what follows it", async (t) => {
    const history = await new History(t).begin();
    await history.commit(INSERT);
    await history.commit(INSERT);
    await history.pack();
    assert.deepEqual(await shape(history), { base: 2, packs: ["3-4"], slots: [], point: 4 });
    await history.commit(INSERT);
    assert.deepEqual(await shape(history), { base: 2, packs: ["3-4"], slots: [5], point: 5 });
    const base = await history.snapshot();
    await history.commit(INSERT);
    await history.enter(base);
    assert.deepEqual(await shape(history), { base: 5, packs: [], slots: [6], point: 6 });
    await history.pack();
    // The base lies within the pack.
    assert.deepEqual(await shape(history), { base: 5, packs: ["5-6"], slots: [], point: 6 });
    await history.dropPacked();
    assert.deepEqual(await shape(history), { base: 5, packs: ["5-6"], slots: [], point: 6 });
  });

  test("starts with a base in the log if that is newer than the manifest's", async (t) => {
    const history = await new History(t).begin();
    await history.commit(INSERT);
    await history.pack();
    await history.commit(INSERT);
    await history.base(INSERT);
    await history.commit(INSERT);
    assert.deepEqual(await shape(history), { base: 5, packs: [], slots: [6], point: 6 });
    await history.pack();
    assert.deepEqual(await shape(history), { base: 5, packs: ["6-6"], slots: [], point: 6 });
  });

  test("skips fences, torn slots and links that nothing follows", async (t) => {
    const history = await new History(t).begin();
    await history.commit(INSERT);
    await history.torn(Buffer.from("SQLLOG01 and no more"));
    await history.fence();
    await history.commit(INSERT);
    await history.voidLink();
    await history.fence();
    await history.commit(INSERT);
    assert.deepEqual(await shape(history), { base: 2, packs: [], slots: [3, 6, 9], point: 9 });
    const plan = await planRestore(history.target);
    assert.equal(plan?.maxEpoch, 3);
    assert.match(plan?.warnings.join() ?? "", /log\/0000000000000004 holds 20 bytes that are not a complete record/);
    assert.equal(plan?.warnings.length, 1);
  });

  test("has the number of the last transaction, even if only a base is read", async (t) => {
    const history = await new History(t).begin();
    await history.commit(INSERT);
    await history.commit(INSERT, 2_000);
    await history.enter(await history.snapshot());
    const lastCommit = async () => (await planRestore(history.target))?.point.lastCommit;
    assert.equal(await lastCommit(), 3, "from the tail of the log");
    await history.pack();
    assert.equal(await lastCommit(), 3, "from a slot before the tail");
    await history.dropPacked();
    assert.equal(await lastCommit(), 3, "from a pack");
    await history.publish({ packs: [] });
    assert.equal(await lastCommit(), 0);
  });
});

describe("the way to an earlier state", () => {
  async function week(t: TestContext): Promise<History> {
    const history = await new History(t).begin();
    for (let at = 0; at < 3; at++) await history.commit(INSERT, 400);
    await history.pack();
    for (let at = 0; at < 3; at++) await history.commit(INSERT, 400);
    await history.pack();
    await history.enter(await history.snapshot());
    for (let at = 0; at < 3; at++) await history.commit(INSERT, 400);
    return history;
  }

  test("is selected by time: the last state that is not later", async (t) => {
    const history = await week(t);
    const startMs = history.states[0]?.timeMs as number;
    // Labels after the base at slot 2: 400, 800 | 1200 | and so on; links of a second are one part of a pack.
    assert.deepEqual(await shape(history, { atMs: startMs }), { base: 2, packs: [], slots: [], point: 2 });
    assert.deepEqual(await shape(history, { atMs: startMs + 899 }), { base: 2, packs: ["3-5"], slots: [], point: 4 });
    assert.deepEqual(await shape(history, { atMs: startMs + 1_300 }), { base: 2, packs: ["3-5"], slots: [], point: 5 });
    assert.deepEqual(await shape(history, { atMs: startMs + 1_899 }), {
      base: 2,
      packs: ["3-5", "6-8"],
      slots: [],
      point: 6,
    });
    assert.deepEqual(await shape(history, { atMs: startMs + 2_400 }), { base: 8, packs: [], slots: [], point: 8 });
    assert.deepEqual(await shape(history, { atMs: startMs + 3_200 }), {
      base: 8,
      packs: [],
      slots: [9, 10],
      point: 10,
    });
    assert.deepEqual(await shape(history, { atMs: Number.MAX_SAFE_INTEGER }), await shape(history));
  });

  test("before the oldest one is rejected, and the message shows the range", async (t) => {
    const history = await week(t);
    const oldest = new Date(history.states[0]?.timeMs as number).toISOString();
    const newest = new Date(history.last.timeMs).toISOString();
    const atMs = (history.states[0]?.timeMs as number) - 1;
    await assert.rejects(
      planRestore(history.target, { atMs }),
      impossible("out-of-range", new RegExp(`before the oldest.*from ${oldest} to ${newest}`)),
    );
    const range = await points(history.target);
    assert.deepEqual([range?.oldestMs, range?.newestMs], [history.states[0]?.timeMs, history.last.timeMs]);
    assert.deepEqual(
      range?.bases.map(({ slot }) => slot),
      [2, 8],
    );
    assert.equal(range?.objects, 2 + 2 + 3);
    assert.equal(range?.databaseId, history.databaseId);
  });

  test("is selected by epoch: the last state of the writers up to it, in the log and in packs", async (t) => {
    const history = await new History(t).begin();
    await history.commit(INSERT);
    await history.fence();
    await history.commit(INSERT);
    await history.commit(INSERT);
    for (const packed of [false, true]) {
      if (packed) await history.pack();
      assert.equal((await shape(history, { throughEpoch: 1 })).point, 3);
      assert.equal((await shape(history, { throughEpoch: 2 })).point, 6);
    }
    await history.commit(INSERT);
    await history.pack();
    await history.enter(await history.snapshot());
    assert.deepEqual(await shape(history, { throughEpoch: 1 }), { base: 2, packs: ["3-6"], slots: [], point: 3 });
    await assert.rejects(planRestore(history.target, { throughEpoch: 0 }), impossible("out-of-range", /epoch 0/));
  });

  test("may be at a base in the middle of a merged second", async (t) => {
    const history = await new History(t).begin();
    await history.commit(INSERT, 1_000);
    await history.commit(INSERT, 1_000);
    const base = await history.commit(INSERT, 10);
    await history.enter(await history.snapshot());
    await history.commit(INSERT, 10);
    await history.pack();
    assert.deepEqual(await shape(history, { atMs: base.timeMs + 5 }), { base: 5, packs: [], slots: [], point: 5 });
    assert.deepEqual(await shape(history, { atMs: base.timeMs + 10 }), {
      base: 5,
      packs: ["3-6"],
      slots: [],
      point: 6,
    });
  });

  test("may be before a base that the log does not lead back from", async (t) => {
    const history = await new History(t).begin();
    await history.commit(INSERT);
    await history.pack();
    const before = await history.commit(INSERT, 5_000);
    // Somebody starts with an empty database on the same target.
    const known = history.states.splice(0);
    history.timeMs += 5_000;
    const anew = await history.base(INSERT);
    await history.commit(INSERT);
    assert.deepEqual(await shape(history), { base: 5, packs: [], slots: [6], point: 6 });
    assert.deepEqual(await shape(history, { atMs: anew.timeMs - 1 }), {
      base: 2,
      packs: ["3-3"],
      slots: [4],
      point: 4,
    });
    assert.equal(before.slot, 4);
    assert.equal((await shape(history, { atMs: known[1]?.timeMs })).point, 3);
  });
});

describe("a newer version is not damage:", () => {
  test("of the format", async (t) => {
    const history = await new History(t).format(2);
    await history.fence();
    await history.base();
    await assert.rejects(planRestore(history.target), impossible("newer-version", /written by a newer version/));
  });

  test("of a manifest", async (t) => {
    const history = await new History(t).begin();
    await history.pack();
    await history.publish({ format: 2 as 1 });
    await assert.rejects(planRestore(history.target), impossible("newer-version", /written by a newer version/));
    await assert.rejects(points(history.target), impossible("newer-version", /written by a newer version/));
  });
});

test("a missing slot does not matter if it was not part of the chain", async (t) => {
  for (const lost of ["fence", "torn slot", "void link", "link before a base"]) {
    const history = await new History(t).begin();
    await history.commit(INSERT);
    const { slot } = history;
    if (lost === "torn slot") await history.torn();
    if (lost === "void link") await history.voidLink();
    if (lost === "link before a base") await history.commit(INSERT);
    await history.fence();
    await history.torn();
    // Nothing that follows would show it yet.
    await history.target.remove(slotKey(LOG, slot));
    await assert.rejects(planRestore(history.target), impossible("damaged", new RegExp(`0${slot}: it is not there`)));
    if (lost === "link before a base") await history.base(INSERT);
    else await history.commit(INSERT);
    assert.equal((await shape(history)).point, history.last.slot, lost);
    assert.equal((await planRestore(history.target))?.nextSlot, history.slot);
    await history.pack();
    await history.dropPacked();
    assert.equal((await shape(history)).point, history.last.slot, lost);
  }
});

test("a snapshot whose link was never written shows nothing about the log", async (t) => {
  const history = await new History(t).begin();
  await history.target.create(`${slotKey("replica/snap/", history.slot)}-00000001-0a1b2c`, Buffer.from("cut o"));
  assert.equal((await planRestore(history.target))?.nextSlot, history.slot);
});

test("a log without its beginning is not searched slot by slot", async (t) => {
  const history = await new History(t).format();
  history.slot = 1_000_000;
  await history.fence();
  let reads = 0;
  const read: Target["read"] = async (key, range) => {
    reads++;
    return history.target.read(key, range);
  };
  await assert.rejects(planRestore({ ...history.target, read }), impossible("no-base", /0000000001000000/));
  assert.ok(reads < 100, `${reads}`);
});

test("parts of two databases at one target are not mixed", async (t) => {
  const history = await new History(t).begin();
  await history.commit(INSERT);
  await history.pack();
  history.databaseId = "0197a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b";
  await history.commit(INSERT);
  await assert.rejects(planRestore(history.target), impossible("damaged", /different databases/));
});

test("a log that grows during reading is not damaged", async (t) => {
  const history = await new History(t).begin();
  await history.commit(INSERT);
  const next = slotKey(LOG, history.slot);
  const bytes = Buffer.from("the link that is written meanwhile");
  let reads = 0;
  const target = {
    ...history.target,
    // The listing shows a slot that was free when it was read.
    list: async (prefix: string) => [...(await history.target.list(prefix)), next],
    read: async (key: string) => (key === next && ++reads > 1 ? bytes : history.target.read(key)),
  };
  assert.equal((await planRestore(target))?.point.slot, 3);
  assert.equal(reads, 2);
});
