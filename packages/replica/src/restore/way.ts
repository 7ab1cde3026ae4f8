import { type ChainLink, type Head, readTail } from "../log/log.ts";
import type { BaseEntry, PackEntry } from "../manifest/manifest.ts";
import type { Target } from "../target/target.ts";
import type { Avoided } from "./other-ways.ts";
import type { Limits } from "./plan.ts";
import { type Survey, type Tail, tailOf } from "./survey.ts";
import { ObjectTrouble, RestoreImpossible, timeText } from "./trouble.ts";

/** Packs, and the links that follow on them. */
export type Way = { readonly packs: readonly PackEntry[]; readonly tail: Tail };

type Labelled = { readonly timeMs: number; readonly epoch: number };

/** Whether a state is not later than wanted. */
export function isWithin({ atMs, throughEpoch }: Limits, { timeMs, epoch }: Labelled): boolean {
  return timeMs <= (atMs ?? Number.POSITIVE_INFINITY) && epoch <= (throughEpoch ?? Number.POSITIVE_INFINITY);
}

/** The links that are not later than wanted. */
export function linksWithin(limits: Limits, { chain }: Tail): readonly ChainLink[] {
  const beyond = chain.links.findIndex(({ record }) => !isWithin(limits, record));
  return beyond === -1 ? chain.links : chain.links.slice(0, beyond);
}

/** The packs that lead on from a base, up to a time. */
export function packsBehind(packs: readonly PackEntry[], base: BaseEntry, limits: Limits): readonly PackEntry[] {
  return packs.filter(
    (pack) => pack.toSlot > base.slot && pack.firstTimeMs <= (limits.atMs ?? Number.POSITIVE_INFINITY),
  );
}

/** Whether the links follow on what was known of the log; else they begin with a base of their own. */
export function isConnected({ head, chain }: Tail): boolean {
  const first = chain.links[0]?.record;
  return first === undefined || (first.previousSlot === head.slot && first.previousHash === head.hash);
}

/**
 * The way to a state that is wanted, as the manifest tells it and the log goes on.
 * @throws ObjectTrouble when that state would lie where the log is damaged
 */
export async function wayTo(target: Target, found: Survey, limits: Limits): Promise<Way> {
  let { tail } = found;
  // The links begin with a base, and what is wanted is older: they lie between `head` and that base.
  const first = tail.chain.links[0]?.record;
  if (first !== undefined && !isConnected(tail) && !isWithin(limits, first)) {
    const before = tail.slots.filter(({ slot }) => slot < first.slot);
    tail = await tailOf(target, tail.head, before, first.slot - before.length, 0);
  }
  checkIntact(tail, limits, labelOfHead(found));
  return { packs: found.manifest?.packs ?? [], tail };
}

/**
 * A way on which no pack is to be avoided: the slots of the log are read that the pack stands for, in the time before
 * they are removed.
 * @throws RestoreImpossible when they are gone
 */
export async function aroundPacks(
  target: Target,
  way: Way,
  base: BaseEntry,
  limits: Limits,
  avoid: Avoided,
): Promise<Way> {
  const behind =
    linksWithin(limits, way.tail).length > 0 ? packsBehind(way.packs, base, {}) : packsBehind(way.packs, base, limits);
  const bad = behind.findIndex(({ key }) => avoid.has(key));
  const pack = behind[bad];
  if (pack === undefined || base.slot > way.tail.head.slot) return way;
  const packs = behind.slice(0, bad);
  const before = packs.at(-1);
  const head: Head = before === undefined ? base : { slot: before.toSlot, hash: before.toHash };
  try {
    const slots = await readTail(target, head.slot + 1);
    const tail = await tailOf(target, head, slots, head.slot + 1, way.tail.nextSlot - 1);
    checkIntact(tail, limits, before?.lastTimeMs ?? base.timeMs);
    if (isConnected(tail)) return { packs, tail };
  } catch (error) {
    if (!(error instanceof ObjectTrouble)) throw error;
  }
  throw new RestoreImpossible(
    "damaged",
    `${target.name} is damaged: ${pack.key}: ${avoid.get(pack.key)}; and the log no longer has what it stands for. Restorable is every time before ${timeText(pack.firstTimeMs)}: choose one, or put the object back from a copy of the target.`,
  );
}

/** @param headTimeMs label of the last link before the tail */
function checkIntact(tail: Tail, { atMs, throughEpoch }: Limits, headTimeMs: number): void {
  if (tail.broken === undefined) return;
  const last = tail.chain.links.at(-1)?.record;
  const intactUntilMs = last?.timeMs ?? headTimeMs;
  // Later links may have been lost that lie within the limits too.
  if (atMs !== undefined && atMs <= intactUntilMs) return;
  if (throughEpoch !== undefined && last !== undefined && last.epoch > throughEpoch) return;
  const { fault, key, what, avoidable } = tail.broken;
  const hint = intactUntilMs > 0 ? `; restorable is every time up to ${timeText(intactUntilMs)}: choose one` : "";
  throw new ObjectTrouble(fault, key, what + hint, avoidable, tail.broken);
}

function labelOfHead({ manifest }: Survey): number {
  return Math.max(0, manifest?.packs.at(-1)?.lastTimeMs ?? 0, manifest?.bases.at(-1)?.timeMs ?? 0);
}
