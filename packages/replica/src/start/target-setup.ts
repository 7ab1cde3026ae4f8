import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { type ReplicaError, startFailed, TargetError } from "../errors.ts";
import type { Target } from "../target/target.ts";

const KEY = "replica/format.json";
const FORMAT = 1;

/** Another one may be writing it just now; one that has not finished after so many looks never will. */
const LOOKS = 20;
const LOOK_MS = 100;

/** @returns the id of the database that lives at the target; makes one where there is none */
export async function ensureDatabaseId(target: Target): Promise<string> {
  const databaseId = randomUUID();
  const content = Buffer.from(`${JSON.stringify({ format: FORMAT, databaseId, createdMs: Date.now() })}\n`);
  for (let looks = 1; ; looks++) {
    const known = await readDatabaseId(target);
    if (known !== undefined) return known;
    if ((await target.create(KEY, content)) === "created") return databaseId;
    // Cut off by a writer that died in its first second: nothing else can be there yet.
    if (looks > LOOKS) await target.replace(KEY, content);
    else await sleep(LOOK_MS);
  }
}

/**
 * @returns the id of the database that lives at the target; undefined when there is none, or it was cut off
 * @throws ReplicaError when a newer version has written it
 */
export async function readDatabaseId(target: Target): Promise<string | undefined> {
  const bytes = await target.read(KEY);
  if (bytes === undefined) return undefined;
  let content: { readonly format?: unknown; readonly databaseId?: unknown } | null;
  try {
    content = JSON.parse(bytes.toString("utf8"));
  } catch {
    return undefined;
  }
  if (typeof content?.format === "number" && content.format > FORMAT) {
    throw startFailed(
      `${target.name} was written by a newer version (format ${content.format}). Upgrade this program.`,
    );
  }
  return typeof content?.databaseId === "string" ? content.databaseId : undefined;
}

/** A target that needs longer for five small operations is not there. */
const TIME_LIMIT_MS = 30_000;

/** Differences between our clock and the target's beyond this are told. */
export const CLOCK_TOLERANCE_MS = 5 * 60_000;

/**
 * Tries whether storage does what the protocol rests on: exclusive creation, and reading what was written.
 * @returns how far our clock is ahead of the target's, in ms
 * @throws ReplicaError saying what the target did, and what to do
 */
export async function selfTest(target: Target): Promise<number> {
  const key = `replica/self-test/${randomUUID()}`;
  const limit = new Promise<never>((_, reject) => {
    const slow = () =>
      reject(
        startFailed(
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
    throw startFailed(`The backup target ${target.name} cannot be used: ${error.message}`, error);
  } finally {
    await target.remove(key).catch(() => {});
  }
}

function useless(target: Target, what: string): ReplicaError {
  return startFailed(
    `${target.name} ${what}, so two writers could not be told apart. Use a local folder, Azure Files or Azure Blob as backup target.`,
  );
}
