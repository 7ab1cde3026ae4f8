import { setTimeout as sleep } from "node:timers/promises";
import { notPrimary, TargetError } from "../errors.ts";
import { CLAIMS, LOG, readSlot, readTail } from "../log/log.ts";
import { encodeRecord } from "../log/record.ts";
import { newestManifest } from "../manifest/manifest.ts";
import { type SlotWriter, slotKey, type Target } from "../target/target.ts";

/** The right to write the log, until another instance writes a fence with a higher epoch. */
export type Lease = {
  readonly databaseId: string;
  /** The target of the log. */
  readonly targetName: string;
  readonly epoch: number;
  /** UUID of one run of a primary. */
  readonly writer: string;
  readonly fenceSlot: number;
  readonly slots: SlotWriter;
};

/** A primary at full speed cannot be overtaken, because it takes every slot before a newcomer can. It hands over when asked. */
const MAX_ATTEMPTS_MS = 10_000;
const RETRY_MS = 2_000;

/** Newcomers that collide wait up to this time before the next attempt. */
const COLLISION_WAIT_MS = 50;

/**
 * Takes the log: writes a fence into the first free slot, with an epoch above every epoch seen. The previous primary then
 * cannot write its next slot, and so learns that it is fenced. Read what precedes the fence only after this.
 * @param claim `fromSlot`: a slot that the log is known to reach; `minEpoch`: the highest epoch known
 * @throws ReplicaError not-primary when a primary at full speed leaves no slot free
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
    const deadline = performance.now() + MAX_ATTEMPTS_MS;
    let slot = claim.fromSlot;
    let highest = claim.minEpoch;
    const torn: number[] = [];
    while (performance.now() < deadline) {
      for (const content of await readTail(target, slot)) {
        if (content.state === "whole") highest = Math.max(highest, content.record.epoch);
        if (content.state === "torn") torn.push(content.slot);
        slot = content.slot + 1;
      }
      const epoch = highest + 1;
      const record = await encodeRecord({ kind: "fence", databaseId, epoch, slot, writer, timeMs });
      await target.create(slotKey(CLAIMS, slot), Buffer.from(`${writer}\n`));
      if ((await slots.write(slot, record)) === "taken") {
        await removeClaim(target, slot);
        await sleep(Math.random() * COLLISION_WAIT_MS);
        continue;
      }
      const [outrun, ...passed] = await Promise.all([
        tailBeyond(target, slot),
        ...torn.map((passedSlot) => epochIn(target, passedSlot)),
      ]);
      highest = Math.max(highest, outrun?.epoch ?? 0, ...passed);
      // Another newcomer's fence may have been torn when we passed it. If it counts, it is whole by now.
      const isAbove = epoch > highest;
      if (outrun === undefined && isAbove) {
        // A claim that stays is harmless: a whole fence stands behind it.
        await Promise.all([slot, ...torn].map((at) => removeClaim(target, at)));
        return { databaseId, targetName: target.name, epoch, writer, fenceSlot: slot, slots };
      }
      // The slot was free because it had been used, merged and removed since we looked: the log continues elsewhere.
      slot = outrun?.tailSlot ?? slot + 1;
    }
    throw notPrimary("Another instance keeps writing and does not hand over.", RETRY_MS);
  } catch (error) {
    await slots.close();
    throw error;
  }
}

async function removeClaim(target: Target, slot: number): Promise<void> {
  await target.remove(slotKey(CLAIMS, slot)).catch(() => {});
}

async function tailBeyond(target: Target, slot: number): Promise<{ tailSlot: number; epoch: number } | undefined> {
  const { manifest } = await newestManifest(target);
  return manifest !== undefined && manifest.tailSlot > slot ? manifest : undefined;
}

async function epochIn(target: Target, slot: number): Promise<number> {
  const content = await readSlot(target, slot);
  return content.state === "whole" ? content.record.epoch : 0;
}

/**
 * A standby's request to the primary: show that it is alive, or hand over. There is one key for all, and the last request
 * wins. The other standbys fall back to waiting and fencing by force.
 */
export type Intent = { readonly id: string; readonly wants: "presence" | "hand-over" };

const INTENT = "replica/intent";
const PRESENCE = "replica/presence/";

export const INTENT_POLL_MS = 1_000;

/** A live primary answers within this time. */
export const OWNER_ANSWERS_WITHIN_MS = 4_000;

const ANSWER_POLL_MS = 200;

/** How often an intent is written again: another standby may have replaced it. */
export const INTENT_REPEAT_MS = 1_300;

export async function writeIntent(target: Target, intent: Intent): Promise<void> {
  await target.replace(INTENT, Buffer.from(`${JSON.stringify(intent)}\n`));
}

/** @returns undefined if there is no intent, or it is being written */
export async function readIntent(target: Target): Promise<Intent | undefined> {
  const bytes = await target.read(INTENT);
  if (bytes === undefined) return undefined;
  try {
    const { id, wants } = JSON.parse(bytes.toString("utf8")) as Intent;
    return typeof id === "string" && (wants === "presence" || wants === "hand-over") ? { id, wants } : undefined;
  } catch {
    return undefined;
  }
}

export async function showPresence(target: Target, id: string): Promise<void> {
  await target.create(PRESENCE + id, Buffer.from("alive\n"));
}

/**
 * Asks whether the primary is alive. The time only counts while the target is reachable.
 * @returns whether it answered in time; true if aborted before that
 */
export async function isOwnerAlive(target: Target, id: string, signal: AbortSignal): Promise<boolean> {
  let askedMs: number | undefined;
  let writtenMs = Number.NEGATIVE_INFINITY;
  try {
    while (!signal.aborted) {
      try {
        if (performance.now() - writtenMs >= INTENT_REPEAT_MS) {
          await writeIntent(target, { id, wants: "presence" });
          writtenMs = performance.now();
        }
        askedMs ??= performance.now();
        if ((await target.read(PRESENCE + id)) !== undefined) return true;
        if (performance.now() - askedMs >= OWNER_ANSWERS_WITHIN_MS) return false;
      } catch (error) {
        if (!(error instanceof TargetError)) throw error;
        askedMs = undefined;
      }
      await sleep(ANSWER_POLL_MS);
    }
    return true;
  } finally {
    await target.remove(PRESENCE + id).catch(() => {});
  }
}
