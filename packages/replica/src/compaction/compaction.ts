import type { ChainLink } from "../log/log.ts";
import { type BaseEntry, type Dropped, MANIFESTS, type Manifest, type PackEntry } from "../manifest/manifest.ts";
import { slotKey } from "../target/target.ts";

/** This many links, packs of level 1, or packs of level 2 are merged into one. */
export const FANOUT = 16;

/**
 * Links packed at a time at most. If packing falls behind, it catches up in fewer and larger steps, because merging
 * waits for it.
 */
const MAX_PACKED_LINKS = FANOUT * FANOUT;

/** Packs after the newest base at most: with the base and the links, a restore reads 64 objects. */
const MAX_PACKS = 64 - 1 - FANOUT;

const MAX_MERGE_BYTES = 16 * 1_024 * 1_024;

/** Packs are not merged beyond this size, because a restore holds one in memory. */
const MAX_PACK_BYTES = 64 * 1_024 * 1_024;

/** A base is made when a restore would read half as much again, but not for less than this. */
const MIN_DELTA_BYTES = 4 * 1_024 * 1_024;

/** A base is made at least this often if something changed. */
const BASE_PERIOD_MS = 86_400_000;

/** A link of the log that is in no pack yet. */
export type TailLink = {
  readonly slot: number;
  readonly hash: string;
  readonly bytes: number;
  readonly timeMs: number;
  /** Its entry in the manifest, for a base. */
  readonly base?: BaseEntry;
};

/** zstd compresses pages to about a third; the exact ratio does not matter. */
const COMPRESSED_SHARE = 1 / 3;

/** A link of the log as compaction counts it. */
export function tailLink({ record, hash }: ChainLink): TailLink {
  const { slot, timeMs, epoch, pageSize, databasePages, checksum } = record;
  if (record.kind === "segment") {
    return { slot, hash, timeMs, bytes: Math.ceil(record.pages.size * pageSize * COMPRESSED_SHARE) };
  }
  const { snapshotKey: key, snapshotBytes: bytes } = record;
  const base = { slot, hash, epoch, timeMs, key, bytes, pageSize, databasePages, checksum };
  return { slot, hash, timeMs, bytes, base };
}

/** The next step that keeps restores and the manifest short. */
export type Compaction =
  | { readonly kind: "enter-base"; readonly link: TailLink & { readonly base: BaseEntry } }
  | { readonly kind: "pack"; readonly links: readonly TailLink[] }
  | { readonly kind: "merge"; readonly packs: readonly PackEntry[] }
  | { readonly kind: "base"; readonly because: BaseReason };

/** Why a base is due: there is none, a restore would read too many objects or bytes, or it is too old. */
type BaseReason = "none" | "objects" | "size" | "age";

/**
 * Decides what is due.
 * @param tail links after those in the manifest, in order
 * @param nowMs for the age of the base
 */
export function nextCompaction(manifest: Manifest, tail: readonly TailLink[], nowMs: number): Compaction | undefined {
  const baseAt = tail.findIndex(({ base }) => base !== undefined);
  const first = tail[0];
  if (baseAt === 0 && first?.base !== undefined) return { kind: "enter-base", link: { ...first, base: first.base } };
  if (baseAt > 0 || tail.length >= FANOUT) {
    const count = Math.min(baseAt > 0 ? baseAt : tail.length, MAX_PACKED_LINKS);
    return { kind: "pack", links: upTo(tail.slice(0, count), MAX_MERGE_BYTES) };
  }
  const base = manifest.bases.at(-1);
  if (base === undefined) return { kind: "base", because: "none" };
  const behind = manifest.packs.findIndex(({ toSlot }) => toSlot > base.slot);
  const since = behind < 0 ? [] : manifest.packs.slice(behind);
  // Not across the base: a restore would read again what the base contains.
  const packs = mergeable(since) ?? mergeable(manifest.packs.slice(0, manifest.packs.length - since.length));
  if (packs !== undefined) return { kind: "merge", packs };
  const because = reasonForBase(base, since, tail, nowMs);
  return because && { kind: "base", because };
}

/** Objects that a restore of the latest state reads: base, later packs, links of the log. */
export function restorePath(manifest: Manifest, tail: readonly TailLink[]): number {
  const base = manifest.bases.at(-1);
  const packs = manifest.packs.filter(({ toSlot }) => toSlot > (base?.slot ?? 0));
  return 1 + packs.length + tail.filter(({ slot }) => slot > (base?.slot ?? 0)).length;
}

function reasonForBase(
  base: BaseEntry,
  packs: readonly PackEntry[],
  tail: readonly TailLink[],
  nowMs: number,
): BaseReason | undefined {
  const links = tail.filter(({ slot }) => slot > base.slot);
  if (packs.length === 0 && links.length === 0) return undefined;
  if (packs.length > MAX_PACKS) return "objects";
  if (nowMs - base.timeMs >= BASE_PERIOD_MS) return "age";
  const deltaBytes = [...packs, ...links].reduce((sum, { bytes }) => sum + bytes, 0);
  return deltaBytes > Math.max(MIN_DELTA_BYTES, base.bytes / 2) ? "size" : undefined;
}

/** The first consecutive packs of one level that are numerous enough to merge. */
function mergeable(packs: readonly PackEntry[]): PackEntry[] | undefined {
  for (const level of [1, 2] as const) {
    let from = 0;
    for (let at = 0; at < packs.length; at++) {
      const pack = packs[at] as PackEntry;
      const isNext = pack.level === level && (at === from || pack.previousSlot === packs[at - 1]?.toSlot);
      if (!isNext) from = pack.level === level ? at : at + 1;
      if (at + 1 - from < FANOUT) continue;
      const fitting = upTo(packs.slice(from, at + 1), MAX_PACK_BYTES);
      if (fitting.length > 1) return fitting;
      from++;
    }
  }
  return undefined;
}

/** The first items up to this many bytes, but at least one. */
function upTo<Sized extends { readonly bytes: number }>(things: readonly Sized[], maxBytes: number): Sized[] {
  let bytes = 0;
  const end = things.findIndex((thing) => {
    bytes += thing.bytes;
    return bytes > maxBytes;
  });
  return things.slice(0, end < 0 ? things.length : Math.max(1, end));
}

/** Bases that are kept at any age, in case the newest is damaged. */
const MIN_BASES = 2;

const DAY_MS = 86_400_000;

/**
 * Bases and packs that are not needed to restore every moment from `oldestMs` on: older ones, and bases in between
 * except the first of each day (UTC), from which packs continue. A base that restarted the log stays, because no pack
 * leads to it.
 */
export function expired(manifest: Manifest, oldestMs: number): { bases: BaseEntry[]; packs: PackEntry[] } {
  const { bases, packs } = manifest;
  const newest = bases.slice(-MIN_BASES);
  const firstNeeded = bases.findLast(({ timeMs }) => timeMs <= oldestMs) ?? bases[0];
  if (firstNeeded === undefined) return { bases: [], packs: [] };
  const days = new Set<number>();
  const goes = (base: BaseEntry): boolean => {
    if (base.slot < firstNeeded.slot) return !newest.includes(base);
    const day = Math.floor(base.timeMs / DAY_MS);
    const isFirstOfDay = !days.has(day);
    days.add(day);
    const isReached = packs.some(({ fromSlot, toSlot }) => fromSlot <= base.slot && base.slot <= toSlot);
    return isReached && base !== firstNeeded && !isFirstOfDay && !newest.includes(base);
  };
  const gone = bases.filter(goes);
  const oldestKept = bases.find((base) => !gone.includes(base));
  return { bases: gone, packs: packs.filter(({ toSlot }) => toSlot <= (oldestKept?.slot ?? 0)) };
}

/** Unused objects stay this long, because a restore may have planned to read them, or a listing may lag. */
const GRACE_MS = 10 * 60_000;
const MANIFEST_GRACE_MS = 60 * 60_000;

/** Objects dropped within this time share a note. */
const NOTED_TOGETHER_MS = 60_000;

/** Notes objects whose keys end with a number. Consecutive ones need one note a minute. */
export function dropNumbered(
  dropped: readonly Dropped[],
  prefix: string,
  from: number,
  through: number,
  atMs: number,
): Dropped[] {
  const at = dropped.findLastIndex(({ key }) => key.startsWith(prefix));
  const last = dropped[at];
  const follows = last?.through !== undefined && last.through + 1 === from;
  const isSameTime = last !== undefined && timeSlice(last.atMs) === timeSlice(atMs);
  if (last === undefined || !follows || !isSameTime) {
    return [...dropped, { key: slotKey(prefix, from), through, atMs }];
  }
  return dropped.with(at, { ...last, through, atMs });
}

export function mayBeRemoved({ key, atMs }: Dropped, nowMs: number): boolean {
  return nowMs - atMs >= (key.startsWith(MANIFESTS) ? MANIFEST_GRACE_MS : GRACE_MS);
}

/**
 * Takes objects that may be removed from the notes, up to a maximum.
 * @returns their keys, and the remaining notes
 */
export function takeRemovable(
  dropped: readonly Dropped[],
  nowMs: number,
  limit: number,
): { readonly keys: string[]; readonly rest: Dropped[] } {
  const keys: string[] = [];
  const rest: Dropped[] = [];
  for (const note of dropped) {
    if (!mayBeRemoved(note, nowMs) || keys.length >= limit) {
      rest.push(note);
      continue;
    }
    const { key, through } = note;
    if (through === undefined) {
      keys.push(key);
      continue;
    }
    const prefix = key.slice(0, key.lastIndexOf("/") + 1);
    const first = Number(key.slice(prefix.length));
    const last = Math.min(through, first + limit - keys.length - 1);
    for (let number = first; number <= last; number++) keys.push(slotKey(prefix, number));
    if (last < through) rest.push({ ...note, key: slotKey(prefix, last + 1) });
  }
  return { keys, rest };
}

/**
 * Whether removing is worth a new manifest. For the last manifest alone it is not: every removal would make the next
 * one.
 */
export function isWorthRemoving(dropped: readonly Dropped[], nowMs: number): boolean {
  const { keys } = takeRemovable(dropped, nowMs, 2);
  return keys.length > 1 || keys.some((key) => !key.startsWith(MANIFESTS));
}

function timeSlice(atMs: number): number {
  return Math.floor(atMs / NOTED_TOGETHER_MS);
}
