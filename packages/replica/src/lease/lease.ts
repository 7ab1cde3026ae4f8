import { setTimeout as sleep } from "node:timers/promises";
import { notPrimary, TargetError } from "../errors.ts";
import { LOG, readSlot, readTail } from "../log/log.ts";
import { encodeRecord } from "../log/record.ts";
import { newestManifest } from "../manifest/manifest.ts";
import type { SlotWriter, Target } from "../target/target.ts";

/** The right to write the log, until someone writes a fence with a higher epoch. */
export type Lease = {
  readonly databaseId: string;
  /** Of the target whose log it is. */
  readonly targetName: string;
  readonly epoch: number;
  /** UUID of this run of a writer. */
  readonly writer: string;
  readonly fenceSlot: number;
  readonly slots: SlotWriter;
};

/** A writer at full speed cannot be overtaken: by the time a slot is seen to be free it has it. It hands over when asked. */
const MAX_ATTEMPTS_MS = 10_000;
const RETRY_MS = 2_000;

/** Newcomers that meet try again after up to so long. */
const COLLISION_WAIT_MS = 50;

/**
 * Takes the log: writes a fence into the first free slot, with an epoch above every one seen. Whoever wrote before cannot
 * write the slot that comes next for it, and so learns of it. What lies before the fence has to be read after this.
 * @param claim `fromSlot`: a slot that the log is known to reach; `minEpoch`: the highest epoch known
 * @throws NotPrimary when a writer at full speed leaves no slot free
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
      if ((await slots.write(slot, record)) === "taken") {
        await sleep(Math.random() * COLLISION_WAIT_MS);
        continue;
      }
      const [outrun, ...passed] = await Promise.all([
        tailBeyond(target, slot),
        ...torn.map((passedSlot) => epochIn(target, passedSlot)),
      ]);
      highest = Math.max(highest, outrun?.epoch ?? 0, ...passed);
      // The fence of another newcomer may have been unfinished when we passed it; if it counts, it is whole by now.
      const isAbove = epoch > highest;
      if (outrun === undefined && isAbove) {
        return { databaseId, targetName: target.name, epoch, writer, fenceSlot: slot, slots };
      }
      // The slot was free because it had been used, merged and removed since we looked: the log goes on elsewhere.
      slot = outrun?.tailSlot ?? slot + 1;
    }
    throw notPrimary("Another instance is writing all the time and does not let go.", RETRY_MS);
  } catch (error) {
    await slots.close();
    throw error;
  }
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
 * A newcomer asks the live owner for something: to show that it is alive, or to hand the database over. One key for all;
 * the last who asks wins, the others fall back on waiting and fencing by force.
 */
export type Intent = { readonly id: string; readonly wants: "presence" | "hand-over" };

const INTENT = "replica/intent";
const PRESENCE = "replica/presence/";

/** How often the owner looks for intents. */
export const INTENT_POLL_MS = 1_000;

/** A live owner answers within this time; else it is taken to be gone. */
export const OWNER_ANSWERS_WITHIN_MS = 4_000;

const ANSWER_POLL_MS = 200;

/** An intent is written again so often: another one may have taken its place. */
export const INTENT_REPEAT_MS = 1_300;

export async function writeIntent(target: Target, intent: Intent): Promise<void> {
  await target.replace(INTENT, Buffer.from(`${JSON.stringify(intent)}\n`));
}

/** @returns undefined when nobody asks, or what is there is being written */
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

/** The owner's answer to a presence intent. */
export async function showPresence(target: Target, id: string): Promise<void> {
  await target.create(PRESENCE + id, Buffer.from("alive\n"));
}

/**
 * Asks whether the owner is alive, for as long as it takes to reach the target: who cannot ask has no answer.
 * @returns whether it answered in time; true when stopped before
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
