import { statfsSync } from "node:fs";
import { dirname } from "node:path";
import type { Refusal } from "../refusal.ts";

/** From this share of the disk on, the log is kept as short as it can be. */
const TIGHT_SHARE = 0.8;

/** With less than this left, nothing more is written: SQLite, the log and a checkpoint need some. */
const MIN_FREE_BYTES = 16 * 1_024 * 1_024;

const RETRY_MS = 60_000;

/** How much a disk has for us, and in all. */
export type Room = { readonly freeBytes: number; readonly totalBytes: number };

/** Room on the disk of the database, as of the last look. */
export class Disk {
  readonly #folder: string;
  readonly #roomIn: (folder: string) => Room;
  #room: Room;

  /** @param roomIn how much the disk has that a folder lies on */
  constructor(file: string, roomIn = roomOf) {
    this.#folder = dirname(file);
    this.#roomIn = roomIn;
    this.#room = roomIn(this.#folder);
  }

  look(): void {
    this.#room = this.#roomIn(this.#folder);
  }

  get isTight(): boolean {
    const { freeBytes, totalBytes } = this.#room;
    return totalBytes > 0 && 1 - freeBytes / totalBytes >= TIGHT_SHARE;
  }

  refusal(): Refusal | undefined {
    const { freeBytes } = this.#room;
    if (freeBytes >= MIN_FREE_BYTES) return undefined;
    const reason = `The disk of the database is full: ${Math.floor(freeBytes / 1_048_576)} MB are left. Free some space; reading goes on.`;
    return { reason, retryAfterMs: RETRY_MS, diskFull: true };
  }
}

function roomOf(folder: string): Room {
  const { bavail, blocks, bsize } = statfsSync(folder);
  return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
}
