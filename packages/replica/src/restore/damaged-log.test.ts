import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { RestoreImpossible } from "../errors.ts";
import { LOG } from "../log/log.ts";
import { slotKey } from "../target/target.ts";
import { DAMAGES, flip, INSERT, impossible, LATER_MS, restoresTo } from "../testing/damages.ts";
import { History, type State } from "./fixture.ts";
import { restore } from "./restore.ts";

describe("a damaged log", () => {
  for (const [name, damage] of Object.entries(DAMAGES)) {
    test(`${name} in the middle: the message names the last intact time, which can be restored`, async (t) => {
      const history = await new History(t).begin();
      for (let at = 0; at < 5; at++) await history.commit(INSERT, LATER_MS);
      const lost = history.states[3] as State;
      await history.alter(slotKey(LOG, lost.slot), damage);
      let message = "";
      await assert.rejects(restore(history.target, history.restored), (error: RestoreImpossible) => {
        message = error.message;
        return impossible("damaged", new RegExp(`${lost.slot}`))(error);
      });
      const until = Date.parse(/up to ([0-9TZ:.-]+Z)/.exec(message)?.[1] ?? "");
      assert.equal(until, history.states[2]?.timeMs);
      const { warnings } = await restoresTo(history, history.states[2], { atMs: until });
      assert.match(warnings.join(), /Later states are lost/);
      // These may have contained lost changes.
      await assert.rejects(restore(history.target, history.restored, { atMs: until + 1 }), RestoreImpossible);
      await assert.rejects(restore(history.target, history.restored, { atMs: lost.timeMs }), RestoreImpossible);
    });
  }

  test("does not revive a void link: only a lost one would show that it is void", async (t) => {
    const history = await new History(t).begin();
    const last = await history.commit(INSERT, LATER_MS);
    history.timeMs += LATER_MS;
    await history.voidLink();
    await history.fence();
    const first = await history.commit(INSERT, LATER_MS);
    await history.commit(INSERT, LATER_MS);
    await restoresTo(history, history.last);
    for (const damage of Object.values(DAMAGES)) {
      const intact = (await history.target.read(slotKey(LOG, first.slot))) as Buffer;
      await history.alter(slotKey(LOG, first.slot), damage);
      await assert.rejects(restore(history.target, history.restored), RestoreImpossible);
      await assert.rejects(restore(history.target, history.restored, { atMs: last.timeMs + 1 }), RestoreImpossible);
      await restoresTo(history, last, { atMs: last.timeMs });
      await history.target.remove(slotKey(LOG, first.slot));
      await history.target.create(slotKey(LOG, first.slot), intact);
    }
  });

  test("does not matter beyond a snapshot, nor before the wanted state", async (t) => {
    const history = await new History(t).begin();
    const first = await history.commit(INSERT, LATER_MS);
    await history.pack();
    await history.commit(INSERT, LATER_MS);
    const lost = await history.commit(INSERT, LATER_MS);
    const covered = await history.commit(INSERT, LATER_MS);
    await history.enter(await history.snapshot());
    for (const damage of Object.values(DAMAGES)) {
      const intact = (await history.target.read(slotKey(LOG, lost.slot))) as Buffer;
      await history.alter(slotKey(LOG, lost.slot), damage);
      const { warnings, released, maxEpoch } = await restoresTo(history, history.last);
      assert.match(warnings.join(), /before that of slot 6, which a snapshot has, are lost/);
      assert.deepEqual([released, maxEpoch], [false, history.epoch]);
      await restoresTo(history, covered, { atMs: covered.timeMs });
      await restoresTo(history, first, { atMs: first.timeMs });
      for (const atMs of [lost.timeMs, covered.timeMs - 1]) {
        await assert.rejects(restore(history.target, history.restored, { atMs }), RestoreImpossible);
      }
      await history.target.remove(slotKey(LOG, lost.slot));
      await history.target.create(slotKey(LOG, lost.slot), intact);
      await history.fence();
      await history.commit(INSERT, LATER_MS);
    }
    await history.alter(slotKey(LOG, lost.slot), flip(0.5));
    await history.released();
    assert.equal((await restoresTo(history, history.last)).released, true);
    await restoresTo(history, first, { atMs: first.timeMs });
  });

  test("in the last link does not matter if the newest snapshot has its state: a line says so", async (t) => {
    for (const released of [false, true]) {
      const history = await new History(t).begin();
      const first = await history.commit(INSERT, LATER_MS);
      await history.pack();
      const before = await history.commit(INSERT, LATER_MS);
      const last = await history.commit(INSERT, LATER_MS);
      await history.enter(await history.snapshot());
      if (released) await history.released();
      for (const damage of Object.values(DAMAGES)) {
        const key = slotKey(LOG, last.slot);
        const intact = (await history.target.read(key)) as Buffer;
        await history.alter(key, damage);
        const result = await restoresTo(history, last);
        assert.match(
          result.warnings.join("\n"),
          new RegExp(`(${key} cannot be read.*nothing is lost|before that of slot)`),
        );
        assert.equal(result.nextSlot, last.slot + (released ? 2 : 1));
        assert.equal(result.released, released);
        await restoresTo(history, before, { atMs: before.timeMs });
        await restoresTo(history, first, { atMs: first.timeMs });
        await history.target.remove(key);
        await history.target.create(key, intact);
      }
    }
  });

  test("in the last link is not skipped if the snapshot with its state is damaged too", async (t) => {
    const history = await new History(t).begin();
    const before = await history.commit(INSERT, LATER_MS);
    const last = await history.commit(INSERT, LATER_MS);
    const snapshot = await history.snapshot();
    await history.enter(snapshot);
    await history.alter(slotKey(LOG, last.slot), flip(0.5));
    await history.alter(snapshot.key, flip(0.1));
    await assert.rejects(restore(history.target, history.restored), impossible("damaged", /no other snapshot/));
    await restoresTo(history, before, { atMs: before.timeMs });
  });

  test("in the first link of the tail, with a later snapshot: the earlier state is not taken for the wanted one", async (t) => {
    const history = await new History(t).begin();
    const first = await history.commit(INSERT, LATER_MS);
    await history.pack();
    const lost = await history.commit(INSERT, LATER_MS);
    const covered = await history.commit(INSERT, LATER_MS);
    await history.enter(await history.snapshot());
    await history.alter(slotKey(LOG, lost.slot), flip(0.5));
    await restoresTo(history, covered);
    await restoresTo(history, first, { atMs: first.timeMs });
    await assert.rejects(restore(history.target, history.restored, { atMs: lost.timeMs }), RestoreImpossible);
  });

  test("between a snapshot and a base that continues the log is not skipped", async (t) => {
    const history = await new History(t).begin();
    await history.commit(INSERT, LATER_MS);
    await history.pack();
    const gone = await history.commit(INSERT, LATER_MS);
    const covered = await history.commit(INSERT, LATER_MS);
    await history.enter(await history.snapshot());
    const lost = await history.commit(INSERT, LATER_MS);
    const base = await history.base(INSERT, LATER_MS);
    for (const { slot } of [gone, lost]) await history.alter(slotKey(LOG, slot), flip(0.5));
    await restoresTo(history, history.last);
    for (const atMs of [gone.timeMs, covered.timeMs + 1, lost.timeMs, base.timeMs - 1]) {
      await assert.rejects(restore(history.target, history.restored, { atMs }), RestoreImpossible);
    }
    await restoresTo(history, covered, { atMs: covered.timeMs });
    await restoresTo(history, history.states[1], { atMs: gone.timeMs - LATER_MS });
  });

  test("of a later writer does not affect an earlier one", async (t) => {
    const history = await new History(t).begin();
    const mine = await history.commit(INSERT, LATER_MS);
    await history.fence();
    await history.commit(INSERT, LATER_MS);
    const lost = await history.commit(INSERT, LATER_MS);
    await history.commit(INSERT, LATER_MS);
    await history.alter(slotKey(LOG, lost.slot), flip(0.5));
    await restoresTo(history, mine, { throughEpoch: 1 });
    await assert.rejects(restore(history.target, history.restored, { throughEpoch: 2 }), RestoreImpossible);
  });

  test("is not noticed before a base that needs nothing earlier, unless requested", async (t) => {
    const history = await new History(t).begin();
    const first = await history.commit(INSERT, LATER_MS);
    const second = await history.commit(INSERT, LATER_MS);
    const base = await history.base(INSERT, LATER_MS);
    await history.commit(INSERT, LATER_MS);
    await history.alter(slotKey(LOG, second.slot), flip(0.5));
    await restoresTo(history, history.last);
    await restoresTo(history, history.at(base.timeMs), { atMs: base.timeMs });
    await restoresTo(history, first, { atMs: first.timeMs });
    await assert.rejects(restore(history.target, history.restored, { atMs: second.timeMs }), RestoreImpossible);
  });
});
