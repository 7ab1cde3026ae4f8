import { hash, randomBytes } from "node:crypto";
import { yieldToEventLoop } from "../async.ts";
import { DatabaseChecksum } from "../checksum.ts";
import { compress, decompress, releaseMemory, SHA256_BYTES, sha256 } from "../encoding.ts";
import { CorruptObject, NewerVersion, ObjectError } from "../errors.ts";
import { slotKey, type Target } from "../target/target.ts";

/** The state of the database in a snapshot: after one link of the log. */
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

export type SnapshotFrame = {
  /** Position and length in the object. */
  readonly offset: number;
  readonly bytes: number;
  /** Page numbers begin at 1. */
  readonly firstPage: number;
  readonly pages: number;
  /** Of the compressed bytes, in hexadecimal. */
  readonly sha256: string;
};

export type Snapshot = { readonly head: SnapshotHead; readonly frames: readonly SnapshotFrame[] };

export const SNAPSHOTS = "replica/snap/";

/**
 * Layout: magic, the frames without gaps, the index as JSON (the head, and `frames`), its length[4] in big-endian
 * order, and the SHA-256[32] of index and length.
 */
const MAGIC = "SQLSNAP1";
const NEWER_MAGIC = /^SQLSNAP[2-9]$/;
const LENGTH_BYTES = 4;
const FOOTER_BYTES = LENGTH_BYTES + SHA256_BYTES;

/** Maximum of a frame, in pages and in bytes before compression. Readers and writers hold a whole frame in memory. */
const MAX_FRAME_PAGES = 1_024;
const MAX_FRAME_BYTES = 4 * 1_024 * 1_024;

/** Bytes read first from the end of the object: enough for the index of a database of about 2 GB. */
const TAIL_BYTES = 65_536;

/** Bytes added to a checksum before other work gets its turn: less than a millisecond. */
const SLICE_BYTES = 1_048_576;

export const FIRST_SNAPSHOT = "-first";

/** A unique key for a snapshot, so that an interrupted attempt does not block the next one. */
export function snapshotKey(slot: number, epoch: number): string {
  return `${slotKey(SNAPSHOTS, slot)}-${String(epoch).padStart(8, "0")}-${randomBytes(3).toString("hex")}`;
}

/** Fills a buffer with pages of a database. */
export type ReadPages = (firstPage: number, into: Buffer) => Promise<void>;

/**
 * The bytes of a snapshot, made on demand, so that only a few pieces are in memory. Each is valid until the next is
 * requested.
 * @param readPages reads pages of the database, which must not change meanwhile; called again while earlier pages are
 * being compressed
 * @throws CorruptObject if the pages do not have the checksum of the head, before the snapshot is complete
 */
export async function* snapshotStream(head: SnapshotHead, readPages: ReadPages): AsyncGenerator<Buffer> {
  const { pageSize, databasePages } = head;
  const checksum = new DatabaseChecksum(pageSize);
  checksum.resize(databasePages);
  const frameBytes = Math.min(MAX_FRAME_BYTES, MAX_FRAME_PAGES * pageSize);
  const frames: SnapshotFrame[] = [];
  let offset = MAGIC.length;
  yield Buffer.from(MAGIC, "latin1");
  for await (const { firstPage, images } of pageChunks(head, frameBytes, readPages)) {
    await addPages(checksum, firstPage, images, pageSize);
    const frame = await compress([images]);
    const { length: bytes } = frame;
    frames.push({
      offset,
      bytes,
      firstPage,
      pages: images.length / pageSize,
      sha256: (await sha256(frame)).toString("hex"),
    });
    yield frame;
    releaseMemory(frame);
    offset += bytes;
  }
  if (checksum.value !== head.checksum) {
    throw new CorruptObject(`the database has the checksum ${checksum.value}, not ${head.checksum}`);
  }
  yield encodeIndex({ head, frames });
}

/** The pages of a database in chunks of about this size. They share a buffer: each chunk is valid until the next. */
export async function* pageChunks(
  { pageSize, databasePages }: Pick<SnapshotHead, "pageSize" | "databasePages">,
  chunkBytes: number,
  readPages: ReadPages,
): AsyncGenerator<{ readonly firstPage: number; readonly images: Buffer }> {
  const pagesAtOnce = Math.max(1, Math.floor(chunkBytes / pageSize));
  const buffer = Buffer.allocUnsafeSlow(Math.min(pagesAtOnce, databasePages) * pageSize);
  for (let firstPage = 1; firstPage <= databasePages; firstPage += pagesAtOnce) {
    const images = buffer.subarray(0, Math.min(pagesAtOnce, databasePages + 1 - firstPage) * pageSize);
    await readPages(firstPage, images);
    yield { firstPage, images };
  }
  releaseMemory(buffer);
}

/**
 * Adds pages to a checksum, slice by slice.
 * @param images consecutive pages from `firstPage` on
 */
export async function addPages(
  checksum: DatabaseChecksum,
  firstPage: number,
  images: Buffer,
  pageSize: number,
): Promise<void> {
  for (let at = 0; at < images.length; at += pageSize) {
    if (at > 0 && at % SLICE_BYTES === 0) await yieldToEventLoop();
    checksum.set(firstPage + at / pageSize, images.subarray(at, at + pageSize));
  }
}

/**
 * Reads the head and the index of a snapshot.
 * @param bytes length of the object
 * @throws CorruptObject, NewerVersion, ObjectError, TargetError
 */
export async function openSnapshot(target: Target, key: string, bytes: number): Promise<Snapshot> {
  const tailAt = Math.max(0, bytes - TAIL_BYTES);
  const [start, tail] = await Promise.all([
    read(target, key, 0, MAGIC.length),
    // One byte more than expected, to notice a longer object.
    read(target, key, tailAt, bytes - tailAt + 1),
  ]);
  const magic = start.toString("latin1");
  if (NEWER_MAGIC.test(magic)) {
    throw new NewerVersion(`a snapshot begins with ${magic}`);
  }
  if (magic !== MAGIC) throw new CorruptObject("it does not begin as a snapshot");
  if (tail.length !== bytes - tailAt || bytes < MAGIC.length + FOOTER_BYTES) {
    throw new CorruptObject(`it does not have the ${bytes} bytes that it was written with`);
  }
  const indexBytes = tail.readUInt32BE(tail.length - FOOTER_BYTES);
  const indexAt = bytes - FOOTER_BYTES - indexBytes;
  if (indexAt < MAGIC.length) throw new CorruptObject("its index is longer than the object");
  const before = indexAt < tailAt ? await read(target, key, indexAt, tailAt - indexAt) : Buffer.alloc(0);
  const end = Buffer.concat([before, tail.subarray(Math.max(0, indexAt - tailAt))]);
  return decodeIndex(end, indexAt);
}

/**
 * Reads the pages of a frame.
 * @returns the images, one after the other
 * @throws CorruptObject, ObjectError, TargetError
 */
export async function readFrame(target: Target, key: string, frame: SnapshotFrame, pageSize: number): Promise<Buffer> {
  const bytes = await read(target, key, frame.offset, frame.bytes);
  const where = `its frame at ${frame.offset}`;
  if (bytes.length !== frame.bytes) throw new CorruptObject(`${where} is cut off after ${bytes.length} bytes`);
  if ((await sha256(bytes)).toString("hex") !== frame.sha256) throw new CorruptObject(`${where} has the wrong hash`);
  try {
    const images = await decompress(bytes, frame.pages * pageSize);
    releaseMemory(bytes);
    return images;
  } catch (error) {
    throw new CorruptObject(`${where} cannot be decompressed: ${(error as Error).message}`, { cause: error });
  }
}

async function read(target: Target, key: string, offset: number, length: number): Promise<Buffer> {
  const bytes = await target.read(key, { offset, length });
  if (bytes === undefined) throw new ObjectError("missing", key, "it is not there", true);
  return bytes;
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

/** @param end index, length and hash, from `indexAt` to the end of the object */
function decodeIndex(end: Buffer, indexAt: number): Snapshot {
  const covered = end.subarray(0, end.length - SHA256_BYTES);
  if (!hash("sha256", covered, "buffer").equals(end.subarray(end.length - SHA256_BYTES))) {
    throw new CorruptObject("its index has the wrong hash");
  }
  const { frames, ...head } = parseIndex(covered.toString("utf8", 0, covered.length - LENGTH_BYTES));
  if (!isComplete({ head, frames }, indexAt)) throw new CorruptObject("its frames do not make up the database");
  return { head, frames };
}

function parseIndex(text: string): SnapshotHead & Pick<Snapshot, "frames"> {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CorruptObject("its index is not JSON", { cause: error });
  }
}

/** Whether the frames fill the object up to the index and contain each page once. */
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
