import { yieldToEventLoop } from "../../event-loop.ts";
import { StoreFull, StoreUnavailable, type Transaction } from "../store.ts";
import { type Connection, scopeOf } from "./connection.ts";

/** Maximum number of transactions that share a commit, which limits how long the event loop is held. */
const MAX_TRANSACTIONS_PER_COMMIT = 64;

/** Maximum time that a transaction waits for the end of a pause. */
const MAX_PAUSE_MS = 5_000;

/** SQLITE_FULL: the disk or the page limit of the database, in the lower bits of a result code. */
const SQLITE_FULL = 13;

/** Whether a response waits for the transaction. */
export type Weight = "answered" | "background";

type Job = {
  readonly weight: Weight;
  readonly work: (transaction: Transaction) => Promise<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
  /** Runs while the job waits for the end of a pause. */
  patience?: NodeJS.Timeout;
};

/** Called around a commit. */
export type CommitHooks = {
  /** Runs before each commit: releases the reader, which would hold up the commit's checkpoint. */
  readonly before: (weight: Weight) => void;
  /** Runs after each commit and before its callers continue; `background` if all its transactions are. */
  readonly after: (weight: Weight) => void;
};

/**
 * Runs transactions one after the other on the only writing connection. Transactions that wait at the same moment share
 * a commit (group commit), because a commit writes every changed page to the log, and neighbours change the same pages.
 * Their callers continue after that commit.
 */
export class Writer {
  readonly #connection: Connection;
  readonly #hooks: CommitHooks;
  #waiting: Job[] = [];
  #draining: Promise<void> | undefined;
  #pauses = 0;
  #closed = false;

  constructor(connection: Connection, hooks: CommitHooks) {
    this.#connection = connection;
    this.#hooks = hooks;
  }

  /** @throws StoreUnavailable if it is closed, or paused for too long; StoreFull */
  transaction<T>(work: (transaction: Transaction) => Promise<T>, weight: Weight = "answered"): Promise<T> {
    if (this.#closed) return Promise.reject(closed());
    return new Promise<T>((resolve, reject) => {
      const job: Job = { weight, work, resolve: resolve as (value: unknown) => void, reject };
      this.#waiting.push(job);
      if (this.#pauses > 0) this.#limitPatience(job);
      else this.#draining ??= this.#drain();
    });
  }

  /**
   * Pauses transactions until the returned function is called. New ones wait up to {@link MAX_PAUSE_MS}. Resolves when
   * the current commit is done.
   */
  async pause(): Promise<() => void> {
    this.#pauses++;
    for (const job of this.#waiting) this.#limitPatience(job);
    await this.#draining;
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.#pauses--;
      if (this.#pauses === 0 && this.#waiting.length > 0) this.#draining ??= this.#drain();
    };
  }

  /** Runs the waiting transactions and accepts no more. During a pause, waiting transactions are refused. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#pauses > 0) for (const job of this.#take(this.#waiting.length)) job.reject(closed());
    await this.#draining;
  }

  #limitPatience(job: Job): void {
    job.patience ??= setTimeout(() => {
      this.#waiting.splice(this.#waiting.indexOf(job), 1);
      job.reject(new StoreUnavailable("Writes are paused."));
    }, MAX_PAUSE_MS);
  }

  #take(count: number): Job[] {
    const jobs = this.#waiting.splice(0, count);
    for (const { patience } of jobs) if (patience !== undefined) clearTimeout(patience);
    return jobs;
  }

  async #drain(): Promise<void> {
    await this.#gather();
    while (this.#waiting.length > 0 && this.#pauses === 0)
      await this.#commitTogether(this.#take(MAX_TRANSACTIONS_PER_COMMIT));
    this.#draining = undefined;
  }

  /** Lets requests of the same turn of the event loop join, as long as each turn brings more. */
  async #gather(): Promise<void> {
    for (let count = 0; count < this.#waiting.length && count < MAX_TRANSACTIONS_PER_COMMIT; ) {
      count = this.#waiting.length;
      await yieldToEventLoop();
    }
  }

  async #commitTogether(jobs: readonly Job[]): Promise<void> {
    try {
      const outcomes =
        (await this.#inOneTransaction(jobs, runPlainly)) ?? (await this.#inOneTransaction(jobs, runInSavepoint));
      for (const settle of outcomes ?? []) settle();
    } catch (error) {
      for (const job of jobs) job.reject(explained(error));
    }
  }

  /** @returns what to do after the commit, or undefined if `run` cannot undo one job alone */
  async #inOneTransaction(jobs: readonly Job[], run: RunJob): Promise<Outcome[] | undefined> {
    const connection = this.#connection;
    const outcomes: Outcome[] = [];
    connection.run("BEGIN IMMEDIATE");
    try {
      for (const job of jobs) {
        const outcome = await run(job, connection);
        if (outcome === undefined) {
          connection.run("ROLLBACK");
          return undefined;
        }
        outcomes.push(outcome);
      }
      const weight = jobs.some((job) => job.weight === "answered") ? "answered" : "background";
      this.#hooks.before(weight);
      connection.run("COMMIT");
      this.#hooks.after(weight);
      return outcomes;
    } catch (error) {
      if (connection.database.isTransaction) connection.run("ROLLBACK");
      throw error;
    }
  }
}

/** Settles a job after the commit: even a refusal may depend on the writes of another job. */
type Outcome = () => void;

type RunJob = (job: Job, connection: Connection) => Promise<Outcome | undefined>;

/**
 * Runs a job without a savepoint, for which SQLite would copy every page before changing it. Almost every refusal
 * happens before the first write. After a write, only the whole transaction can be rolled back, and the jobs run again.
 */
async function runPlainly(job: Job, connection: Connection): Promise<Outcome | undefined> {
  const { writes } = connection;
  try {
    const value = await job.work(scopeOf(connection));
    return () => job.resolve(value);
  } catch (error) {
    // A full disk or an I/O error rolls back the whole transaction.
    if (!connection.database.isTransaction) throw error;
    return connection.writes === writes ? () => job.reject(explained(error)) : undefined;
  }
}

/** Runs a job so that it can be rolled back alone. */
async function runInSavepoint(job: Job, connection: Connection): Promise<Outcome> {
  connection.run("SAVEPOINT job");
  try {
    const value = await job.work(scopeOf(connection));
    connection.run("RELEASE job");
    return () => job.resolve(value);
  } catch (error) {
    if (!connection.database.isTransaction) throw error;
    connection.run("ROLLBACK TO job");
    connection.run("RELEASE job");
    return () => job.reject(explained(error));
  }
}

function closed(): StoreUnavailable {
  return new StoreUnavailable("The store is closed.");
}

/** Translates an error of SQLite to one of the port. */
function explained(error: unknown): unknown {
  const { errcode } = error as { errcode?: number };
  const isFull = errcode !== undefined && (errcode & 0xff) === SQLITE_FULL;
  return isFull ? new StoreFull("The disk is full.", { cause: error }) : error;
}
