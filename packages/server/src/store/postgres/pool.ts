import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import type { BeginRead, ReadScope } from "../sql/read.ts";
import { type Key, OutcomeUnknown, StoreUnavailable, type Transaction } from "../store.ts";
import {
  CONNECTION_LIFETIME_S,
  type CommitMark,
  commitOf,
  markCommits,
  REMOVE_OLD_MARKS,
  wasCommitted,
} from "./commit.ts";
import { Connection, type Executor, scopeOf, streamOf } from "./connection.ts";
import { explained, isBroken, isConflict, isLostConnection } from "./failures.ts";
import { SearchTurns } from "./search-turns.ts";
import type { Server } from "./server.ts";

export type PoolOptions = {
  readonly server: Server;
  /** Connections for transactions, and as many for reads: a transaction may read what is committed. */
  readonly connections: number;
  /** How long a search may take. */
  readonly maxReadMs: number;
};

/** How long a statement of a transaction may run, and wait for what another transaction has locked. */
const STATEMENT_MS = 60_000;
const LOCK_MS = 10_000;

/** A transaction whose program hangs keeps its locks no longer than this. */
const IDLE_IN_TRANSACTION_MS = 30_000;

/**
 * Every statement is written for its indexes. The planner must not choose anything else: a plan made while a table is
 * nearly empty is kept while it fills. A forbidden scan that has no alternative looks expensive enough to be compiled.
 */
const FIXED_PLANS = ["enable_seqscan", "enable_hashjoin", "enable_mergejoin", "enable_material", "jit"]
  .map((setting) => `-c ${setting}=off`)
  .join(" ");

/** How much later than the database this side gives up a statement: then the connection is lost. */
const GRACE_MS = 5_000;

/** How long a connection is silent before the operating system checks whether the server's machine still answers. */
const KEEP_ALIVE_MS = 5_000;

/** How long a request waits for a connection. */
const CONNECT_MS = 5_000;

/** How often a transaction runs before it is refused, and the longest pause between. */
const MAX_ATTEMPTS = 20;
const MAX_PAUSE_MS = 50;

/** How long work begins again after lost connections, and how long a commit whose outcome is unknown is asked for. */
const PATIENCE_MS = 5_000;
const COMMIT_PATIENCE_MS = 20_000;
const RECONNECT_PAUSE_MS = 200;

/** The share of connections for reads that searches may use. The others are for reads by ID. */
const SEARCH_SHARE = 0.6;

/** The connection was lost during the commit. */
class CommitLost extends Error {
  readonly mark: CommitMark;
  readonly value: unknown;

  constructor(mark: CommitMark, value: unknown, cause: unknown) {
    super("the connection was lost during the commit", { cause });
    this.mark = mark;
    this.value = value;
  }
}

/** The connections to the database: some for transactions, others for reads. */
export class Pool implements ReadScope {
  readonly #writing: pg.Pool;
  readonly #reading: pg.Pool;
  readonly #maxReadMs: number;
  readonly #turns: SearchTurns;
  readonly #underWay = new Set<Promise<unknown>>();
  readonly #clients = new Set<pg.PoolClient>();
  #isClosed = false;

  constructor({ server, connections, maxReadMs }: PoolOptions) {
    const common = {
      ...server,
      max: connections,
      connectionTimeoutMillis: CONNECT_MS,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
      pipeline: true,
      maxLifetimeSeconds: CONNECTION_LIFETIME_S,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    };
    this.#maxReadMs = maxReadMs;
    this.#turns = new SearchTurns(Math.max(1, Math.floor(connections * SEARCH_SHARE)), CONNECT_MS);
    this.#writing = new pg.Pool({
      ...common,
      application_name: "scimtool",
      statement_timeout: STATEMENT_MS,
      query_timeout: STATEMENT_MS + GRACE_MS,
      lock_timeout: LOCK_MS,
      options: FIXED_PLANS,
    });
    this.#reading = new pg.Pool({
      ...common,
      application_name: "scimtool reads",
      statement_timeout: maxReadMs,
      query_timeout: maxReadMs + GRACE_MS,
      options: `${FIXED_PLANS} -c default_transaction_read_only=on`,
    });
    // A connection that breaks while nobody uses it: the pool makes another.
    for (const pool of [this.#writing, this.#reading]) {
      pool.on("error", () => undefined);
      // One that breaks while it is used, but between two statements: the next statement fails.
      pool.on("connect", (client) => {
        client.on("error", () => undefined);
        client.once("end", () => this.#clients.delete(client));
        this.#clients.add(client);
      });
    }
  }

  /** Ends all connections at once: what they wait for will not come. */
  abandonConnections(): void {
    for (const client of this.#clients) streamOf(client).destroy();
  }

  /** Removes what connections of earlier processes left. */
  async clean(): Promise<void> {
    await this.#writing.query(REMOVE_OLD_MARKS);
  }

  /**
   * Runs work in a transaction; again, if another transaction was in its way, or the connection was lost before the commit.
   * @throws StoreUnavailable, StoreFull; OutcomeUnknown
   */
  transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    return this.#track(() => this.#untilCommitted(work));
  }

  /** Runs each statement on any connection. */
  current(): Executor {
    const run = <T>(work: (connection: Connection) => Promise<T>) => this.#track(() => this.#onReader(work));
    return {
      isTransaction: false,
      forUpdate: "",
      isLabelTaken: () => false,
      all: (...statement) => run((connection) => connection.all(...statement)),
      get: (...statement) => run((connection) => connection.get(...statement)),
      run: (...statement) => run((connection) => connection.run(...statement)),
    };
  }

  /** All statements of a read see one snapshot. */
  read<T>(owner: Key, begin: BeginRead<T>): Promise<T> {
    const work = async (connection: Connection) => {
      connection.begin("BEGIN ISOLATION LEVEL REPEATABLE READ");
      try {
        return await connection.read(owner, begin);
      } finally {
        connection.batch("ROLLBACK").catch(() => undefined);
      }
    };
    return this.#track(() => this.#turns.run(owner, () => this.#onReader(work)));
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay);
    await Promise.all([this.#writing.end(), this.#reading.end()]);
  }

  async #onReader<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    for (const endMs = performance.now() + PATIENCE_MS; ; await sleep(RECONNECT_PAUSE_MS)) {
      try {
        return await this.#readOnce(work);
      } catch (error) {
        if (!isLostConnection(error) || performance.now() > endMs) throw explained(error);
      }
    }
  }

  async #readOnce<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    const client = await this.#reading.connect();
    const connection = new Connection(client, this.#maxReadMs, false);
    try {
      return await work(connection);
    } finally {
      client.release(isBroken(connection.failure));
    }
  }

  async #untilCommitted<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    const endMs = performance.now() + PATIENCE_MS;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#once(work);
      } catch (error) {
        if (error instanceof CommitLost) {
          if (await this.#wasCommitted(error)) return error.value as T;
        } else if (isLostConnection(error) && performance.now() < endMs) {
          await sleep(RECONNECT_PAUSE_MS);
        } else if (!isConflict(error)) throw explained(error);
        else if (attempt >= MAX_ATTEMPTS) {
          throw new StoreUnavailable("Too many others write the same.", { cause: error });
        }
      }
      await sleep(Math.random() * Math.min(MAX_PAUSE_MS, 2 ** attempt));
    }
  }

  async #once<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    const client = await this.#writing.connect();
    const connection = new Connection(client, this.#maxReadMs, true);
    try {
      await markCommits(client, connection);
      connection.begin("BEGIN");
      const value = await work(scopeOf(connection));
      // A statement has failed, although the work does not say so: there is nothing left to commit.
      if (connection.failure !== undefined) throw connection.failure;
      // In a failed transaction, its first statement fails.
      const { text, mark } = commitOf(client);
      await connection.batch(text).catch(() => {
        throw isBroken(connection.failure) ? new CommitLost(mark, value, connection.failure) : connection.failure;
      });
      return value;
    } catch (error) {
      if (error instanceof CommitLost) throw error;
      if (!isBroken(connection.failure)) await connection.batch("ROLLBACK").catch(() => undefined);
      // The work may have made another error of it.
      throw isConflict(connection.failure) || isBroken(connection.failure) ? connection.failure : error;
    } finally {
      client.release(isBroken(connection.failure));
    }
  }

  async #wasCommitted({ mark, cause }: CommitLost): Promise<boolean> {
    for (const endMs = performance.now() + COMMIT_PATIENCE_MS; ; await sleep(RECONNECT_PAUSE_MS)) {
      let client: pg.PoolClient | undefined;
      let failure: unknown;
      try {
        client = await this.#writing.connect();
        return await wasCommitted(client, mark);
      } catch (error) {
        failure = error;
        if (performance.now() > endMs) throw new OutcomeUnknown("The connection was lost during a commit.", { cause });
      } finally {
        client?.release(isBroken(failure));
      }
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
