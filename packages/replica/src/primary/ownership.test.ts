import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import { TargetError } from "../errors.ts";
import { LOG } from "../log/log.ts";
import { encodeRecord } from "../log/record.ts";
import { directoryTarget } from "../target/directory.ts";
import { slotKey, type Target } from "../target/target.ts";
import { temporaryFolder } from "../testing/folder.ts";
import type { Manifests } from "./manifests.ts";
import { Ownership } from "./ownership.ts";
import type { Shipper } from "./shipper.ts";

const NEXT_SLOT = 5;
const DATABASE_ID = "0".repeat(32);

function begin(t: TestContext, change: (target: Target) => Target = (target) => target) {
  const clock = { nowMs: 0 };
  t.mock.method(performance, "now", () => clock.nowMs);
  const folder = directoryTarget(temporaryFolder(t));
  const target = change(folder);
  const slots = folder.openSlots(LOG);
  const losses: Error[] = [];
  const ownership = new Ownership({
    target,
    lease: { databaseId: DATABASE_ID, targetName: "", epoch: 1, writer: "a".repeat(32), fenceSlot: 1, slots },
    manifests: { isNewest: async () => true } as unknown as Manifests,
    shipper: () => ({ nextSlot: NEXT_SLOT, isStale: false }) as Shipper,
    lost: (reason) => losses.push(reason),
  });
  const fence = async () => {
    const slot = NEXT_SLOT + 1;
    const record = {
      kind: "fence",
      databaseId: DATABASE_ID,
      epoch: 2,
      slot,
      writer: "b".repeat(32),
      timeMs: 0,
    } as const;
    await folder.create(slotKey(LOG, slot), await encodeRecord(record));
  };
  return { clock, ownership, fence, losses };
}

describe("the owner of the log", () => {
  test("is this instance while nobody has claimed the slot that a newcomer takes", async (t) => {
    const { ownership, losses } = begin(t);
    assert.equal(await ownership.prove(), "owner");
    assert.deepEqual(losses, []);
  });

  test("is another instance once its fence is written", async (t) => {
    const { ownership, fence, losses } = begin(t);
    await fence();
    assert.equal(await ownership.prove(), "fenced");
    assert.equal(losses.length, 1);
  });

  test("is unknown if the target fails", async (t) => {
    const { ownership, losses } = begin(t, (target) => ({
      ...target,
      read: () => Promise.reject(new TargetError("unreachable", "away")),
    }));
    assert.equal(await ownership.prove(), "no-answer");
    assert.deepEqual(losses, []);
  });

  test("is unknown if the target does not respond for half a second", async (t) => {
    t.mock.timers.enable({ apis: ["setInterval"] });
    const { ownership } = begin(t, (target) => ({ ...target, read: () => new Promise(() => {}) }));
    const proof = ownership.prove();
    t.mock.timers.tick(500);
    assert.equal(await proof, "no-answer");
  });

  test("is asked again if the response was slow, because another instance may have taken over meanwhile", async (t) => {
    let reads = 0;
    const opened = begin(t, (target) => ({
      ...target,
      read: async (key) => {
        const bytes = await target.read(key);
        // This process is stopped before it sees the first response.
        if (++reads === 1) {
          opened.clock.nowMs += 2_000;
          await opened.fence();
        }
        return bytes;
      },
    }));
    assert.equal(await opened.ownership.prove(), "fenced");
    assert.equal(reads, 2);
  });

  test("is in doubt after a time in which this process did not run", async (t) => {
    const { clock, ownership, fence } = begin(t);
    clock.nowMs += 250;
    ownership.ticked();
    clock.nowMs += 999;
    assert.equal(ownership.doubt(), undefined);
    await fence();
    clock.nowMs += 1;
    assert.equal(await ownership.doubt(), "fenced");
    assert.equal(ownership.doubt(), undefined, "one question is enough");
  });

  test("ownership stays unproven until the target answers", async (t) => {
    const { clock, ownership } = begin(t);
    clock.nowMs += 2_000;
    ownership.ticked();
    const doubt = ownership.doubt();
    assert.ok(doubt !== undefined);
    assert.equal(await doubt, "owner");
    assert.equal(ownership.doubt(), undefined);
  });
});
