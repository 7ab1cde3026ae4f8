import { setTimeout as sleep } from "node:timers/promises";
import type { Checkpointer } from "./checkpointer.ts";
import type { HeldHead, Shipper } from "./shipper.ts";

/** The database file is waited for so often until it is where the log says, at first without holding writes for it. */
const FREEZE_ATTEMPTS = 20;
const PATIENT_ATTEMPTS = 5;
const FREEZE_PAUSE_MS = 50;

export type FreezeOptions = {
  readonly shipper: Shipper;
  readonly checkpointer: Checkpointer;
  readonly walGeneration: () => number | undefined;
  /** Does something at a moment without writes, at which the target has everything if that is to be had soon. */
  readonly whileQuiet: <Result>(work: () => Promise<Result>) => Promise<Result>;
};

/**
 * Holds the head, and brings the database file to it. Under steady load writes have to be held for that.
 * @throws Error when the target does not take what is in the log, or somebody reads an older state all the time
 */
export async function freezeAtHead(options: FreezeOptions): Promise<HeldHead> {
  const freeze = () => freezeNow(options);
  for (let attempt = 0; attempt < FREEZE_ATTEMPTS; attempt++) {
    const held = attempt < PATIENT_ATTEMPTS ? await freeze() : await options.whileQuiet(freeze);
    if (held !== undefined) return held;
    await sleep(FREEZE_PAUSE_MS);
  }
  throw new Error(
    "the database file could not be brought up to date: the target lacks changes, or a reader holds an older state",
  );
}

/** @returns undefined when the file is not at the head, for which there must be nothing behind that in the log */
async function freezeNow({ shipper, checkpointer, walGeneration }: FreezeOptions): Promise<HeldHead | undefined> {
  let held: HeldHead | undefined;
  let isThere = false;
  try {
    await checkpointer.passive(({ isWhole, walFrames }) => {
      held = shipper.holdHead();
      if (held === undefined) return;
      // Of a page that has changed again behind the head, a checkpoint does not copy what it was at the head. A log
      // that has begun anew since is of no concern: everything before was in the file by then.
      isThere = (isWhole && walFrames === held.walFrames) || walGeneration() !== held.walGeneration;
    });
    return isThere ? held : undefined;
  } catch (error) {
    isThere = false;
    throw error;
  } finally {
    if (!isThere) held?.pin.release();
  }
}
