import { setTimeout as sleep } from "node:timers/promises";
import { ObjectError, RestoreImpossible, timeText } from "../errors.ts";
import { type Chain, type ChainLink, readSlot, type SlotContent } from "../log/log.ts";
import { isLink } from "../log/record.ts";
import type { BaseEntry, PackEntry } from "../manifest/manifest.ts";
import type { Target } from "../target/target.ts";
import { type Survey, survey } from "./inventory.ts";
import { type Avoided, type PackReader, type Part, withOtherWays } from "./objects.ts";
import { aroundPacks, isWithin, linksWithin, packsBehind, type Way, wayTo } from "./path.ts";

/** A state of the database: after one link of the log. */
export type RestorePoint = {
  readonly slot: number;
  readonly hash: string;
  /** Label of the link, ms since 1970. */
  readonly timeMs: number;
  /** Of the restored database. */
  readonly checksum: string;
  readonly pageSize: number;
  readonly databasePages: number;
  readonly epoch: number;
  /** Number of the last transaction; 0 if the target does not show it any more. */
  readonly lastCommit: number;
};

/** Which objects make up a state of the database. */
export type Plan = {
  readonly databaseId: string;
  readonly base: BaseEntry;
  /** Applied to the base in this order; the last one up to the point. */
  readonly packs: readonly PackEntry[];
  /** The links to apply behind the packs, up to the point. */
  readonly slots: readonly ChainLink[];
  readonly point: RestorePoint;
  /** Objects to read. */
  readonly objects: number;
  /** Bytes to read. Slots of the log, which have been read already, count with their uncompressed pages. */
  readonly bytes: number;
  /** The highest epoch of any primary, regardless of the point. */
  readonly maxEpoch: number;
  /** Whether the last primary has released the log. */
  readonly released: boolean;
  readonly owner?: Chain["owner"];
  readonly warnings: readonly string[];
  /** Why changes may have been lost from the end of the log. */
  readonly doubts: readonly string[];
  /** The first free slot of the log. */
  readonly nextSlot: number;
  /** Complete copies made so far; see `Manifest`. */
  readonly backupCount: number;
  /** Later bases, which packs and links may follow. */
  readonly passedBases: readonly BaseEntry[];
};

/** The wanted state is the last one within all of these. */
export type Limits = {
  /** Time label at most, ms since 1970. */
  readonly atMs?: number;
  /** Epoch of the writer at most. */
  readonly throughEpoch?: number;
};

type State = Pick<RestorePoint, "checksum" | "databasePages">;

/** A page's number, in a slot of the log. */
const PAGE_NUMBER_BYTES = 4;

/**
 * Plans how to restore the newest state of the database, or an earlier one. Reads the log, and the pack that contains the
 * point, if any.
 * @returns undefined if the target holds no database
 * @throws RestoreImpossible with what was found and what to do
 * @throws TargetError when the target does not answer
 */
export async function planRestore(target: Target, limits: Limits = {}): Promise<Plan | undefined> {
  return withOtherWays(target, (avoid, packs) => planAvoiding(target, limits, avoid, packs));
}

/** An instance that is taking the log now completes its slot within this time. */
const DOUBT_MS = 1_000;

/**
 * Looks again after a moment.
 * @returns the remaining doubts
 * @throws as {@link planRestore}
 */
export async function lastingDoubts(
  target: Target,
  { doubts }: Pick<Plan, "doubts">,
  limits: Limits = {},
): Promise<readonly string[]> {
  if (doubts.length === 0) return doubts;
  await sleep(DOUBT_MS);
  const again = await planRestore(target, limits);
  return doubts.filter((doubt) => again?.doubts.includes(doubt));
}

/**
 * As {@link planRestore}, but without some objects.
 * @param avoid bases and packs that cannot be used
 * @throws ObjectError when another object cannot be used either
 * @throws RestoreImpossible when nothing leads to the wanted state
 */
export async function planAvoiding(
  target: Target,
  limits: Limits,
  avoid: Avoided,
  packReader: PackReader,
): Promise<Plan | undefined> {
  const found = await survey(target);
  if (found === undefined) return undefined;
  const straight = wayTo(found, limits);
  const bases = basesOf(found, straight);
  const base = chooseBase(target, bases, straight, limits, avoid);
  const way = await aroundPacks(target, straight, base, limits, avoid, found.traces);
  const slots = linksWithin(limits, way.tail).filter(({ record }) => record.slot > base.slot);
  const { point: last, packs } = await findPoint({ target, way, base, slots, limits, packReader });
  const passedBases = bases.filter(({ slot }) => slot > base.slot);
  const point = orPassed(
    target,
    last,
    passedBases.filter((passed) => isWithin(limits, passed)),
    avoid,
  );
  const maxEpoch = Math.max(
    found.manifest?.epoch ?? 0,
    ...found.tail.slots.map(epochOf),
    ...bases.map(({ epoch }) => epoch),
  );
  return {
    databaseId: found.databaseId,
    base,
    packs,
    slots,
    point,
    objects: 1 + packs.length + slots.length,
    bytes:
      [base, ...packs].reduce((sum, { bytes }) => sum + bytes, 0) +
      slots.reduce((sum, link) => sum + linkBytes(link), 0),
    maxEpoch,
    ...ownerOf(found, maxEpoch),
    released: (found.tail.broken === undefined ? found : way).tail.chain.released,
    warnings: [...found.warnings, ...way.tail.warnings, ...warningsOf(way, avoid)],
    doubts: way.tail.doubt === undefined ? [] : [`${target.name} may be damaged: ${way.tail.doubt.message}.`],
    nextSlot: found.tail.nextSlot,
    backupCount: found.manifest?.backupCount ?? 0,
    passedBases,
  };
}

function ownerOf({ tail }: Survey, maxEpoch: number): Pick<Chain, "owner"> {
  const { chain, broken } = tail;
  if (chain.owner === undefined || broken !== undefined || chain.maxEpoch < maxEpoch) return {};
  return { owner: chain.owner };
}

function epochOf(content: SlotContent): number {
  return content.state === "whole" ? content.record.epoch : 0;
}

/** The share of a link in {@link Plan.bytes}. */
export function linkBytes({ record }: ChainLink): number {
  return record.kind === "base" ? 0 : record.pages.size * (PAGE_NUMBER_BYTES + record.pageSize);
}

/** All bases of the manifest and the log, in ascending order. */
export function basesOf({ manifest }: Survey, { tail }: Pick<Way, "tail">): BaseEntry[] {
  const bases = [...(manifest?.bases ?? [])];
  for (const { record, hash } of tail.chain.links) {
    if (record.kind !== "base" || bases.some(({ key }) => key === record.snapshotKey)) continue;
    const { slot, epoch, timeMs, snapshotKey: key, snapshotBytes: bytes, pageSize, databasePages, checksum } = record;
    bases.push({ slot, hash, epoch, timeMs, key, bytes, pageSize, databasePages, checksum });
  }
  return bases.sort((left, right) => left.slot - right.slot);
}

function chooseBase(target: Target, bases: readonly BaseEntry[], way: Way, limits: Limits, avoid: Avoided): BaseEntry {
  const { head } = way.tail;
  const links = linksWithin(limits, way.tail);
  const leadsOn = (base: BaseEntry) =>
    base.slot <= head.slot || links.some(({ record, hash }) => record.slot === base.slot && hash === base.hash);
  const within = bases.filter((base) => isWithin(limits, base));
  const base = within.findLast((candidate) => leadsOn(candidate) && !avoid.has(candidate.key));
  if (base !== undefined) return base;
  throw within.length === 0 ? beforeOldest(target, bases, way, limits) : allDamaged(target, avoid);
}

/**
 * If a base that cannot be used is the wanted state, its pages may be known from other objects. The chain then continues from
 * it as if it had been used.
 */
function orPassed(target: Target, point: RestorePoint, passed: readonly BaseEntry[], avoid: Avoided): RestorePoint {
  const last = passed.at(-1);
  if (last === undefined || last.slot <= point.slot) return point;
  if (!isSameState(last, point)) {
    throw allDamaged(target, avoid, ` You can restore every time before ${timeText(last.timeMs)}: choose one.`);
  }
  const { slot, hash, timeMs, epoch } = last;
  return { ...point, slot, hash, timeMs, epoch };
}

export function isSameState(left: State, right: State): boolean {
  return left.checksum === right.checksum && left.databasePages === right.databasePages;
}

function allDamaged(target: Target, avoid: Avoided, hint = ""): RestoreImpossible {
  const list = [...avoid].map(([key, what]) => `${key}: ${what}`).join("; ");
  const what = list === "" ? "no snapshot leads to the rest of its log" : list;
  return new RestoreImpossible(
    "damaged",
    `${target.name} is damaged: ${what}; and no other snapshot leads to the same state.${hint} Put the missing objects back from a copy of the target, or start with another target.`,
  );
}

function beforeOldest(
  target: Target,
  bases: readonly BaseEntry[],
  { packs, tail }: Way,
  limits: Limits,
): RestoreImpossible {
  const oldest = bases[0];
  if (oldest === undefined) {
    return new RestoreImpossible(
      "no-base",
      `${target.name} holds the log of a database, but no snapshot that it could begin with. Put the missing objects back from a copy of the target, or start with another target.`,
    );
  }
  const newestMs = Math.max(
    tail.chain.links.at(-1)?.record.timeMs ?? 0,
    packs.at(-1)?.lastTimeMs ?? 0,
    bases.at(-1)?.timeMs ?? 0,
  );
  const range = `You can restore every time from ${timeText(oldest.timeMs)} to ${timeText(newestMs)}`;
  if (limits.atMs !== undefined && limits.atMs < oldest.timeMs) {
    return new RestoreImpossible(
      "out-of-range",
      `${timeText(limits.atMs)} is before the oldest state at ${target.name}. ${range}: choose one.`,
    );
  }
  return new RestoreImpossible(
    "out-of-range",
    `${target.name} holds no state of a writer up to epoch ${limits.throughEpoch}. ${range}.`,
  );
}

function warningsOf({ tail }: Way, avoid: Avoided): string[] {
  const avoided = [...avoid].map(([key, what]) => `${key}: ${what}; the restore used other objects.`);
  return tail.broken === undefined ? avoided : [...avoided, `Later states are lost: ${tail.broken.message}.`];
}

/** Where to look for a point. */
type Course = {
  readonly target: Target;
  readonly way: Way;
  readonly base: BaseEntry;
  /** The links behind the packs, within the limits. */
  readonly slots: readonly ChainLink[];
  readonly limits: Limits;
  readonly packReader: PackReader;
};

/**
 * The last state within the limits, and the packs that lead there.
 * @throws ObjectError when the pack that contains it cannot be read
 */
async function findPoint(course: Course): Promise<{ point: RestorePoint; packs: readonly PackEntry[] }> {
  const { way, base, slots, limits } = course;
  const last = slots.at(-1);
  if (last !== undefined) {
    return { point: { ...stateOf(last.record), hash: last.hash }, packs: packsBehind(way.packs, base, {}) };
  }
  const packs = packsBehind(way.packs, base, limits);
  for (let count = packs.length; count > 0; count--) {
    const part = await lastPart(course, packs[count - 1] as PackEntry);
    if (part !== undefined) return { point: { ...stateOf(part), hash: part.linkHash }, packs: packs.slice(0, count) };
  }
  return { point: { ...stateOf({ ...base, lastCommit: await lastCommitOf(course) }), hash: base.hash }, packs: [] };
}

async function lastPart({ base, limits, packReader }: Course, entry: PackEntry): Promise<Part | undefined> {
  let last: Part | undefined;
  for await (const part of packReader.parts(entry, await packReader.read(entry))) {
    if (part.slot > base.slot && isWithin(limits, part)) last = part;
  }
  return last;
}

/** A snapshot does not contain it. Its link does, if it still exists. */
async function lastCommitOf({ target, way, base, packReader }: Course): Promise<number> {
  const link = way.tail.chain.links.find(({ record }) => record.slot === base.slot)?.record;
  if (link !== undefined) return link.lastCommit;
  const content = await readSlot(target, base.slot);
  if (content.state === "whole" && isLink(content.record)) return content.record.lastCommit;
  const entry = way.packs.find(({ fromSlot, toSlot }) => fromSlot <= base.slot && base.slot <= toSlot);
  if (entry === undefined) return 0;
  try {
    for await (const part of packReader.parts(entry, await packReader.read(entry))) {
      if (part.slot === base.slot) return part.lastCommit;
    }
  } catch (error) {
    // The number is not essential.
    if (!(error instanceof ObjectError)) throw error;
  }
  return 0;
}

function stateOf(state: Omit<RestorePoint, "hash">): Omit<RestorePoint, "hash"> {
  const { slot, timeMs, checksum, pageSize, databasePages, epoch, lastCommit } = state;
  return { slot, timeMs, checksum, pageSize, databasePages, epoch, lastCommit };
}
