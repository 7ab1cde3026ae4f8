import { setTimeout as sleep } from "node:timers/promises";
import { LOG, readSlot } from "../log/log.ts";
import { encodeRecord } from "../log/record.ts";
import { newestManifest } from "../manifest/manifest.ts";
import type { SlotWriter, Target } from "../target/target.ts";

/** The right to write the log, until someone writes a fence with a higher epoch. */
export type Lease = {
  readonly databaseId: string;
  readonly epoch: number;
  /** UUID of this run of a writer. */
  readonly writer: string;
  readonly fenceSlot: number;
  readonly slots: SlotWriter;
};

/** Newcomers that meet try again after up to so long. */
const COLLISION_WAIT_MS = 50;

/**
 * Takes the log: writes a fence into the first free slot, with an epoch above every one seen. Whoever wrote before cannot
 * write the slot that comes next for it, and so learns of it. What lies before the fence has to be read after this.
 * @param claim `fromSlot`: a slot that the log is known to reach; `minEpoch`: the highest epoch known
 * @throws TargetError when the target does not answer
 */
export async function fence(
  target: Target,
  claim: {
    readonly databaseId: string;
    readonly writer: string;
    readonly fromSlot: number;
    readonly minEpoch: number;
    readonly timeMs: number;
  },
): Promise<Lease> {
  const { databaseId, writer, timeMs } = claim;
  const slots = target.openSlots(LOG);
  try {
    let slot = claim.fromSlot;
    let highest = claim.minEpoch;
    for (;;) {
      const content = await readSlot(target, slot);
      if (content.state === "whole") highest = Math.max(highest, content.record.epoch);
      if (content.state === "free") {
        const epoch = highest + 1;
        const record = await encodeRecord({ kind: "fence", databaseId, epoch, slot, writer, timeMs });
        if ((await slots.write(slot, record)) === "written") {
          const outrun = await tailBeyond(target, slot);
          if (outrun === undefined) return { databaseId, epoch, writer, fenceSlot: slot, slots };
          // The slot was free because it had been used, merged and removed since we looked: the log goes on elsewhere.
          slot = outrun.tailSlot - 1;
          highest = Math.max(highest, outrun.epoch);
        } else {
          await sleep(Math.random() * COLLISION_WAIT_MS);
          // Read it again: whoever took it has an epoch.
          continue;
        }
      }
      slot++;
    }
  } catch (error) {
    await slots.close();
    throw error;
  }
}

async function tailBeyond(target: Target, slot: number): Promise<{ tailSlot: number; epoch: number } | undefined> {
  const { manifest } = await newestManifest(target);
  return manifest !== undefined && manifest.tailSlot > slot ? manifest : undefined;
}
