import { once } from "node:events";
import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import type { Connection } from "./connection.ts";

/**
 * The write-ahead log is copied into the database from this number of pages on: 64 MiB. A page that changes often is
 * then copied once; with SQLite's default of 1,000 pages, many times.
 */
const CHECKPOINT_PAGES = 16_384;

/** A thread copies most of the log, then what was committed meanwhile. The rest takes some milliseconds. */
const THREAD_ROUNDS = 2;

/** If a thread cannot keep the log short, SQLite copies it in a commit. */
export const LAST_RESORT_PAGES = 8 * CHECKPOINT_PAGES;

/**
 * Copies the write-ahead log into the database (a checkpoint) while requests are served: in a commit, it would hold the
 * event loop for about 150 ms. A thread copies most of the log. The writing connection copies the rest right after a
 * commit, because SQLite restarts the log only when all of it is copied.
 */
export class Checkpoints {
  readonly #file: string;
  readonly #connection: Connection;
  /** The copy in progress on a thread. */
  #copying: Promise<void> | undefined;
  /** How many times a thread has copied the log since its restart. */
  #rounds = 0;

  /** @param connection the writing one */
  constructor(file: string, connection: Connection) {
    this.#file = file;
    this.#connection = connection;
  }

  /** Call it after each commit. */
  committed(): void {
    if (this.#copying !== undefined) return;
    if (this.#rounds === THREAD_ROUNDS) {
      this.#rounds = 0;
      this.#pragma("PASSIVE");
    } else if (this.#rounds > 0 || this.#pagesToCopy() >= CHECKPOINT_PAGES) {
      this.#copying = this.#copy();
    }
  }

  async close(): Promise<void> {
    await this.#copying;
  }

  #pagesToCopy(): number {
    const [, pages = 0, copied = 0] = this.#pragma("NOOP");
    return pages - copied;
  }

  /** @returns whether another connection was checkpointing, pages in the log, and those in the database */
  #pragma(mode: "NOOP" | "PASSIVE"): readonly number[] {
    try {
      return this.#connection.get(`PRAGMA wal_checkpoint(${mode})`) as number[];
    } catch {
      // The commit is valid. If the disk fails, the next commit reports it, and the log is copied after that.
      return [];
    }
  }

  async #copy(): Promise<void> {
    // The bundle contains the thread's program under the same name, with the bundle's extension.
    const program = new URL(`./checkpoint-thread${extname(import.meta.url)}`, import.meta.url);
    const thread = new Worker(program, { workerData: { file: this.#file } });
    try {
      await once(thread, "exit");
      this.#rounds++;
    } catch {
      // The next commit tries again, and LAST_RESORT_PAGES limits the log.
    } finally {
      this.#copying = undefined;
    }
  }
}
