import { statfsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import type { WriteRefusal } from "../errors.ts";

/** Beyond this share of the disk, or with less than this left, the WAL is kept as short as possible. */
const TIGHT_SHARE = 0.8;
const TIGHT_FREE_BYTES = 64 * 1_024 * 1_024;

/**
 * With less than this left, besides what the database file has yet to grow, writes are refused: pending writes and the notes
 * beside the file need some.
 */
const MIN_FREE_BYTES = 16 * 1_024 * 1_024;

/** How often the disk is checked before a write; much more often with little left, because a WAL may grow by 50 MB/s. */
const LOOK_MS = 1_000;
const WATCHED_FREE_BYTES = 512 * 1_024 * 1_024;
const WATCH_MS = 10;

const RETRY_MS = 60_000;

/** Free and total bytes of a disk. */
export type Room = { readonly freeBytes: number; readonly totalBytes: number };

/** The disk of the database, as of the last check. */
export class Disk {
  readonly #folder: string;
  readonly #growthBytes: () => number;
  readonly #roomIn: (folder: string) => Room;
  #room: Room = { freeBytes: 0, totalBytes: 0 };
  /** What the file has yet to grow; unknown while there is plenty of room. */
  #neededBytes = 0;
  #nextLookMs = 0;

  /**
   * @param growthBytes how much the database file will grow when its WAL is copied into it
   * @param roomIn the room on the disk of a folder
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

  /** Whether writes should be refused. */
  get isFull(): boolean {
    return this.#room.freeBytes < MIN_FREE_BYTES + this.#neededBytes;
  }

  /** Checks again if the last check is too old. @returns undefined if a write may be tried */
  refusal(): WriteRefusal | undefined {
    if (performance.now() >= this.#nextLookMs) this.look();
    if (!this.isFull) return undefined;
    const neededMegabytes = inMegabytes(this.#neededBytes);
    const needed = neededMegabytes > 0 ? `, and the WAL needs ${neededMegabytes} MB of them` : "";
    const reason = `The disk of the database is full: ${inMegabytes(this.#room.freeBytes)} MB are left${needed}. Free some space; reads still work.`;
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
 * How many bytes a database file will grow when all of its WAL is copied into it.
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
