import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Fenced, TargetError } from "../errors.ts";
import { LOG } from "../log/log.ts";
import { encodeRecord } from "../log/record.ts";
import { slotKey } from "../target/target.ts";
import { until } from "../testing/until.ts";
import { begin, FIRST_SLOT, links } from "./shipper-fixture.ts";

describe("another writer", () => {
  test("that has the next slot ends it, and it does not try again", async (t) => {
    const { commit, plain, ended, shipper, gate } = await begin(t);
    const fence = {
      kind: "fence",
      databaseId: randomUUID(),
      epoch: 2,
      slot: FIRST_SLOT,
      writer: randomUUID(),
      timeMs: 0,
    } as const;
    await plain.create(slotKey(LOG, FIRST_SLOT), await encodeRecord(fence));
    commit(1);
    await until(() => ended.length > 0, "an end");
    assert.ok(ended[0] instanceof Fenced);
    assert.equal(gate.unshippedCommits, 1);
    assert.equal(shipper.inFlight?.pages.size, 1);
    commit(2);
    shipper.hurry();
    await shipper.flush();
    await sleep(50);
    assert.equal(ended.length, 1);
    assert.equal((await links(plain)).length, 0);
  });

  test("that took the log because it was released does not end it", async (t) => {
    const { plain, ended, shipper } = await begin(t);
    const released = {
      kind: "released",
      databaseId: randomUUID(),
      epoch: 1,
      slot: FIRST_SLOT,
      writer: randomUUID(),
      timeMs: 0,
    } as const;
    // It has claimed the next slot, which this one would have claimed.
    await plain.create(slotKey(LOG, FIRST_SLOT + 1), Buffer.from("a fence"));
    assert.equal(await shipper.write(released, await encodeRecord(released)), 1);
    assert.deepEqual(ended, []);
  });

  test("that took the slot itself ends it, even if it was to release the log", async (t) => {
    const { plain, ended, shipper } = await begin(t);
    const released = {
      kind: "released",
      databaseId: randomUUID(),
      epoch: 1,
      slot: FIRST_SLOT,
      writer: randomUUID(),
      timeMs: 0,
    } as const;
    await plain.create(slotKey(LOG, FIRST_SLOT), Buffer.from("a fence"));
    assert.equal(await shipper.write(released, await encodeRecord(released)), 0);
    assert.ok(ended[0] instanceof Fenced);
  });

  for (const isOwner of [true, false]) {
    test(`is looked for before the first write after a minute without contact, and there is ${isOwner ? "none" : "one"}`, async (t) => {
      let asked = 0;
      const isStillOwner = async () => {
        asked++;
        return isOwner;
      };
      const { commit, plain, ended, gate, settled } = await begin(t, { isStillOwner });
      commit(1);
      await settled();
      assert.equal(asked, 0);
      const nowMs = Date.now();
      t.mock.method(Date, "now", () => nowMs + 61_000);
      commit(2);
      if (isOwner) await gate.wait(false);
      else await until(() => ended.length > 0, "an end");
      assert.equal(asked, 1);
      assert.equal((await links(plain)).length, isOwner ? 2 : 1);
    });
  }

  test("is not looked for after a minute in which the target responded", async (t) => {
    let asked = 0;
    const { commit, gate, shipper } = await begin(t, { isStillOwner: async () => ++asked > 0 });
    const nowMs = Date.now();
    t.mock.method(Date, "now", () => nowMs + 61_000);
    shipper.touch();
    commit(1);
    await gate.wait(false);
    assert.equal(asked, 0);
  });

  test("may exist if that cannot be checked: nothing is written before", async (t) => {
    let asked = 0;
    const isStillOwner = async () => {
      if (++asked < 3) throw new TargetError("unreachable", "no answer");
      return true;
    };
    const { commit, gate, rows, errors } = await begin(t, { isStillOwner });
    const nowMs = Date.now();
    t.mock.method(Date, "now", () => nowMs + 61_000);
    commit(1);
    await gate.wait(false);
    assert.deepEqual([asked, errors.length], [3, 2]);
    assert.deepEqual(await rows(), [1]);
  });
});
