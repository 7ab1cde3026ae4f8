import { createHash, randomBytes } from "node:crypto";
import { type ChainLink, LOG, readSlot } from "../log/log.ts";
import { isLink, type Segment } from "../log/record.ts";
import type { BaseEntry, Manifest, PackEntry } from "../manifest/manifest.ts";
import { mergeSegments, packOf, packParts, partsOfSecond, type SegmentLink } from "../pack/pack.ts";
import { slotKey, type Target } from "../target/target.ts";

/** Links in the log, packs of level 1, and packs of level 2 that are let stand before they are merged. */
export const FANOUT = 16;

/** Bytes of links that are merged at a time; they are held in memory. */
const MAX_MERGE_BYTES = 16 * 1_024 * 1_024;

/** A base is worth its making once a restore would read half as much again, and not for less than this. */
const MIN_DELTA_BYTES = 4 * 1_024 * 1_024;

/** A base at least so often, if something changed. */
const BASE_PERIOD_MS = 86_400_000;

/** A link of the log that no pack stands for yet. */
export type TailLink = {
  readonly slot: number;
  readonly hash: string;
  readonly bytes: number;
  readonly timeMs: number;
  /** What the manifest says of it, for a base. */
  readonly base?: BaseEntry;
};

/** zstd makes about a third of the pages; how much exactly matters to nobody. */
const COMPRESSED_SHARE = 1 / 3;

/** A link of the log, as read, in the form that compaction counts. */
export function tailLink({ record, hash }: ChainLink): TailLink {
  const { slot, timeMs, epoch, pageSize, databasePages, checksum } = record;
  if (record.kind === "segment") {
    return { slot, hash, timeMs, bytes: Math.ceil(record.pages.size * pageSize * COMPRESSED_SHARE) };
  }
  const { snapshotKey: key, snapshotBytes: bytes } = record;
  const base = { slot, hash, epoch, timeMs, key, bytes, pageSize, databasePages, checksum };
  return { slot, hash, timeMs, bytes, base };
}

/** What is to be done next to keep the way of a restore short. */
export type Compaction =
  | { readonly kind: "enter-base"; readonly link: TailLink & { readonly base: BaseEntry } }
  | { readonly kind: "pack"; readonly links: readonly TailLink[] }
  | { readonly kind: "merge"; readonly packs: readonly PackEntry[] }
  | { readonly kind: "base" };

/**
 * Decides what is due.
 * @param tail links behind what the manifest covers, in order
 * @param nowMs for the age of the base
 */
export function nextCompaction(manifest: Manifest, tail: readonly TailLink[], nowMs: number): Compaction | undefined {
  const baseAt = tail.findIndex(({ base }) => base !== undefined);
  const first = tail[0];
  if (baseAt === 0 && first?.base !== undefined) return { kind: "enter-base", link: { ...first, base: first.base } };
  if (baseAt > 0 || tail.length >= FANOUT)
    return { kind: "pack", links: upTo(tail.slice(0, baseAt > 0 ? baseAt : FANOUT)) };
  const base = manifest.bases.at(-1);
  if (base === undefined) return { kind: "base" };
  const since = manifest.packs.filter(({ toSlot }) => toSlot > base.slot);
  const level1 = trailing(since, 1);
  if (level1.length >= FANOUT) return { kind: "merge", packs: level1 };
  if (isBaseDue(base, since, tail, nowMs)) return { kind: "base" };
  return undefined;
}

/** Objects that a restore of the latest state reads: base, packs behind it, links of the log. */
export function restorePath(manifest: Manifest, tail: readonly TailLink[]): number {
  const base = manifest.bases.at(-1);
  const packs = manifest.packs.filter(({ toSlot }) => toSlot > (base?.slot ?? 0));
  return 1 + packs.length + tail.filter(({ slot }) => slot > (base?.slot ?? 0)).length;
}

function isBaseDue(base: BaseEntry, packs: readonly PackEntry[], tail: readonly TailLink[], nowMs: number): boolean {
  const links = tail.filter(({ slot }) => slot > base.slot);
  if (packs.length === 0 && links.length === 0) return false;
  if (packs.filter(({ level }) => level === 2).length >= FANOUT) return true;
  if (nowMs - base.timeMs >= BASE_PERIOD_MS) return true;
  const deltaBytes = [...packs, ...links].reduce((sum, { bytes }) => sum + bytes, 0);
  return deltaBytes > Math.max(MIN_DELTA_BYTES, base.bytes / 2);
}

function upTo(links: readonly TailLink[]): TailLink[] {
  let bytes = 0;
  const end = links.findIndex((link) => {
    bytes += link.bytes;
    return bytes > MAX_MERGE_BYTES;
  });
  return links.slice(0, end < 0 ? links.length : Math.max(1, end));
}

function trailing(packs: readonly PackEntry[], level: 1 | 2): PackEntry[] {
  const end = packs.findLastIndex((pack) => pack.level !== level);
  return packs.slice(end + 1);
}

/**
 * Writes a pack that stands for links of the log: one part for each second in which there were any.
 * @throws CompactionImpossible when a link is not what it was
 */
export async function packLinks(target: Target, links: readonly TailLink[]): Promise<PackEntry> {
  const first = links[0] as TailLink;
  const last = links.at(-1) as TailLink;
  let previousSlot = 0;
  let firstTimeMs: number | undefined;
  async function* records(): AsyncGenerator<SegmentLink> {
    for (const link of links) {
      const record = await readLink(target, link);
      if (link === first) previousSlot = record.previousSlot;
      yield { record, hash: link.hash };
    }
  }
  async function* parts(): AsyncGenerator<Buffer> {
    for await (const group of partsOfSecond(records())) {
      firstTimeMs ??= group.at(-1)?.record.timeMs;
      yield await mergeSegments(group);
    }
  }
  const written = await writePack(target, 1, first.slot, last.slot, packOf(parts()));
  return {
    level: 1,
    ...written,
    fromSlot: first.slot,
    toSlot: last.slot,
    toHash: last.hash,
    previousSlot,
    firstTimeMs: firstTimeMs ?? first.timeMs,
    lastTimeMs: last.timeMs,
  };
}

/** Writes a pack that has the parts of several, which follow on each other. */
export async function mergePacks(target: Target, packs: readonly PackEntry[]): Promise<PackEntry> {
  const first = packs[0] as PackEntry;
  const last = packs.at(-1) as PackEntry;
  async function* parts(): AsyncGenerator<Buffer> {
    for (const pack of packs) {
      const bytes = await target.read(pack.key);
      if (bytes === undefined) throw new CompactionImpossible(`${pack.key} is missing`);
      for await (const part of packParts(bytes)) yield await mergeSegments([{ record: part, hash: part.linkHash }]);
    }
  }
  const written = await writePack(target, 2, first.fromSlot, last.toSlot, packOf(parts()));
  const { fromSlot, previousSlot, firstTimeMs } = first;
  const { toSlot, toHash, lastTimeMs } = last;
  return { level: 2, ...written, fromSlot, toSlot, toHash, previousSlot, firstTimeMs, lastTimeMs };
}

/** What was written to the target is not there as it was. */
export class CompactionImpossible extends Error {
  override readonly name = "CompactionImpossible";
}

async function readLink(target: Target, { slot, hash }: TailLink): Promise<Segment> {
  const content = await readSlot(target, slot);
  if (
    content.state !== "whole" ||
    content.hash !== hash ||
    !isLink(content.record) ||
    content.record.kind !== "segment"
  ) {
    throw new CompactionImpossible(`${slotKey(LOG, slot)} is not what was written there`);
  }
  return content.record;
}

async function writePack(
  target: Target,
  level: 1 | 2,
  fromSlot: number,
  toSlot: number,
  content: AsyncIterable<Buffer>,
): Promise<{ key: string; bytes: number; sha256: string }> {
  const digest = createHash("sha256");
  let bytes = 0;
  async function* measured(): AsyncGenerator<Buffer> {
    for await (const chunk of content) {
      digest.update(chunk);
      bytes += chunk.length;
      yield chunk;
    }
  }
  // An attempt that was cut off must not stand in the way of the next.
  const key = `${slotKey(`replica/L${level}/`, fromSlot)}-${slotKey("", toSlot)}-${randomBytes(3).toString("hex")}`;
  await target.create(key, measured());
  return { key, bytes, sha256: digest.digest("hex") };
}
