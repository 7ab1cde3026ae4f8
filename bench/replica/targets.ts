/** Folders as targets, with optional delays and counters. */
import { setTimeout as wait } from "node:timers/promises";
import type { Target } from "@scimtool/replica";

export type TargetPlan = {
  readonly folder: string;
  /** Delay added to each operation. */
  readonly delayMs?: number;
};

export async function targetOf({ folder, delayMs = 0 }: TargetPlan): Promise<Target> {
  // Loaded on demand: the program without replication must not contain it.
  const { directoryTarget } = await import("@scimtool/replica");
  const target = directoryTarget(folder);
  return delayMs === 0 ? target : around(target, () => wait(delayMs));
}

export type Operations = {
  reads: number;
  /** By prefix: `log`, `snap`, `L1`, `man`, …; `plain` is the plain copy, `clock` a read of the clock. */
  readonly writes: Record<string, number>;
};

/** Counts operations on the target. */
export function counting(target: Target): { readonly target: Target; readonly operations: Operations } {
  const operations: Operations = { reads: 0, writes: {} };
  const counted = around(target, async (isWrite, key) => {
    if (!isWrite) operations.reads++;
    else operations.writes[kindOf(key)] = (operations.writes[kindOf(key)] ?? 0) + 1;
  });
  return { target: counted, operations };
}

function kindOf(key: string): string {
  if (key === "") return "clock";
  const [folder, kind] = key.split("/");
  return folder === "replica" && kind !== undefined ? kind : "plain";
}

/** Runs something before each operation. Reading the clock counts as a write, because a folder writes a file for it. */
function around(target: Target, before: (isWrite: boolean, key: string) => Promise<void>): Target {
  const after =
    <Parameters extends [key: string, ...unknown[]], Result>(
      isWrite: boolean,
      call: (...parameters: Parameters) => Promise<Result>,
    ) =>
    async (...parameters: Parameters): Promise<Result> => {
      await before(isWrite, parameters[0]);
      return call(...parameters);
    };
  return {
    ...target,
    create: after(true, target.create),
    replace: after(true, target.replace),
    remove: after(true, target.remove),
    read: after(false, target.read),
    list: after(false, target.list),
    clockMs: async () => {
      await before(true, "");
      return target.clockMs();
    },
    openSlots: (prefix) => {
      const slots = target.openSlots(prefix);
      return {
        ...slots,
        write: async (slot, bytes) => {
          await before(true, prefix);
          return slots.write(slot, bytes);
        },
      };
    },
  };
}
