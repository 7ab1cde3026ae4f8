import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { NewerVersion } from "../errors.ts";
import { slotKey } from "../target/target.ts";
import { until } from "../testing/until.ts";
import { BEFORE_FIRST, ChainBroken, chainFrom, LOG, readSlot, readTail, type SlotContent } from "./log.ts";
import { encodeRecord, type LogRecord, recordHash } from "./record.ts";
import { base, fence, hashOf, readingTarget, released, segment, torn, whole } from "./test-support.ts";

const slotsOf = (slots: readonly SlotContent[], head = BEFORE_FIRST) =>
  chainFrom(head, slots).links.map(({ record }) => record.slot);

const head = (slot: number) => ({ slot, hash: hashOf(slot) });

test("an empty log, and one with only fences and torn slots, has no links", () => {
  assert.deepEqual(chainFrom(BEFORE_FIRST, []), { links: [], maxEpoch: 0, released: false });
  const claimed = fence(1, { epoch: 4 });
  assert.deepEqual(chainFrom(BEFORE_FIRST, [whole(claimed), torn(2)]), {
    links: [],
    maxEpoch: 4,
    released: false,
    owner: claimed.writer,
  });
});

test("the links are those that the highest one leads back to, in ascending order, with their hashes", () => {
  const slots = [whole(fence(1, {})), whole(segment(2, { previous: 0 })), whole(segment(3, { previous: 2 }))];
  const { links } = chainFrom(BEFORE_FIRST, slots);
  assert.deepEqual(
    links.map(({ record, hash }) => [record.slot, hash]),
    [
      [2, hashOf(2)],
      [3, hashOf(3)],
    ],
  );
});

test("torn slots are void anywhere", () => {
  const slots = [torn(1), whole(segment(2, { previous: 0 })), torn(3), torn(4), whole(segment(5, { previous: 2 }))];
  assert.deepEqual(slotsOf([...slots, torn(6)]), [2, 5]);
});

test("a link that a frozen writer completed after its successor had read it as torn is void", () => {
  const slots = [
    whole(segment(1, { previous: 0 })),
    whole(segment(2, { previous: 1 })),
    whole(segment(3, { previous: 2 })),
    whole(fence(4, { epoch: 2 })),
    whole(segment(5, { previous: 2, epoch: 2 })),
  ];
  assert.deepEqual(slotsOf(slots), [1, 2, 5]);
  assert.deepEqual(slotsOf(slots.slice(0, 4)), [1, 2, 3], "until the successor has written one, it counts");
  assert.deepEqual(slotsOf(slots.slice(2), head(2)), [5]);
  assert.throws(() => chainFrom(head(3), slots.slice(3)), {
    name: "ChainBroken",
    message: /slot 5 .* slot 3, .* void/,
  });
});

test("from a known head on, only later links are returned, and earlier slots are ignored", () => {
  const slots = [
    whole(segment(1, { previous: 0 })),
    whole(segment(2, { previous: 1, epoch: 7 })),
    whole(segment(3, { previous: 2 })),
    whole(segment(4, { previous: 3 })),
  ];
  assert.deepEqual(slotsOf(slots.slice(2), head(2)), [3, 4]);
  assert.deepEqual(slotsOf(slots, head(2)), [3, 4]);
  assert.equal(chainFrom(head(2), slots).maxEpoch, 1);
  assert.deepEqual(slotsOf([], head(4)), []);
  assert.deepEqual(slotsOf(slots, head(4)), []);
});

test("the highest epoch is that of any complete record, including void links", () => {
  const slots = [whole(segment(1, { previous: 0 })), whole(segment(2, { previous: 1, epoch: 9 }))];
  assert.equal(chainFrom(BEFORE_FIRST, [...slots, whole(segment(3, { previous: 1, epoch: 3 }))]).maxEpoch, 9);
});

test("the log is released if its last complete record says so, and nobody has had a higher epoch", () => {
  const isReleased = (...slots: SlotContent[]) => chainFrom(BEFORE_FIRST, slots).released;
  assert.equal(isReleased(whole(segment(1, {})), whole(released(2, {}))), true);
  assert.equal(isReleased(whole(released(1, {})), torn(2)), true);
  assert.equal(isReleased(whole(released(1, {})), whole(fence(2, { epoch: 2 }))), false);
  assert.equal(isReleased(whole(released(1, {})), whole(segment(2, {}))), false);
  assert.equal(isReleased(whole(fence(1, { epoch: 2 })), torn(2), whole(released(3, { epoch: 1 }))), false);
  assert.equal(isReleased(torn(1)), false);
});

test("the log's owner wrote its last complete record, unless somebody has had a higher epoch", () => {
  const ownerOf = (...slots: SlotContent[]) => chainFrom(BEFORE_FIRST, slots).owner;
  const by = (writer: string, record: LogRecord) => whole({ ...record, writer });
  assert.equal(ownerOf(by("one", segment(1, {})), by("other", fence(2, { epoch: 2 })), torn(3)), "other");
  assert.equal(ownerOf(by("one", fence(1, { epoch: 2 })), by("other", segment(2, { epoch: 1 }))), undefined);
  assert.equal(ownerOf(torn(1)), undefined);
});

test("a base that starts again makes everything before it void", () => {
  const slots = [
    whole(segment(1, { previous: 0 })),
    whole(segment(2, { previous: 1 })),
    whole(base(3, { previous: 0, epoch: 2 })),
    whole(segment(4, { previous: 3, epoch: 2 })),
  ];
  assert.deepEqual(slotsOf(slots), [3, 4]);
  assert.deepEqual(slotsOf(slots, head(2)), [3, 4]);
  assert.deepEqual(slotsOf(slots, head(3)), [4]);
});

test("a base that continues the log leads back to earlier links if they are intact", () => {
  const slots = [
    whole(segment(1, { previous: 0 })),
    whole(base(2, { previous: 1 })),
    whole(segment(3, { previous: 2 })),
    whole(base(4, { previous: 3 })),
    whole(segment(5, { previous: 4 })),
  ];
  assert.deepEqual(slotsOf(slots), [1, 2, 3, 4, 5]);
  assert.deepEqual(slotsOf([torn(1), ...slots.slice(1)]), [2, 3, 4, 5]);
  assert.deepEqual(slotsOf([slots[0], slots[1], torn(3), ...slots.slice(3)] as SlotContent[]), [4, 5]);
});

test("a log with a gap is rejected, and the message names the slots", () => {
  const first = whole(segment(1, { previous: 0 }));
  const third = whole(segment(3, { previous: 2 }));
  const cases: [readonly SlotContent[], RegExp][] = [
    [[first, third], /slot 3 .* follows on slot 2, which is missing/],
    [[first, { slot: 2, state: "free" }, third], /slot 3 .* follows on slot 2, which is missing/],
    [[first, torn(2), third], /slot 3 .* follows on slot 2, whose 7 bytes are not a complete record/],
    [[first, whole(fence(2, {})), third], /slot 3 .* follows on slot 2, which holds no link but a record "fence"/],
    [[first, whole(segment(2, { previous: 1 }), hashOf("other")), third], /slot 3 .* slot 2, but with another content/],
    [[first, whole(segment(2, { previous: 2 }))], /slot 2 .* follows on slot 2, which is not before it/],
    [[first, whole(segment(2, { previous: 5 }))], /slot 2 .* follows on slot 5, which is not before it/],
    [[whole(segment(1, { previous: 0, previousHash: hashOf("other") }))], /slot 1 .* slot 0, but with another content/],
  ];
  for (const [slots, message] of cases) {
    assert.throws(() => chainFrom(BEFORE_FIRST, slots), { name: "ChainBroken", message });
  }
  assert.throws(() => chainFrom({ slot: 2, hash: hashOf("other") }, [third]), ChainBroken);
  assert.throws(() => chainFrom(head(2), [whole(segment(4, { previous: 3 }))]), /slot 4 .* slot 3, which is missing/);
});

async function logOf(records: readonly (LogRecord | Buffer)[]): Promise<Map<string, Buffer>> {
  const objects = new Map<string, Buffer>();
  for (const [at, record] of records.entries()) {
    objects.set(slotKey(LOG, at + 1), Buffer.isBuffer(record) ? record : await encodeRecord(record));
  }
  return objects;
}

test("a slot is free, torn, or whole", async () => {
  const record = segment(1, { previous: 0 });
  const bytes = await encodeRecord(record);
  const { target } = readingTarget(await logOf([record, Buffer.alloc(0), bytes.subarray(0, 100), bytes]));
  assert.deepEqual(await readSlot(target, 1), { slot: 1, state: "whole", record, hash: recordHash(bytes) });
  assert.deepEqual(await readSlot(target, 2), { slot: 2, state: "torn", bytes: 0 });
  assert.deepEqual(await readSlot(target, 3), { slot: 3, state: "torn", bytes: 100 });
  assert.deepEqual(await readSlot(target, 4), { slot: 4, state: "torn", bytes: bytes.length }, "that of another slot");
  assert.deepEqual(await readSlot(target, 5), { slot: 5, state: "free" });
});

test("a record of a later version is not skipped as torn", async () => {
  const content = (await encodeRecord(segment(1, {}))).subarray(0, -32);
  content.write("SQLLOG02", "latin1");
  const newer = Buffer.concat([content, hash("sha256", content, "buffer")]);
  const { target } = readingTarget(await logOf([newer]));
  await assert.rejects(readSlot(target, 1), NewerVersion);
  await assert.rejects(readTail(target, 1), NewerVersion);
});

test("a target that does not respond is not mistaken for a free slot", async () => {
  const { target } = readingTarget(new Map());
  const failing = { ...target, read: async () => Promise.reject(new Error("no answer")) };
  await assert.rejects(readTail(failing, 1), /no answer/);
});

test("the tail ends before the first free slot, and includes torn ones", async () => {
  for (const length of [0, 1, 7, 8, 9, 16, 20]) {
    const records = Array.from({ length }, (_, at) => (at % 3 === 1 ? Buffer.alloc(at) : fence(at + 1, {})));
    const objects = await logOf(records);
    objects.set(slotKey(LOG, length + 2), await encodeRecord(fence(length + 2, {})));
    const { target, reads } = readingTarget(objects);
    for (const from of [1, 3, 8].filter((slot) => slot <= length + 1)) {
      const tail = await readTail(target, from);
      assert.deepEqual(
        tail.map(({ slot, state }) => [slot, state]),
        records.map((_, at) => [at + 1, at % 3 === 1 ? "torn" : "whole"]).slice(from - 1),
      );
    }
    assert.ok(reads.length <= 3 * (2 * length + 8), `${reads.length} reads`);
  }
});

test("slots completed while the tail is read are not reported as torn before links that follow them", async () => {
  const records = [1, 2, 3, 4].map((slot) => segment(slot, { previous: slot - 1 }));
  const encoded = await Promise.all(records.map(encodeRecord));
  const objects = await logOf([encoded[0], Buffer.alloc(0), Buffer.alloc(0), encoded[3], Buffer.alloc(0)] as Buffer[]);
  const { target, reads } = readingTarget(objects);
  const second = slotKey(LOG, 2);
  const third = slotKey(LOG, 3);
  const read = async (key: string) => {
    // Their writer is faster than this reader: each is complete when the next one is read again.
    if (reads.includes(third) && key === third) objects.set(second, encoded[1] as Buffer);
    const bytes = await target.read(key);
    if (key === third) objects.set(third, encoded[2] as Buffer);
    return bytes;
  };
  const tail = await readTail({ ...target, read }, 1);
  assert.deepEqual(
    tail.map(({ state }) => state),
    ["whole", "whole", "whole", "whole", "torn"],
  );
  assert.equal(reads.filter((key) => key === slotKey(LOG, 5)).length, 1, "what is torn at the end may be so");
});

test("slots are read eight at a time", async () => {
  const { target } = readingTarget(await logOf(Array.from({ length: 20 }, (_, at) => fence(at + 1, {}))));
  let under = 0;
  let most = 0;
  const read = async (key: string) => {
    most = Math.max(most, ++under);
    await new Promise((resolve) => setImmediate(resolve));
    under--;
    return target.read(key);
  };
  await readTail({ ...target, read }, 1);
  assert.equal(most, 8);
});

test("a slot that is slow to read does not delay later ones", async () => {
  const { target, reads } = readingTarget(await logOf(Array.from({ length: 40 }, (_, at) => fence(at + 1, {}))));
  const read = async (key: string) => {
    if (key === slotKey(LOG, 3)) await until(() => reads.includes(slotKey(LOG, 40)), "the read of slot 40", 1_000);
    return target.read(key);
  };
  const tail = await readTail({ ...target, read }, 1);
  assert.deepEqual(
    tail.map(({ slot }) => slot),
    Array.from({ length: 40 }, (_, at) => at + 1),
  );
});

test("after a failed read, no further slots are read", async () => {
  const { target, reads } = readingTarget(await logOf(Array.from({ length: 200 }, (_, at) => fence(at + 1, {}))));
  const read = async (key: string) => {
    if (key === slotKey(LOG, 5)) throw new Error("no answer");
    return target.read(key);
  };
  await assert.rejects(readTail({ ...target, read }, 1), /no answer/);
  await sleep(50);
  assert.ok(reads.length < 100, `${reads.length} reads`);
});
