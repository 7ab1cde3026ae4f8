import { type FileHandle, mkdtemp, open, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { DatabaseChecksum } from "../checksum.ts";
import { CorruptObject, ObjectError, RestoreImpossible } from "../errors.ts";
import { decodeRecord, recordHash, type Segment } from "../log/record.ts";
import { syncFolder } from "../target/directory.ts";
import type { Target } from "../target/target.ts";
import { fill, writePages } from "./apply.ts";
import { checkDatabase, compareWith, type DatabaseCheck } from "./check.ts";
import { withOtherWays } from "./objects.ts";
import { type Limits, lastingDoubts, type Plan, planAvoiding, type RestorePoint } from "./plan.ts";

export type RestoreOptions = Limits & {
  /**
   * Key of an orphan, which has the unshipped changes of a replaced primary. Restores the database as that primary had it.
   */
  readonly orphan?: string;
  /** SQLite's check of the restored database, besides the comparison of every byte. Default: "quick". */
  readonly check?: DatabaseCheck;
  /** Called with the progress. `doneBytes` never falls and ends with `totalBytes`. */
  readonly onProgress?: (progress: RestoreProgress) => void;
  readonly signal?: AbortSignal;
};

export type RestoreProgress = { readonly doneBytes: number; readonly totalBytes: number; readonly objects: number };

export type RestoreResult = {
  readonly databaseId: string;
  /** The state that was restored. */
  readonly point: RestorePoint;
  /** Of its pages. */
  readonly checksum: DatabaseChecksum;
  readonly objects: number;
  readonly bytes: number;
  readonly durationMs: number;
  /** Files beside an earlier database that did not fit the restored one. */
  readonly removed: readonly string[];
  readonly warnings: readonly string[];
} & Pick<Plan, "maxEpoch" | "released" | "nextSlot" | "backupCount" | "doubts">;

const UNFINISHED = ".restoring";
/** Files that SQLite creates beside a database, and uses with whatever database it finds there. */
const COMPANIONS = ["-journal", "-wal", "-shm"];
const SET_ASIDE = ".replaced";

/** Only the owner may read a database. */
const FILE_MODE = 0o600;

/**
 * Restores a database into a file. An existing file is replaced in one step at the very end, and stays as it was if anything
 * fails before. It is never opened, because that would drop the locks of other connections in this process.
 * @param file path; its folder must exist
 * @throws RestoreImpossible with what was found and what to do
 * @throws TargetError when the target does not answer
 */
export async function restore(target: Target, file: string, options: RestoreOptions = {}): Promise<RestoreResult> {
  const began = performance.now();
  const unfinished = file + UNFINISHED;
  const progress = new Progress(options.onProgress);
  try {
    const { plan, ...made } = await withLocalFaults(file, () => makeFile(target, unfinished, options, progress));
    const removed = await withLocalFaults(file, () => putInPlace(unfinished, file));
    const { databaseId, objects, bytes, warnings, doubts, maxEpoch, released, nextSlot, backupCount } = plan;
    const durationMs = performance.now() - began;
    const known = { warnings: [...warnings, ...doubts], doubts, maxEpoch, released, nextSlot, backupCount };
    return { databaseId, ...made, objects, bytes, durationMs, removed, ...known };
  } finally {
    await removeAll(unfinished);
  }
}

async function makeFile(
  target: Target,
  unfinished: string,
  options: RestoreOptions,
  progress: Progress,
): Promise<Pick<RestoreResult, "point" | "checksum"> & { readonly plan: Plan }> {
  const { signal, check = "quick", onProgress: _, orphan: key, ...wanted } = options;
  const orphan = key === undefined ? undefined : await readOrphan(target, key);
  const limits = orphan === undefined ? wanted : { ...wanted, throughEpoch: orphan.epoch };
  const made = await withOtherWays(target, async (avoid, packReader) => {
    const plan = await planAvoiding(target, limits, avoid, packReader);
    if (plan === undefined) {
      throw new RestoreImpossible("empty", `${target.name} holds no database. Check that this is the right target.`);
    }
    progress.begin(plan.bytes);
    await removeAll(unfinished);
    const handle = await open(unfinished, "wx+", FILE_MODE);
    try {
      await fill(handle, plan, { target, packReader, done: (...done) => progress.add(...done), signal });
      const point = orphan === undefined ? plan.point : await applyOrphan(handle, plan, orphan);
      // One needs the processor, the other the disk.
      const [checksum] = await Promise.all([compareWith(handle, point, signal), handle.sync()]);
      if (typeof checksum === "string") throw notAsPlanned(plan, checksum, orphan);
      return { plan, point, checksum };
    } finally {
      await handle.close();
    }
  });
  const finding = await checkDatabase(unfinished, check, signal);
  if (finding === undefined) return made;
  throw new RestoreImpossible(
    "damaged",
    `The database at ${target.name} was restored byte by byte, but it was already damaged when it was stored: ${finding}. Choose an earlier time.`,
  );
}

type Orphan = Segment & { readonly key: string; readonly hash: string };

async function readOrphan(target: Target, key: string): Promise<Orphan> {
  const bytes = await target.read(key);
  if (bytes === undefined) throw new RestoreImpossible("out-of-range", `${target.name} has no object ${key}.`);
  try {
    const record = await decodeRecord(bytes);
    if (record.kind === "segment") return { ...record, key, hash: recordHash(bytes) };
    throw new RestoreImpossible("out-of-range", `${key} holds a record "${record.kind}", not an orphan.`);
  } catch (error) {
    if (!(error instanceof CorruptObject)) throw error;
    throw new RestoreImpossible("damaged", `${key} at ${target.name} is damaged: ${error.message}.`, error);
  }
}

/** The orphan has every page that its primary changed since a link, even if later links of that primary count. */
async function applyOrphan(handle: FileHandle, { point, databaseId }: Plan, orphan: Orphan): Promise<RestorePoint> {
  const { previousSlot, previousHash, pageSize, databasePages, slot, hash, timeMs, checksum, epoch, lastCommit } =
    orphan;
  const follows = previousSlot === point.slot ? previousHash === point.hash : previousSlot < point.slot;
  if (!follows || pageSize !== point.pageSize || databaseId !== orphan.databaseId) {
    throw new RestoreImpossible(
      "out-of-range",
      `${orphan.key} follows slot ${previousSlot} of the log, but the last remaining state of its primary is that of slot ${point.slot}: they do not fit.`,
    );
  }
  await writePages(handle, orphan);
  await handle.truncate(databasePages * pageSize);
  return { slot, hash, timeMs, checksum, pageSize, databasePages, epoch, lastCommit };
}

/** Every object is intact, but the database is not. Another base may be right. */
function notAsPlanned(plan: Plan, difference: string, orphan: Orphan | undefined): Error {
  if (orphan === undefined) {
    return new ObjectError("corrupt", plan.base.key, `the database restored from it is wrong: ${difference}`, true);
  }
  return new RestoreImpossible("damaged", `${orphan.key}: the database restored with it is wrong: ${difference}.`);
}

/** Replaces an earlier file by a finished one. @returns the removed files beside it */
async function putInPlace(finished: string, file: string): Promise<string[]> {
  // Before the file is replaced, so that SQLite never finds the new one with the old WAL, and so that they can be put back.
  const aside: string[] = [];
  try {
    for (const companion of COMPANIONS.map((suffix) => file + suffix)) {
      if (await moved(companion, companion + SET_ASIDE)) aside.push(companion);
    }
    await rename(finished, file);
  } catch (error) {
    for (const companion of aside) await moved(companion + SET_ASIDE, companion);
    throw error;
  }
  await syncFolder(dirname(file));
  for (const suffix of COMPANIONS) await rm(file + suffix + SET_ASIDE, { force: true });
  return aside;
}

async function moved(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}

async function removeAll(unfinished: string): Promise<void> {
  for (const suffix of ["", ...COMPANIONS]) await rm(unfinished + suffix, { force: true });
}

class Progress {
  readonly #tell: RestoreOptions["onProgress"];
  #doneBytes = 0;
  #totalBytes = 0;
  #objects = 0;

  constructor(tell: RestoreOptions["onProgress"]) {
    this.#tell = tell;
  }

  /** Begins an attempt that will process this many bytes. */
  begin(bytes: number): void {
    this.#totalBytes = this.#doneBytes + bytes;
  }

  add(bytes: number, objects: number): void {
    this.#doneBytes += bytes;
    this.#objects += objects;
    this.#tell?.({ doneBytes: this.#doneBytes, totalBytes: this.#totalBytes, objects: this.#objects });
  }
}

/** Errors of the folder to restore to. */
const LOCAL_FAULTS: Readonly<Record<string, string>> = {
  ENOSPC: "has no space left. Free some space",
  EDQUOT: "has no space left within its quota. Free some space, or raise the quota",
  ENOENT: "does not exist. Create it",
  EROFS: "is mounted read-only. Mount it for writing",
  EACCES: "refuses this user. Let the user that this process runs as write there",
  EPERM: "refuses this user. Let the user that this process runs as write there",
};

async function withLocalFaults<Result>(file: string, attempt: () => Promise<Result>): Promise<Result> {
  try {
    return await attempt();
  } catch (error) {
    const { code, syscall, message } = error as NodeJS.ErrnoException;
    if (code === undefined || syscall === undefined) throw error;
    const what = LOCAL_FAULTS[code] ?? "failed";
    throw new RestoreImpossible("local", `The folder ${dirname(file)} ${what} (${message}).`, error);
  }
}

export type VerifyOptions = Pick<RestoreOptions, "atMs" | "throughEpoch" | "orphan" | "onProgress" | "signal"> & {
  /** A folder with temporary room for the database. Default: the system's folder for temporary files. */
  readonly folder?: string;
};

export type Verification = Pick<
  RestoreResult,
  "databaseId" | "point" | "objects" | "bytes" | "durationMs" | "warnings"
>;

/**
 * Proves that the database can be restored: restores it, has SQLite check the result and its indexes, and removes it.
 * @throws RestoreImpossible with what was found and what to do, also if changes may have been lost from the end
 * @throws TargetError when the target does not answer
 */
export async function verify(
  target: Target,
  { folder = tmpdir(), ...options }: VerifyOptions = {},
): Promise<Verification> {
  const own = await mkdtemp(join(folder, "replica-verify-"));
  try {
    const restored = await restore(target, join(own, "restored.db"), { ...options, check: "full" });
    const { databaseId, point, objects, bytes, durationMs, warnings } = restored;
    const [doubt] = await lastingDoubts(target, restored, options);
    if (doubt !== undefined) throw new RestoreImpossible("damaged", doubt);
    return { databaseId, point, objects, bytes, durationMs, warnings };
  } finally {
    await rm(own, { recursive: true, force: true });
  }
}
