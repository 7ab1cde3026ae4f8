import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { CorruptObject, NewerVersion } from "../errors.ts";
import { decodeRecord, encodeRecord, NO_HASH, recordHash, type Segment } from "../log/record.ts";
import { base, fence, hashOf } from "../log/test-support.ts";
import { packOf, packParts, partsOfSeconds, type SegmentLink } from "./pack.ts";

const PAGE_SIZE = 512;

/** The effect of a segment: page images, each given by a number, and the size afterwards. */
type Change = { readonly pages: ReadonlyMap<number, number>; readonly databasePages: number };

const image = (seed: number) => Buffer.alloc(PAGE_SIZE, `image ${seed}.`);

const changes: fc.Arbitrary<Change> = fc.record({
  pages: fc
    .array(fc.tuple(fc.integer({ min: 1, max: 12 }), fc.nat(1_000)), { maxLength: 8 })
    .map((entries) => new Map(entries)),
  databasePages: fc.nat(12),
});

/** Consecutive links, of the same second by default. */
function linksOf(series: readonly Change[], { epochs = [1], secondsMs = [0] } = {}): SegmentLink[] {
  let [previousSlot, previousHash, timeMs] = [3, hashOf(3), Date.UTC(2026, 10, 24)];
  return series.map(({ pages, databasePages }, at) => {
    timeMs += secondsMs[at % secondsMs.length] ?? 0;
    const record: Segment = {
      kind: "segment",
      databaseId: "0197a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b",
      writer: "f47ac10b-58cc-4372-a567-0e02b2c3d479",
      epoch: epochs[at % epochs.length] ?? 1,
      slot: previousSlot + 2,
      timeMs,
      previousSlot,
      previousHash,
      pageSize: PAGE_SIZE,
      databasePages,
      firstCommit: 100 + at * 10,
      lastCommit: 109 + at * 10,
      checksum: String(at).padStart(16, "0"),
      pages: new Map([...pages].map(([page, seed]) => [page, image(seed)])),
    };
    [previousSlot, previousHash] = [record.slot, hashOf(record.slot)];
    return { record, hash: previousHash };
  });
}

/** To a file: written at offsets, then truncated or extended by zeros. */
function apply(database: Buffer, { pages, databasePages }: Segment): Buffer {
  const highest = Math.max(databasePages, database.length / PAGE_SIZE, ...pages.keys());
  const file = Buffer.alloc(highest * PAGE_SIZE);
  database.copy(file);
  for (const [page, bytes] of pages) file.set(bytes, (page - 1) * PAGE_SIZE);
  return file.subarray(0, databasePages * PAGE_SIZE);
}

async function partsOf(links: readonly SegmentLink[]): Promise<Buffer[]> {
  const parts: Buffer[] = [];
  for await (const { bytes, timeMs } of partsOfSeconds(links)) {
    const record = await decodeRecord(bytes);
    assert.equal(record.timeMs, timeMs);
    parts.push(bytes);
  }
  return parts;
}

/** The pack of links of one second. */
async function merged(links: readonly SegmentLink[]): Promise<SegmentLink> {
  const [bytes, ...others] = await partsOf(links);
  assert.ok(bytes !== undefined && others.length === 0);
  const record = await decodeRecord(bytes);
  assert.ok(record.kind === "segment");
  return { record, hash: record.linkHash ?? recordHash(bytes) };
}

test("a merged segment has the effect of its segments in order", async () => {
  const databases = fc.array(fc.nat(1_000), { maxLength: 12 }).map((seeds) => Buffer.concat(seeds.map(image)));
  await fc.assert(
    fc.asyncProperty(databases, fc.array(changes, { minLength: 1, maxLength: 6 }), async (database, series) => {
      const links = linksOf(series);
      const inOrder = links.reduce<Buffer>((file, { record }) => apply(file, record), database);
      const atOnce = apply(database, (await merged(links)).record);
      assert.ok(atOnce.equals(inOrder));
    }),
    { numRuns: 300 },
  );
});

test("pages lost by shrinking do not return when the database grows", async () => {
  const series = [
    { pages: new Map([8, 9].map((page) => [page, page])), databasePages: 9 },
    { pages: new Map([[1, 1]]), databasePages: 4 },
    { pages: new Map([[9, 2]]), databasePages: 9 },
  ];
  const { record } = await merged(linksOf(series));
  assert.deepEqual([...record.pages.keys()], [1, 5, 6, 7, 8, 9]);
  for (const page of [5, 6, 7, 8]) assert.ok(Buffer.alloc(PAGE_SIZE).equals(record.pages.get(page) as Buffer));
  assert.ok(image(2).equals(record.pages.get(9) as Buffer));
});

test("a merged segment follows the first one's predecessor, and stands for the last one", async () => {
  const links = linksOf(Array.from({ length: 4 }, () => ({ pages: new Map(), databasePages: 1 })));
  const [first, last] = [links[0] as SegmentLink, links[3] as SegmentLink];
  const { record } = await merged(links);
  assert.deepEqual(record, {
    ...last.record,
    previousSlot: first.record.previousSlot,
    previousHash: first.record.previousHash,
    firstCommit: first.record.firstCommit,
    linkHash: last.hash,
  });
});

test("merging merged segments gives the same as merging all at once", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(changes, { minLength: 3, maxLength: 6 }), fc.nat(), async (series, cut) => {
      const links = linksOf(series);
      const at = 1 + (cut % (links.length - 1));
      const halves = [await merged(links.slice(0, at)), await merged(links.slice(at))];
      assert.deepEqual(await partsOf(halves), await partsOf(links));
    }),
  );
});

test("segments that are not consecutive are not merged; merging none gives none", async () => {
  const links = linksOf(Array.from({ length: 3 }, () => ({ pages: new Map(), databasePages: 1 })));
  const [first, second, third] = links as [SegmentLink, SegmentLink, SegmentLink];
  await assert.rejects(partsOf([first, third]), /slot 9 does not follow slot 5/);
  await assert.rejects(partsOf([second, first]), RangeError);
  await assert.rejects(partsOf([{ ...first, hash: hashOf("bad") }, second]), RangeError);
  assert.deepEqual(await partsOf([]), []);
});

test("parts are of one writer and one second each, and complete", async () => {
  const series = Array.from({ length: 40 }, () => ({ pages: new Map(), databasePages: 1 }));
  const epochs = [...Array(17).fill(1), ...Array(23).fill(2)];
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(700), { minLength: 1 }), fc.nat(40), async (secondsMs, count) => {
      const links = linksOf(series.slice(0, count), { epochs, secondsMs });
      const nameOf = ({ epoch, timeMs }: Segment) => `${epoch} ${Math.floor(timeMs / 1_000)}`;
      const expected = new Map<string, SegmentLink[]>();
      for (const link of links) {
        const name = nameOf(link.record);
        expected.set(name, [...(expected.get(name) ?? []), link]);
      }
      const parts = (await Promise.all((await partsOf(links)).map(decodeRecord))) as Segment[];
      assert.deepEqual(parts.map(nameOf), [...expected.keys()]);
      for (const [at, group] of [...expected.values()].entries()) {
        const [first, last] = [group[0] as SegmentLink, group.at(-1) as SegmentLink];
        const { firstCommit, lastCommit, linkHash } = parts[at] as Segment;
        assert.deepEqual([firstCommit, lastCommit], [first.record.firstCommit, last.record.lastCommit]);
        assert.equal(linkHash, last.hash);
      }
    }),
  );
});

test("links are not kept: releasing a merged link changes nothing", async () => {
  const series = Array.from({ length: 3 }, (_, at) => ({ pages: new Map([[1 + at, at]]), databasePages: 3 }));
  const links = linksOf(series);
  const expected = await partsOf(links);
  async function* oneByOne() {
    for (const { record, hash } of links) {
      const pages = new Map([...record.pages].map(([page, bytes]) => [page, Buffer.from(bytes)]));
      yield { record: { ...record, pages }, hash };
      for (const bytes of pages.values()) bytes.fill(255);
    }
  }
  for await (const { bytes } of partsOfSeconds(oneByOne())) assert.ok(bytes.equals(expected[0] as Buffer));
});

async function packed(parts: readonly Buffer[]): Promise<Buffer> {
  const pieces: Buffer[] = [];
  const stream = async function* () {
    yield* parts;
  };
  for await (const piece of packOf(stream())) pieces.push(piece);
  return Buffer.concat(pieces);
}

async function unpacked(bytes: Buffer) {
  const parts: Segment[] = [];
  for await (const part of packParts(bytes)) parts.push(part);
  return parts;
}

/** Records as a writer makes them, each with the real hash of its predecessor; every other one is merged. */
async function encodedLinks(count: number): Promise<{ readonly bytes: Buffer; readonly linkHash: string }[]> {
  const encoded: { bytes: Buffer; linkHash: string }[] = [];
  const links = linksOf(Array.from({ length: count }, (_, at) => ({ pages: new Map([[1, at]]), databasePages: 2 })));
  for (const [at, { record }] of links.entries()) {
    const previousHash = encoded.at(-1)?.linkHash ?? NO_HASH;
    const linkHash = at % 2 === 0 ? undefined : hashOf(record.slot);
    const bytes = await encodeRecord({ ...record, previousHash, ...(linkHash === undefined ? {} : { linkHash }) });
    encoded.push({ bytes, linkHash: linkHash ?? recordHash(bytes) });
  }
  return encoded;
}

test("a pack returns its parts unchanged, each with the hash that the next one names", async () => {
  for (const count of [0, 1, 2, 7]) {
    const links = await encodedLinks(count);
    const parts = await unpacked(await packed(links.map(({ bytes }) => bytes)));
    const expected = links.map(async ({ bytes, linkHash }) => ({ ...(await decodeRecord(bytes)), linkHash }));
    assert.deepEqual(parts, await Promise.all(expected));
  }
});

test("parts of many pages are packed too", async () => {
  const pages = new Map(Array.from({ length: 400 }, (_, at) => [at + 1, randomBytes(PAGE_SIZE)]));
  const [link] = linksOf([{ pages: new Map(), databasePages: 400 }]);
  const bytes = await encodeRecord({ ...(link as SegmentLink).record, pages });
  const [part] = await unpacked(await packed([bytes]));
  assert.deepEqual(part?.pages, pages);
});

test("a flipped bit anywhere in a pack is detected", async () => {
  const bytes = await packed((await encodedLinks(3)).map(({ bytes }) => bytes));
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const damaged = Buffer.from(bytes);
    damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    // The version digit may have become that of a later version.
    const expected = bit >> 3 === 7 ? /newer|does not begin as a pack/ : CorruptObject;
    await assert.rejects(unpacked(damaged), expected, `bit ${bit}`);
  }
});

test("a pack that is truncated or too long is rejected", async () => {
  const bytes = await packed((await encodedLinks(3)).map(({ bytes }) => bytes));
  for (let length = 0; length < bytes.length; length++) {
    await assert.rejects(unpacked(bytes.subarray(0, length)), CorruptObject, `after ${length} bytes`);
  }
  await assert.rejects(unpacked(Buffer.concat([bytes, Buffer.from([0])])), CorruptObject);
});

test("a pack with parts that are not consecutive is rejected", async () => {
  const [first, second, third] = (await encodedLinks(3)).map(({ bytes }) => bytes) as [Buffer, Buffer, Buffer];
  await assert.rejects(packed([first, third]).then(unpacked), /slot 9 does not follow on the one before, of slot 5/);
  await assert.rejects(packed([second, first, third]).then(unpacked), CorruptObject);
  const other = await decodeRecord(second);
  const stranger = await encodeRecord({ ...(other as Segment), previousHash: hashOf("bad") });
  await assert.rejects(packed([first, stranger]).then(unpacked), CorruptObject);
});

test("a pack contains only segments", async () => {
  for (const record of [base(1, {}), fence(1, {})]) {
    await assert.rejects(packed([await encodeRecord(record)]).then(unpacked), CorruptObject);
  }
});

test("a pack of a later version asks to upgrade", async () => {
  const bytes = await packed([]);
  bytes.write("SQLPACK2", "latin1");
  await assert.rejects(unpacked(bytes), NewerVersion);
});
