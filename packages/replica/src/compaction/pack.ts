import { CorruptObject, NewerVersion } from "../errors.ts";
import { decodeRecord, encodeRecord, recordHash, type Segment } from "../log/record.ts";

/**
 * Many segments in one object: the magic, each part as its length[4] (big-endian) and its record, and a length of 0.
 * Whoever keeps a pack also keeps its SHA-256; each part has a hash of its own as well.
 */
const MAGIC = "SQLPACK1";
const ANY_VERSION = /^SQLPACK\d$/;
const LENGTH_BYTES = 4;

const SECOND_MS = 1_000;

/** A segment, and the hash of the link that it is, or of the last of those that were merged into it. */
export type SegmentLink = { readonly record: Segment; readonly hash: string };

/** The parts of packs, one pack behind the other, without what begins and ends each: their bytes in this range. */
export function rangeOfParts(packBytes: number): { readonly from: number; readonly to: number } {
  return { from: MAGIC.length, to: packBytes - LENGTH_BYTES };
}

/** Makes a pack of the parts of others, as they are. @param parts bytes in the {@link rangeOfParts} of each, in order */
export async function* packAround(parts: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield Buffer.from(MAGIC, "latin1");
  yield* parts;
  yield lengthOf(0);
}

/** Writes a pack, part by part. @param parts records of kind segment as `encodeRecord` gives them, in order */
export async function* packOf(parts: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<Buffer> {
  yield Buffer.from(MAGIC, "latin1");
  for await (const part of parts) {
    yield lengthOf(part.length);
    yield Buffer.from(part.buffer, part.byteOffset, part.byteLength);
  }
  yield lengthOf(0);
}

/**
 * Reads a pack, one part after the other, and checks that each follows on the one before. Every part has its `linkHash`:
 * the hash that the next one names.
 * @throws CorruptObject saying what is wrong
 * @throws NewerVersion when it was written by a later version
 */
export async function* packParts(bytes: Buffer): AsyncGenerator<Segment & { readonly linkHash: string }> {
  const magic = bytes.toString("latin1", 0, MAGIC.length);
  if (magic !== MAGIC && ANY_VERSION.test(magic)) throw new NewerVersion(`a pack begins with ${magic}`);
  if (magic !== MAGIC) throw new CorruptObject("it does not begin as a pack");
  let before: (Segment & { readonly linkHash: string }) | undefined;
  for (let at = MAGIC.length; ; ) {
    if (at + LENGTH_BYTES > bytes.length) throw new CorruptObject(`it is cut off after ${bytes.length} bytes`);
    const from = at + LENGTH_BYTES;
    at = from + bytes.readUInt32BE(at);
    if (at > bytes.length) throw new CorruptObject(`it is cut off after ${bytes.length} bytes`);
    if (at === from) {
      if (at < bytes.length) throw new CorruptObject(`it has ${bytes.length - at} bytes behind its end`);
      return;
    }
    const part = await decodePart(bytes.subarray(from, at), from);
    if (before !== undefined && !(part.previousSlot === before.slot && part.previousHash === before.linkHash))
      throw new CorruptObject(
        `its part of slot ${part.slot} does not follow on the one before, of slot ${before.slot}`,
      );
    yield part;
    before = part;
  }
}

async function decodePart(bytes: Buffer, offset: number): Promise<Segment & { readonly linkHash: string }> {
  try {
    const record = await decodeRecord(bytes);
    if (record.kind !== "segment") throw new CorruptObject(`its part at byte ${offset} is a record "${record.kind}"`);
    return { ...record, linkHash: record.linkHash ?? recordHash(bytes) };
  } catch (error) {
    if (!(error instanceof CorruptObject)) throw error;
    throw new CorruptObject(`its part at byte ${offset} is damaged: ${error.message}`, { cause: error });
  }
}

/** An encoded record, and its time label. */
export type Part = { readonly bytes: Buffer; readonly timeMs: number };

/**
 * Merges links that follow on each other: those of the same writer and the same second (UTC) into one part each, so that
 * any second can be restored, and any point at which the writer changed.
 * @param links each may be let go of once the next is asked for
 * @throws RangeError when one does not follow on the one before
 */
export async function* partsOfSeconds(links: AsyncIterable<SegmentLink> | Iterable<SegmentLink>): AsyncGenerator<Part> {
  let merging: Merging | undefined;
  for await (const link of links) {
    if (merging !== undefined && !merging.isOfSecond(link.record)) {
      yield await merging.part();
      merging = undefined;
    }
    merging ??= new Merging(link.record);
    merging.add(link);
  }
  if (merging !== undefined) yield await merging.part();
}

/** The last image of each page of several consecutive links. */
class Merging {
  readonly #pages = new Map<number, Uint8Array>();
  readonly #first: Segment;
  #last: SegmentLink | undefined;
  #highestPage = 0;
  #fewestPages = Number.POSITIVE_INFINITY;

  constructor(first: Segment) {
    this.#first = first;
  }

  isOfSecond(record: Segment): boolean {
    return isSameSecond(this.#first, record);
  }

  add({ record, hash }: SegmentLink): void {
    const before = this.#last;
    if (before !== undefined && !(record.previousSlot === before.record.slot && record.previousHash === before.hash))
      throw new RangeError(`slot ${record.slot} does not follow slot ${before.record.slot}`);
    for (const [page, image] of record.pages) {
      const copy = this.#pages.get(page);
      if (copy === undefined) this.#pages.set(page, Buffer.from(image));
      else copy.set(image);
      this.#highestPage = Math.max(this.#highestPage, page);
    }
    for (; this.#highestPage > record.databasePages; this.#highestPage--) this.#pages.delete(this.#highestPage);
    this.#fewestPages = Math.min(this.#fewestPages, record.databasePages);
    this.#last = { record, hash };
  }

  /**
   * One record with the effect of all links in order: it follows the first link's predecessor and stands for the last
   * link. If the database shrank and grew again, a page without an image is zeros, as in a truncated file. SQLite always
   * writes such a page.
   */
  async part(): Promise<Part> {
    const { record, hash: linkHash } = this.#last as SegmentLink;
    const { previousSlot, previousHash, firstCommit } = this.#first;
    const pages = new Map(this.#pages);
    const zeros = Buffer.alloc(record.pageSize);
    for (let page = this.#fewestPages + 1; page <= record.databasePages; page++) {
      if (!pages.has(page)) pages.set(page, zeros);
    }
    const bytes = await encodeRecord({ ...record, previousSlot, previousHash, firstCommit, pages, linkHash });
    return { bytes, timeMs: record.timeMs };
  }
}

type Moment = Pick<Segment, "epoch" | "timeMs">;

/** Whether links are of the same writer and the same second (UTC): what lies between them is no moment to be restored. */
export function isSameSecond(left: Moment, right: Moment): boolean {
  return left.epoch === right.epoch && secondOf(left) === secondOf(right);
}

function secondOf({ timeMs }: Moment): number {
  return Math.floor(timeMs / SECOND_MS);
}

function lengthOf(bytes: number): Buffer {
  const length = Buffer.allocUnsafe(LENGTH_BYTES);
  length.writeUInt32BE(bytes);
  return length;
}
