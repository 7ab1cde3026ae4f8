import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type SlotWriter, slotKey, type Target } from "../target/target.ts";
import type { Random } from "./random.ts";

// Targets with one protection removed. What they lose shows what the protection is for, and that the harness would see it.

/** Of its writes, the share at which a writer is frozen between creating a slot and filling it. */
const FREEZES = 0.02;

/**
 * A folder whose slots count as soon as they are filled: the writer does not claim the next one.
 * @param freeze stops this process until somebody lets it go on
 */
export function withoutClaims(target: Target, random: Random, freeze: () => void): Target {
  const write: (prefix: string) => SlotWriter["write"] = (prefix) => async (slot, bytes) => {
    const path = join(target.name, slotKey(prefix, slot));
    mkdirSync(dirname(path), { recursive: true });
    let descriptor: number;
    try {
      descriptor = openSync(path, "wx");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      return readFileSync(path).equals(bytes) ? "written" : "taken";
    }
    try {
      if (random.chance(FREEZES)) freeze();
      // Without a turn of the event loop, in which this writer might look around and find out: it need not get one.
      writeFileSync(descriptor, bytes);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    return "written";
  };
  return {
    ...target,
    openSlots: (prefix) => ({ write: write(prefix), firstForeign: (slot) => slot + 1, close: async () => {} }),
  };
}

/** A target on which a slot is written whether or not another writer has it: nobody is ever fenced. */
export function withoutFencing(target: Target): Target {
  return {
    ...target,
    openSlots: (prefix) => ({
      write: async (slot, bytes) => {
        await target.replace(slotKey(prefix, slot), bytes);
        return "written";
      },
      firstForeign: (slot) => slot + 1_000_000,
      close: async () => {},
    }),
  };
}
