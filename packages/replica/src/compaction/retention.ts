import type { BaseEntry, Manifest, PackEntry } from "../manifest/manifest.ts";

/** Bases that are kept whatever their age, should the newest be damaged. */
const MIN_BASES = 2;

const DAY_MS = 86_400_000;

/**
 * What need not be kept so that every moment from `oldestMs` on can be restored: bases and packs from before, and bases
 * in between but for the first of each day (UTC), from which the packs lead on. A base with which the log itself began
 * anew stays, for no pack leads to it.
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
