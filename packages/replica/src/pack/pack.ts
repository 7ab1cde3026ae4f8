import { decodeRecord, encodeRecord, RecordCorrupt, RecordNewer, recordHash, type Segment } from "../log/record.ts";

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

/** The bytes are no pack, or not what was written. */
export class PackCorrupt extends Error {
  override readonly name = "PackCorrupt";
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
 * @throws PackCorrupt saying what is wrong
 * @throws RecordNewer when it was written by a later version
 */
export async function* packParts(bytes: Buffer): AsyncGenerator<Segment & { readonly linkHash: string }> {
  const magic = bytes.toString("latin1", 0, MAGIC.length);
  if (magic !== MAGIC && ANY_VERSION.test(magic)) throw new RecordNewer(`a pack begins with ${magic}`);
  if (magic !== MAGIC) throw new PackCorrupt("it does not begin as a pack");
  let before: (Segment & { readonly linkHash: string }) | undefined;
  for (let at = MAGIC.length; ; ) {
    if (at + LENGTH_BYTES > bytes.length) throw new PackCorrupt(`it is cut off after ${bytes.length} bytes`);
    const from = at + LENGTH_BYTES;
    at = from + bytes.readUInt32BE(at);
    if (at > bytes.length) throw new PackCorrupt(`it is cut off after ${bytes.length} bytes`);
    if (at === from) {
      if (at < bytes.length) throw new PackCorrupt(`it has ${bytes.length - at} bytes behind its end`);
      return;
    }
    const part = await decodePart(bytes.subarray(from, at), from);
    if (before !== undefined && !(part.previousSlot === before.slot && part.previousHash === before.linkHash))
      throw new PackCorrupt(`its part of slot ${part.slot} does not follow on the one before, of slot ${before.slot}`);
    yield part;
    before = part;
  }
}

async function decodePart(bytes: Buffer, offset: number): Promise<Segment & { readonly linkHash: string }> {
  try {
    const record = await decodeRecord(bytes);
    if (record.kind !== "segment") throw new PackCorrupt(`its part at byte ${offset} is a record "${record.kind}"`);
    return { ...record, linkHash: record.linkHash ?? recordHash(bytes) };
  } catch (error) {
    if (!(error instanceof RecordCorrupt)) throw error;
    throw new PackCorrupt(`its part at byte ${offset} is damaged: ${error.message}`, { cause: error });
  }
}

/**
 * One encoded record that does what several do one after the other: it follows on what the first follows on, and stands
 * for the last.
 * @param links at least one, each following on the one before
 * @throws RangeError when they do not
 */
export async function mergeSegments(links: readonly SegmentLink[]): Promise<Buffer> {
  const first = links[0]?.record;
  const last = links.at(-1);
  if (first === undefined || last === undefined) throw new RangeError("there is nothing to merge");
  const { previousSlot, previousHash, firstCommit } = first;
  const pages = mergePages(links);
  return encodeRecord({ ...last.record, previousSlot, previousHash, firstCommit, pages, linkHash: last.hash });
}

/**
 * The last image of each page. What is cut off by a database that shrinks is gone for good: a page that comes back
 * without an image, which SQLite never leaves so, is zeros, as in a file that was cut off and grew again.
 */
function mergePages(links: readonly SegmentLink[]): Map<number, Uint8Array> {
  const pages = new Map<number, Uint8Array>();
  let before: SegmentLink | undefined;
  let highestPage = 0;
  let fewestPages = Number.POSITIVE_INFINITY;
  for (const link of links) {
    const { record } = link;
    if (before !== undefined && !(record.previousSlot === before.record.slot && record.previousHash === before.hash))
      throw new RangeError(`slot ${record.slot} does not follow on slot ${before.record.slot}`);
    for (const [page, image] of record.pages) {
      pages.set(page, image);
      highestPage = Math.max(highestPage, page);
    }
    for (; highestPage > record.databasePages; highestPage--) pages.delete(highestPage);
    fewestPages = Math.min(fewestPages, record.databasePages);
    before = link;
  }
  if (before === undefined) return pages;
  const zeros = Buffer.alloc(before.record.pageSize);
  for (let page = fewestPages + 1; page <= before.record.databasePages; page++) {
    if (!pages.has(page)) pages.set(page, zeros);
  }
  return pages;
}

/**
 * Groups links that follow on each other into those of the same writer and the same second (UTC), to be merged into one
 * part each: any second can be restored, and any point at which the writer changed.
 */
export async function* partsOfSecond(
  links: AsyncIterable<SegmentLink> | Iterable<SegmentLink>,
): AsyncGenerator<SegmentLink[]> {
  let group: SegmentLink[] = [];
  for await (const link of links) {
    const before = group[0]?.record;
    if (before !== undefined && !(before.epoch === link.record.epoch && secondOf(before) === secondOf(link.record))) {
      yield group;
      group = [];
    }
    group.push(link);
  }
  if (group.length > 0) yield group;
}

function secondOf({ timeMs }: Segment): number {
  return Math.floor(timeMs / SECOND_MS);
}

function lengthOf(bytes: number): Buffer {
  const length = Buffer.allocUnsafe(LENGTH_BYTES);
  length.writeUInt32BE(bytes);
  return length;
}
