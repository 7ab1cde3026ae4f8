import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import type { Read } from "../sql/read.ts";
import type { Sql } from "../sql/sql.ts";
import { type Key, ReadsBusy, ReadTooLarge, ReadTooLong, StoreUnavailable } from "../store.ts";
import { Overrun, type Row } from "./connection.ts";
import type { ThreadAnswer, ThreadData, ThreadRequest } from "./reader-thread.ts";

const MAX_THREADS = 2;

/** Threads that one owner may use at once, so that others find one free. */
const MAX_THREADS_PER_OWNER = 1;

/** Reads of one owner that may wait. */
const MAX_WAITING_PER_OWNER = 32;

/** A thread takes about 10 MB of memory, and ends after this time without work. */
const IDLE_MS = 10_000;

/**
 * SQLite cannot restart the write-ahead log during a read. After this time of continuous reads, the next ones wait
 * until none runs, and then for a moment with a commit, if there are any.
 */
const MAX_BUSY_MS = 30_000;
const GAP_MS = 1_000;

/** A pause of writes that lasts this long needs the whole log copied, so no read may keep an older snapshot. */
const PAUSE_GRACE_MS = 1_000;

type Job = {
  readonly owner: Key;
  readonly begin: () => Read<unknown>;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
  /** Ends the wait for a thread. */
  readonly patience: NodeJS.Timeout;
};

export type ReaderThreadsOptions = Omit<ThreadData, "stop"> & {
  /** How long a read may wait for a thread, and then run. */
  readonly maxMs: number;
};

/**
 * Runs long reads on a few threads, each with its own connection that cannot write. Owners take turns, and none uses
 * all threads. Threads are started when they are needed.
 */
export class ReaderThreads {
  readonly #options: ReaderThreadsOptions;
  /** By owner. The owner whose turn is next comes first. */
  readonly #waiting = new Map<Key, Job[]>();
  readonly #running = new Map<ReaderThread, Key>();
  readonly #idle = new Set<ReaderThread>();
  #isClosed = false;
  /** The start of the current period of continuous reads. */
  #busySinceMs = 0;
  #gap: NodeJS.Timeout | undefined;

  constructor(options: ReaderThreadsOptions) {
    this.#options = options;
  }

  /**
   * @param begin called when a thread is free
   * @throws ReadTooLong, ReadTooLarge, ReadsBusy; StoreUnavailable when closed
   */
  read<T>(owner: Key, begin: () => Read<T>): Promise<T> {
    if (this.#isClosed) return Promise.reject(closed());
    const queue = this.#waiting.get(owner) ?? [];
    if (queue.length >= MAX_WAITING_PER_OWNER) return Promise.reject(new ReadsBusy());
    return new Promise<T>((resolve, reject) => {
      const patience = setTimeout(() => {
        queue.splice(queue.indexOf(job), 1);
        reject(new ReadsBusy());
      }, this.#options.maxMs);
      const job: Job = { owner, begin, resolve: resolve as (result: unknown) => void, reject, patience };
      queue.push(job);
      this.#waiting.set(owner, queue);
      this.#startNext();
    });
  }

  /** Called when writes are paused. If the pause lasts, running reads start again. @returns ends the pause */
  pause(): () => void {
    const running = [...this.#running.keys()];
    const timer = setTimeout(() => {
      for (const thread of running) if (this.#running.has(thread)) thread.beginAgain();
    }, PAUSE_GRACE_MS);
    return () => clearTimeout(timer);
  }

  /** Ends running reads and rejects waiting ones. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#gap);
    for (const { patience, reject } of [...this.#waiting.values()].flat()) {
      clearTimeout(patience);
      reject(closed());
    }
    this.#waiting.clear();
    await Promise.all([...this.#running.keys(), ...this.#idle].map((thread) => thread.close()));
  }

  #startNext(): void {
    if (this.#running.size === 0) this.#busySinceMs = performance.now();
    const isGapDue = this.#gap !== undefined || performance.now() - this.#busySinceMs > MAX_BUSY_MS;
    while (!isGapDue && this.#running.size < MAX_THREADS) {
      const job = this.#take();
      if (job === undefined) return;
      const [idle] = this.#idle;
      if (idle !== undefined) this.#idle.delete(idle);
      const thread = idle ?? new ReaderThread(this.#options, (ended) => this.#idle.delete(ended));
      this.#running.set(thread, job.owner);
      void this.#run(thread, job);
    }
  }

  #beginGap(): void {
    this.#gap = setTimeout(() => {
      this.#gap = undefined;
      this.#startNext();
    }, GAP_MS);
  }

  #take(): Job | undefined {
    for (const [owner, queue] of this.#waiting) {
      const running = [...this.#running.values()].filter((each) => each === owner).length;
      if (running >= MAX_THREADS_PER_OWNER) continue;
      const job = queue.shift();
      this.#waiting.delete(owner);
      if (queue.length > 0) this.#waiting.set(owner, queue);
      if (job === undefined) continue;
      clearTimeout(job.patience);
      return job;
    }
    return undefined;
  }

  async #run(thread: ReaderThread, { begin, resolve, reject }: Job): Promise<void> {
    const { maxMs, maxHeldBytes } = this.#options;
    const deadline = setTimeout(() => {
      // Rejected at once, even if the current statement cannot be stopped.
      reject(new ReadTooLong(maxMs));
      thread.stop();
    }, maxMs);
    try {
      resolve(await thread.read(begin));
    } catch (error) {
      if (this.#isClosed) reject(closed());
      else if (!(error instanceof Overrun)) reject(error);
      else reject(error.of === "memory" ? new ReadTooLarge(maxHeldBytes) : new ReadTooLong(maxMs));
    }
    clearTimeout(deadline);
    this.#running.delete(thread);
    if (this.#isClosed) return;
    if (thread.isUsable) this.#idle.add(thread);
    if (this.#running.size === 0 && performance.now() - this.#busySinceMs > MAX_BUSY_MS) this.#beginGap();
    this.#startNext();
  }
}

/** One thread, and its current read. */
class ReaderThread {
  readonly #worker: Worker;
  readonly #stopped: Int32Array;
  #answer: { readonly resolve: (rows: Row[]) => void; readonly reject: (error: unknown) => void } | undefined;
  #failure: Error | undefined;
  #beginsAgain = false;
  #idleTimer: NodeJS.Timeout | undefined;

  constructor({ maxMs: _, ...options }: ReaderThreadsOptions, onEnd: (thread: ReaderThread) => void) {
    const stop = new SharedArrayBuffer(4);
    this.#stopped = new Int32Array(stop);
    const workerData: ThreadData = { ...options, stop };
    // The bundle contains the thread's program under the same name, with the bundle's extension.
    const program = new URL(`./reader-thread${extname(import.meta.url)}`, import.meta.url);
    this.#worker = new Worker(program, { workerData });
    const fail = (error: Error) => {
      this.#failure ??= error;
      this.#answer?.reject(this.#failure);
      onEnd(this);
    };
    this.#worker.on("message", (answer: ThreadAnswer) => this.#receive(answer));
    this.#worker.on("error", fail);
    this.#worker.on("exit", (code) => fail(new Error(`A reader thread ended with code ${code}.`)));
  }

  get isUsable(): boolean {
    return this.#failure === undefined;
  }

  async read<T>(begin: () => Read<T>): Promise<T> {
    clearTimeout(this.#idleTimer);
    this.#worker.ref();
    try {
      return await this.#readOnce(begin());
    } catch (error) {
      if (!this.#beginsAgain) throw error;
    } finally {
      this.#beginsAgain = false;
      this.#worker.unref();
      this.#idleTimer = setTimeout(() => void this.close(), IDLE_MS).unref();
    }
    return this.read(begin);
  }

  async #readOnce<T>(read: Read<T>): Promise<T> {
    try {
      let step = read.next();
      while (step.done !== true) step = read.next(await this.#all(step.value));
      return step.value;
    } finally {
      this.#send("end");
      Atomics.store(this.#stopped, 0, 0);
    }
  }

  /** Starts the current read again, in a new snapshot. */
  beginAgain(): void {
    this.#beginsAgain = true;
    Atomics.store(this.#stopped, 0, 1);
  }

  /** Ends the current read. */
  stop(): void {
    this.#beginsAgain = false;
    Atomics.store(this.#stopped, 0, 1);
  }

  /** Waits for the current statement: nothing else can end a thread inside SQLite. */
  async close(): Promise<void> {
    clearTimeout(this.#idleTimer);
    this.stop();
    this.#failure ??= closed();
    await this.#worker.terminate();
  }

  #all(statement: Sql): Promise<Row[]> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure);
      if (Atomics.load(this.#stopped, 0) !== 0) return reject(new Overrun());
      this.#answer = { resolve, reject };
      this.#send(statement);
    });
  }

  #send(request: ThreadRequest): void {
    this.#worker.postMessage(request);
  }

  #receive(answer: ThreadAnswer): void {
    const waiting = this.#answer;
    this.#answer = undefined;
    if ("rows" in answer) waiting?.resolve(answer.rows);
    else waiting?.reject(answer.overrun === undefined ? answer.error : new Overrun(answer.overrun));
  }
}

function closed(): StoreUnavailable {
  return new StoreUnavailable("The store is closed.");
}
