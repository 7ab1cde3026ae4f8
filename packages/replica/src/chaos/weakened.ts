import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type SlotWriter, slotKey, type Target } from "../target/target.ts";
import type { Random } from "./random.ts";

// Targets without one protection. They show what it is for, and that the harness notices a loss.

/** The share of writes at which a writer is frozen between creating and filling a slot. */
const FREEZES = 0.02;

/**
 * A folder whose slots count as soon as they are filled: the writer does not claim the next one.
 * @param freeze stops this process until somebody resumes it
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
      // In the same tick, so that this writer cannot notice before.
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

/** A target that overwrites the slots of other writers: nobody is ever fenced. */
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
