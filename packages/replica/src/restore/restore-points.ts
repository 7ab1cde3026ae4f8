import type { BaseEntry } from "../manifest/manifest.ts";
import type { Target } from "../target/target.ts";
import { type Survey, survey } from "./inventory.ts";
import { withOtherWays } from "./objects.ts";
import { throughEnd } from "./path.ts";
import { basesOf, linkBytes } from "./plan.ts";

/** What of the past a target holds. */
export type Points = {
  readonly databaseId: string;
  /** Snapshots, in ascending order. */
  readonly bases: readonly BaseEntry[];
  /** Every time between these can be restored, ms since 1970. */
  readonly oldestMs: number;
  readonly newestMs: number;
  /** Objects that hold all this, and how many bytes they have; slots of the log count with their pages as they are. */
  readonly objects: number;
  readonly bytes: number;
  readonly warnings: readonly string[];
};

/**
 * Tells what can be restored, as the target's own index says. Whether all of it is whole, only `verify` tells.
 * @returns undefined when the target holds no database at all
 * @throws RestoreImpossible when it holds none that can be restored
 * @throws TargetError when the target does not answer
 */
export async function points(target: Target): Promise<Points | undefined> {
  const found = await withOtherWays(target, () => survey(target));
  return found === undefined ? undefined : pointsOf(found);
}

function pointsOf(found: Survey): Points {
  const { databaseId, manifest } = found;
  const tail = throughEnd(found, found.tail);
  const bases = basesOf(found, found);
  const packs = manifest?.packs ?? [];
  const { links } = tail.chain;
  const labels = [...bases.map(({ timeMs }) => timeMs), ...packs.map(({ lastTimeMs }) => lastTimeMs)];
  const newestMs = Math.max(0, ...labels, links.at(-1)?.record.timeMs ?? 0);
  const lost = tail.broken === undefined ? [] : [`Later states are lost: ${tail.broken.message}.`];
  const doubts = tail.doubt === undefined ? [] : [`${tail.doubt.message}.`];
  return {
    databaseId,
    bases,
    oldestMs: bases[0]?.timeMs ?? newestMs,
    newestMs,
    objects: bases.length + packs.length + links.length,
    bytes:
      [...bases, ...packs].reduce((sum, { bytes }) => sum + bytes, 0) +
      links.reduce((sum, link) => sum + linkBytes(link), 0),
    warnings: [...found.warnings, ...tail.warnings, ...lost, ...doubts],
  };
}
