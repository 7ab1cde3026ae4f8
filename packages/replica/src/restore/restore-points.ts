import type { BaseEntry } from "../manifest/manifest.ts";
import type { Target } from "../target/target.ts";
import { type Survey, survey } from "./inventory.ts";
import { withOtherWays } from "./objects.ts";
import { throughEnd } from "./path.ts";
import { basesOf, linkBytes } from "./plan.ts";

/** What can be restored from a target. */
export type Points = {
  readonly databaseId: string;
  /** Snapshots, in ascending order. */
  readonly bases: readonly BaseEntry[];
  /** Every time between these can be restored, ms since 1970. */
  readonly oldestMs: number;
  readonly newestMs: number;
  /** The objects with all this, and their bytes. Slots of the log count with their uncompressed pages. */
  readonly objects: number;
  readonly bytes: number;
  readonly warnings: readonly string[];
};

/**
 * Lists what can be restored by the target's own index. Only `verify` shows whether all of it is whole.
 * @returns undefined if the target holds no database
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
