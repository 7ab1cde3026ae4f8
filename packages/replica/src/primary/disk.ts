import { statfsSync } from "node:fs";
import { dirname } from "node:path";
import type { Refusal } from "../refusal.ts";

/** From this share of the disk on, the log is kept as short as it can be. */
const TIGHT_SHARE = 0.8;

/** With less than this left, nothing more is written: SQLite, the log and a checkpoint need some. */
const MIN_FREE_BYTES = 16 * 1_024 * 1_024;

const RETRY_MS = 60_000;

/** Room on the disk of the database, as of the last look. */
export class Disk {
  readonly #folder: string;
  #freeBytes = Number.POSITIVE_INFINITY;
  #usedShare = 0;

  constructor(file: string) {
    this.#folder = dirname(file);
    this.look();
  }

  look(): void {
    const { bavail, blocks, bsize } = statfsSync(this.#folder);
    this.#freeBytes = bavail * bsize;
    this.#usedShare = blocks === 0 ? 0 : 1 - bavail / blocks;
  }

  get isTight(): boolean {
    return this.#usedShare >= TIGHT_SHARE;
  }

  refusal(): Refusal | undefined {
    if (this.#freeBytes >= MIN_FREE_BYTES) return undefined;
    const reason = `The disk of the database is full: ${Math.floor(this.#freeBytes / 1_048_576)} MB are left. Free some space; reading goes on.`;
    return { reason, retryAfterMs: RETRY_MS, diskFull: true };
  }
}
