import { randomUUID } from "node:crypto";
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, unlinkSync, writeFileSync } from "node:fs";

/** A link of the log. */
export type SlotAndHash = { readonly slot: number; readonly hash: string };

/** What is known of the local file beside it, so that it can be gone on with after a restart. */
export type Sidecar = {
  /** Empty where it is none's at a target: that of a copy, and of what is here by itself. */
  readonly databaseId: string;
  /** Epoch and UUID of the writer whose file it is. */
  readonly epoch: number;
  readonly writer: string;
  /** UUID of the writer that this file's next epoch is to be of, noted before it takes the log: it may have done so. */
  readonly claim?: string;
  /**
   * Not empty when the file holds changes that are neither at the target nor in the log beside it: only a new base can
   * bring them there, and only while the target still ends with one of these links.
   */
  readonly aheadOf: readonly SlotAndHash[];
  /** Set when it is no writer's file, but a copy of what the target has: nothing is lost when it is replaced. */
  readonly isCopy?: true;
  /** Name of the target that holds the database too. Earlier versions did not write it. */
  readonly target?: string;
};

const OWN = { databaseId: "", epoch: 0, writer: "", aheadOf: [] } as const;
const COPY = { ...OWN, isCopy: true } as const;

const pathOf = (file: string) => `${file}-replica`;

/** @returns undefined when there is none that can be read */
export function readSidecar(file: string): Sidecar | undefined {
  try {
    return JSON.parse(readFileSync(pathOf(file), "utf8")) as Sidecar;
  } catch {
    return undefined;
  }
}

/** What a system says when a disk, or a user's share of it, is full. */
const FULL = new Set<string | undefined>(["ENOSPC", "EDQUOT"]);

/** Replaces the sidecar; it survives a power failure. @throws Error when the disk refuses, with what to do when it is full */
export function writeSidecar(file: string, sidecar: Sidecar): void {
  try {
    replaceSidecar(file, sidecar);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (!FULL.has(code)) throw error;
    const advice = `${pathOf(file)} could not be written: the disk is full. Make some room there, or make it larger; nothing is lost.`;
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
 * Notes who is about to take the log for this file: should this process end just then, the next one finds whose it is. As
 * long as nothing came of it, it is the same one, however often that is tried.
 * @returns UUID of the writer
 */
export function noteClaim(file: string): string {
  const sidecar = readSidecar(file);
  const claim = sidecar?.claim ?? randomUUID();
  // Nothing is lost with a copy, nor is there anything to go on from where nothing is noted.
  if (sidecar === undefined || sidecar.isCopy || sidecar.claim !== undefined) return claim;
  writeSidecar(file, { ...sidecar, claim });
  return claim;
}

/** Notes that the file is a copy of what the target of this name has. */
export function noteCopy(file: string, target: string): void {
  writeSidecar(file, { ...COPY, target });
}

/** Notes that the file is a plain copy that was taken from a target, which has no database of its own yet. */
export function noteTaken(file: string): void {
  writeSidecar(file, COPY);
}

/** Whether {@link noteTaken} was the last that was noted. */
export function isTaken(file: string): boolean {
  const sidecar = readSidecar(file);
  return sidecar?.isCopy === true && sidecar.target === undefined;
}

/**
 * Notes that the file is of no target's database from now on: what was noted is of another, which is not here any more.
 * Which target that was of stays known.
 */
export function noteOwn(file: string): void {
  const sidecar = readSidecar(file);
  if (sidecar === undefined) return;
  const { target } = sidecar;
  writeSidecar(file, { ...OWN, ...(target !== undefined && { target }) });
}

/** Notes that somebody writes the file without a target: it must not be thrown away any more as a copy is. */
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
