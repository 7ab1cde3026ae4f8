import { setTimeout as sleep } from "node:timers/promises";
import { slotWrites } from "../slot-writes.ts";
import { type SlotWriter, TargetError } from "../target.ts";

/** How long a slot that exists may take to be readable: a creation that is under way is told as existing before it is. */
const SETTLE_TRIES = 5;
const SETTLE_WAIT_MS = 100;

/**
 * Slots as blobs. A blob appears whole or not at all, so a slot counts as soon as it is created. What became of a request
 * without an answer is told by creating again, and by comparing what is there.
 */
export function azureBlobSlots(
  create: (slot: number, bytes: Uint8Array) => Promise<"created" | "exists">,
  read: (slot: number) => Promise<Buffer | undefined>,
): SlotWriter {
  return {
    write: slotWrites(async (slot, bytes) => {
      if ((await create(slot, bytes)) === "created") return "written";
      for (let attempt = 1; attempt <= SETTLE_TRIES; attempt++) {
        const held = await read(slot);
        if (held !== undefined) return held.equals(bytes) ? "written" : "taken";
        await sleep(SETTLE_WAIT_MS);
      }
      throw new TargetError("unreachable", `Slot ${slot} exists and cannot be read. Try again.`);
    }),
    firstForeign: (slot) => slot + 1,
    close: async () => undefined,
  };
}
