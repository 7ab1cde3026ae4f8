import { ObjectError, RestoreImpossible, timeText } from "../errors.ts";
import { BEFORE_FIRST, type ChainLink, type Head, LOG, readTail } from "../log/log.ts";
import type { Base, Segment } from "../log/record.ts";
import type { BaseEntry, PackEntry } from "../manifest/manifest.ts";
import { slotKey, type Target } from "../target/target.ts";
import {
  type LogEnd,
  readBeyondGaps,
  type Survey,
  type Tail,
  type Traces,
  tailOf,
  withDoubtfulEnd,
} from "./inventory.ts";
import type { Avoided } from "./objects.ts";
import type { Limits } from "./plan.ts";

/** Packs, and the links that follow them. */
export type Way = { readonly packs: readonly PackEntry[]; readonly tail: Tail };

type Labelled = { readonly timeMs: number; readonly epoch: number };

export function isWithin({ atMs, throughEpoch }: Limits, { timeMs, epoch }: Labelled): boolean {
  return timeMs <= (atMs ?? Number.POSITIVE_INFINITY) && epoch <= (throughEpoch ?? Number.POSITIVE_INFINITY);
}

export function linksWithin(limits: Limits, { chain }: Tail): readonly ChainLink[] {
  const beyond = chain.links.findIndex(({ record }) => !isWithin(limits, record));
  return beyond === -1 ? chain.links : chain.links.slice(0, beyond);
}

/** The packs that continue from a base, up to a time. */
export function packsBehind(packs: readonly PackEntry[], base: BaseEntry, limits: Limits): readonly PackEntry[] {
  return packs.filter(
    (pack) => pack.toSlot > base.slot && pack.firstTimeMs <= (limits.atMs ?? Number.POSITIVE_INFINITY),
  );
}

/** Whether the links follow the known log; otherwise they begin with a base of their own. */
function isConnected({ head, chain }: Tail): boolean {
  const first = chain.links[0]?.record;
  return first === undefined || (first.previousSlot === head.slot && first.previousHash === head.hash);
}

/**
 * The way to the wanted state, by the manifest and the log behind it.
 * @throws ObjectError when that state would be in a damaged part of the log
 */
export function wayTo(found: Survey, limits: Limits): Way {
  const first = found.tail.chain.links[0]?.record;
  const isOlder = first !== undefined && !isConnected(found.tail) && !isWithin(limits, first);
  const tailFrom = (head: Head) => (isOlder ? tailBefore(head, found.tail, first) : tailOf(head, found.tail));
  const straight = tailFrom(found.tail.head);
  const trouble = troubleWith(straight, limits, labelOfHead(found));
  const tail =
    trouble === undefined
      ? (tailBehindUnreadable(found, straight, limits, tailFrom) ?? straight)
      : tailBehindBase(found, limits, tailFrom);
  if (tail === undefined) throw trouble;
  return { packs: found.manifest?.packs ?? [], tail: withDoubt(found, tail, limits) };
}

/** Adds the doubt about the wanted state that the end of the log raises. */
function withDoubt(found: Survey, tail: Tail, limits: Limits): Tail {
  const { doubt, ...rest } = throughEnd(found, tail);
  const label = found.manifest?.bases.find(({ slot }) => slot === tail.head.slot)?.timeMs ?? labelOfHead(found);
  const trouble = troubleWith({ ...rest, broken: doubt }, limits, label);
  return trouble === undefined ? rest : { ...rest, doubt: trouble };
}

/** Adds the doubt beyond the newest known state that the end of the log raises. */
export function throughEnd({ manifest, traces }: Survey, tail: Tail): Tail {
  if (tail.broken !== undefined) return tail;
  const last = tail.chain.links.at(-1)?.record.slot ?? tail.head.slot;
  return withDoubtfulEnd(tail, Math.max(last, manifest?.bases.at(-1)?.slot ?? 0), traces);
}

/**
 * The tail behind the newest base, if the link of that base ended the log and cannot be read any more. The manifest shows that
 * the link existed; otherwise the torn slot would be one that was never finished.
 */
function tailBehindUnreadable(
  { manifest }: Survey,
  { head, chain }: Tail,
  limits: Limits,
  tailFrom: (head: Head) => Tail,
): Tail | undefined {
  const base = manifest?.bases.findLast((one) => isWithin(limits, one));
  const lastSlot = chain.links.at(-1)?.record.slot ?? head.slot;
  if (base === undefined || base.slot <= lastSlot) return undefined;
  const behind = tailFrom(base);
  const passedOver = `${slotKey(LOG, base.slot)} cannot be read any more and was passed over; the snapshot ${base.key} has the state that it led to, so nothing is lost.`;
  return { ...behind, warnings: [...behind.warnings, passedOver] };
}

/** The links behind a base of the manifest that is beyond the loss. */
function tailBehindBase({ manifest, tail }: Survey, limits: Limits, tailFrom: (head: Head) => Tail): Tail | undefined {
  const beyond = manifest?.bases.filter((base) => base.slot > tail.head.slot && isWithin(limits, base)) ?? [];
  for (const { slot, hash, timeMs } of beyond.toReversed()) {
    const behind = tailFrom({ slot, hash });
    const loss = `Some states before that of slot ${slot}, which a snapshot has, are lost.`;
    if (troubleWith(behind, limits, timeMs) === undefined) return { ...behind, warnings: [...behind.warnings, loss] };
  }
  return undefined;
}

/** The links between the head and the base that the links begin with. */
function tailBefore(
  head: Head,
  { slots, nextSlot }: LogEnd,
  { slot, previousSlot, previousHash }: Base | Segment,
): Tail {
  const before = { slots: slots.filter((content) => content.slot < slot), nextSlot };
  const tail = tailOf(head, before);
  const link = tail.chain.links.at(-1);
  const last = link === undefined ? head : { slot: link.record.slot, hash: link.hash };
  const beginsAnew = previousSlot === BEFORE_FIRST.slot && previousHash === BEFORE_FIRST.hash;
  if (beginsAnew || (last.slot === previousSlot && last.hash === previousHash)) return tail;
  const what = `the link in slot ${slot} follows on it, but it is not as it was then`;
  return tailOf(head, before, new ObjectError("corrupt", slotKey(LOG, previousSlot), what, false));
}

/**
 * Replaces packs that cannot be used by their slots of the log, which stay for some time.
 * @throws RestoreImpossible when they are gone
 */
export async function aroundPacks(
  target: Target,
  way: Way,
  base: BaseEntry,
  limits: Limits,
  avoid: Avoided,
  traces: Traces,
): Promise<Way> {
  const behind =
    linksWithin(limits, way.tail).length > 0 ? packsBehind(way.packs, base, {}) : packsBehind(way.packs, base, limits);
  const bad = behind.findIndex(({ key }) => avoid.has(key));
  const pack = behind[bad];
  if (pack === undefined || base.slot > way.tail.head.slot) return way;
  const packs = behind.slice(0, bad);
  const before = packs.at(-1);
  const head: Head = before === undefined ? base : { slot: before.toSlot, hash: before.toHash };
  const from = head.slot + 1;
  const tail = tailOf(head, await readBeyondGaps(target, from, await readTail(target, from), traces));
  const trouble = troubleWith(tail, limits, before?.lastTimeMs ?? base.timeMs);
  const { doubt } = way.tail;
  const isWhole = trouble === undefined && isConnected(tail);
  if (isWhole) return { packs, tail: doubt === undefined ? tail : { ...tail, doubt } };
  throw new RestoreImpossible(
    "damaged",
    `${target.name} is damaged: ${pack.key}: ${avoid.get(pack.key)}; and the log no longer has its content. You can restore every time before ${timeText(pack.firstTimeMs)}: choose one, or put the object back from a copy of the target.`,
  );
}

/**
 * The loss in a tail, if the wanted state may be among the lost ones.
 * @param headTimeMs label of the last link before the tail
 */
function troubleWith(
  tail: Pick<Tail, "chain"> & { readonly broken?: ObjectError | undefined },
  { atMs, throughEpoch }: Limits,
  headTimeMs: number,
): ObjectError | undefined {
  if (tail.broken === undefined) return undefined;
  const last = tail.chain.links.at(-1)?.record;
  const intactUntilMs = last?.timeMs ?? headTimeMs;
  if (atMs !== undefined && atMs <= intactUntilMs) return undefined;
  if (throughEpoch !== undefined && last !== undefined && last.epoch > throughEpoch) return undefined;
  const { fault, key, what, avoidable } = tail.broken;
  const hint = intactUntilMs > 0 ? `; every time up to ${timeText(intactUntilMs)} can be restored: choose one` : "";
  return new ObjectError(fault, key, what + hint, avoidable, tail.broken);
}

function labelOfHead({ manifest, tail }: Survey): number {
  const base = manifest?.bases.findLast(({ slot }) => slot <= tail.head.slot);
  return Math.max(0, manifest?.packs.at(-1)?.lastTimeMs ?? 0, base?.timeMs ?? 0);
}
