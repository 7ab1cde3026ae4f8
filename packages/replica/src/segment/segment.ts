import { hash } from "node:crypto";
import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";

/** A part of the log on a target: the pages that some transactions changed, and its place in the chain. */
export type Segment = {
  /** UUID of the database, without which a segment of another one might be applied. */
  readonly databaseId: string;
  /** Counts the writers: each newcomer has a higher one. */
  readonly epoch: number;
  /** Place in the log, from 1. */
  readonly slot: number;
  /** SHA-256 of the segment or fence before, in hexadecimal. */
  readonly previousHash: string;
  readonly pageSize: number;
  /** Size of the database in pages afterwards. */
  readonly databasePages: number;
  /** When it was made: milliseconds since 1970. A label for people; no decision rests on it. */
  readonly timeMs: number;
  /** Numbers of its first and last transaction. */
  readonly firstCommit: number;
  readonly lastCommit: number;
  /** Images of pages by page number. */
  readonly pages: ReadonlyMap<number, Uint8Array>;
};

/** The bytes are no segment, or not what was written. */
export class SegmentCorrupt extends Error {
  override readonly name = "SegmentCorrupt";
}

/**
 * Layout, numbers in big-endian order:
 * `magic[8] databaseId[16] epoch[4] slot[8] previousHash[32] pageSize[4] databasePages[4] timeMs[8] firstCommit[8]
 * lastCommit[8] pageCount[4]`, page numbers[4] in ascending order, the pages in that order as one zstd frame, and the
 * SHA-256 of all that.
 */
const MAGIC = Buffer.from("SQLSEG01", "latin1");
const HEADER_BYTES = 104;
const HASH_BYTES = 32;

/** zstd's fast level: a commit waits for it. */
const COMPRESSION = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

/** Writes a segment. Its last 32 bytes are its hash, {@link segmentHash}. */
export function encodeSegment(segment: Segment): Buffer {
  const numbers = [...segment.pages.keys()].sort((left, right) => left - right);
  const header = Buffer.alloc(HEADER_BYTES + numbers.length * 4);
  MAGIC.copy(header);
  header.write(segment.databaseId.replaceAll("-", ""), 8, "hex");
  header.writeUInt32BE(segment.epoch, 24);
  header.writeBigUInt64BE(BigInt(segment.slot), 28);
  header.write(segment.previousHash, 36, "hex");
  header.writeUInt32BE(segment.pageSize, 68);
  header.writeUInt32BE(segment.databasePages, 72);
  header.writeBigUInt64BE(BigInt(segment.timeMs), 76);
  header.writeBigUInt64BE(BigInt(segment.firstCommit), 84);
  header.writeBigUInt64BE(BigInt(segment.lastCommit), 92);
  header.writeUInt32BE(numbers.length, 100);
  for (const [at, number] of numbers.entries()) header.writeUInt32BE(number, HEADER_BYTES + at * 4);
  const images = numbers.map((number) => segment.pages.get(number) as Uint8Array);
  const content = Buffer.concat([header, zstdCompressSync(Buffer.concat(images), COMPRESSION)]);
  return Buffer.concat([content, hash("sha256", content, "buffer")]);
}

/** The hash that the next segment names as its predecessor's, in hexadecimal. */
export function segmentHash(bytes: Buffer): string {
  return bytes.toString("hex", bytes.length - HASH_BYTES);
}

/**
 * Reads a segment and checks every byte of it.
 * @throws SegmentCorrupt saying what is wrong
 */
export function decodeSegment(bytes: Buffer): Segment {
  if (bytes.length < HEADER_BYTES + HASH_BYTES) throw new SegmentCorrupt(`it is cut off after ${bytes.length} bytes`);
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) throw new SegmentCorrupt("it does not begin as a segment");
  const content = bytes.subarray(0, bytes.length - HASH_BYTES);
  if (hash("sha256", content, "hex") !== segmentHash(bytes))
    throw new SegmentCorrupt("its hash does not fit its content");
  const pageCount = content.readUInt32BE(100);
  const pageSize = content.readUInt32BE(68);
  const payloadAt = HEADER_BYTES + pageCount * 4;
  if (payloadAt > content.length) throw new SegmentCorrupt(`it names ${pageCount} pages, for which it is too short`);
  return {
    databaseId: uuid(content.toString("hex", 8, 24)),
    epoch: content.readUInt32BE(24),
    slot: Number(content.readBigUInt64BE(28)),
    previousHash: content.toString("hex", 36, 68),
    pageSize,
    databasePages: content.readUInt32BE(72),
    timeMs: Number(content.readBigUInt64BE(76)),
    firstCommit: Number(content.readBigUInt64BE(84)),
    lastCommit: Number(content.readBigUInt64BE(92)),
    pages: readPages(content, pageCount, pageSize, payloadAt),
  };
}

function readPages(content: Buffer, pageCount: number, pageSize: number, payloadAt: number): Map<number, Uint8Array> {
  const images = decompress(content.subarray(payloadAt), pageCount * pageSize);
  const pages = new Map<number, Uint8Array>();
  let last = 0;
  for (let at = 0; at < pageCount; at++) {
    const number = content.readUInt32BE(HEADER_BYTES + at * 4);
    if (number <= last) throw new SegmentCorrupt("its page numbers do not ascend");
    pages.set(number, images.subarray(at * pageSize, (at + 1) * pageSize));
    last = number;
  }
  return pages;
}

function decompress(payload: Buffer, expectedBytes: number): Buffer {
  let images: Buffer;
  try {
    images = zstdDecompressSync(payload, { maxOutputLength: Math.max(1, expectedBytes) });
  } catch (error) {
    throw new SegmentCorrupt("its pages cannot be decompressed", { cause: error });
  }
  if (images.length !== expectedBytes)
    throw new SegmentCorrupt(`its pages have ${images.length} bytes, not ${expectedBytes}`);
  return images;
}

function uuid(hex: string): string {
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
