import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decodeSegment, encodeSegment, type Segment, SegmentCorrupt, segmentHash } from "./segment.ts";

const PAGE_SIZE = 512;

const SEGMENT: Segment = {
  databaseId: "0197a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b",
  epoch: 3,
  slot: 4_200,
  previousHash: "ab".repeat(32),
  pageSize: PAGE_SIZE,
  databasePages: 9,
  timeMs: Date.UTC(2026, 10, 24, 8),
  firstCommit: 71,
  lastCommit: 75,
  pages: new Map([
    [7, new Uint8Array(PAGE_SIZE).fill(7)],
    [2, new Uint8Array(PAGE_SIZE).fill(2)],
  ]),
};

const segments = fc.record({
  databaseId: fc.uuid(),
  epoch: fc.nat(),
  slot: fc.maxSafeNat(),
  previousHash: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString("hex")),
  pageSize: fc.constant(PAGE_SIZE),
  databasePages: fc.nat(),
  timeMs: fc.maxSafeNat(),
  firstCommit: fc.maxSafeNat(),
  lastCommit: fc.maxSafeNat(),
  pages: fc
    .array(
      fc.tuple(fc.integer({ min: 1, max: 2 ** 32 - 1 }), fc.uint8Array({ minLength: PAGE_SIZE, maxLength: PAGE_SIZE })),
    )
    .map((pages) => new Map(pages)),
});

function plain(segment: Segment) {
  const pages = [...segment.pages].sort(([left], [right]) => left - right);
  return { ...segment, pages: pages.map(([number, image]) => [number, Buffer.from(image).toString("hex")]) };
}

test("a segment is read as it was written", () => {
  fc.assert(
    fc.property(segments, (segment) => {
      assert.deepEqual(plain(decodeSegment(encodeSegment(segment))), plain(segment));
    }),
    { numRuns: 200 },
  );
});

test("the order in which pages were changed makes no other segment", () => {
  const turned = { ...SEGMENT, pages: new Map([...SEGMENT.pages].reverse()) };
  assert.equal(segmentHash(encodeSegment(turned)), segmentHash(encodeSegment(SEGMENT)));
});

test("anything else makes another hash", () => {
  const hashes = [
    SEGMENT,
    { ...SEGMENT, epoch: 4 },
    { ...SEGMENT, slot: 1 },
    { ...SEGMENT, previousHash: "00".repeat(32) },
    { ...SEGMENT, timeMs: 0 },
    { ...SEGMENT, pages: new Map([[2, new Uint8Array(PAGE_SIZE)]]) },
  ].map((segment) => segmentHash(encodeSegment(segment)));
  assert.equal(new Set(hashes).size, hashes.length);
});

test("a flipped bit anywhere is found", () => {
  const bytes = encodeSegment(SEGMENT);
  for (let at = 0; at < bytes.length; at++) {
    const damaged = Buffer.from(bytes);
    damaged[at] = (damaged[at] ?? 0) ^ 0x10;
    assert.throws(() => decodeSegment(damaged), SegmentCorrupt, `byte ${at}`);
  }
});

test("a segment that is cut off anywhere, or has more behind it, is refused", () => {
  const bytes = encodeSegment(SEGMENT);
  for (let length = 0; length < bytes.length; length++) {
    assert.throws(() => decodeSegment(bytes.subarray(0, length)), SegmentCorrupt, `after ${length} bytes`);
  }
  assert.throws(() => decodeSegment(Buffer.concat([bytes, Buffer.from([0])])), SegmentCorrupt);
});
