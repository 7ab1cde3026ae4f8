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

export type Beginnings =
  /** A complete copy, which follows the log until it is needed. */
  | { readonly kind: "copy"; readonly copy: Copy; readonly from: RestoredFrom; readonly log: LogEnd }
  /** The local file, whose WAL has changes that the target lacks. */
  | {
      readonly kind: "resumed";
      readonly head: Head;
      readonly resumed: Resumed;
      readonly from: RestoredFrom;
      readonly log: LogEnd;
    }
  /** The local file, or none yet; the target needs the whole database. */
  | {
      readonly kind: "base";
      readonly previous: Head | undefined;
      /** Whether it replaces the target's database, because of --init. */
      readonly replaces: boolean;
      readonly from: RestoredFrom;
      readonly log: LogEnd;
    };

export type LogEnd = {
  readonly maxEpoch: number;
  readonly nextSlot: number;
  /** Whether no other process can be the primary: it released the log, or it used this folder. */
  readonly isOwnerless: boolean;
};

/** The epoch of the last primary is within this many slots at the end of a log. */
const LAST_SLOTS = 64;

const EMPTY_LOG: LogEnd = { maxEpoch: 0, nextSlot: 1, isOwnerless: true };

/**
 * Looks at the local file and at the target, and restores the local file if necessary. Never begins empty if there was a
 * database.
 * @param signal cancels a restore
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

/** Whether to continue without a database that cannot be restored, because of --init. */
function mayBeginWithout({ init, log, target }: ReplicaOptions, error: unknown): boolean {
  if (!init || !(error instanceof RestoreImpossible) || isElsewhere(error)) return false;
  log("warn", `Starting without the database of ${target.name} because of --init. ${error.message}`);
  return true;
}

/** Whether the obstacle is not at the target, whose database is intact. */
function isElsewhere({ obstacle }: RestoreImpossible): boolean {
  return obstacle === "newer-version" || obstacle === "local";
}

/** Restores the latest state of the target into the local file. @param signal cancels it */
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
  // Lasting doubts have been logged already.
  for (const warning of warnings) if (!doubts.includes(warning)) log("warn", warning);
  for (const name of removed) log("info", `Removed ${name}, which a process that ended had left behind.`);
  const megabytes = ((point.pageSize * point.databasePages) / 1e6).toFixed(1);
  log(
    "info",
    `Database restored: ${megabytes} MB as of ${timeText(point.timeMs)}, from ${objects} objects (${(bytes / 1e6).toFixed(1)} MB) in ${(durationMs / 1_000).toFixed(2)} s; every page verified.`,
  );
}

/** A target without a database to restore: empty, prepared but never used, or given up because of --init. */
type NotRestored = "nothing" | "not-begun" | "unusable";

async function planned(options: ReplicaOptions): Promise<Plan | NotRestored> {
  try {
    return (await planRestore(options.target)) ?? "nothing";
  } catch (error) {
    // An instance was killed after it took the empty target and before it stored a database there.
    if (error instanceof RestoreImpossible && error.obstacle === "not-begun") return "not-begun";
    if (mayBeginWithout(options, error)) return "unusable";
    throw refused(options, error as Error);
  }
}

function refused({ target }: ReplicaOptions, error: Error): Error {
  if (!(error instanceof RestoreImpossible)) return error;
  const where = error.obstacle === "local" ? " here" : "";
  const hint = isElsewhere(error) ? "" : " To start without it, use --init.";
  return startFailed(`The database at ${target.name} cannot be restored${where}. ${error.message}${hint}`, error);
}

/** Either the target or the database is new. */
async function beginNew(options: ReplicaOptions, plainKey: string, found: NotRestored): Promise<Beginnings> {
  const { target, file, log, init, host } = options;
  const before = found === "unusable" ? `What ${target.name} holds is set aside` : `${target.name} is empty`;
  // A primary writes to the target before it notes the target's name here.
  if (found === "nothing" && !init && readSidecar(file)?.target === target.name) {
    throw startFailed(
      `${target.name} is empty, but held the database of ${file}. Is it mounted? Mount it, then start again; or start with --init to use it empty.`,
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
      `There is a database here (${file}) and another at ${target.name} (${plainKey}). Move away the one that you do not want, then start again.`,
    );
  }
  if (isLocal) {
    await checkGiven(options, "");
    if (init) await setPlainAside(options, plainKey);
    removeSidecar(file);
    log("info", `${before}; it gets the database ${file}.`);
    return took("local", 0);
  }
  if (init) await setPlainAside(options, plainKey);
  const bytes = hasPlain ? await takePlainCopy(target, plainKey, file, host.accept) : undefined;
  if (bytes === undefined) {
    log("info", `${before}; starting with an empty database.`);
    return took("empty", 0);
  }
  log(
    "info",
    `Database restored: ${(bytes / 1e6).toFixed(1)} MB from the plain copy ${plainKey}; it is whole and becomes the first base.`,
  );
  return took("plain-copy", bytes);
}

/** The plain copy would be overwritten, and may be all that is left of a database. */
async function setPlainAside({ target, log }: ReplicaOptions, plainKey: string): Promise<void> {
  const aside = asideOf(plainKey);
  if (!(await keepPlainCopy(target, plainKey, aside))) return;
  log("warn", `${plainKey} at ${target.name} is not used because of --init; it is kept there as ${aside}.`);
}

/** A name for something to keep, valid on every file system. */
function asideOf(name: string): string {
  return `${name}.set-aside-${new Date().toISOString().replaceAll(":", "")}`;
}

/** Whether the local file was about to become the target's database when its primary was stopped. */
async function hasBegun(target: Target, file: string): Promise<boolean> {
  const sidecar = readSidecar(file);
  return sidecar !== undefined && sidecar.databaseId === (await readDatabaseId(target));
}

/** The end of a log that cannot be followed from its beginning. */
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

/** Continues with the local file if possible. @returns undefined if it must be restored */
async function beginLocally(options: ReplicaOptions, plan: Plan): Promise<Beginnings | undefined> {
  const { file, log, target, init } = options;
  const sidecar = readSidecar(file);
  const { point, maxEpoch, nextSlot, released, owner } = plan;
  if (sidecar === undefined) return beginForeign(options, plan);
  if (sidecar.isCopy) return beginWithCopy(options, plan);
  // It was written without a target since, or restored by hand.
  if (sidecar.databaseId === "") return beginForeign(options, plan);
  if (sidecar.databaseId !== plan.databaseId) {
    if (init) return await inPlaceOf(options, plan);
    throw startFailed(
      `${target.name} holds another database than ${file} is a copy of. Point BACKUP_TARGET at the right place; ` +
        "or move the local file away to continue with the target's; or start with --init to replace it by the local one (the previous one stays restorable).",
    );
  }
  const from = fromLocal(point);
  // The last record may be from a primary of this folder that was killed before it noted its epoch.
  const isOwn = maxEpoch <= sidecar.epoch || (owner !== undefined && owner === sidecar.claim);
  const end: LogEnd = { maxEpoch, nextSlot, isOwnerless: released || isOwn };
  if (sidecar.aheadOf.some(({ slot, hash }) => slot === point.slot && hash === point.hash)) {
    await checkGiven(options, OR_GO_ON);
    log("info", `The local database continues where it stopped, with changes that ${target.name} lacks.`);
    return { kind: "base", previous: point, replaces: false, from, log: end };
  }
  const resumed = sidecar.aheadOf.length > 0 ? undefined : await findInLocalLog(file, point);
  if (resumed !== undefined && end.isOwnerless) {
    log("info", "The local database is still here and continues where it stopped; nothing had to be restored.");
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

/** A copy that equals the target's state need not be restored. */
async function beginWithCopy(options: ReplicaOptions, plan: Plan): Promise<Beginnings | undefined> {
  const { file, log } = options;
  const { point, maxEpoch, nextSlot, released, backupCount } = plan;
  const found = existsSync(`${file}-wal`) ? undefined : await findInLocalLog(file, point);
  if (found === undefined) return undefined;
  found.wal.close();
  log("info", "The local copy is up to date; nothing had to be restored.");
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

/** A local file that belongs to no target, and a database at the target: a person must choose. */
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
      "Move the local one away to continue with the target's; or start with --init to replace it by the local one (the previous one stays restorable).",
  );
}

/** The local file replaces the target's database, which stays restorable. */
async function inPlaceOf(options: ReplicaOptions, plan: Plan): Promise<Beginnings> {
  const { file, log, target } = options;
  const { point, maxEpoch, nextSlot, released } = plan;
  await checkGiven(options, OR_GO_ON);
  log("info", `${file} replaces the database at ${target.name}, which stays restorable.`);
  const from: RestoredFrom = { kind: "local", slot: 0, time: null, objects: 0, bytes: 0, durationMs: 0 };
  return { kind: "base", previous: point, replaces: true, from, log: { maxEpoch, nextSlot, isOwnerless: released } };
}

const OR_GO_ON = " to continue with the target's database";

/**
 * A target must not get a damaged database, or one of another program.
 * @param purpose why to move the file away
 */
async function checkGiven({ file, target, host }: ReplicaOptions, purpose: string): Promise<void> {
  await host.accept?.(file);
  const finding = await checkLeftDatabase(file);
  if (finding === undefined) return;
  throw startFailed(
    `The database ${file} is damaged (${finding}), so ${target.name} does not get it. Repair it with sqlite3's .recover, or move it away${purpose}; then start again.`,
  );
}

/** Another primary has continued: keeps the unshipped changes of this file as an orphan, or sets the file aside. */
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
      log("warn", `Another instance has continued meanwhile. Changes that only the local file had are kept as ${key}.`);
    return;
  }
  const aside = asideOf(file);
  for (const suffix of ["-wal", ""]) if (existsSync(file + suffix)) await rename(file + suffix, aside + suffix);
  log("warn", `The local database is not a state of the one at ${target.name}; it was set aside as ${aside}.`);
}

/**
 * Whether another instance has written to the log behind the state that the local file would continue from.
 * @throws ChainBroken when the log does not lead back to that
 * @throws TargetError when the target does not answer
 */
export async function isOutdated(target: Target, beginnings: Exclude<Beginnings, { kind: "copy" }>): Promise<boolean> {
  if (beginnings.kind === "base" && beginnings.replaces) return false;
  const head = beginnings.kind === "base" ? (beginnings.previous ?? BEFORE_FIRST) : beginnings.head;
  const { manifest } = await newestManifest(target);
  // Packed slots need not be read, and may be gone.
  if (manifest !== undefined && manifest.tailSlot > head.slot + 1) return true;
  return chainFrom(head, await readTail(target, head.slot + 1)).links.length > 0;
}
