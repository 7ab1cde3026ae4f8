import assert from "node:assert/strict";
import { hash, randomBytes } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { CorruptObject, NewerVersion } from "../errors.ts";
import { decodeRecord, encodeRecord, isLink, type LogRecord, NO_HASH, recordHash, type Segment } from "./record.ts";

const PAGE_SIZE = 512;

const COMMON = {
  databaseId: "0197a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b",
  epoch: 3,
  slot: 4_200,
  writer: "f47ac10b-58cc-4372-a567-0e02b2c3d479",
  timeMs: Date.UTC(2026, 10, 24, 8),
};

const LINK = {
  previousSlot: 4_198,
  previousHash: "ab".repeat(32),
  pageSize: PAGE_SIZE,
  databasePages: 9,
  firstCommit: 71,
  lastCommit: 75,
  checksum: "0123456789abcdef",
};

const SEGMENT: Segment = {
  kind: "segment",
  ...COMMON,
  ...LINK,
  pages: new Map([
    [7, new Uint8Array(PAGE_SIZE).fill(7)],
    [2, new Uint8Array(PAGE_SIZE).fill(2)],
  ]),
};

const RECORDS: readonly LogRecord[] = [
  { kind: "fence", ...COMMON },
  { kind: "released", ...COMMON },
  SEGMENT,
  { ...SEGMENT, pages: new Map(), linkHash: "cd".repeat(32) },
  {
    kind: "base",
    ...COMMON,
    ...LINK,
    snapshotKey: "replica/snap/0000000000004200-00000003-a1b2c3",
    snapshotBytes: 12_345,
  },
];

const hex = (bytes: number) =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((array) => Buffer.from(array).toString("hex"));

const common = {
  databaseId: fc.uuid(),
  epoch: fc.nat(2 ** 32 - 1),
  slot: fc.maxSafeNat(),
  writer: fc.uuid(),
  timeMs: fc.maxSafeNat(),
};

const link = {
  previousSlot: fc.maxSafeNat(),
  previousHash: hex(32),
  pageSize: fc.constant(PAGE_SIZE),
  databasePages: fc.nat(2 ** 32 - 1),
  firstCommit: fc.maxSafeNat(),
  lastCommit: fc.maxSafeNat(),
  checksum: hex(8),
};

const pages = fc
  .array(
    fc.tuple(fc.integer({ min: 1, max: 2 ** 32 - 1 }), fc.uint8Array({ minLength: PAGE_SIZE, maxLength: PAGE_SIZE })),
  )
  .map((entries) => new Map(entries));

const records: fc.Arbitrary<LogRecord> = fc.oneof(
  fc.record({ kind: fc.constant("fence" as const), ...common }),
  fc.record({ kind: fc.constant("released" as const), ...common }),
  fc.record({ kind: fc.constant("segment" as const), ...common, ...link, pages }),
  fc.record({
    kind: fc.constant("segment" as const),
    ...common,
    ...link,
    pages,
    linkHash: hex(32).filter((digits) => digits !== NO_HASH),
  }),
  fc.record({
    kind: fc.constant("base" as const),
    ...common,
    ...link,
    snapshotKey: fc.string({ unit: "binary", maxLength: 200 }).map((text) => text.toWellFormed()),
    snapshotBytes: fc.maxSafeNat(),
  }),
);

function plain(record: LogRecord) {
  if (record.kind !== "segment") return { ...record };
  const ascending = [...record.pages].sort(([left], [right]) => left - right);
  return { ...record, pages: ascending.map(([number, image]) => [number, Buffer.from(image).toString("hex")]) };
}

/** The record with changed content and a matching hash. */
async function tampered(record: LogRecord, change: (content: Buffer) => void): Promise<Buffer> {
  const content = (await encodeRecord(record)).subarray(0, -32);
  change(content);
  return Buffer.concat([content, hash("sha256", content, "buffer")]);
}

test("a record of any kind is read as written", async () => {
  await fc.assert(
    fc.asyncProperty(records, async (record) => {
      assert.deepEqual(plain(await decodeRecord(await encodeRecord(record))), plain(record));
    }),
    { numRuns: 300 },
  );
});

test("so are many pages, which another thread compresses", async () => {
  for (const [pageSize, count] of [
    [512, 129],
    [4_096, 300],
    [65_536, 40],
  ] as const) {
    for (const compressible of [true, false]) {
      const image = (page: number) => (compressible ? Buffer.alloc(pageSize, `page ${page}`) : randomBytes(pageSize));
      const many = new Map(Array.from({ length: count }, (_, at) => [count - at, image(at)]));
      const record = { ...SEGMENT, pageSize, pages: many };
      assert.deepEqual(plain(await decodeRecord(await encodeRecord(record))), plain(record));
    }
  }
});

test("other work runs while many pages are written and read", async () => {
  const bytes = randomBytes(8 * 1_024 * 1_024);
  const many = new Map(
    Array.from({ length: 2_048 }, (_, at) => [at + 1, bytes.subarray(at * 4_096, (at + 1) * 4_096)]),
  );
  let turns = 0;
  let heldMs: number[] = [];
  let running = true;
  // In CPU time of this thread, because the machine may be busy.
  let before = cpuMs();
  const count = () => {
    turns++;
    heldMs.push(cpuMs() - before);
    before = cpuMs();
    if (running) setImmediate(count);
  };
  setImmediate(count);
  const encoded = await encodeRecord({ ...SEGMENT, pageSize: 4_096, pages: many });
  assert.ok(turns >= 16, `${turns} turns while writing`);
  [turns, heldMs] = [0, []];
  await decodeRecord(encoded);
  running = false;
  // It is hashed in steps of 1 MiB; decompression happens on other threads.
  assert.ok(turns >= 8, `${turns} turns while reading`);
  // The garbage collector may have had the longest turn.
  heldMs.sort((a, b) => b - a);
  assert.ok((heldMs[1] ?? 0) < 20, `held the event loop for ${heldMs.slice(0, 3)} ms while reading`);
});

test("the hash is the SHA-256 of everything before it", async () => {
  for (const record of RECORDS) {
    const bytes = await encodeRecord(record);
    assert.equal(recordHash(bytes), hash("sha256", bytes.subarray(0, -32)));
  }
});

test("the order of changed pages does not change a record", async () => {
  const turned = { ...SEGMENT, pages: new Map([...SEGMENT.pages].reverse()) };
  assert.equal(recordHash(await encodeRecord(turned)), recordHash(await encodeRecord(SEGMENT)));
});

test("any other difference changes the hash", async () => {
  const variants: LogRecord[] = [
    ...RECORDS,
    { ...SEGMENT, databaseId: COMMON.writer },
    { ...SEGMENT, writer: COMMON.databaseId },
    { ...SEGMENT, epoch: 4 },
    { ...SEGMENT, slot: 1 },
    { ...SEGMENT, timeMs: 0 },
    { ...SEGMENT, previousSlot: 4_199 },
    { ...SEGMENT, previousHash: "00".repeat(32) },
    { ...SEGMENT, databasePages: 8 },
    { ...SEGMENT, firstCommit: 70 },
    { ...SEGMENT, lastCommit: 76 },
    { ...SEGMENT, checksum: "0123456789abcdee" },
    { ...SEGMENT, linkHash: "ef".repeat(32) },
    { ...SEGMENT, pages: new Map([[2, new Uint8Array(PAGE_SIZE)]]) },
    { ...SEGMENT, pages: new Map([[3, new Uint8Array(PAGE_SIZE)]]) },
  ];
  const hashes = await Promise.all(variants.map(async (record) => recordHash(await encodeRecord(record))));
  assert.equal(new Set(hashes).size, variants.length);
});

test("a flipped bit anywhere is detected", async () => {
  for (const record of RECORDS) {
    const bytes = await encodeRecord(record);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const damaged = Buffer.from(bytes);
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      await assert.rejects(decodeRecord(damaged), CorruptObject, `bit ${bit} of a record "${record.kind}"`);
    }
  }
});

test("a record that is truncated or too long is rejected", async () => {
  for (const record of RECORDS) {
    const bytes = await encodeRecord(record);
    for (let length = 0; length < bytes.length; length++) {
      await assert.rejects(decodeRecord(bytes.subarray(0, length)), CorruptObject, `after ${length} bytes`);
    }
    await assert.rejects(decodeRecord(Buffer.concat([bytes, Buffer.from([0])])), CorruptObject);
  }
});

test("a record truncated with zeros up to its full length is rejected", async () => {
  const bytes = await encodeRecord(SEGMENT);
  for (let length = 0; length < bytes.length - 32; length += 13) {
    const padded = Buffer.concat([bytes.subarray(0, length), Buffer.alloc(bytes.length - length)]);
    await assert.rejects(decodeRecord(padded), CorruptObject, `after ${length} bytes`);
  }
});

test("a complete record of a later version or an unknown kind differs from a torn one, and asks to upgrade", async () => {
  for (const version of ["SQLLOG02", "SQLLOG09", "SQLLOG10"]) {
    const newer = await tampered(SEGMENT, (content) => content.write(version, "latin1"));
    await assert.rejects(decodeRecord(newer), NewerVersion);
    await assert.rejects(decodeRecord(newer), /newer version.*upgrade/);
    await assert.rejects(decodeRecord(newer.subarray(0, -1)), CorruptObject);
  }
  const short = Buffer.from("SQLLOG02: a later version may need less", "latin1");
  const whole = Buffer.concat([short, hash("sha256", short, "buffer")]);
  await assert.rejects(decodeRecord(whole), NewerVersion);
  for (const kind of [0, 5, 255]) {
    await assert.rejects(decodeRecord(await tampered(SEGMENT, (content) => content.writeUInt8(kind, 8))), NewerVersion);
  }
});

test("an impossible record with a correct hash is rejected without allocating memory for it", async () => {
  const changes: [(content: Buffer) => void, RegExp][] = [
    [(content) => content.write("SQLITE 3", "latin1"), /does not begin as a record/],
    [(content) => content.writeUInt32BE(2 ** 32 - 1, 175), /names 4294967295 pages, for which it is too short/],
    [(content) => content.writeUInt32BE(1, 175), /pages cannot be decompressed/],
    [(content) => content.writeUInt32BE(2 ** 32 - 1, 101), /pages of 4294967295 bytes/],
    [(content) => content.writeUInt32BE(2 ** 31, 101), /pages of 2147483648 bytes/],
    [(content) => content.writeUInt32BE(0, 101), /pages of 0 bytes/],
    [(content) => content.writeUInt32BE(PAGE_SIZE * 2, 101), /pages cannot be decompressed/],
    [(content) => content.writeUInt32BE(2, 183), /page numbers do not ascend/],
    [(content) => content.writeUInt32BE(0, 179), /page numbers do not ascend/],
    [(content) => content.writeBigUInt64BE(2n ** 60n, 45), /out of range/],
    [(content) => content.writeUInt32BE(0, 187), /pages cannot be decompressed/],
  ];
  for (const [change, message] of changes) {
    await assert.rejects(decodeRecord(await tampered(SEGMENT, change)), { name: "CorruptObject", message });
  }
  for (const length of [0, 8, 100]) {
    const content = Buffer.concat([Buffer.from("SQLLOG01"), Buffer.alloc(length)]);
    await assert.rejects(decodeRecord(Buffer.concat([content, hash("sha256", content, "buffer")])), CorruptObject);
  }
});

test("many pages in a frame with more or fewer are rejected", async () => {
  const many = new Map(Array.from({ length: 40 }, (_, at) => [at + 1, Buffer.alloc(4_096, at)]));
  const record = { ...SEGMENT, pageSize: 4_096, pages: many };
  for (const pageSize of [2_048, 8_192]) {
    const wrong = await tampered(record, (content) => content.writeUInt32BE(pageSize, 101));
    await assert.rejects(decodeRecord(wrong), CorruptObject);
  }
});

test("a field that cannot be encoded is rejected", async () => {
  const wrong: LogRecord[] = [
    { ...SEGMENT, databaseId: "scim" },
    { ...SEGMENT, writer: `${COMMON.writer}0` },
    { ...SEGMENT, previousHash: "zz".repeat(32) },
    { ...SEGMENT, checksum: "" },
    { ...SEGMENT, linkHash: NO_HASH.slice(1) },
    { ...SEGMENT, epoch: -1 },
    { ...SEGMENT, slot: 1.5 },
    { ...SEGMENT, pageSize: 1_000, pages: new Map() },
    { ...SEGMENT, pageSize: 256, pages: new Map() },
    { ...SEGMENT, pages: new Map([[0, new Uint8Array(PAGE_SIZE)]]) },
    { ...SEGMENT, pages: new Map([[1, new Uint8Array(PAGE_SIZE - 1)]]) },
  ];
  for (const record of wrong) await assert.rejects(encodeRecord(record), RangeError);
});

test("segments and bases are links, fences and releases are not", () => {
  assert.deepEqual(
    RECORDS.filter(isLink).map(({ kind }) => kind),
    ["segment", "segment", "base"],
  );
});

function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}
