import { createHash, randomBytes } from "node:crypto";
import { inOrder } from "../async.ts";
import { releaseMemory } from "../encoding.ts";
import { CorruptObject } from "../errors.ts";
import { LOG } from "../log/log.ts";
import {
  decodeRecord,
  decodeSegmentHead,
  recordHash,
  releasePages,
  type Segment,
  type SegmentHead,
} from "../log/record.ts";
import type { PackEntry } from "../manifest/manifest.ts";
import { slotKey, type Target } from "../target/target.ts";
import type { TailLink } from "./compaction.ts";
import { isSameSecond, packAround, packOf, partsOfSeconds, rangeOfParts, type SegmentLink } from "./pack.ts";

/** Packs are copied in pieces of this size. */
const COPIED_BYTES = 1_024 * 1_024;

/** Links read at a time. From a remote target, reading one by one could not keep up with writing. */
const READ_AT_ONCE = 8;

/** The same in bytes: large links are read one by one to save memory. */
const READ_AT_ONCE_BYTES = 1_024 * 1_024;

/** Links are merged if at most this share of their pages remains; otherwise it is not worth the work. */
const WORTH_MERGING = 0.5;

/** An encoded link of the log. */
type RawLink = { readonly head: SegmentHead; readonly hash: string; readonly bytes: Buffer };

/**
 * Packs links of the log. Those of one second become one part, or stay separate parts if they share few pages.
 * @throws CorruptObject if a link has changed
 */
export async function packLinks(target: Target, links: readonly TailLink[]): Promise<PackEntry> {
  const first = links[0] as TailLink;
  const last = links.at(-1) as TailLink;
  let previousSlot: number | undefined;
  let firstTimeMs: number | undefined;
  async function* parts(): AsyncGenerator<Buffer> {
    for await (const second of bySecond(target, links)) {
      previousSlot ??= second[0]?.head.previousSlot;
      const isMerged = isWorthMerging(second);
      firstTimeMs ??= (isMerged ? second.at(-1) : second[0])?.head.timeMs;
      if (isMerged) yield* merged(second);
      else for (const { bytes } of second) yield bytes;
      for (const { bytes } of second) releaseMemory(bytes);
    }
  }
  const written = await writePack(target, 1, first.slot, last.slot, packOf(parts()));
  return {
    level: 1,
    ...written,
    fromSlot: first.slot,
    toSlot: last.slot,
    toHash: last.hash,
    previousSlot: previousSlot ?? 0,
    firstTimeMs: firstTimeMs ?? first.timeMs,
    lastTimeMs: last.timeMs,
  };
}

async function* bySecond(target: Target, links: readonly TailLink[]): AsyncGenerator<RawLink[]> {
  let second: RawLink[] = [];
  const room = { maxBytes: READ_AT_ONCE_BYTES, bytesOf: ({ bytes }: TailLink) => bytes };
  for await (const raw of inOrder(links, READ_AT_ONCE, (link) => readLink(target, link), room)) {
    const before = second[0];
    if (before !== undefined && !isSameSecond(before.head, raw.head)) {
      yield second;
      second = [];
    }
    second.push(raw);
  }
  if (second.length > 0) yield second;
}

function isWorthMerging(links: readonly RawLink[]): boolean {
  const all = links.flatMap(({ head }) => head.pageNumbers);
  return links.length > 1 && new Set(all).size <= WORTH_MERGING * all.length;
}

async function* merged(links: readonly RawLink[]): AsyncGenerator<Buffer> {
  async function* decoded(): AsyncGenerator<SegmentLink> {
    for (const { bytes, hash } of links) {
      const record = (await decodeRecord(bytes)) as Segment;
      yield { record, hash };
      releasePages(record);
    }
  }
  for await (const { bytes } of partsOfSeconds(decoded())) {
    yield bytes;
    releaseMemory(bytes);
  }
}

async function readLink(target: Target, { slot, hash }: TailLink): Promise<RawLink> {
  const key = slotKey(LOG, slot);
  const bytes = await target.read(key);
  const head = bytes === undefined ? undefined : await decodeSegmentHead(bytes).catch(() => undefined);
  if (bytes === undefined || head?.slot !== slot || recordHash(bytes) !== hash)
    throw new CorruptObject(`${key} is not what was written there`);
  return { head, hash, bytes };
}

/**
 * Joins consecutive packs, with their parts unchanged.
 * @throws CorruptObject if one of them has changed
 */
export async function mergePacks(target: Target, packs: readonly PackEntry[]): Promise<PackEntry> {
  const first = packs[0] as PackEntry;
  const last = packs.at(-1) as PackEntry;
  const level = first.level === 1 ? 2 : 3;
  async function* parts(): AsyncGenerator<Buffer> {
    for (const pack of packs) yield* partsOf(target, pack);
  }
  const written = await writePack(target, level, first.fromSlot, last.toSlot, packAround(parts()));
  const { fromSlot, previousSlot, firstTimeMs } = first;
  const { toSlot, toHash, lastTimeMs } = last;
  return { level, ...written, fromSlot, toSlot, toHash, previousSlot, firstTimeMs, lastTimeMs };
}

/** The bytes of a pack's parts. Their hash is verified at the end. */
async function* partsOf(target: Target, { key, bytes, sha256 }: PackEntry): AsyncGenerator<Buffer> {
  const digest = createHash("sha256");
  const { from, to } = rangeOfParts(bytes);
  for (let offset = 0; offset < bytes; offset += COPIED_BYTES) {
    const length = Math.min(COPIED_BYTES, bytes - offset);
    const chunk = await target.read(key, { offset, length });
    if (chunk === undefined) throw new CorruptObject(`${key} is missing`);
    digest.update(chunk);
    yield chunk.subarray(Math.max(0, from - offset), Math.max(0, to - offset));
    releaseMemory(chunk);
  }
  if (digest.digest("hex") !== sha256) throw new CorruptObject(`${key} is not what was written there`);
}

async function writePack(
  target: Target,
  level: PackEntry["level"],
  fromSlot: number,
  toSlot: number,
  content: AsyncIterable<Uint8Array>,
): Promise<{ key: string; bytes: number; sha256: string }> {
  const digest = createHash("sha256");
  let bytes = 0;
  async function* measured(): AsyncGenerator<Uint8Array> {
    for await (const chunk of content) {
      digest.update(chunk);
      bytes += chunk.length;
      yield chunk;
    }
  }
  // A unique key, so that an interrupted attempt does not block the next one.
  const key = `${slotKey(`replica/L${level}/`, fromSlot)}-${slotKey("", toSlot)}-${randomBytes(3).toString("hex")}`;
  await target.create(key, measured());
  return { key, bytes, sha256: digest.digest("hex") };
}
