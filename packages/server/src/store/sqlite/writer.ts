import type { Transaction } from "../store.ts";
import { type Connection, scopeOf } from "./connection.ts";

/** Transactions that share one commit at most. Bounds how long the event loop is held. */
const MAX_TRANSACTIONS_PER_COMMIT = 64;

type Job = {
  readonly work: (transaction: Transaction) => Promise<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
};

/**
 * Runs transactions one after the other on the one writing connection. Those that wait at the same moment share a
 * commit (group commit): a commit writes every changed page to the log, and neighbours change the same pages. Nobody
 * is answered before that commit.
 */
export class Writer {
  readonly #connection: Connection;
  readonly #beforeCommit: () => void;
  #waiting: Job[] = [];
  #draining: Promise<void> | undefined;
  #closed = false;

  /** @param beforeCommit lets go of what reads before a commit, which would hold up its checkpoint */
  constructor(connection: Connection, beforeCommit: () => void) {
    this.#connection = connection;
    this.#beforeCommit = beforeCommit;
  }

  transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    if (this.#closed) return Promise.reject(new Error("the store is closed"));
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ work, resolve: resolve as (value: unknown) => void, reject });
      this.#draining ??= this.#drain();
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#draining;
  }

  async #drain(): Promise<void> {
    // Requests that arrived in the same turn of the event loop get the chance to join.
    await new Promise(setImmediate);
    while (this.#waiting.length > 0) await this.#commitTogether(this.#waiting.splice(0, MAX_TRANSACTIONS_PER_COMMIT));
    this.#draining = undefined;
  }

  async #commitTogether(jobs: readonly Job[]): Promise<void> {
    try {
      const outcomes =
        (await this.#inOneTransaction(jobs, runPlainly)) ?? (await this.#inOneTransaction(jobs, runInSavepoint));
      for (const settle of outcomes ?? []) settle();
    } catch (error) {
      for (const job of jobs) job.reject(error);
    }
  }

  /** @returns what is to be told after the commit, or undefined when `run` cannot part one job from the others */
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
      this.#beforeCommit();
      connection.run("COMMIT");
      return outcomes;
    } catch (error) {
      if (connection.database.isTransaction) connection.run("ROLLBACK");
      throw error;
    }
  }
}

/** What a job's caller is told once the commit has succeeded: also a refusal may rest on a neighbour's writes. */
type Outcome = () => void;

type RunJob = (job: Job, connection: Connection) => Promise<Outcome | undefined>;

/**
 * Runs a job without a savepoint, for which SQLite would copy every page before it changes it. Almost every refusal comes before the first write. After one, only the whole transaction can be undone, and
 * the jobs run again.
 */
async function runPlainly(job: Job, connection: Connection): Promise<Outcome | undefined> {
  const { writes } = connection;
  try {
    const value = await job.work(scopeOf(connection));
    return () => job.resolve(value);
  } catch (error) {
    // A full disk or an I/O error rolls the whole transaction back; then nobody's work stands.
    if (!connection.database.isTransaction) throw error;
    return connection.writes === writes ? () => job.reject(error) : undefined;
  }
}

/** Runs a job so that it can be undone alone. */
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
    return () => job.reject(error);
  }
}
