import { type FileHandle, open } from "node:fs/promises";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { DatabaseFile } from "./database-file.ts";
import type { Guard } from "./guard.ts";
import { syncedInTime } from "./synced.ts";

/** How long this connection waits where another process is in the way. */
const BUSY_TIMEOUT_MS = 5_000;

/** How far a checkpoint came. */
export type Checkpoint = {
  /** Frames in the log. */
  readonly walFrames: number;
  /** Frames of it that are in the database file. */
  readonly checkpointedFrames: number;
  /** Whether those are all; not while another process copies the log. */
  readonly isWhole: boolean;
};

type Answer = { readonly busy: number; readonly log: number; readonly checkpointed: number };

type CheckpointerOptions = {
  /** The database, which is in WAL mode already. */
  readonly file: string;
  readonly databaseFile: Pick<DatabaseFile, "sync">;
  readonly guard: Guard;
};

/**
 * Copies the log into the database file, one time after the other.
 *
 * SQLite does the copying, which takes microseconds a page, and this class the waiting for the disk: SQLite would do that
 * here and now, and a thread for both would take 9 MB of memory. The order is SQLite's own: the log is on the disk before
 * a page of it goes into the file, and the file is on the disk before the log begins anew.
 */
export class Checkpointer {
  readonly #options: CheckpointerOptions;
  readonly #database: DatabaseSync;
  readonly #passive: StatementSync;
  readonly #truncate: StatementSync;
  #log: FileHandle | undefined;
  #last: Promise<unknown> = Promise.resolve();

  /** @throws Error when the database cannot be opened */
  constructor(options: CheckpointerOptions) {
    this.#options = options;
    this.#database = new DatabaseSync(options.file, { timeout: BUSY_TIMEOUT_MS });
    // OFF: what is waited for, and when, is said below.
    this.#database.exec("PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -64; PRAGMA synchronous = OFF;");
    this.#passive = this.#database.prepare("PRAGMA wal_checkpoint(PASSIVE)");
    this.#truncate = this.#database.prepare("PRAGMA wal_checkpoint(TRUNCATE)");
  }

  /**
   * Copies into the database file what no reader keeps it from, without waiting for anybody.
   * @param look at once, before anybody else's turn: what it sees is what was copied
   * @returns what `look` returned, once it is all on the disk
   * @throws Error when the disk refuses
   */
  passive<Result = Checkpoint>(look?: (checkpoint: Checkpoint) => Result): Promise<Result> {
    const passive = () => this.#passive.get() as Answer;
    return this.#inTurn(() => this.#run(passive, look ?? ((checkpoint) => checkpoint as Result)));
  }

  /**
   * Gives the disk back what the log takes, where all of it is in the file and nobody reads it, and copies nothing that a
   * reader keeps out of the file. Waits for nobody.
   * @returns whether that was done
   * @throws Error when the disk refuses
   */
  truncate(): Promise<boolean> {
    const truncate = () => {
      // A reader may be this very thread's, which cannot let go while SQLite waits here.
      this.#database.exec("PRAGMA busy_timeout = 0");
      try {
        return this.#truncate.get() as Answer;
      } finally {
        this.#database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
      }
    };
    return this.#inTurn(() => this.#run(truncate, ({ isWhole }) => isWhole));
  }

  /** Not the last connection to be closed: that one copies the log without waiting for the disk. */
  async close(): Promise<void> {
    await this.#last.catch(() => {});
    this.#database.close();
    await this.#log?.close();
  }

  #inTurn<Result>(run: () => Promise<Result>): Promise<Result> {
    const result = this.#last.catch(() => {}).then(run);
    this.#last = result;
    return result;
  }

  async #run<Result>(checkpoint: () => Answer, look: (checkpoint: Checkpoint) => Result): Promise<Result> {
    const { file, databaseFile, guard } = this.#options;
    // What is committed from here on is not on the disk with the rest: it must not be copied. Nor may the log begin anew,
    // but where all of it is in the file already: then this reads from the file alone, and keeps anything from going there.
    const pin = guard.pin();
    try {
      this.#log ??= await open(`${file}-wal`, "r+");
      const handle = this.#log;
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
