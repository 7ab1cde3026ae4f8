import { type ChainLink, readSlot } from "../log/log.ts";
import { isLink } from "../log/record.ts";
import type { BaseEntry, PackEntry } from "../manifest/manifest.ts";
import type { Target } from "../target/target.ts";
import type { PackReader, Part } from "./pack-reader.ts";
import type { Limits, RestorePoint } from "./plan.ts";
import { ObjectTrouble } from "./trouble.ts";
import { isWithin, packsBehind, type Way } from "./way.ts";

/** What a point is looked for in. */
type Course = {
  readonly target: Target;
  readonly way: Way;
  readonly base: BaseEntry;
  /** The links behind the packs that are within the limits. */
  readonly slots: readonly ChainLink[];
  readonly limits: Limits;
  readonly packReader: PackReader;
};

/**
 * The last state within the limits, and the packs that are needed to get there.
 * @throws ObjectTrouble when the pack in which it lies cannot be read
 */
export async function findPoint(course: Course): Promise<{ point: RestorePoint; packs: readonly PackEntry[] }> {
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

/** A snapshot does not tell it. The link does that the snapshot was made after, if it is still there. */
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
    // The number is not worth giving up for.
    if (!(error instanceof ObjectTrouble)) throw error;
  }
  return 0;
}

function stateOf(state: Omit<RestorePoint, "hash">): Omit<RestorePoint, "hash"> {
  const { slot, timeMs, checksum, pageSize, databasePages, epoch, lastCommit } = state;
  return { slot, timeMs, checksum, pageSize, databasePages, epoch, lastCommit };
}
