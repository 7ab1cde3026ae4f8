import assert from "node:assert/strict";
import { test } from "node:test";
import { BEFORE_FIRST, LOG, readTail } from "../log/log.ts";
import { encodeRecord, recordHash } from "../log/record.ts";
import { base, readingTarget, segment } from "../log/test-support.ts";
import { slotKey } from "../target/target.ts";
import { readBeyondGaps, tailOf } from "./tail.ts";

test("a slot that a live writer completes while those behind it are read hangs together with them", async () => {
  const first = await encodeRecord(base(1, {}));
  const second = await encodeRecord(segment(2, { previous: 1, previousHash: recordHash(first) }));
  const third = await encodeRecord(segment(3, { previous: 2, previousHash: recordHash(second) }));
  const objects = new Map([
    [slotKey(LOG, 1), first],
    [slotKey(LOG, 2), Buffer.alloc(0)],
  ]);
  const { target } = readingTarget(objects);
  const read = await readTail(target, 1);
  assert.deepEqual(
    read.map(({ state }) => state),
    ["whole", "torn"],
  );
  // Between two requests of the reader the writer goes on, and a listing tells of it.
  objects.set(slotKey(LOG, 2), second);
  objects.set(slotKey(LOG, 3), third);
  const log = await readBeyondGaps(target, 1, read, { listed: [1, 2, 3], until: 3 });
  const { chain, broken } = tailOf(BEFORE_FIRST, log);
  assert.equal(broken, undefined);
  assert.deepEqual(
    chain.links.map(({ record }) => record.slot),
    [1, 2, 3],
  );
});
