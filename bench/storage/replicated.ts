/** The database on local disk, with every change shipped to the target by packages/replica. */
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { directoryTarget, restore, startReplica, type Target } from "@scimtool/replica";
import type { WriteGate } from "../command.ts";
import { type Arrangement, leastDelayMs, mostDelayMs, type Places, realCopyIntervalMs } from "./arrangements.ts";
import { createRandom } from "./random.ts";
import { databaseName, insertSql, openWal } from "./rows.ts";
import type { Store } from "./service.ts";

const retentionMs = 7 * 24 * 3_600_000;
const closeDeadlineMs = 3000;

/** @param seed of the delays, for an object store; a share is slowed down elsewhere */
export async function openReplicated(
  { localFolder, targetFolder }: Places,
  { durability = "semi-sync", target: targetKind }: Arrangement,
  { gate, seed, note }: { gate: WriteGate; seed: number; note: (text: string) => void },
): Promise<Store> {
  const file = join(localFolder, databaseName);
  openWal(file, "by-replica").close();
  const folder = directoryTarget(targetFolder);
  const replica = await startReplica({
    file,
    target: targetKind === "objects" ? delayed(folder, seed) : folder,
    durability,
    plainIntervalMs: realCopyIntervalMs,
    retentionMs,
    init: false,
    log: (level, line) => {
      if (level !== "info") note(line);
    },
    host: {
      pauseWrites: async () => gate.pause(),
      demoted: async (why) => {
        throw new Error(`There is one writer only, and yet it was ${why}.`);
      },
    },
  });
  await replica.promote();
  const database = openWal(file, "by-replica");
  const insert = database.prepare(insertSql);
  return {
    insert: (row) => {
      const refusal = replica.refusal();
      if (refusal !== undefined) throw new Error(refusal.reason);
      insert.run(...row);
      replica.changed();
    },
    durable: () => replica.durable(),
    close: async () => {
      database.close();
      await replica.close(closeDeadlineMs);
    },
  };
}

/**
 * @returns the restored and verified file
 * @throws if the target's database cannot be restored
 */
export async function recoverReplicated(targetFolder: string, localFolder: string): Promise<string> {
  const file = join(localFolder, databaseName);
  await restore(directoryTarget(targetFolder), file);
  return file;
}

/** An object store takes one round trip per request, however many file system calls stand for it here. */
function delayed(target: Target, seed: number): Target {
  const random = createRandom(seed);
  const roundTrip = () => wait(leastDelayMs + random() * (mostDelayMs - leastDelayMs));
  const after =
    <Parameters extends unknown[], Result>(call: (...parameters: Parameters) => Promise<Result>) =>
    async (...parameters: Parameters): Promise<Result> => {
      await roundTrip();
      return call(...parameters);
    };
  return {
    ...target,
    create: after(target.create),
    replace: after(target.replace),
    read: after(target.read),
    remove: after(target.remove),
    list: after(target.list),
    clockMs: after(target.clockMs),
    openSlots: (prefix) => {
      const slots = target.openSlots(prefix);
      return { ...slots, write: after(slots.write) };
    },
  };
}
