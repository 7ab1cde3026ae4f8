import assert from "node:assert/strict";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { describe, test } from "node:test";
import fc from "fast-check";
import { DatabaseChecksum } from "../checksum.ts";
import { CorruptObject, NewerVersion, ObjectError } from "../errors.ts";
import type { Target } from "../target/target.ts";
import { openSnapshot, readFrame, type SnapshotHead, snapshotKey, snapshotStream } from "./snapshot.ts";

const KEY = "replica/snap/0000000000000012-00000003-0a1b2c";

function headOf(database: Buffer, pageSize: number): SnapshotHead {
  const checksum = new DatabaseChecksum(pageSize);
  const databasePages = database.length / pageSize;
  for (let at = 0; at < databasePages; at++)
    checksum.set(at + 1, database.subarray(at * pageSize, (at + 1) * pageSize));
  return {
    databaseId: "0197a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b",
    slot: 12,
    hash: "ab".repeat(32),
    pageSize,
    databasePages,
    checksum: checksum.value,
    timeMs: Date.UTC(2026, 10, 24, 8),
  };
}

const readsFrom = (database: Buffer, pageSize: number) => async (firstPage: number, into: Buffer) => {
  database.copy(into, 0, (firstPage - 1) * pageSize);
};

async function snapshotOf(database: Buffer, pageSize = 512): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of snapshotStream(headOf(database, pageSize), readsFrom(database, pageSize)))
    chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

/** A target with one object that counts its reads. */
function holding(bytes: Buffer | undefined): Target & { reads: number } {
  const target = {
    reads: 0,
    read: async (_key: string, range?: { offset: number; length: number }) => {
      target.reads++;
      const { offset, length } = range ?? { offset: 0, length: bytes?.length ?? 0 };
      return bytes && Buffer.from(bytes.subarray(offset, offset + length));
    },
  };
  return target as unknown as Target & { reads: number };
}

/** The database in a snapshot. */
async function restored(object: Buffer, bytes = object.length): Promise<Buffer> {
  const target = holding(object);
  const { head, frames } = await openSnapshot(target, KEY, bytes);
  const images: Buffer[] = [];
  for (const frame of frames) images.push(await readFrame(target, KEY, frame, head.pageSize));
  return Buffer.concat(images);
}

/** Bytes that compress to about half, like those of a database. */
function pages(count: number, pageSize: number, seed = 1): Buffer {
  const database = Buffer.alloc(count * pageSize);
  let state = seed;
  for (let at = 0; at < database.length; at += 2) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    database[at] = state >>> 24;
  }
  return database;
}

test("a database is read as written, with any size and page size", async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(512, 4_096, 65_536), fc.integer({ min: 0, max: 40 }), async (pageSize, count) => {
      const database = pages(count, pageSize);
      const target = holding(await snapshotOf(database, pageSize));
      const object = (await target.read(KEY)) as Buffer;
      assert.deepEqual((await openSnapshot(target, KEY, object.length)).head, headOf(database, pageSize));
      assert.ok((await restored(object)).equals(database));
    }),
    { numRuns: 30 },
  );
});

test("many pages are split into frames of at most 1024 pages and 4 MiB", async () => {
  for (const [pageSize, count, frames] of [
    [512, 2_100, 3],
    [4_096, 2_048, 2],
    [65_536, 65, 2],
  ] as const) {
    const database = pages(count, pageSize);
    const object = await snapshotOf(database, pageSize);
    assert.equal((await openSnapshot(holding(object), KEY, object.length)).frames.length, frames);
    assert.ok((await restored(object)).equals(database));
  }
});

test("an index longer than the first read is read completely", async () => {
  const pageSize = 512;
  const object = await snapshotOf(Buffer.alloc(pageSize * 1_024 * 700), pageSize);
  const target = holding(object);
  const { frames } = await openSnapshot(target, KEY, object.length);
  assert.equal(frames.length, 700);
  assert.equal(target.reads, 3);
});

describe("damage is detected:", () => {
  const isRefusal = (error: unknown) => error instanceof CorruptObject || error instanceof NewerVersion;

  test("any flipped bit", async () => {
    const object = await snapshotOf(pages(3, 512));
    for (let bit = 0; bit < object.length * 8; bit++) {
      const damaged = Buffer.from(object);
      damaged[bit >> 3] = (damaged[bit >> 3] as number) ^ (1 << (bit & 7));
      await assert.rejects(restored(damaged), isRefusal, `bit ${bit}`);
    }
  });

  test("truncation anywhere, and extra bytes", async () => {
    const object = await snapshotOf(pages(3, 512));
    for (let length = 0; length < object.length; length++) {
      await assert.rejects(restored(object.subarray(0, length), object.length), CorruptObject, `after ${length}`);
      // Also if the expected length is wrong.
      await assert.rejects(restored(object.subarray(0, length)), CorruptObject, `as long as ${length}`);
    }
    await assert.rejects(restored(Buffer.concat([object, Buffer.alloc(1)]), object.length), CorruptObject);
  });

  test("an object that was truncated after its index was read", async () => {
    const object = await snapshotOf(pages(3, 512));
    const { frames } = await openSnapshot(holding(object), KEY, object.length);
    const frame = frames[0];
    assert.ok(frame);
    await assert.rejects(
      readFrame(holding(object.subarray(0, 100)), KEY, frame, 512),
      /^CorruptObject: its frame at 8 is cut off after 92 bytes$/,
    );
    await assert.rejects(readFrame(holding(undefined), KEY, frame, 512), ObjectError);
  });

  test("a database that changed during the snapshot", async () => {
    const database = pages(3_000, 512);
    const head = headOf(database, 512);
    database[1_300_000] = 1 + (database[1_300_000] as number);
    const chunks: Buffer[] = [];
    await assert.rejects(async () => {
      for await (const chunk of snapshotStream(head, readsFrom(database, 512))) chunks.push(Buffer.from(chunk));
    }, CorruptObject);
    await assert.rejects(restored(Buffer.concat(chunks)), CorruptObject, "what was written until then is no snapshot");
  });

  test("a database with fewer bytes than its pages need", async () => {
    const database = pages(10, 512);
    const stream = snapshotStream(headOf(database, 512), readsFrom(database.subarray(0, 4_000), 512));
    await assert.rejects(async () => {
      for await (const _ of stream);
    }, CorruptObject);
  });
});

test("a snapshot of a newer format is reported as such", async () => {
  const object = await snapshotOf(pages(1, 512));
  object.write("SQLSNAP2", 0, "latin1");
  await assert.rejects(restored(object), NewerVersion);
});

test("a missing object is reported as such", async () => {
  await assert.rejects(openSnapshot(holding(undefined), KEY, 1_000), ObjectError);
});

test("keys of snapshots sort by slot and are unique", () => {
  assert.match(snapshotKey(12, 3), /^replica\/snap\/0000000000000012-00000003-[0-9a-f]{6}$/);
  assert.equal(new Set(Array.from({ length: 50 }, () => snapshotKey(12, 3))).size, 50);
  assert.ok(snapshotKey(9, 3) < snapshotKey(10, 1));
});

test("a snapshot needs memory for a few pieces and does not block the event loop", async () => {
  const pageSize = 4_096;
  const database = pages(16_384, pageSize);
  const head = headOf(database, pageSize);
  const memory = new Set<ArrayBufferLike>();
  let readBytes = 0;
  let takenBytes = 0;
  let most = 0;
  const read = async (firstPage: number, into: Buffer) => {
    memory.add(into.buffer);
    readBytes += into.length;
    most = Math.max(most, readBytes - takenBytes);
    await readsFrom(database, pageSize)(firstPage, into);
  };
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  // About half of the input comes out.
  for await (const piece of snapshotStream(head, read)) takenBytes += 2 * piece.length;
  delay.disable();
  assert.equal(memory.size, 1);
  assert.ok(most <= 8 * 1_024 * 1_024, `${most} bytes ahead`);
  // The median, because other tests use the same processors: hashing a frame at once would show every time.
  assert.ok(delay.percentile(50) < 10e6, `${delay.percentile(50) / 1e6} ms`);
});

test("an unfinished snapshot leaves nothing behind", async () => {
  const database = pages(3_000, 4_096);
  for await (const piece of snapshotStream(headOf(database, 4_096), readsFrom(database, 4_096))) {
    if (piece.length > 1_000) break;
  }
  assert.ok((await restored(await snapshotOf(database, 4_096))).equals(database));
});
