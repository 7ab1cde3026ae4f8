import { createHash } from "node:crypto";
import type { SlotWriter } from "./target.ts";

/**
 * What every writer of slots needs around its way to write one: calls come one after the other, so that one given up by
 * whoever waited for it cannot meet the next; and a call that failed is repeated with the same bytes only.
 */
export function slotWrites(settle: SlotWriter["write"]): SlotWriter["write"] {
  let before: Promise<unknown> = Promise.resolve();
  let failed: { readonly slot: number; readonly hash: string } | undefined;

  const write = async (slot: number, bytes: Uint8Array): Promise<"written" | "taken"> => {
    if (failed?.slot === slot && failed.hash !== hashOf(bytes)) {
      throw new Error(`Slot ${slot} has been tried with other bytes, which others may have read.`);
    }
    try {
      const result = await settle(slot, bytes);
      failed = undefined;
      return result;
    } catch (error) {
      failed = { slot, hash: hashOf(bytes) };
      throw error;
    }
  };

  return (slot, bytes) => {
    const result = before.then(() => write(slot, bytes));
    before = result.catch(() => undefined);
    return result;
  };
}

function hashOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
