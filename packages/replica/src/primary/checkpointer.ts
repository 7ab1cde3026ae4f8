import { close, fsync, fsyncSync, open, read } from "node:fs";
import { type FileHandle, open as openHandle } from "node:fs/promises";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { promisify } from "node:util";
import type { Guard } from "./guard.ts";

/** How long this connection waits for another process that holds a lock. */
const BUSY_TIMEOUT_MS = 5_000;

/** After this time without a free I/O thread, the file is synced on this thread. */
const PATIENCE_MS = 10_000;

export type Checkpoint = {
  /** Frames in the WAL. */
  readonly walFrames: number;
  /** Of these, frames that are in the database file. */
  readonly checkpointedFrames: number;
  /** Whether every frame is in the database file and no other process was checkpointing. */
  readonly isWhole: boolean;
};

type Answer = { readonly busy: number; readonly log: number; readonly checkpointed: number };

type CheckpointerOptions = {
  /** A database in WAL mode. */
  readonly file: string;
  readonly databaseFile: Pick<DatabaseFile, "sync">;
  readonly guard: Guard;
};

/**
 * Checkpoints the WAL into the database file, one checkpoint at a time.
 *
 * SQLite copies the pages, which takes microseconds a page. This class waits for the disk: SQLite would block the event
 * loop with fsync, and a thread for the checkpoint would take 9 MB of memory. The order is SQLite's own: sync the WAL
 * before its pages are copied, and sync the database file before the WAL restarts.
 */
export class Checkpointer {
  readonly #options: CheckpointerOptions;
  readonly #database: DatabaseSync;
  readonly #passive: StatementSync;
  readonly #truncate: StatementSync;
  #wal: FileHandle | undefined;
  #last: Promise<unknown> = Promise.resolve();

  /** @throws Error when the database cannot be opened */
  constructor(options: CheckpointerOptions) {
    this.#options = options;
    this.#database = new DatabaseSync(options.file, { timeout: BUSY_TIMEOUT_MS });
    // synchronous = OFF, because this class syncs the files itself.
    this.#database.exec("PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -64; PRAGMA synchronous = OFF;");
    this.#passive = this.#database.prepare("PRAGMA wal_checkpoint(PASSIVE)");
    this.#truncate = this.#database.prepare("PRAGMA wal_checkpoint(TRUNCATE)");
  }

  /**
   * Copies every frame that no reader still needs in the WAL. Waits for nobody.
   * @param look called in the same tick as the checkpoint, so it sees exactly what was copied
   * @returns the result of `look`, once everything is on the disk
   * @throws Error when the disk fails
   */
  passive<Result = Checkpoint>(look?: (checkpoint: Checkpoint) => Result): Promise<Result> {
    const passive = () => this.#passive.get() as Answer;
    return this.#enqueue(() => this.#run(passive, look ?? ((checkpoint) => checkpoint as Result)));
  }

  /**
   * Truncates the WAL if all of it is in the database file and nobody reads it. Waits for nobody.
   * @returns whether it was truncated
   * @throws Error when the disk fails
   */
  truncate(): Promise<boolean> {
    const truncate = () => {
      // The reader may be on this thread, so waiting for it would never end.
      this.#database.exec("PRAGMA busy_timeout = 0");
      try {
        return this.#truncate.get() as Answer;
      } finally {
        this.#database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
      }
    };
    return this.#enqueue(() => this.#run(truncate, ({ isWhole }) => isWhole));
  }

  /** Must not be the last connection to close: SQLite would checkpoint without waiting for the disk. */
  async close(): Promise<void> {
    await this.#last.catch(() => {});
    this.#database.close();
    await this.#wal?.close();
  }

  #enqueue<Result>(run: () => Promise<Result>): Promise<Result> {
    const result = this.#last.catch(() => {}).then(run);
    this.#last = result;
    return result;
  }

  async #run<Result>(checkpoint: () => Answer, look: (checkpoint: Checkpoint) => Result): Promise<Result> {
    const { file, databaseFile, guard } = this.#options;
    // The pin excludes later commits from this checkpoint, because they are not synced yet. It also keeps the WAL from
    // restarting, unless all of it is in the file already: then the pin reads from the file alone.
    const pin = guard.pin();
    try {
      this.#wal ??= await openHandle(`${file}-wal`, "r+");
      const handle = this.#wal;
      await syncedInTime(
        () => handle.sync(),
        () => handle.fd,
      );
      const { busy, log, checkpointed } = checkpoint();
      const isWhole = busy === 0 && checkpointed === log;
      const result = look({ walFrames: log, checkpointedFrames: checkpointed, isWhole });
      await databaseFile.sync();
      return result;
    } finally {
      pin.release();
    }
  }
}

const openFile = promisify(open);
const sync = promisify(fsync);

/**
 * The database file, read and synced without SQLite. It is opened once and closed after the last connection of this
 * process, because closing any descriptor of the file drops all POSIX locks that the process holds on it.
 */
export class DatabaseFile {
  readonly #descriptor: number;
  #isClosed = false;

  private constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  static async open(file: string): Promise<DatabaseFile> {
    return new DatabaseFile(await openFile(file, "r+"));
  }

  /** Fills a buffer with pages from `firstPage` on; zeros after the end of the file. */
  async readPages(firstPage: number, into: Buffer, pageSize: number): Promise<void> {
    let filled = 0;
    while (filled < into.length) {
      const count = await this.#read(into, filled, (firstPage - 1) * pageSize + filled);
      if (count === 0) break;
      filled += count;
    }
    into.fill(0, filled);
  }

  /** Resolves when everything written to the file is on the disk. @throws Error when the disk fails */
  sync(): Promise<void> {
    return syncedInTime(
      () => sync(this.#descriptor),
      () => (this.#isClosed ? undefined : this.#descriptor),
    );
  }

  /** Later reads fail. Without that, they might read another file that was given the same descriptor. */
  close(): void {
    this.#isClosed = true;
    close(this.#descriptor);
  }

  #read(bytes: Buffer, offset: number, position: number): Promise<number> {
    if (this.#isClosed) return Promise.reject(new Error("The database file is closed."));
    return new Promise((resolve, reject) => {
      read(this.#descriptor, bytes, offset, bytes.length - offset, position, (error, count) =>
        error === null ? resolve(count) : reject(error),
      );
    });
  }
}

/** Syncs that timed out and are still running: no I/O thread has been free since. */
const stuck = new Set<Promise<void>>();

/**
 * Node has four threads for file I/O, and a hanging target, such as a network share, may block all of them. The local
 * WAL must not grow because of that, so after a while the file is synced on this thread.
 * @param sync syncs the file on an I/O thread
 * @param descriptor of the same file; undefined once it is closed
 * @throws Error when the disk fails
 */
async function syncedInTime(sync: () => Promise<void>, descriptor: () => number | undefined): Promise<void> {
  if (stuck.size > 0 || (await isLate(sync()))) {
    const open = descriptor();
    if (open !== undefined) fsyncSync(open);
  }
}

async function isLate(sync: Promise<void>): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<true>();
  const timer = setTimeout(() => {
    stuck.add(sync);
    const settled = () => stuck.delete(sync);
    sync.then(settled, settled);
    resolve(true);
  }, PATIENCE_MS);
  try {
    return await Promise.race([sync.then(() => false), late]);
  } finally {
    clearTimeout(timer);
  }
}
