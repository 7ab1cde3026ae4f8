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

/** The bundle has the thread's file beside it under the same name. */
const THREAD = new URL(
  import.meta.url.endsWith(".ts") ? "./checkpoint-thread.ts" : "./checkpoint-thread.mjs",
  import.meta.url,
);

/** Runs checkpoints in a thread of its own, one at a time. */
export class Checkpointer {
  readonly #thread: Worker;
  readonly #ended: Promise<void>;
  #last: Promise<unknown> = Promise.resolve();
  #failure: Error | undefined;

  /** @param file the database, which is in WAL mode already */
  constructor(file: string) {
    this.#thread = new Worker(THREAD, { workerData: file });
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
