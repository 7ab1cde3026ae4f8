import assert from "node:assert/strict";
import { test } from "node:test";
import { BEFORE_FIRST, LOG, readTail, type SlotContent } from "../log/log.ts";
import { encodeRecord, recordHash } from "../log/record.ts";
import { base, readingTarget, released, segment, torn, whole } from "../log/test-support.ts";
import { slotKey } from "../target/target.ts";
import { readBeyondGaps, type Tail, tailOf } from "./inventory.ts";

function slotsOf({ chain }: Tail): number[] {
  return chain.links.map(({ record }) => record.slot);
}

test("slots that a live writer completes during reading are consistent", async () => {
  const first = await encodeRecord(base(1, {}));
  const log = [first];
  for (let slot = 2; slot <= 5; slot++) {
    const previousHash = recordHash(log.at(-1) as Buffer);
    log.push(await encodeRecord(segment(slot, { previous: slot - 1, previousHash })));
  }
  // A listing shows slot 4, perhaps the writer's last.
  for (const last of [4, 5]) {
    const objects = new Map<string, Buffer>([2, 3].map((slot) => [slotKey(LOG, slot), Buffer.alloc(0)]));
    const { target } = readingTarget(objects);
    const read = await readTail(target, 2);
    assert.deepEqual(
      read.map(({ state }) => state),
      ["torn", "torn"],
    );
    // The writer continues between two requests of the reader.
    for (let slot = 1; slot <= last; slot++) objects.set(slotKey(LOG, slot), log[slot - 1] as Buffer);
    const end = await readBeyondGaps(target, 2, read, {
      claimed: [],
      writesWholeSlots: false,
      listed: [2, 3, 4],
      until: 4,
    });
    const tail = tailOf({ slot: 1, hash: recordHash(first) }, end);
    assert.equal(tail.broken, undefined);
    assert.deepEqual([slotsOf(tail), tail.nextSlot], [[2, 3, 4, 5].filter((slot) => slot <= last), last + 1]);
  }
});

test("a log with a slot missing after its last link is not released, whatever its end says", () => {
  const free = (slot: number): SlotContent => ({ slot, state: "free" });
  // A base needs no predecessor.
  const slots = [whole(base(1, {})), free(2), whole(base(3, { previous: 2 })), free(4), whole(released(5, {}))];
  const tail = tailOf(BEFORE_FIRST, { slots, nextSlot: 6 });
  assert.equal(tail.broken?.key, slotKey(LOG, 4));
  assert.deepEqual([slotsOf(tail), tail.chain.released], [[3], false]);
});

test("truncated slots are reported, and those never started are not", () => {
  const empty: SlotContent = { slot: 2, state: "torn", bytes: 0 };
  const { warnings } = tailOf(BEFORE_FIRST, { slots: [whole(base(1, {})), empty, torn(3)], nextSlot: 4 });
  assert.deepEqual(warnings, [`${slotKey(LOG, 3)} holds 7 bytes that are not a complete record and are ignored.`]);
});
