import { randomUUID } from "node:crypto";
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, unlinkSync, writeFileSync } from "node:fs";

/** A link of the log. */
export type SlotAndHash = { readonly slot: number; readonly hash: string };

/** What is known about the local file, stored beside it for the next start. */
export type Sidecar = {
  /** Empty if the file is not a target's database: for a copy, and for a database without a target. */
  readonly databaseId: string;
  /** Epoch and UUID of the primary whose file it is. */
  readonly epoch: number;
  readonly writer: string;
  /** UUID for the file's next epoch, stored before the log is taken: this process may have died just afterwards. */
  readonly claim?: string;
  /**
   * Not empty if the file contains changes that are neither at the target nor in the local WAL. Only a new base can
   * ship them, and only while the target still ends with one of these links.
   */
  readonly aheadOf: readonly SlotAndHash[];
  /** Set for a copy of what the target has: it can be replaced without loss. */
  readonly isCopy?: true;
  /** Name of the target that also has the database. */
  readonly target?: string;
};

const OWN = { databaseId: "", epoch: 0, writer: "", aheadOf: [] } as const;
const COPY = { ...OWN, isCopy: true } as const;

const pathOf = (file: string) => `${file}-replica`;

/** @returns undefined if there is none that can be read */
export function readSidecar(file: string): Sidecar | undefined {
  try {
    return JSON.parse(readFileSync(pathOf(file), "utf8")) as Sidecar;
  } catch {
    return undefined;
  }
}

/** Error codes of a full disk or an exhausted quota. */
const FULL = new Set<string | undefined>(["ENOSPC", "EDQUOT"]);

/** Replaces the sidecar durably. @throws Error when the disk fails; when it is full, the message says what to do */
export function writeSidecar(file: string, sidecar: Sidecar): void {
  try {
    replaceSidecar(file, sidecar);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (!FULL.has(code)) throw error;
    const advice = `${pathOf(file)} could not be written: the disk is full. Free some space; nothing is lost.`;
    throw new Error(`${advice} (${message})`, { cause: error });
  }
}

function replaceSidecar(file: string, sidecar: Sidecar): void {
  const unfinished = `${pathOf(file)}.part`;
  const descriptor = openSync(unfinished, "w", 0o600);
  try {
    writeFileSync(descriptor, `${JSON.stringify(sidecar)}\n`);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(unfinished, pathOf(file));
}

/**
 * Stores who is about to take the log for this file, so that the next start recognises it if this process dies right then.
 * Until the attempt succeeds, every call returns the same UUID.
 * @returns UUID of the primary
 */
export function noteClaim(file: string): string {
  const sidecar = readSidecar(file);
  const claim = sidecar?.claim ?? randomUUID();
  // A copy can be replaced without loss, and without a sidecar there is nothing to continue from.
  if (sidecar === undefined || sidecar.isCopy || sidecar.claim !== undefined) return claim;
  writeSidecar(file, { ...sidecar, claim });
  return claim;
}

/** Marks the file as a copy of what this target has. */
export function noteCopy(file: string, target: string): void {
  writeSidecar(file, { ...COPY, target });
}

/** Marks the file as a plain copy from a target that has no database of its own yet. */
export function noteTaken(file: string): void {
  writeSidecar(file, COPY);
}

/** Whether {@link noteTaken} was the last mark. */
export function isTaken(file: string): boolean {
  const sidecar = readSidecar(file);
  return sidecar?.isCopy === true && sidecar.target === undefined;
}

/**
 * Marks the file as independent of any target's database, because the previous database is no longer in it. The name of
 * the previous target is kept.
 */
export function noteOwn(file: string): void {
  const sidecar = readSidecar(file);
  if (sidecar === undefined) return;
  const { target } = sidecar;
  writeSidecar(file, { ...OWN, ...(target !== undefined && { target }) });
}

/** Called when somebody writes the file without a target: then it must not be discarded like a copy. */
export function noteWrittenAlone(file: string): void {
  if (readSidecar(file)?.isCopy) noteOwn(file);
}

export function removeSidecar(file: string): void {
  try {
    unlinkSync(pathOf(file));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}
