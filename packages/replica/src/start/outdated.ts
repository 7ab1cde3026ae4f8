import { BEFORE_FIRST, chainFrom, readTail } from "../log/log.ts";
import { newestManifest } from "../manifest/manifest.ts";
import type { Target } from "../target/target.ts";
import type { Beginnings } from "./begin.ts";

/**
 * Whether somebody has written to the log behind what the local file goes on from: then it cannot go on from there.
 * @throws ChainBroken when the log does not lead back to that
 * @throws TargetError when the target does not answer
 */
export async function isOutdated(target: Target, beginnings: Exclude<Beginnings, { kind: "copy" }>): Promise<boolean> {
  if (beginnings.kind === "base" && beginnings.replaces) return false;
  const head = beginnings.kind === "base" ? (beginnings.previous ?? BEFORE_FIRST) : beginnings.head;
  const { manifest } = await newestManifest(target);
  // What has been packed need not be read, and may be gone from the log.
  if (manifest !== undefined && manifest.tailSlot > head.slot + 1) return true;
  return chainFrom(head, await readTail(target, head.slot + 1)).links.length > 0;
}
