import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { type ReplicaError, startFailed, TargetError } from "../errors.ts";
import type { Target } from "../target/target.ts";

const KEY = "replica/format.json";
const FORMAT = 1;

/** Another instance may be writing the file right now. If it has not finished after these attempts, it is dead. */
const LOOKS = 20;
const LOOK_MS = 100;

/** @returns the ID of the target's database; creates one if there is none */
export async function ensureDatabaseId(target: Target): Promise<string> {
  const databaseId = randomUUID();
  const content = Buffer.from(`${JSON.stringify({ format: FORMAT, databaseId, createdMs: Date.now() })}\n`);
  for (let looks = 1; ; looks++) {
    const known = await readDatabaseId(target);
    if (known !== undefined) return known;
    if ((await target.create(KEY, content)) === "created") return databaseId;
    // Truncated by an instance that died in its first second, when nothing else could be there yet.
    if (looks > LOOKS) await target.replace(KEY, content);
    else await sleep(LOOK_MS);
  }
}

/**
 * @returns the ID of the target's database; undefined if there is none or the file is truncated
 * @throws ReplicaError start-failed when a newer version wrote it
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

/** A target that needs longer for five small operations is not reachable. */
const TIME_LIMIT_MS = 30_000;

/** A larger difference between our clock and the target's is logged. */
export const CLOCK_TOLERANCE_MS = 5 * 60_000;

/**
 * Tests what the protocol depends on: exclusive creation, and reading back what was written.
 * @returns how far our clock is ahead of the target's, in ms
 * @throws ReplicaError start-failed saying what the target did and what to do
 */
export async function selfTest(target: Target): Promise<number> {
  const limit = new Promise<never>((_, reject) => {
    const message = `it did not answer within ${TIME_LIMIT_MS / 1_000} s. Check that it is mounted or reachable.`;
    setTimeout(() => reject(new TargetError("unreachable", message)), TIME_LIMIT_MS).unref();
  });
  try {
    return await Promise.race([run(target), limit]);
  } catch (error) {
    if (!(error instanceof TargetError)) throw error;
    throw startFailed(`The backup target ${target.name} cannot be used: ${error.message}`, error);
  }
}

async function run(target: Target): Promise<number> {
  const key = `replica/self-test/${randomUUID()}`;
  const content = Buffer.from(key);
  try {
    if ((await target.create(key, content)) !== "created")
      throw useless(target, "says that a new object already exists");
    if ((await target.create(key, Buffer.from("second"))) !== "exists") {
      throw useless(target, "lets two writers create the same object");
    }
    if (!(await target.read(key))?.equals(content)) throw useless(target, "does not return what was written");
    return Date.now() - (await target.clockMs());
  } finally {
    await target.remove(key).catch(() => {});
  }
}

function useless(target: Target, what: string): ReplicaError {
  return startFailed(
    `${target.name} ${what}, so it cannot protect the database from a second writer. Use a local folder, Azure Files or Azure Blob as backup target.`,
  );
}
