import { compress, decompress, releaseMemory, SHA256_BYTES, sealed, sha256 } from "../encoding.ts";
import { CorruptObject, NewerVersion } from "../errors.ts";

type Common = {
  /** UUID of the database, so that no record of another database is applied. */
  readonly databaseId: string;
  /** Number of the primary: each new one has a higher number. */
  readonly epoch: number;
  /** Position in the log, from 1. */
  readonly slot: number;
  /** UUID of one run of a primary. */
  readonly writer: string;
  /** When it was made, ms since 1970. A label for people, never earlier than that of the previous link. */
  readonly timeMs: number;
};

/** The fields of links, the records that form the history of the database. */
type Link = {
  /** Slot of the previous link; 0 for the first. */
  readonly previousSlot: number;
  /** Hash of the previous link, in hexadecimal; 64 zeros for the first. */
  readonly previousHash: string;
  /** Bytes per page. */
  readonly pageSize: number;
  /** Size of the database in pages after the link. */
  readonly databasePages: number;
  /** Numbers of its first and last transaction. */
  readonly firstCommit: number;
  readonly lastCommit: number;
  /** Checksum of the database after the link, see `DatabaseChecksum`. */
  readonly checksum: string;
};

/** A new primary takes the log, with an epoch above all others. */
type Fence = Common & { readonly kind: "fence" };

/** The primary has stopped cleanly. */
type Released = Common & { readonly kind: "released" };

export type Segment = Common &
  Link & {
    readonly kind: "segment";
    /** Images of pages by page number. */
    readonly pages: ReadonlyMap<number, Uint8Array>;
    /**
     * In a pack: the hash of its link, or of the last link that was merged into it, in hexadecimal. A record in the log has
     * none.
     */
    readonly linkHash?: string;
  };

/** The whole database is in another object, and needs no predecessor. */
export type Base = Common &
  Link & { readonly kind: "base"; readonly snapshotKey: string; readonly snapshotBytes: number };

export type LogRecord = Fence | Released | Segment | Base;

export const NO_HASH = "0".repeat(SHA256_BYTES * 2);

export function isLink(record: LogRecord): record is Segment | Base {
  return record.kind === "segment" || record.kind === "base";
}

/**
 * One layout for all kinds. Numbers are big-endian; missing fields are zero. By offset: `magic[8]@0 kind[1]@8
 * databaseId[16]@9 writer[16]@25 epoch[4]@41 slot[8]@45 timeMs[8]@53 previousSlot[8]@61 previousHash[32]@69
 * pageSize[4]@101 databasePages[4]@105 firstCommit[8]@109 lastCommit[8]@117 checksum[8]@125 linkHash[32]@133
 * snapshotBytes[8]@165 keyBytes[2]@173 pageCount[4]@175`, the snapshot's key, page numbers[4] in ascending order, the
 * pages in that order as one zstd frame, and the SHA-256 of all that.
 * In every later version too, a record begins with the magic and ends with the SHA-256 of everything before it, so that
 * a complete record of a later version is not mistaken for a torn one.
 */
const MAGIC = "SQLLOG01";
const ANY_VERSION = /^SQLLOG\d\d$/;
const HEADER_BYTES = 179;
const MIN_PAGE_BYTES = 512;
const MAX_PAGE_BYTES = 65_536;
const KINDS = ["fence", "released", "segment", "base"] as const;

const NO_LINK: Link = {
  previousSlot: 0,
  previousHash: NO_HASH,
  pageSize: 0,
  databasePages: 0,
  firstCommit: 0,
  lastCommit: 0,
  checksum: "0".repeat(16),
};

/**
 * Encodes a record. Its last 32 bytes are its hash, {@link recordHash}. Many pages are compressed on another thread.
 * @throws RangeError if a field is out of range
 */
export async function encodeRecord(record: LogRecord): Promise<Buffer> {
  const header = encodeHeader(record);
  if (record.kind === "base") return sealed([header, Buffer.from(record.snapshotKey, "utf8")]);
  if (record.kind !== "segment") return sealed([header]);
  const numbers = [...record.pages.keys()].sort((left, right) => left - right);
  const images = numbers.map((number) => imageOf(record, number));
  const frame = await compress(images);
  const bytes = await sealed([header, encodeNumbers(numbers), frame]);
  releaseMemory(frame);
  return bytes;
}

/** The hash to which the next link refers, in hexadecimal. */
export function recordHash(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex", bytes.length - SHA256_BYTES);
}

/**
 * Decodes a record and checks every byte, the hash first.
 * @throws CorruptObject
 * @throws NewerVersion if it is complete, but of an unknown version or kind
 */
export async function decodeRecord(bytes: Buffer): Promise<LogRecord> {
  const content = await checkedContent(bytes);
  const record = decodeWithoutImages(content);
  if (record.kind !== "segment") return record;
  const { pageNumbers, ...segment } = record;
  return { ...segment, pages: await decodeImages(content, pageNumbers, segment.pageSize) };
}

/** A segment without the images of its pages. */
export type SegmentHead = Omit<Segment, "pages"> & { readonly pageNumbers: readonly number[] };

/**
 * Decodes a segment without decompressing its pages. Every byte is still checked.
 * @returns undefined if the record is of another kind
 * @throws CorruptObject, NewerVersion
 */
export async function decodeSegmentHead(bytes: Buffer): Promise<SegmentHead | undefined> {
  const record = decodeWithoutImages(await checkedContent(bytes));
  return record.kind === "segment" ? record : undefined;
}

/** Checks the hash. @returns the content before it */
async function checkedContent(bytes: Buffer): Promise<Buffer> {
  if (bytes.length < MAGIC.length + SHA256_BYTES) throw new CorruptObject(`it is cut off after ${bytes.length} bytes`);
  const content = bytes.subarray(0, bytes.length - SHA256_BYTES);
  if (!(await sha256(content)).equals(bytes.subarray(content.length)))
    throw new CorruptObject("its hash does not match its content");
  const magic = content.toString("latin1", 0, MAGIC.length);
  if (magic !== MAGIC && ANY_VERSION.test(magic)) throw new NewerVersion(`a record of the log begins with ${magic}`);
  if (magic !== MAGIC) throw new CorruptObject("it does not begin as a record of the log");
  if (content.length < HEADER_BYTES) throw new CorruptObject(`it has ${bytes.length} bytes, too few for any record`);
  return content;
}

/** Frees the memory of a decoded segment: its images share one buffer. */
export function releasePages({ pages }: Segment): void {
  const [image] = pages.values();
  if (image !== undefined) releaseMemory(image);
}

function encodeHeader(record: LogRecord): Buffer {
  const link = isLink(record) ? record : NO_LINK;
  if (isLink(record) && !isPageSize(link.pageSize))
    throw new RangeError(`SQLite has no pages of ${link.pageSize} bytes`);
  const header = Buffer.alloc(HEADER_BYTES);
  header.write(MAGIC, 0, "latin1");
  header.writeUInt8(KINDS.indexOf(record.kind) + 1, 8);
  writeHex(header, 9, 16, record.databaseId.replaceAll("-", ""), "databaseId");
  writeHex(header, 25, 16, record.writer.replaceAll("-", ""), "writer");
  header.writeUInt32BE(record.epoch, 41);
  header.writeBigUInt64BE(BigInt(record.slot), 45);
  header.writeBigUInt64BE(BigInt(record.timeMs), 53);
  header.writeBigUInt64BE(BigInt(link.previousSlot), 61);
  writeHex(header, 69, SHA256_BYTES, link.previousHash, "previousHash");
  header.writeUInt32BE(link.pageSize, 101);
  header.writeUInt32BE(link.databasePages, 105);
  header.writeBigUInt64BE(BigInt(link.firstCommit), 109);
  header.writeBigUInt64BE(BigInt(link.lastCommit), 117);
  writeHex(header, 125, 8, link.checksum, "checksum");
  if (record.kind === "segment") {
    writeHex(header, 133, SHA256_BYTES, record.linkHash ?? NO_HASH, "linkHash");
    header.writeUInt32BE(record.pages.size, 175);
  }
  if (record.kind === "base") {
    header.writeBigUInt64BE(BigInt(record.snapshotBytes), 165);
    header.writeUInt16BE(Buffer.byteLength(record.snapshotKey), 173);
  }
  return header;
}

/** Buffer silently stops at a character that is not a hexadecimal digit. */
function writeHex(header: Buffer, offset: number, bytes: number, digits: string, field: string): void {
  if (digits.length !== bytes * 2 || header.write(digits, offset, "hex") !== bytes)
    throw new RangeError(`${field} is not ${bytes * 2} hexadecimal digits: ${digits}`);
}

function encodeNumbers(numbers: readonly number[]): Buffer {
  const bytes = Buffer.allocUnsafe(numbers.length * 4);
  for (let at = 0; at < numbers.length; at++) bytes.writeUInt32BE(numbers[at] as number, at * 4);
  return bytes;
}

function imageOf({ pages, pageSize }: Segment, number: number): Uint8Array {
  const image = pages.get(number) as Uint8Array;
  if (number < 1 || image.length !== pageSize)
    throw new RangeError(`page ${number} has ${image.length} bytes, in a database with pages of ${pageSize}`);
  return image;
}

function decodeWithoutImages(content: Buffer): Exclude<LogRecord, Segment> | SegmentHead {
  const kindByte = content.readUInt8(8);
  const kind = KINDS[kindByte - 1];
  if (kind === undefined) throw new NewerVersion(`a record of the log has the kind ${kindByte}`);
  const common: Common = {
    databaseId: uuid(content.toString("hex", 9, 25)),
    epoch: content.readUInt32BE(41),
    slot: readCount(content, 45),
    writer: uuid(content.toString("hex", 25, 41)),
    timeMs: readCount(content, 53),
  };
  if (kind === "fence" || kind === "released") return { kind, ...common };
  const link: Link = {
    previousSlot: readCount(content, 61),
    previousHash: content.toString("hex", 69, 101),
    pageSize: content.readUInt32BE(101),
    databasePages: content.readUInt32BE(105),
    firstCommit: readCount(content, 109),
    lastCommit: readCount(content, 117),
    checksum: content.toString("hex", 125, 133),
  };
  if (!isPageSize(link.pageSize))
    throw new CorruptObject(`it has pages of ${link.pageSize} bytes, which SQLite does not support`);
  if (kind === "base") {
    const snapshotKey = content.toString("utf8", HEADER_BYTES, HEADER_BYTES + content.readUInt16BE(173));
    return { kind, ...common, ...link, snapshotKey, snapshotBytes: readCount(content, 165) };
  }
  const linkHash = content.toString("hex", 133, 165);
  const pageNumbers = decodeNumbers(content);
  return { kind, ...common, ...link, pageNumbers, ...(linkHash === NO_HASH ? {} : { linkHash }) };
}

function decodeNumbers(content: Buffer): number[] {
  const count = content.readUInt32BE(175);
  if (HEADER_BYTES + count * 4 > content.length)
    throw new CorruptObject(`it names ${count} pages, for which it is too short`);
  const numbers: number[] = [];
  for (let at = 0; at < count; at++) {
    const number = content.readUInt32BE(HEADER_BYTES + at * 4);
    if (number <= (numbers.at(-1) ?? 0)) throw new CorruptObject("its page numbers do not ascend");
    numbers.push(number);
  }
  return numbers;
}

async function decodeImages(
  content: Buffer,
  numbers: readonly number[],
  pageSize: number,
): Promise<Map<number, Uint8Array>> {
  let images: Buffer;
  try {
    images = await decompress(content.subarray(HEADER_BYTES + numbers.length * 4), numbers.length * pageSize);
  } catch (error) {
    throw new CorruptObject(`its pages cannot be decompressed (${(error as Error).message})`, { cause: error });
  }
  return new Map(numbers.map((number, at) => [number, images.subarray(at * pageSize, (at + 1) * pageSize)]));
}

function isPageSize(bytes: number): boolean {
  return bytes >= MIN_PAGE_BYTES && bytes <= MAX_PAGE_BYTES && (bytes & (bytes - 1)) === 0;
}

function readCount(content: Buffer, offset: number): number {
  const count = Number(content.readBigUInt64BE(offset));
  if (!Number.isSafeInteger(count)) throw new CorruptObject(`it has the number ${count}, which is out of range`);
  return count;
}

function uuid(hex: string): string {
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
