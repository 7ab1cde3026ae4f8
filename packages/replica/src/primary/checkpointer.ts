import { Worker } from "node:worker_threads";

/** How far a checkpoint came. */
export type Checkpoint = {
  readonly busy: boolean;
  /** Frames in the log. */
  readonly walFrames: number;
  /** Frames of it that are in the database file. */
  readonly checkpointedFrames: number;
};

type Answer = Checkpoint | { readonly error: string };

/**
 * Copies the log into the database file, with its fsync, where it holds up nobody's event loop. As text, and no module: the
 * thread needs no loader of modules then, which takes 2.5 MB of memory.
 */
const THREAD = `
const { DatabaseSync } = require("node:sqlite");
const { parentPort, workerData } = require("node:worker_threads");
const database = new DatabaseSync(workerData, { timeout: 5_000 });
database.exec("PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -64;");
const statements = {
  PASSIVE: database.prepare("PRAGMA wal_checkpoint(PASSIVE)"),
  TRUNCATE: database.prepare("PRAGMA wal_checkpoint(TRUNCATE)"),
};
parentPort.on("message", (mode) => {
  if (mode === "close") {
    database.close();
    parentPort.close();
    return;
  }
  try {
    const { busy, log, checkpointed } = statements[mode].get();
    parentPort.postMessage({ busy: busy !== 0, walFrames: log, checkpointedFrames: checkpointed });
  } catch (error) {
    parentPort.postMessage({ error: error.message });
  }
});
`;

/** Runs checkpoints in a thread of its own, one at a time. */
export class Checkpointer {
  readonly #thread: Worker;
  readonly #ended: Promise<void>;
  #last: Promise<unknown> = Promise.resolve();
  #failure: Error | undefined;

  /** @param file the database, which is in WAL mode already */
  constructor(file: string) {
    this.#thread = new Worker(THREAD, { eval: true, workerData: file });
    this.#thread.unref();
    this.#thread.on("error", (error) => {
      this.#failure = error as Error;
    });
    this.#ended = new Promise((resolve) => {
      this.#thread.once("exit", () => {
        this.#failure ??= new Error("the checkpoint thread has ended");
        resolve();
      });
    });
  }

  /**
   * Copies into the database file what no reader keeps it from, without waiting for anybody.
   * @throws Error when the disk refuses
   */
  passive(): Promise<Checkpoint> {
    return this.#run("PASSIVE");
  }

  /** Copies everything and cuts the log to nothing; waits for readers and writers. */
  truncate(): Promise<Checkpoint> {
    return this.#run("TRUNCATE");
  }

  async close(): Promise<void> {
    await this.#last.catch(() => {});
    this.#thread.ref();
    this.#thread.postMessage("close");
    await this.#ended;
  }

  #run(mode: "PASSIVE" | "TRUNCATE"): Promise<Checkpoint> {
    const run = this.#last.catch(() => {}).then(() => this.#ask(mode));
    this.#last = run;
    return run;
  }

  #ask(mode: "PASSIVE" | "TRUNCATE"): Promise<Checkpoint> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      const thread = this.#thread;
      const settle = () => {
        thread.off("message", answered);
        thread.off("exit", ended);
        thread.unref();
      };
      const answered = (answer: Answer) => {
        settle();
        if ("error" in answer) reject(new Error(`the checkpoint failed: ${answer.error}`));
        else resolve(answer);
      };
      const ended = () => {
        settle();
        reject(this.#failure as Error);
      };
      thread.on("message", answered);
      thread.on("exit", ended);
      thread.ref();
      thread.postMessage(mode);
    });
  }
}
