import { randomUUID } from "node:crypto";
import { ReplicaStartFailed } from "../refusal.ts";
import { type Target, TargetError } from "../target/target.ts";

/** A target that needs longer for five small operations is not there. */
const TIME_LIMIT_MS = 30_000;

/** Differences between our clock and the target's beyond this are told. */
export const CLOCK_TOLERANCE_MS = 5 * 60_000;

/**
 * Tries whether storage does what the protocol rests on: exclusive creation, and reading what was written.
 * @returns how far our clock is ahead of the target's, in ms
 * @throws ReplicaStartFailed saying what the target did, and what to do
 */
export async function selfTest(target: Target): Promise<number> {
  const key = `replica/self-test/${randomUUID()}`;
  const limit = new Promise<never>((_, reject) => {
    const slow = () =>
      reject(
        new ReplicaStartFailed(
          `${target.name} did not answer within ${TIME_LIMIT_MS / 1_000} s. Check that it is mounted or reachable, then start again.`,
        ),
      );
    setTimeout(slow, TIME_LIMIT_MS).unref();
  });
  return Promise.race([run(target, key), limit]);
}

async function run(target: Target, key: string): Promise<number> {
  const content = Buffer.from(key);
  try {
    if ((await target.create(key, content)) !== "created")
      throw useless(target, "says that a new object exists already");
    if ((await target.create(key, Buffer.from("second"))) !== "exists") {
      throw useless(target, "lets two writers create the same object");
    }
    if (!(await target.read(key))?.equals(content)) throw useless(target, "does not give back what was written");
    return Date.now() - (await target.clockMs());
  } catch (error) {
    if (!(error instanceof TargetError)) throw error;
    throw new ReplicaStartFailed(`The backup target ${target.name} cannot be used: ${error.message}`, { cause: error });
  } finally {
    await target.remove(key).catch(() => {});
  }
}

function useless(target: Target, what: string): ReplicaStartFailed {
  return new ReplicaStartFailed(
    `${target.name} ${what}, so two writers could not be told apart. Use a local folder, Azure Files or Azure Blob as backup target.`,
  );
}
