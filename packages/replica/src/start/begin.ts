import { existsSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { RestoreImpossible, startFailed, timeText } from "../errors.ts";
import { checksumOf, findInLocalLog, type Resumed } from "../local/resume.ts";
import { isTaken, noteCopy, readSidecar, removeSidecar, type Sidecar } from "../local/sidecar.ts";
import { BEFORE_FIRST, chainFrom, LOG, readSlot, readTail } from "../log/log.ts";
import { newestManifest } from "../manifest/manifest.ts";
import type { Head } from "../primary/shipper.ts";
import type { ReplicaOptions } from "../replica.ts";
import { checkLeftDatabase } from "../restore/check.ts";
import { salvage } from "../restore/orphan.ts";
import { lastingDoubts, type Plan, planRestore, type RestorePoint } from "../restore/plan.ts";
import { type RestoreResult, restore } from "../restore/restore.ts";
import type { Copy } from "../standby/standby.ts";
import type { BackupStatus } from "../status.ts";
import type { Target } from "../target/target.ts";
import { isPlainCopy, keepPlainCopy, takePlainCopy } from "./plain-copy.ts";
import { isSetBack, setBackMessage } from "./set-back.ts";
import { readDatabaseId } from "./target-setup.ts";

type RestoredFrom = NonNullable<BackupStatus["restoredFrom"]>;

/** What a start has to begin with. */
export type Beginnings =
  /** A complete copy, which follows the log until it is needed. */
  | { readonly kind: "copy"; readonly copy: Copy; readonly from: RestoredFrom; readonly log: LogEnd }
  /** The local file, with changes that the target does not have yet and that are in the local log. */
  | {
      readonly kind: "resumed";
      readonly head: Head;
      readonly resumed: Resumed;
      readonly from: RestoredFrom;
      readonly log: LogEnd;
    }
  /** The local file, or none yet; the target has to be given the whole. */
  | {
      readonly kind: "base";
      readonly previous: Head | undefined;
      /** Whether it takes the place of what the target has, as a person has said. */
      readonly replaces: boolean;
      readonly from: RestoredFrom;
      readonly log: LogEnd;
    };

/** What the log says of its owners. */
export type LogEnd = {
  readonly maxEpoch: number;
  readonly nextSlot: number;
  /** Whether no other process can be the owner: it has said so, or it was this folder's. */
  readonly isOwnerless: boolean;
};

/** The end of a log has the epoch of its owner within so many slots. */
const LAST_SLOTS = 64;

const EMPTY_LOG: LogEnd = { maxEpoch: 0, nextSlot: 1, isOwnerless: true };

/**
 * Finds out what there is, here and at the target, and makes the local file what it has to be. Never begins empty where
 * there was something.
 * @param signal gives a restore up
 * @throws ReplicaError, TargetError
 */
export async function findBeginnings(
  options: ReplicaOptions,
  plainKey: string,
  signal?: AbortSignal,
): Promise<Beginnings> {
  const { target, file, log, init } = options;
  const plan = await planned(options);
  if (typeof plan === "string") return beginNew(options, plainKey, plan);
  log("info", `${target.name} holds a database as of ${timeText(plan.point.timeMs)}.`);
  for (const warning of plan.warnings) log("warn", warning);
  const doubts = await lastingDoubts(target, plan);
  for (const doubt of doubts) log("error", doubt);
  if (existsSync(file)) {
    const local = await beginLocally(options, plan);
    if (local !== undefined) return local;
  }
  if (doubts.length > 0 && !init) {
    throw startFailed(
      `${doubts.join(" ")} Put the object back from a copy of the target, then start again; or start with --init to continue without what is lost.`,
    );
  }
  try {
    return await restored(options, signal);
  } catch (error) {
    if (!mayBeginWithout(options, (error as Error).cause)) throw error;
    return beginNew(options, plainKey, "unusable");
  }
}

/** Whether a person has said that the target's database is to be done without where it cannot be restored. */
function mayBeginWithout({ init, log, target }: ReplicaOptions, error: unknown): boolean {
  if (!init || !(error instanceof RestoreImpossible) || isElsewhere(error)) return false;
  log("warn", `Starting without the database of ${target.name} because of --init. ${error.message}`);
  return true;
}

/** Whether what is in the way is not at the target: the database there is as it should be, and nothing to do without. */
function isElsewhere({ obstacle }: RestoreImpossible): boolean {
  return obstacle === "newer-version" || obstacle === "local";
}

/** Restores the latest state of the target into the local file. @param signal gives it up */
export async function restored(options: ReplicaOptions, signal?: AbortSignal): Promise<Beginnings> {
  const { target, file, log } = options;
  log("info", `Restoring the database from ${target.name} …`);
  const result = await restore(target, file, signal === undefined ? {} : { signal }).catch((error: Error) => {
    throw refused(options, error);
  });
  noteCopy(file, target.name);
  tellRestored(options, result);
  const { point, objects, bytes, durationMs, maxEpoch, released, nextSlot, backupCount } = result;
  const checksum = await checksumOf(file, point.pageSize);
  const from: RestoredFrom = {
    kind: "target",
    slot: point.slot,
    time: timeText(point.timeMs),
    objects,
    bytes,
    durationMs,
  };
  return {
    kind: "copy",
    copy: { head: point, checksum, backupCount },
    from,
    log: { maxEpoch, nextSlot, isOwnerless: released },
  };
}

function tellRestored({ log }: ReplicaOptions, result: RestoreResult): void {
  const { point, objects, bytes, durationMs, removed, warnings, doubts } = result;
  // What is doubtful has been told of, if it still is.
  for (const warning of warnings) if (!doubts.includes(warning)) log("warn", warning);
  for (const name of removed) log("info", `Removed ${name}, which a process that ended had left behind.`);
  const megabytes = ((point.pageSize * point.databasePages) / 1e6).toFixed(1);
  log(
    "info",
    `Database restored: ${megabytes} MB as of ${timeText(point.timeMs)}, from ${objects} objects (${(bytes / 1e6).toFixed(1)} MB) in ${(durationMs / 1_000).toFixed(2)} s; every page verified.`,
  );
}

/** What a target holds that is not restored: nothing, what somebody began and nothing is lost of, or what is to be done without. */
type NotRestored = "nothing" | "not-begun" | "unusable";

async function planned(options: ReplicaOptions): Promise<Plan | NotRestored> {
  try {
    return (await planRestore(options.target)) ?? "nothing";
  } catch (error) {
    // Somebody died between taking the empty target and putting a first database there.
    if (error instanceof RestoreImpossible && error.obstacle === "not-begun") return "not-begun";
    if (mayBeginWithout(options, error)) return "unusable";
    throw refused(options, error as Error);
  }
}

function refused({ target }: ReplicaOptions, error: Error): Error {
  if (!(error instanceof RestoreImpossible)) return error;
  const where = error.obstacle === "local" ? " here" : "";
  const hint = isElsewhere(error) ? "" : " To begin without it, start with --init.";
  return startFailed(`The database at ${target.name} cannot be restored${where}. ${error.message}${hint}`, error);
}

/** The target is new to this database, or this database to the target. */
async function beginNew(options: ReplicaOptions, plainKey: string, found: NotRestored): Promise<Beginnings> {
  const { target, file, log, init, host } = options;
  const before = found === "unusable" ? `What ${target.name} holds is set aside` : `${target.name} is empty`;
  // Whoever takes the log notes it there before the name here.
  if (found === "nothing" && !init && readSidecar(file)?.target === target.name) {
    throw startFailed(
      `${target.name} is empty, but held the database of ${file}. Is it mounted? Mount it, then start again; or start with --init to begin there anew.`,
    );
  }
  const startedMs = performance.now();
  const end = init ? await listedEnd(target) : EMPTY_LOG;
  const took = (kind: RestoredFrom["kind"], bytes: number): Beginnings => {
    const durationMs = performance.now() - startedMs;
    const from: RestoredFrom = { kind, slot: 0, time: null, objects: bytes > 0 ? 1 : 0, bytes, durationMs };
    return { kind: "base", previous: undefined, replaces: end.nextSlot > 1, from, log: end };
  };
  const hasPlain = !init && (await target.read(plainKey, { offset: 0, length: 1 })) !== undefined;
  if (hasPlain && isTaken(file) && (await isPlainCopy(target, plainKey, file))) await rm(file, { force: true });
  const isLocal = existsSync(file);
  if (isLocal && hasPlain && !(await hasBegun(target, file))) {
    throw startFailed(
      `There is a database here (${file}) and another at ${target.name} (${plainKey}). Move away the one that is not wanted, then start again.`,
    );
  }
  if (isLocal) {
    await checkGiven(options, "");
    if (init) await setPlainAside(options, plainKey);
    removeSidecar(file);
    log("info", `${before}; it will be given the database ${file}.`);
    return took("local", 0);
  }
  if (init) await setPlainAside(options, plainKey);
  const bytes = hasPlain ? await takePlainCopy(target, plainKey, file, host.accept) : undefined;
  if (bytes === undefined) {
    log("info", `${before}; beginning with an empty database.`);
    return took("empty", 0);
  }
  log(
    "info",
    `Database restored: ${(bytes / 1e6).toFixed(1)} MB from the plain copy ${plainKey}; it is whole and becomes the first base.`,
  );
  return took("plain-copy", bytes);
}

/** What lies there as a plain copy may be all that is left of a database, and would be written over. */
async function setPlainAside({ target, log }: ReplicaOptions, plainKey: string): Promise<void> {
  const aside = asideOf(plainKey);
  if (!(await keepPlainCopy(target, plainKey, aside))) return;
  log("warn", `${plainKey} at ${target.name} is not begun with because of --init; it is kept there as ${aside}.`);
}

/** Another name for what is to be kept, which every file system takes. */
function asideOf(name: string): string {
  return `${name}.set-aside-${new Date().toISOString().replaceAll(":", "")}`;
}

/** Whether the local file is to become the target's database already, and its writer was stopped before its first base. */
async function hasBegun(target: Target, file: string): Promise<boolean> {
  const sidecar = readSidecar(file);
  return sidecar !== undefined && sidecar.databaseId === (await readDatabaseId(target));
}

/** Where a log ends that cannot be followed from its beginning. */
async function listedEnd(target: Target): Promise<LogEnd> {
  const keys = (await target.list(LOG)).slice(-LAST_SLOTS);
  const slots = keys.map((key) => Number(key.slice(LOG.length))).filter((slot) => Number.isSafeInteger(slot));
  const contents = await Promise.all(slots.map((slot) => readSlot(target, slot)));
  const records = contents.flatMap((content) => (content.state === "whole" ? [content.record] : []));
  const maxEpoch = Math.max(0, ...records.map(({ epoch }) => epoch));
  const last = records.at(-1);
  const isReleased = last?.kind === "released" && last.epoch === maxEpoch;
  return { maxEpoch, nextSlot: Math.max(0, ...slots) + 1, isOwnerless: slots.length === 0 || isReleased };
}

/** Goes on with the local file where that is possible. @returns undefined when it has to be restored */
async function beginLocally(options: ReplicaOptions, plan: Plan): Promise<Beginnings | undefined> {
  const { file, log, target, init } = options;
  const sidecar = readSidecar(file);
  const { point, maxEpoch, nextSlot, released, owner } = plan;
  if (sidecar === undefined) return beginForeign(options, plan);
  if (sidecar.isCopy) return beginWithCopy(options, plan);
  // Written without a target since, or restored by hand.
  if (sidecar.databaseId === "") return beginForeign(options, plan);
  if (sidecar.databaseId !== plan.databaseId) {
    if (init) return await inPlaceOf(options, plan);
    throw startFailed(
      `${target.name} holds another database than ${file} is a copy of. Point BACKUP_TARGET at the right place; ` +
        "or move the local file away to go on with the target's; or start with --init to put the local one in its place (what was there stays restorable).",
    );
  }
  const from = fromLocal(point);
  // The last word in the log may be one of this folder's that was ended before it noted its epoch here.
  const isOwn = maxEpoch <= sidecar.epoch || (owner !== undefined && owner === sidecar.claim);
  const end: LogEnd = { maxEpoch, nextSlot, isOwnerless: released || isOwn };
  if (sidecar.aheadOf.some(({ slot, hash }) => slot === point.slot && hash === point.hash)) {
    await checkGiven(options, OR_GO_ON);
    log("info", `The local database goes on where it stopped, with changes that ${target.name} does not have.`);
    return { kind: "base", previous: point, replaces: false, from, log: end };
  }
  const resumed = sidecar.aheadOf.length > 0 ? undefined : await findInLocalLog(file, point);
  if (resumed !== undefined && end.isOwnerless) {
    log("info", "The local database is still here and goes on where it stopped; nothing had to be restored.");
    return { kind: "resumed", head: point, resumed, from, log: end };
  }
  resumed?.wal.close();
  if (resumed === undefined && (await isSetBack(target, file, sidecar, plan))) {
    if (init) return await inPlaceOf(options, plan);
    throw startFailed(setBackMessage(target.name, file, plan));
  }
  await keepWhatIsMissing(options, sidecar, plan);
  return undefined;
}

/** A copy that is as the target has it need not be restored. */
async function beginWithCopy(options: ReplicaOptions, plan: Plan): Promise<Beginnings | undefined> {
  const { file, log } = options;
  const { point, maxEpoch, nextSlot, released, backupCount } = plan;
  const found = existsSync(`${file}-wal`) ? undefined : await findInLocalLog(file, point);
  if (found === undefined) return undefined;
  found.wal.close();
  log("info", "The copy here is as the target has it; nothing had to be restored.");
  const end: LogEnd = { maxEpoch, nextSlot, isOwnerless: released };
  return {
    kind: "copy",
    copy: { head: point, checksum: found.checksum, backupCount },
    from: fromLocal(point),
    log: end,
  };
}

function fromLocal({ slot, timeMs }: RestorePoint): RestoredFrom {
  return { kind: "local", slot, time: timeText(timeMs), objects: 0, bytes: 0, durationMs: 0 };
}

/** A local file that is of no target's database, and a database at the target: which one is meant is for a person to say. */
async function beginForeign(options: ReplicaOptions, plan: Plan): Promise<Beginnings | undefined> {
  const { file, target, init } = options;
  const { point } = plan;
  const found = await findInLocalLog(file, point);
  const isAhead = found !== undefined && found.wal.bytesAhead(1) > 0;
  found?.wal.close();
  if (found !== undefined && !isAhead) return undefined;
  if (init) return await inPlaceOf(options, plan);
  throw startFailed(
    `There is a database here (${file}) and another at ${target.name}, as of ${timeText(point.timeMs)}. ` +
      "Move the local one away to go on with the target's; or start with --init to put the local one in its place (what was there stays restorable).",
  );
}

/** The local file follows on what the target has, which stays restorable. */
async function inPlaceOf(options: ReplicaOptions, plan: Plan): Promise<Beginnings> {
  const { file, log, target } = options;
  const { point, maxEpoch, nextSlot, released } = plan;
  await checkGiven(options, OR_GO_ON);
  log("info", `${file} takes the place of the database at ${target.name}; what was there stays restorable.`);
  const from: RestoredFrom = { kind: "local", slot: 0, time: null, objects: 0, bytes: 0, durationMs: 0 };
  return { kind: "base", previous: point, replaces: true, from, log: { maxEpoch, nextSlot, isOwnerless: released } };
}

const OR_GO_ON = " to go on with what the target holds";

/**
 * A target must not be given what nobody can restore from it, or what is not the host's.
 * @param purpose what moving the file away is good for
 */
async function checkGiven({ file, target, host }: ReplicaOptions, purpose: string): Promise<void> {
  await host.accept?.(file);
  const finding = await checkLeftDatabase(file);
  if (finding === undefined) return;
  throw startFailed(
    `The database ${file} is damaged (${finding}), and ${target.name} is not given it as it is. Repair it with sqlite3's .recover, or move it away${purpose}; then start again.`,
  );
}

/** Another writer has gone on since: what this file has beyond what was shipped is laid down as an orphan, or set aside. */
async function keepWhatIsMissing(options: ReplicaOptions, sidecar: Sidecar, plan: Plan): Promise<void> {
  const { target, file, log } = options;
  const mine = await planRestore(target, { throughEpoch: sidecar.epoch }).catch((error: Error) => {
    if (error instanceof RestoreImpossible) return undefined;
    throw error;
  });
  const point: RestorePoint | undefined = mine?.point;
  const resumed = point === undefined || sidecar.aheadOf.length > 0 ? undefined : await findInLocalLog(file, point);
  if (point !== undefined && resumed !== undefined) {
    const lease = { databaseId: plan.databaseId, epoch: sidecar.epoch, writer: sidecar.writer };
    const key = await salvage(target, lease, point, undefined, resumed.wal, resumed.checksum);
    resumed.wal.close();
    if (key !== undefined)
      log("warn", `Another instance has gone on meanwhile. What only the local file had is kept as ${key}.`);
    return;
  }
  const aside = asideOf(file);
  for (const suffix of ["-wal", ""]) if (existsSync(file + suffix)) await rename(file + suffix, aside + suffix);
  log("warn", `The local database is no state of the one at ${target.name}; it was set aside as ${aside}.`);
}

/**
 * Whether somebody has written to the log behind what the local file goes on from: then it cannot go on from there.
 * @throws ChainBroken when the log does not lead back to that
 * @throws TargetError when the target does not answer
 */
export async function isOutdated(target: Target, beginnings: Exclude<Beginnings, { kind: "copy" }>): Promise<boolean> {
  if (beginnings.kind === "base" && beginnings.replaces) return false;
  const head = beginnings.kind === "base" ? (beginnings.previous ?? BEFORE_FIRST) : beginnings.head;
  const { manifest } = await newestManifest(target);
  // What has been packed need not be read, and may be gone from the log.
  if (manifest !== undefined && manifest.tailSlot > head.slot + 1) return true;
  return chainFrom(head, await readTail(target, head.slot + 1)).links.length > 0;
}
