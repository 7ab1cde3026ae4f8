import { CorruptObject, NewerVersion } from "../errors.ts";
import { decodeRecord, encodeRecord, recordHash, type Segment } from "../log/record.ts";

/**
 * Many segments in one object: the magic, each part as its length[4] (big-endian) and its record, and a length of 0.
 * The index of packs contains the SHA-256 of each pack; each part also has its own hash.
 */
const MAGIC = "SQLPACK1";
const ANY_VERSION = /^SQLPACK\d$/;
const LENGTH_BYTES = 4;

const SECOND_MS = 1_000;

/** A segment with the hash of its link, or of the last link that was merged into it. */
export type SegmentLink = { readonly record: Segment; readonly hash: string };

/** The range of a pack's parts, without its beginning and end, so that parts of several packs can be joined. */
export function rangeOfParts(packBytes: number): { readonly from: number; readonly to: number } {
  return { from: MAGIC.length, to: packBytes - LENGTH_BYTES };
}

/** Joins the parts of packs unchanged. @param parts bytes in the {@link rangeOfParts} of each, in order */
export async function* packAround(parts: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield Buffer.from(MAGIC, "latin1");
  yield* parts;
  yield lengthOf(0);
}

/** Writes a pack part by part. @param parts segment records from `encodeRecord`, in order */
export async function* packOf(parts: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<Buffer> {
  yield Buffer.from(MAGIC, "latin1");
  for await (const part of parts) {
    yield lengthOf(part.length);
    yield Buffer.from(part.buffer, part.byteOffset, part.byteLength);
  }
  yield lengthOf(0);
}

/**
 * Reads a pack part by part, and checks that each follows the previous one. Every part has its `linkHash`, which the
 * next one refers to.
 * @throws CorruptObject
 * @throws NewerVersion if a later version wrote it
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
 * Merges consecutive links: those of the same writer and second (UTC) become one part, so that any second can be
 * restored, and any change of the writer.
 * @param links each can be released when the next is requested
 * @throws RangeError if one does not follow the previous one
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

/** Whether links have the same writer and second (UTC). Moments between them cannot be restored. */
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
