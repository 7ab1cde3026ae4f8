import pg from "pg";
import type { BeginRead, ReadScope } from "../sql/read.ts";
import { type Key, ReadsBusy, ReadTooLong, StoreFull, StoreUnavailable, type Transaction } from "../store.ts";
import { Connection, type Executor, Overtaken, scopeOf, stateOf } from "./connection.ts";

export type PoolOptions = {
  readonly url: string;
  /** Connections for transactions, and as many for reads: a transaction may read what is committed. */
  readonly connections: number;
  /** How long a statement of a read may run. */
  readonly maxReadMs: number;
};

/** How long a statement of a transaction may run, and wait for what another transaction has locked. */
const STATEMENT_MS = 60_000;
const LOCK_MS = 10_000;

/** A transaction whose program hangs keeps its locks no longer than this. */
const IDLE_IN_TRANSACTION_MS = 30_000;

/** How long a request waits for a connection. */
const CONNECT_MS = 5_000;

/** How often a transaction runs before it is refused, and the longest pause between. */
const MAX_ATTEMPTS = 20;
const MAX_PAUSE_MS = 50;

/** Another transaction came first: serialization failure, deadlock. */
const CONFLICTS: ReadonlySet<string> = new Set(["40001", "40P01"]);

/** lock_not_available. */
const LOCK_TIMEOUT = "55P03";

/** disk_full. */
const DISK_FULL = "53100";

/** The connections to the database: some for transactions, others for reads. */
export class Pool implements ReadScope {
  readonly #writing: pg.Pool;
  readonly #reading: pg.Pool;
  readonly #maxReadMs: number;
  readonly #underWay = new Set<Promise<unknown>>();
  #isClosed = false;

  constructor({ url, connections, maxReadMs }: PoolOptions) {
    const common = { connectionString: url, max: connections, connectionTimeoutMillis: CONNECT_MS, keepAlive: true };
    this.#maxReadMs = maxReadMs;
    this.#writing = new pg.Pool({
      ...common,
      application_name: "scimtool",
      statement_timeout: STATEMENT_MS,
      lock_timeout: LOCK_MS,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    });
    this.#reading = new pg.Pool({
      ...common,
      application_name: "scimtool reads",
      statement_timeout: maxReadMs,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
      options: "-c default_transaction_read_only=on",
    });
    // A connection that breaks while nobody uses it: the pool makes another.
    for (const pool of [this.#writing, this.#reading]) pool.on("error", () => undefined);
  }

  /** Runs work in a transaction; again, if another transaction was in its way. @throws StoreUnavailable, StoreFull */
  transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    return this.#track(() => this.#untilCommitted(work));
  }

  /** Runs each statement on any connection. */
  current(): Executor {
    return {
      isTransaction: false,
      isLabelTaken: () => false,
      all: (...statement) => this.#onReader((connection) => connection.all(...statement)),
      get: (...statement) => this.#onReader((connection) => connection.get(...statement)),
      run: (...statement) => this.#onReader((connection) => connection.run(...statement)),
    };
  }

  /** All statements of a read see one snapshot. */
  read<T>(owner: Key, begin: BeginRead<T>): Promise<T> {
    return this.#onReader(async (connection) => {
      await connection.batch("BEGIN ISOLATION LEVEL REPEATABLE READ");
      try {
        return await connection.read(owner, begin);
      } finally {
        await connection.batch("ROLLBACK");
      }
    });
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay);
    await Promise.all([this.#writing.end(), this.#reading.end()]);
  }

  #onReader<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    return this.#track(async () => {
      const client = await this.#connect(this.#reading);
      const connection = new Connection(client, this.#maxReadMs, false);
      try {
        return await work(connection);
      } catch (error) {
        throw explained(error);
      } finally {
        client.release(isBroken(connection.failure));
      }
    });
  }

  async #untilCommitted<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#once(work);
      } catch (error) {
        if (!isConflict(error)) throw explained(error);
        if (attempt === MAX_ATTEMPTS) {
          throw new StoreUnavailable("Too many others write the same.", { cause: error });
        }
      }
      await new Promise((resolve) => setTimeout(resolve, Math.random() * Math.min(MAX_PAUSE_MS, 2 ** attempt)));
    }
  }

  async #once<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    const client = await this.#connect(this.#writing);
    const connection = new Connection(client, this.#maxReadMs, true);
    try {
      await connection.batch("BEGIN");
      const value = await work(scopeOf(connection));
      // A statement has failed, although the work does not say so: there is nothing left to commit.
      if (connection.failure !== undefined) throw connection.failure;
      await connection.batch("COMMIT");
      return value;
    } catch (error) {
      if (!isBroken(connection.failure)) await connection.batch("ROLLBACK").catch(() => undefined);
      throw isConflict(connection.failure) ? connection.failure : error;
    } finally {
      client.release(isBroken(connection.failure));
    }
  }

  async #connect(pool: pg.Pool): Promise<pg.PoolClient> {
    try {
      return await pool.connect();
    } catch (error) {
      if (pool === this.#reading && /timeout exceeded/.test(String(error))) {
        throw new ReadsBusy("All connections are in use.", { cause: error });
      }
      throw explained(error);
    }
  }

  async #track<T>(run: () => Promise<T>): Promise<T> {
    if (this.#isClosed) throw new StoreUnavailable("The store is closed.");
    const running = run();
    this.#underWay.add(running);
    try {
      return await running;
    } finally {
      this.#underWay.delete(running);
    }
  }
}

function isConflict(error: unknown): boolean {
  if (error === undefined) return false;
  return error instanceof Overtaken || CONFLICTS.has(stateOf(error) ?? "");
}

/** Whether a connection must not be used again: it failed itself, or the database ends it (class 57P). */
function isBroken(failure: unknown): boolean {
  if (failure === undefined) return false;
  const state = stateOf(failure);
  return state === undefined ? !(failure instanceof Overtaken) : /^(?:57P|08)/.test(state);
}

/** Translates an error of the database to one of the port. */
function explained(error: unknown): unknown {
  if (error instanceof ReadTooLong) return error;
  const state = stateOf(error);
  if (state === DISK_FULL) return new StoreFull("The disk of the database is full.", { cause: error });
  const isAway =
    state === undefined ? isConnectionError(error) : /^(?:57P|08|53)/.test(state) || state === LOCK_TIMEOUT;
  return isAway ? new StoreUnavailable("The database does not answer.", { cause: error }) : error;
}

function isConnectionError(error: unknown): boolean {
  const { code, message } = error as { code?: string; message?: string };
  return /^E[A-Z]+$/.test(code ?? "") || /^(?:Connection terminated|timeout exceeded)/.test(message ?? "");
}
