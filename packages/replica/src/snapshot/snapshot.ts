import { hash, randomBytes } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { promisify } from "node:util";
import { constants, zstdCompress, zstdDecompress } from "node:zlib";
import { DatabaseChecksum } from "../checksum/database-checksum.ts";
import { SHA256_BYTES, sha256 } from "../checksum/sha256.ts";
import { slotKey, type Target } from "../target/target.ts";
import { inOrder } from "./in-order.ts";

/** What a snapshot is of: the database as it was after one link of the log. */
export type SnapshotHead = {
  readonly databaseId: string;
  /** The link, and its hash in hexadecimal. */
  readonly slot: number;
  readonly hash: string;
  readonly pageSize: number;
  readonly databasePages: number;
  /** Of the database, see `DatabaseChecksum`. */
  readonly checksum: string;
  /** Label of the link, ms since 1970. */
  readonly timeMs: number;
};

/** Some successive pages, compressed. */
export type SnapshotFrame = {
  /** Where in the object, and how long. */
  readonly offset: number;
  readonly bytes: number;
  /** Page numbers begin at 1. */
  readonly firstPage: number;
  readonly pages: number;
  /** Of the compressed bytes, in hexadecimal. */
  readonly sha256: string;
};

export type Snapshot = { readonly head: SnapshotHead; readonly frames: readonly SnapshotFrame[] };

/** The object is no snapshot, or not the one that was written. */
export class SnapshotCorrupt extends Error {
  override readonly name = "SnapshotCorrupt";
}

/** The object was written in a format that came after this one. */
export class SnapshotNewer extends Error {
  override readonly name = "SnapshotNewer";
}

/** There is no such object. */
export class SnapshotMissing extends Error {
  override readonly name = "SnapshotMissing";
}

/** Where snapshots lie. */
export const SNAPSHOTS = "replica/snap/";

/**
 * Layout: magic, the frames back to back, the index as JSON (the head, and `frames`), its length[4] in big-endian
 * order, and the SHA-256[32] of index and length.
 */
const MAGIC = "SQLSNAP1";
const NEWER_MAGIC = /^SQLSNAP[2-9]$/;
const LENGTH_BYTES = 4;
const FOOTER_BYTES = LENGTH_BYTES + SHA256_BYTES;

const MAX_FRAME_PAGES = 1_024;
/** What a frame has of the database at most, and so the unit of memory. */
const MAX_FRAME_BYTES = 4_194_304;
/** Frames being read and compressed at a time: with more, other users of the thread pool would wait. */
const FRAMES_AT_ONCE = 2;
/** The end of the object that is read at first: holds the index of a database of about 2 GB. */
const TAIL_BYTES = 65_536;

/** How much of pages goes into a checksum before other work gets its turn: takes less than a millisecond. */
const SLICE_BYTES = 1_048_576;

const COMPRESSION_LEVEL = 1;
/** More than what zstd makes of bytes that it cannot compress. */
const compressBound = (bytes: number) => bytes + (bytes >> 7) + 1_024;

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

/** Ends the key of a snapshot that nothing comes before. */
export const FIRST_SNAPSHOT = "-first";

/** A key for a snapshot that no other has: an interrupted attempt never stands in the way of the next. */
export function snapshotKey(slot: number, epoch: number): string {
  return `${slotKey(SNAPSHOTS, slot)}-${String(epoch).padStart(8, "0")}-${randomBytes(3).toString("hex")}`;
}

/**
 * The bytes of a snapshot, made as they are taken: memory is a few frames, and the event loop is given its turn after
 * each slice of about a millisecond.
 * @param readPages gives pages of the database, which must not change meanwhile; may be called again before it resolved
 * @throws SnapshotCorrupt when what `readPages` gave has not the checksum of the head, before the snapshot is complete
 */
export async function* snapshotStream(
  head: SnapshotHead,
  readPages: (firstPage: number, pages: number) => Promise<Buffer>,
): AsyncGenerator<Buffer> {
  const checksum = new DatabaseChecksum(head.pageSize);
  checksum.resize(head.databasePages);
  const frames: SnapshotFrame[] = [];
  let offset = MAGIC.length;
  yield Buffer.from(MAGIC, "latin1");
  const compressed = inOrder(frameRanges(head), FRAMES_AT_ONCE, async ({ firstPage, pages }) => {
    const images = await readPages(firstPage, pages);
    if (images.length !== pages * head.pageSize) {
      throw new SnapshotCorrupt(
        `the database gave ${images.length} bytes for ${pages} pages from page ${firstPage} on`,
      );
    }
    await addPages(checksum, firstPage, images, head.pageSize);
    const bytes = await compress(images, {
      chunkSize: compressBound(images.length),
      params: { [constants.ZSTD_c_compressionLevel]: COMPRESSION_LEVEL },
    });
    return { bytes, firstPage, pages, sha256: (await sha256(bytes)).toString("hex") };
  });
  for await (const { bytes, ...frame } of compressed) {
    frames.push({ offset, bytes: bytes.length, ...frame });
    offset += bytes.length;
    yield bytes;
  }
  if (checksum.value !== head.checksum) {
    throw new SnapshotCorrupt(`the database has the checksum ${checksum.value}, not ${head.checksum}`);
  }
  yield encodeIndex({ head, frames });
}

/**
 * Adds pages to a checksum, slice by slice.
 * @param images pages that follow each other, the first of them being `firstPage`
 */
export async function addPages(
  checksum: DatabaseChecksum,
  firstPage: number,
  images: Buffer,
  pageSize: number,
): Promise<void> {
  for (let at = 0; at < images.length; at += pageSize) {
    if (at > 0 && at % SLICE_BYTES === 0) await setImmediate();
    checksum.set(firstPage + at / pageSize, images.subarray(at, at + pageSize));
  }
}

/**
 * Reads what a snapshot is of and where its frames lie.
 * @param bytes how long the object is
 * @throws SnapshotCorrupt saying what is wrong, SnapshotNewer, SnapshotMissing, TargetError
 */
export async function openSnapshot(target: Target, key: string, bytes: number): Promise<Snapshot> {
  const tailAt = Math.max(0, bytes - TAIL_BYTES);
  const [start, tail] = await Promise.all([
    read(target, key, 0, MAGIC.length),
    // One byte more than there should be, to notice an object that is longer.
    read(target, key, tailAt, bytes - tailAt + 1),
  ]);
  const magic = start.toString("latin1");
  if (NEWER_MAGIC.test(magic)) {
    throw new SnapshotNewer(
      `a snapshot begins with ${magic}: it was written by a newer version of this program; upgrade this one`,
    );
  }
  if (magic !== MAGIC) throw new SnapshotCorrupt("it does not begin as a snapshot");
  if (tail.length !== bytes - tailAt || bytes < MAGIC.length + FOOTER_BYTES) {
    throw new SnapshotCorrupt(`it has not the ${bytes} bytes that it was written with`);
  }
  const indexBytes = tail.readUInt32BE(tail.length - FOOTER_BYTES);
  const indexAt = bytes - FOOTER_BYTES - indexBytes;
  if (indexAt < MAGIC.length) throw new SnapshotCorrupt("its index is longer than the object");
  const before = indexAt < tailAt ? await read(target, key, indexAt, tailAt - indexAt) : Buffer.alloc(0);
  const end = Buffer.concat([before, tail.subarray(Math.max(0, indexAt - tailAt))]);
  return decodeIndex(end, indexAt);
}

/**
 * Reads the pages of a frame.
 * @returns the images, one after the other
 * @throws SnapshotCorrupt saying what is wrong, SnapshotMissing, TargetError
 */
export async function readFrame(target: Target, key: string, frame: SnapshotFrame, pageSize: number): Promise<Buffer> {
  const bytes = await read(target, key, frame.offset, frame.bytes);
  const where = `its frame at ${frame.offset}`;
  if (bytes.length !== frame.bytes) throw new SnapshotCorrupt(`${where} is cut off after ${bytes.length} bytes`);
  if ((await sha256(bytes)).toString("hex") !== frame.sha256)
    throw new SnapshotCorrupt(`${where} has another hash than it should`);
  const expectedBytes = frame.pages * pageSize;
  let images: Buffer;
  try {
    // In one step: by default the output is made in chunks of 16 KiB, each a journey to the thread pool and back.
    images = await decompress(bytes, { chunkSize: expectedBytes, maxOutputLength: expectedBytes });
  } catch (error) {
    throw new SnapshotCorrupt(`${where} cannot be decompressed`, { cause: error });
  }
  if (images.length === expectedBytes) return images;
  throw new SnapshotCorrupt(`${where} has ${images.length} bytes of pages, not ${expectedBytes}`);
}

async function read(target: Target, key: string, offset: number, length: number): Promise<Buffer> {
  const bytes = await target.read(key, { offset, length });
  if (bytes === undefined) throw new SnapshotMissing("it is not there");
  return bytes;
}

function* frameRanges(head: SnapshotHead): Generator<{ readonly firstPage: number; readonly pages: number }> {
  const most = Math.min(MAX_FRAME_PAGES, Math.floor(MAX_FRAME_BYTES / head.pageSize));
  for (let before = 0; before < head.databasePages; before += most) {
    yield { firstPage: before + 1, pages: Math.min(most, head.databasePages - before) };
  }
}

function encodeIndex({ head, frames }: Snapshot): Buffer {
  const { databaseId, slot, hash: link, pageSize, databasePages, checksum, timeMs } = head;
  const index = { databaseId, slot, hash: link, pageSize, databasePages, checksum, timeMs, frames };
  const content = Buffer.from(JSON.stringify(index));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32BE(content.length);
  const covered = Buffer.concat([content, length]);
  return Buffer.concat([covered, hash("sha256", covered, "buffer")]);
}

/** @param end index, length and hash, as they lie in the object from `indexAt` on */
function decodeIndex(end: Buffer, indexAt: number): Snapshot {
  const covered = end.subarray(0, end.length - SHA256_BYTES);
  if (!hash("sha256", covered, "buffer").equals(end.subarray(end.length - SHA256_BYTES))) {
    throw new SnapshotCorrupt("its index has another hash than it should");
  }
  const { frames, ...head } = parseIndex(covered.toString("utf8", 0, covered.length - LENGTH_BYTES));
  if (!isComplete({ head, frames }, indexAt)) throw new SnapshotCorrupt("its frames do not make up the database");
  return { head, frames };
}

function parseIndex(text: string): SnapshotHead & Pick<Snapshot, "frames"> {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new SnapshotCorrupt("its index is no JSON", { cause: error });
  }
}

/** Whether the frames lie back to back up to the index and have each page once. */
function isComplete({ head, frames }: Snapshot, indexAt: number): boolean {
  let offset = MAGIC.length;
  let page = 1;
  for (const frame of frames) {
    if (frame.offset !== offset || frame.firstPage !== page) return false;
    if (!(frame.pages > 0 && frame.bytes > 0)) return false;
    offset += frame.bytes;
    page += frame.pages;
  }
  return offset === indexAt && page === head.databasePages + 1;
}
