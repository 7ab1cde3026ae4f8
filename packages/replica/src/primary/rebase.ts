import type { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { DatabaseChecksum } from "../checksum/database-checksum.ts";
import type { Lease } from "../lease/fence.ts";
import { BEFORE_FIRST } from "../log/log.ts";
import { type Base, encodeRecord, recordHash } from "../log/record.ts";
import { addPages, FIRST_SNAPSHOT, snapshotKey, snapshotStream } from "../snapshot/snapshot.ts";
import type { Target } from "../target/target.ts";
import type { WalReader } from "../wal/wal.ts";
import type { Checkpointer } from "./checkpointer.ts";
import type { DatabaseFile } from "./database-file.ts";
import type { Guard, Pin } from "./guard.ts";
import { type Head, headOf } from "./shipper.ts";

/** The log is read past in pieces of this size. */
const SKIP_BYTES = 8 * 1_024 * 1_024;

/** Pages are read for the checksum in pieces of this size. */
const CHUNK_BYTES = 512 * 1_024;

/** How often the checkpoint that must be whole is tried. */
const CHECKPOINT_ATTEMPTS = 100;
const CHECKPOINT_PAUSE_MS = 50;

export type RebaseOptions = {
  readonly target: Target;
  readonly lease: Lease;
  readonly database: DatabaseSync;
  readonly databaseFile: DatabaseFile;
  readonly checkpointer: Checkpointer;
  readonly guard: Guard;
  readonly wal: WalReader;
};

/** A moment at which the database file has everything that is committed. */
export type Frozen = { readonly pin: Pin; readonly pageSize: number; readonly databasePages: number };

export type NewBase = {
  readonly record: Base;
  readonly bytes: Buffer;
  readonly head: Head;
  readonly checksum: DatabaseChecksum;
};

/**
 * Brings the database file up to date and holds it there; the log's reader stands behind that.
 * No transaction may commit meanwhile.
 */
export async function freezeWhole({ database, checkpointer, guard, wal }: RebaseOptions): Promise<Frozen> {
  for (let attempt = 1; ; attempt++) {
    const { isWhole } = await checkpointer.passive();
    if (isWhole) break;
    if (attempt === CHECKPOINT_ATTEMPTS) throw new Error("a reader keeps the log from being copied into the database");
    await sleep(CHECKPOINT_PAUSE_MS);
  }
  const pin = guard.pin();
  while (wal.next(SKIP_BYTES) !== undefined);
  const { page_size: pageSize } = database.prepare("PRAGMA page_size").get() as { page_size: number };
  const { page_count: databasePages } = database.prepare("PRAGMA page_count").get() as { page_count: number };
  return { pin, pageSize, databasePages };
}

/**
 * Writes the database as a whole to the target, and makes the link of the log that says so.
 * @param previous what the log ends with; undefined for a database that is new to the target
 * @param slot where the link will be written
 */
export async function baseOf(
  options: Pick<RebaseOptions, "target" | "lease"> & { readonly databaseFile: Pick<DatabaseFile, "readPages"> },
  { pageSize, databasePages }: Frozen,
  previous: Head | undefined,
  slot: number,
): Promise<NewBase> {
  const { target, lease, databaseFile } = options;
  const { databaseId, epoch, writer } = lease;
  const readPages = (first: number, into: Buffer) => databaseFile.readPages(first, into, pageSize);
  const checksum = new DatabaseChecksum(pageSize);
  const pagesAtOnce = Math.max(1, Math.floor(CHUNK_BYTES / pageSize));
  const buffer = Buffer.alloc(Math.min(pagesAtOnce, databasePages) * pageSize);
  for (let first = 1; first <= databasePages; first += pagesAtOnce) {
    const images = buffer.subarray(0, Math.min(pagesAtOnce, databasePages + 1 - first) * pageSize);
    await readPages(first, images);
    await addPages(checksum, first, images, pageSize);
  }
  const { slot: previousSlot, hash: previousHash } = previous ?? BEFORE_FIRST;
  const timeMs = Math.max(Date.now(), previous?.timeMs ?? 0);
  const state = { pageSize, databasePages, checksum: checksum.value, timeMs };
  const key = snapshotKey(slot, epoch) + (previous === undefined ? FIRST_SNAPSHOT : "");
  let bytes = 0;
  async function* counted(): AsyncGenerator<Buffer> {
    for await (const chunk of snapshotStream({ databaseId, slot, hash: previousHash, ...state }, readPages)) {
      bytes += chunk.length;
      yield chunk;
    }
  }
  await target.create(key, counted());
  const commit = (previous?.lastCommit ?? 0) + 1;
  const link = { previousSlot, previousHash, firstCommit: commit, lastCommit: commit, ...state };
  const snapshot = { snapshotKey: key, snapshotBytes: bytes };
  const record: Base = { kind: "base", databaseId, epoch, writer, slot, ...link, ...snapshot };
  const encoded = await encodeRecord(record);
  const hash = recordHash(encoded);
  return { record, bytes: encoded, head: headOf(record, hash), checksum };
}
