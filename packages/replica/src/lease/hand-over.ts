import { setTimeout as sleep } from "node:timers/promises";
import { type Target, TargetError } from "../target/target.ts";

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
