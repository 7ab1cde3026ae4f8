import type { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { DatabaseChecksum } from "../checksum.ts";
import type { Lease } from "../lease/lease.ts";
import { BEFORE_FIRST } from "../log/log.ts";
import { type Base, encodeRecord, recordHash } from "../log/record.ts";
import {
  addPages,
  FIRST_SNAPSHOT,
  pageChunks,
  type ReadPages,
  snapshotKey,
  snapshotStream,
} from "../snapshot/snapshot.ts";
import type { Target } from "../target/target.ts";
import type { WalReader } from "../wal/wal.ts";
import type { Checkpointer, DatabaseFile } from "./checkpointer.ts";
import type { Guard, Pin } from "./guard.ts";
import { type Head, type HeldHead, headOf, type Shipper } from "./shipper.ts";

// Copies of the whole database for the target: bases (compressed snapshots that the log refers to) and plain copies.

/** The WAL reader skips frames in steps of this size. */
const SKIP_BYTES = 8 * 1_024 * 1_024;

/** Pages are read for a checksum or a plain copy in chunks of this size. */
const CHUNK_BYTES = 512 * 1_024;

/** Attempts at the complete checkpoint that a base needs. */
const CHECKPOINT_ATTEMPTS = 100;
const CHECKPOINT_PAUSE_MS = 50;

/** Attempts to bring the database file to the head of the log. The first few do not pause writes. */
const FREEZE_ATTEMPTS = 20;
const FREEZE_ATTEMPTS_WITHOUT_PAUSE = 5;
const FREEZE_PAUSE_MS = 50;

/** What the primary keeps open on the database file, and where it ships to. */
export type Handles = {
  readonly target: Target;
  readonly lease: Lease;
  readonly database: DatabaseSync;
  readonly databaseFile: DatabaseFile;
  readonly checkpointer: Checkpointer;
  readonly guard: Guard;
  readonly wal: WalReader;
};

/** A moment at which the database file contains every commit. */
export type Frozen = { readonly pin: Pin; readonly pageSize: number; readonly databasePages: number };

export type NewBase = {
  readonly record: Base;
  readonly bytes: Buffer;
  readonly head: Head;
  readonly checksum: DatabaseChecksum;
};

/** Checkpoints everything, pins the database file at that state and moves the WAL reader there. Writes must be paused. */
export async function freezeWhole({ database, checkpointer, guard, wal }: Handles): Promise<Frozen> {
  for (let attempt = 1; ; attempt++) {
    const { isWhole } = await checkpointer.passive();
    if (isWhole) break;
    if (attempt === CHECKPOINT_ATTEMPTS)
      throw new Error("a reader prevents the WAL from being checkpointed completely");
    await sleep(CHECKPOINT_PAUSE_MS);
  }
  const pin = guard.pin();
  while (wal.next(SKIP_BYTES) !== undefined);
  const { page_size: pageSize } = database.prepare("PRAGMA page_size").get() as { page_size: number };
  const { page_count: databasePages } = database.prepare("PRAGMA page_count").get() as { page_count: number };
  return { pin, pageSize, databasePages };
}

/**
 * Writes the whole database to the target and prepares the log record that refers to it.
 * @param previous the last link of the log; undefined for a database that is new to the target
 * @param slot the slot for the record
 */
export async function baseOf(
  options: Pick<Handles, "target" | "lease"> & { readonly databaseFile: Pick<DatabaseFile, "readPages"> },
  { pageSize, databasePages }: Frozen,
  previous: Head | undefined,
  slot: number,
  nowMs: number,
): Promise<NewBase> {
  const { target, lease, databaseFile } = options;
  const { databaseId, epoch, writer } = lease;
  const readPages = (first: number, into: Buffer) => databaseFile.readPages(first, into, pageSize);
  const checksum = new DatabaseChecksum(pageSize);
  for await (const { firstPage, images } of pageChunks({ pageSize, databasePages }, CHUNK_BYTES, readPages)) {
    await addPages(checksum, firstPage, images, pageSize);
  }
  const { slot: previousSlot, hash: previousHash } = previous ?? BEFORE_FIRST;
  const timeMs = Math.max(nowMs, previous?.timeMs ?? 0);
  const state = { pageSize, databasePages, checksum: checksum.value, timeMs };
  const key = snapshotKey(slot, epoch) + (previous === undefined ? FIRST_SNAPSHOT : "");
  const snapshot = counted(snapshotStream({ databaseId, slot, hash: previousHash, ...state }, readPages));
  await target.create(key, snapshot.chunks);
  const commit = (previous?.lastCommit ?? 0) + 1;
  const link = { previousSlot, previousHash, firstCommit: commit, lastCommit: commit, ...state };
  const stored = { snapshotKey: key, snapshotBytes: snapshot.bytes };
  const record: Base = { kind: "base", databaseId, epoch, writer, slot, ...link, ...stored };
  const bytes = await encodeRecord(record);
  return { record, bytes, head: headOf(record, recordHash(bytes)), checksum };
}

export function counted(content: AsyncIterable<Buffer>): { readonly chunks: AsyncIterable<Buffer>; bytes: number } {
  async function* chunks(): AsyncGenerator<Buffer> {
    for await (const chunk of content) {
      stream.bytes += chunk.length;
      yield chunk;
    }
  }
  const stream = { chunks: chunks(), bytes: 0 };
  return stream;
}

export type FreezeOptions = {
  readonly shipper: Shipper;
  readonly checkpointer: Checkpointer;
  readonly walGeneration: () => number | undefined;
  /** Runs work while writes are paused and, if possible, everything is shipped. */
  readonly whileQuiet: <Result>(work: () => Promise<Result>) => Promise<Result>;
};

/**
 * Brings the database file to the head of the log and pins it there. Under steady load this pauses writes briefly.
 * @throws Error when the target accepts nothing, or a reader keeps an older state
 */
export async function freezeAtHead(options: FreezeOptions): Promise<HeldHead> {
  const freeze = () => tryToFreezeAtHead(options);
  for (let attempt = 0; attempt < FREEZE_ATTEMPTS; attempt++) {
    const held = await (attempt < FREEZE_ATTEMPTS_WITHOUT_PAUSE ? freeze() : options.whileQuiet(freeze));
    if (held !== undefined) return held;
    await sleep(FREEZE_PAUSE_MS);
  }
  throw new Error(
    "the database file could not be brought up to date: the target lacks changes, or a reader holds an older state",
  );
}

/** @returns undefined when the file is not at the head, for example because the WAL already contains later commits */
async function tryToFreezeAtHead({
  shipper,
  checkpointer,
  walGeneration,
}: FreezeOptions): Promise<HeldHead | undefined> {
  let held: HeldHead | undefined;
  let isAtHead = false;
  try {
    await checkpointer.passive(({ isWhole, walFrames }) => {
      held = shipper.holdHead();
      if (held === undefined) return;
      // If a page changed again after the head, the checkpoint does not copy its state at the head. If the WAL has
      // restarted since, everything before the restart was already in the file.
      isAtHead = (isWhole && walFrames === held.walFrames) || walGeneration() !== held.walGeneration;
    });
    return isAtHead ? held : undefined;
  } catch (error) {
    isAtHead = false;
    throw error;
  } finally {
    if (!isAtHead) held?.pin.release();
  }
}

/** Where the database header names the journal mode: 2 is WAL, 1 is a rollback journal. */
const FORMAT_VERSIONS = { offset: 18, length: 2, rollbackJournal: 1 };

/**
 * The database as a file that any SQLite tool opens. Its header does not announce a WAL, because everything is in the
 * file. So it opens read-only and on network shares, where SQLite's shared memory does not work. Each chunk is valid
 * until the next.
 */
export async function* plainStream(
  database: Pick<Head, "pageSize" | "databasePages">,
  readPages: ReadPages,
): AsyncGenerator<Buffer> {
  for await (const { firstPage, images } of pageChunks(database, CHUNK_BYTES, readPages)) {
    const { offset, length, rollbackJournal } = FORMAT_VERSIONS;
    if (firstPage === 1) images.fill(rollbackJournal, offset, offset + length);
    yield images;
  }
}

/**
 * The database file, pinned while a copy of it is uploaded. While it is pinned, the WAL can neither be checkpointed nor
 * restart, so the upload can be cancelled.
 */
export class HeldFile {
  readonly #file: Pick<DatabaseFile, "readPages">;
  readonly pin: Pin;
  readonly #cancelled = Promise.withResolvers<never>();
  #lastReadMs = performance.now();
  #isHeld = true;

  /** @param pin released together with this file */
  constructor(file: Pick<DatabaseFile, "readPages">, pin: Pin) {
    this.#file = file;
    this.pin = pin;
    // Usually nobody waits for it.
    this.#cancelled.promise.catch(() => {});
  }

  /** Time since pages were last read: the target has accepted nothing since then. */
  get idleMs(): number {
    return performance.now() - this.#lastReadMs;
  }

  /** As {@link DatabaseFile.readPages}. @throws Error after a release: the pages may be newer */
  async readPages(firstPage: number, into: Buffer, pageSize: number): Promise<void> {
    this.#lastReadMs = performance.now();
    if (this.#isHeld) await this.#file.readPages(firstPage, into, pageSize);
    if (!this.#isHeld) throw copyCancelled();
  }

  /** @returns the result of the work @throws Error at once when the copy is cancelled */
  orCancelled<Result>(work: Promise<Result>): Promise<Result> {
    return Promise.race([work, this.#cancelled.promise]);
  }

  release(): void {
    this.#isHeld = false;
    this.pin.release();
  }

  cancel(): void {
    this.release();
    this.#cancelled.reject(copyCancelled());
  }
}

function copyCancelled(): Error {
  return new Error(
    "a copy of the database was cancelled: the target accepted no data for a long time while the WAL grew",
  );
}
