/** Folders as targets, and what is put between them and the program. */
import { setTimeout as wait } from "node:timers/promises";
import type { Target } from "@scimtool/replica";

export type TargetPlan = {
  readonly folder: string;
  /** How much longer each operation takes. */
  readonly delayMs?: number;
};

export async function targetOf({ folder, delayMs = 0 }: TargetPlan): Promise<Target> {
  // Loaded when needed: the program without replication must not carry it.
  const { directoryTarget } = await import("@scimtool/replica");
  const target = directoryTarget(folder);
  return delayMs === 0 ? target : around(target, () => wait(delayMs));
}

/** What was asked of a target. */
export type Operations = {
  reads: number;
  /** By what is written: `log`, `snap`, `L1`, `man`, …; `plain` is the copy at the root, `clock` a question for the time. */
  readonly writes: Record<string, number>;
};

/** Adds up what is asked of the target. */
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

/** Runs something before each operation. Asking for the time counts as a write: a folder answers by writing a file. */
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
