import { statfsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import type { WriteRefusal } from "../errors.ts";

/** From this share of the disk on, or with less than this left, the log is kept as short as it can be. */
const TIGHT_SHARE = 0.8;
const TIGHT_FREE_BYTES = 64 * 1_024 * 1_024;

/**
 * With less than this left, beside what the database file still has to grow by, nothing more is written: what is under way
 * needs some, and so do the notes beside the file.
 */
const MIN_FREE_BYTES = 16 * 1_024 * 1_024;

/**
 * Before a write the disk is looked at again after so long; with less than this left much sooner, for a log may grow by
 * 50 MB a second.
 */
const LOOK_MS = 1_000;
const WATCHED_FREE_BYTES = 512 * 1_024 * 1_024;
const WATCH_MS = 10;

const RETRY_MS = 60_000;

/** How much a disk has for us, and in all. */
export type Room = { readonly freeBytes: number; readonly totalBytes: number };

/** Room on the disk of the database, as of the last look. */
export class Disk {
  readonly #folder: string;
  readonly #growthBytes: () => number;
  readonly #roomIn: (folder: string) => Room;
  #room: Room = { freeBytes: 0, totalBytes: 0 };
  /** What the file has to grow by; not known while there is plenty of room. */
  #neededBytes = 0;
  #nextLookMs = 0;

  /**
   * @param growthBytes by how much the database file will grow with what is in its log
   * @param roomIn how much the disk has that a folder lies on
   */
  constructor(file: string, growthBytes: () => number, roomIn = roomOf) {
    this.#folder = dirname(file);
    this.#growthBytes = growthBytes;
    this.#roomIn = roomIn;
    this.look();
  }

  look(): void {
    this.#room = this.#roomIn(this.#folder);
    const isWatched = this.#room.freeBytes < WATCHED_FREE_BYTES;
    this.#neededBytes = isWatched ? this.#growthBytes() : 0;
    this.#nextLookMs = performance.now() + (isWatched ? WATCH_MS : LOOK_MS);
  }

  get isTight(): boolean {
    const { freeBytes, totalBytes } = this.#room;
    return totalBytes > 0 && (1 - freeBytes / totalBytes >= TIGHT_SHARE || freeBytes < TIGHT_FREE_BYTES);
  }

  /** Whether nothing more should be written. */
  get isFull(): boolean {
    return this.#room.freeBytes < MIN_FREE_BYTES + this.#neededBytes;
  }

  /** Looks again when the last look was too long ago. @returns undefined when a write may be tried */
  refusal(): WriteRefusal | undefined {
    if (performance.now() >= this.#nextLookMs) this.look();
    if (!this.isFull) return undefined;
    const neededMegabytes = inMegabytes(this.#neededBytes);
    const needed = neededMegabytes > 0 ? `, and what is in its log needs ${neededMegabytes} MB` : "";
    const reason = `The disk of the database is full: ${inMegabytes(this.#room.freeBytes)} MB are left${needed}. Free some space; reading goes on.`;
    return { reason, retryAfterMs: RETRY_MS, diskFull: true };
  }
}

function inMegabytes(bytes: number): number {
  return Math.floor(bytes / 1_048_576);
}

function roomOf(folder: string): Room {
  const { bavail, blocks, bsize } = statfsSync(folder);
  return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
}

/**
 * Tells by how many bytes a database file will grow once everything that is in its log is copied into it.
 * @param database a connection to it
 */
export function growthOf(database: DatabaseSync, file: string): () => number {
  const pageSize = database.prepare("PRAGMA page_size");
  const pageCount = database.prepare("PRAGMA page_count");
  return () => {
    const { page_size: bytes } = pageSize.get() as { page_size: number };
    const { page_count: pages } = pageCount.get() as { page_count: number };
    return Math.max(0, bytes * pages - statSync(file).size);
  };
}
