import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, type TestContext, test } from "node:test";
import { TargetError } from "../errors.ts";
import { CLAIMS, LOG, readSlot, readTail } from "../log/log.ts";
import { encodeRecord } from "../log/record.ts";
import { History } from "../restore/fixture.ts";
import { directoryTarget } from "../target/directory.ts";
import { slotKey, type Target } from "../target/target.ts";
import { faultyTarget } from "../target/testing/faulty.ts";
import { afterwards, temporaryFolder } from "../testing/folder.ts";
import { fence, type Lease } from "./lease.ts";

const empty = (t: TestContext) => directoryTarget(`${temporaryFolder(t)}/target`);

/** Claims the log, and releases it at the end of the test. */
async function claim(t: TestContext, target: Target, fromSlot = 1, minEpoch = 0): Promise<Lease> {
  const databaseId = "11111111-1111-4111-8111-111111111111";
  const lease = await fence(target, { databaseId, writer: randomUUID(), fromSlot, minEpoch, timeMs: Date.now() });
  afterwards(t, () => lease.slots.close());
  return lease;
}

/** Whether a lease is still valid: its next slot can be written. */
async function holds({ slots, ...lease }: Lease): Promise<boolean> {
  const record = { kind: "released", ...lease, slot: lease.fenceSlot + 1, timeMs: 0 } as const;
  return (await slots.write(record.slot, await encodeRecord(record))) === "written";
}

describe("a newcomer", () => {
  test("that finds its slot taken leaves no claim", async (t) => {
    const target = empty(t);
    const before = await claim(t, target);
    let isTaken = false;
    const busy: Target = {
      ...target,
      openSlots: (prefix) => {
        const slots = target.openSlots(prefix);
        return {
          ...slots,
          write: async (slot, bytes) => {
            if (isTaken) return slots.write(slot, bytes);
            isTaken = true;
            const { writer, databaseId } = before;
            const record = { kind: "fence", databaseId, writer, epoch: 2, slot, timeMs: 0 } as const;
            await target.create(slotKey(LOG, slot), await encodeRecord(record));
            return "taken";
          },
        };
      },
    };
    const { fenceSlot } = await claim(t, busy);
    assert.ok(isTaken && fenceSlot > 2);
    assert.deepEqual(await target.list(CLAIMS), []);
  });

  test("on an empty target gets the first slot and the first epoch", async (t) => {
    const target = empty(t);
    const lease = await claim(t, target);
    assert.deepEqual([lease.fenceSlot, lease.epoch], [1, 1]);
    const content = await readSlot(target, 1);
    assert.ok(content.state === "whole" && content.record.kind === "fence");
    assert.deepEqual([content.record.writer, content.record.epoch], [lease.writer, 1]);
    assert.ok(await holds(lease));
  });

  test("comes after everything written, with an epoch above all others", async (t) => {
    const history = await new History(t).begin();
    await history.commit("INSERT INTO t VALUES (1, 1)");
    await history.fence();
    await history.fence();
    await history.torn();
    await history.torn(Buffer.from("half a rec"));
    const lease = await claim(t, history.target, 1, 1);
    assert.deepEqual([lease.fenceSlot, lease.epoch], [history.slot, 4]);
  });

  test("gets an epoch above the highest known one, even if no slot shows it", async (t) => {
    const lease = await claim(t, empty(t), 1, 41);
    assert.equal(lease.epoch, 42);
  });

  test("ends the lease of the primary, which notices at its next write", async (t) => {
    const target = empty(t);
    const before = await claim(t, target);
    const after = await claim(t, target);
    assert.ok(after.epoch > before.epoch && after.fenceSlot > before.fenceSlot);
    assert.equal(await holds(before), false);
    assert.equal(await holds(after), true);
  });

  test("continues at the end of the log if its free slot had been used and removed", async (t) => {
    const history = await new History(t).begin();
    await history.fence();
    for (let link = 0; link < 12; link++) await history.commit("INSERT INTO t VALUES (1, 1)");
    await history.pack();
    await history.commit("INSERT INTO t VALUES (2, 2)");
    for (let slot = 1; slot < history.slot - 1; slot++) await history.target.remove(slotKey(LOG, slot));
    const lease = await claim(t, history.target, 3, 1);
    assert.equal(lease.fenceSlot, history.slot);
    assert.equal(lease.epoch, 3, "above that of the manifest");
    assert.ok(await holds(lease));
  });

  test("takes an epoch above that of a fence that was torn when it was passed", async (t) => {
    const target = empty(t);
    const common = { databaseId: randomUUID(), writer: randomUUID(), timeMs: 1 };
    const earlierFence = await encodeRecord({ kind: "fence", ...common, epoch: 1, slot: 1 });
    await target.create(slotKey(LOG, 1), earlierFence.subarray(0, 20));
    const newcomer: Target = {
      ...target,
      openSlots: (prefix) => {
        const slots = target.openSlots(prefix);
        const write = async (slot: number, bytes: Uint8Array) => {
          if (slot === 2) {
            // The newcomer has read slot 1 as torn. Now its writer completes it and claims slot 2, so it counts.
            await target.replace(slotKey(LOG, 1), earlierFence);
            await target.create(slotKey(LOG, 2), new Uint8Array());
          }
          return slots.write(slot, bytes);
        };
        return { ...slots, write };
      },
    };
    const lease = await claim(t, newcomer);
    assert.equal(lease.epoch, 2, "two primaries must never share an epoch");
    assert.ok(await holds(lease));
  });

  test("fails if the target does, and can try again", async (t) => {
    const target = empty(t);
    let failures = 1;
    const failing = faultyTarget(target, ({ op }) =>
      op === "slot" && failures-- > 0 ? { kind: "error-after", fault: "unreachable" } : undefined,
    );
    await assert.rejects(claim(t, failing), TargetError);
    const lease = await claim(t, failing);
    assert.equal(lease.epoch, 2, "the first attempt has left a fence");
    assert.ok(await holds(lease));
  });
});

describe("of many simultaneous newcomers", () => {
  for (const count of [2, 5]) {
    test(`(${count}) one holds the log in the end, with the highest epoch, and no two share a slot or an epoch`, async (t) => {
      for (let round = 0; round < 3; round++) {
        const plain = empty(t);
        // Each at its own pace, the same in every run.
        const newcomers = Array.from({ length: count }, (_, at) =>
          claim(
            t,
            faultyTarget(plain, ({ op, key }) => ({
              kind: "late-answer",
              ms: (op.length * 7 + key.length + at * 5 + round * 3) % 6,
            })),
          ),
        );
        const leases = (await Promise.all(newcomers)).sort((left, right) => left.fenceSlot - right.fenceSlot);
        assert.equal(new Set(leases.map(({ fenceSlot }) => fenceSlot)).size, count);
        const epochs = leases.map(({ epoch }) => epoch);
        assert.deepEqual(
          epochs,
          [...new Set(epochs)].sort((left, right) => left - right),
        );
        const held: boolean[] = [];
        for (const lease of leases) held.push(await holds(lease));
        assert.deepEqual(held, [...Array(count - 1).fill(false), true]);
        const slots = await readTail(plain, 1);
        const owner = slots.findLast((content) => content.state === "whole");
        assert.ok(owner?.state === "whole" && owner.record.writer === leases.at(-1)?.writer);
      }
    });
  }
});
