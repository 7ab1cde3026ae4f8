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
 * Runs transactions one after the other on the one writing connection. Those that wait at the same moment
 * share a commit (group commit), each in its savepoint: a commit writes every changed page to the log, and
 * neighbours change the same pages. Nobody is answered before that commit.
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
    const outcomes: (() => void)[] = [];
    try {
      this.#connection.run("BEGIN IMMEDIATE");
      for (const job of jobs) outcomes.push(await this.#runOne(job));
      this.#beforeCommit();
      this.#connection.run("COMMIT");
    } catch (error) {
      if (this.#connection.database.isTransaction) this.#connection.run("ROLLBACK");
      for (const job of jobs) job.reject(error);
      return;
    }
    for (const settle of outcomes) settle();
  }

  /** @returns what is to be told once the commit has succeeded: also a refusal may rest on a neighbour's writes */
  async #runOne(job: Job): Promise<() => void> {
    this.#connection.run("SAVEPOINT job");
    try {
      const value = await job.work(scopeOf(this.#connection));
      this.#connection.run("RELEASE job");
      return () => job.resolve(value);
    } catch (error) {
      // A full disk or an I/O error rolls the whole transaction back; then nobody's work stands.
      if (!this.#connection.database.isTransaction) throw error;
      this.#connection.run("ROLLBACK TO job");
      this.#connection.run("RELEASE job");
      return () => job.reject(error);
    }
  }
}
