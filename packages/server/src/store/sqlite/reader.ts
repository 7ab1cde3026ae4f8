import type { BeginRead, ReadScope } from "../sql/read.ts";
import type { Sql } from "../sql/sql.ts";
import { type Key, StoreUnavailable } from "../store.ts";
import { type Connection, Overrun } from "./connection.ts";
import type { ReaderThreads } from "./reader-threads.ts";
import type { Weight } from "./writer.ts";

/**
 * Maximum age of a snapshot. Only writes of other processes could make it outdated, and only their checkpoints would
 * wait for it.
 */
const MAX_SNAPSHOT_MS = 20;

/** Maximum time for which a read holds the event loop; then it starts again on a thread. */
const MAX_READ_HERE_MS = 20;

/** How long a statement that took too long here goes to a thread at once, and the number of such statements. */
const SLOW_FOR_MS = 60_000;
const MAX_SLOW_STATEMENTS = 100;
const MAX_SLOW_CHARACTERS = 20_000;

/**
 * Keeps one read transaction open from the first read after a commit to the next commit: taking and releasing SQLite's
 * locks for each statement costs more than half as much as a look-up.
 */
export class Reader implements ReadScope {
  readonly #connection: Connection;
  readonly #threads: ReaderThreads;
  /** Statements that took too long here, each with the time until which it goes to a thread at once. */
  readonly #slow = new Map<string, number>();
  #isOpen = false;
  #isClosed = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(connection: Connection, threads: ReaderThreads) {
    this.#connection = connection;
    this.#threads = threads;
  }

  /** The connection, with a snapshot of the committed data. */
  current(): Connection {
    if (!this.#isOpen) {
      if (this.#isClosed) throw new StoreUnavailable("The store is closed.");
      this.#connection.run("BEGIN");
      this.#isOpen = true;
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined;
        this.release();
      }, MAX_SNAPSHOT_MS);
    }
    return this.#connection;
  }

  /** Most reads take less time than passing them to a thread. */
  async read<T>(owner: Key, begin: BeginRead<T>): Promise<T> {
    const connection = this.current();
    let last = "";
    const mayRun = (statement: Sql): boolean => {
      last = `${owner} ${statement.text}`;
      return statement.isUnstoppable !== true && !this.#isSlow(last);
    };
    try {
      return connection.readWithin(MAX_READ_HERE_MS, begin(connection.pages), mayRun);
    } catch (error) {
      if (!(error instanceof Overrun)) throw error;
    }
    this.#noteSlow(last);
    const startMs = performance.now();
    const result = await this.#threads.read(owner, () => begin(connection.pages?.ofNow()));
    if (performance.now() - startMs < MAX_READ_HERE_MS / 2) this.#slow.delete(last);
    return result;
  }

  #isSlow(statement: string): boolean {
    if (this.#slow.size === 0) return false;
    const untilMs = this.#slow.get(statement);
    return untilMs !== undefined && performance.now() < untilMs;
  }

  #noteSlow(statement: string): void {
    if (statement.length > MAX_SLOW_CHARACTERS || this.#isSlow(statement)) return;
    this.#slow.delete(statement);
    this.#slow.set(statement, performance.now() + SLOW_FOR_MS);
    const [oldest] = this.#slow.keys();
    if (this.#slow.size > MAX_SLOW_STATEMENTS && oldest !== undefined) this.#slow.delete(oldest);
  }

  /**
   * Ends the snapshot, so that the next read takes a new one. The writer calls this before each commit: the commit's
   * checkpoint then finds no reader, and the log can restart. Known pages stay valid across commits that write no
   * resources.
   */
  release(weight: Weight = "background"): void {
    if (weight === "answered") this.#connection.pages?.clear();
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#connection.run("COMMIT");
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.release();
    this.#connection.close();
  }
}
