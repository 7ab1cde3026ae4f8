import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { fold, parseDateTime } from "@scimtool/scim";
import { turnsOf } from "../../event-loop.ts";
import { PageMemory } from "../sql/page.ts";
import type { BeginRead, Read, ReadScope } from "../sql/read.ts";
import type { Row, Sql } from "../sql/sql.ts";
import type { Key, Scope, Transaction } from "../store.ts";

/** Distinct statements kept prepared per connection. Filters are written by clients, so their number must be bounded. */
const MAX_PREPARED_STATEMENTS = 500;

export type { Row };

/** SQLITE_CONSTRAINT_UNIQUE */
const CONSTRAINT_UNIQUE = 2067;

/** A statement or a read exceeds its limit. */
export class Overrun extends Error {
  override readonly name = "Overrun";
  readonly of: "time" | "memory";

  constructor(of: "time" | "memory" = "time") {
    super();
    this.of = of;
  }
}

type ConnectionOptions = {
  readonly readOnly: boolean;
  readonly cacheKibibytes: number;
  /** Why the current statement must end, if it must. @param heldBytes see {@link CALL_BYTES} */
  readonly overrunOf?: (heldBytes: number) => Overrun["of"] | undefined;
};

/**
 * Memory that node:sqlite holds for a function call until the statement ends, and for a text that is passed and
 * returned. Millions of calls fill the memory.
 */
const CALL_BYTES = 16;
const TEXT_CALL_BYTES = 64;

/** Checking the clock costs as much as the call. This many rows take some milliseconds at most. */
const CALLS_PER_LOOK = 8;

/** One SQLite connection with its prepared statements. Rows are arrays: they cost a fifth of objects. */
export class Connection {
  readonly database: DatabaseSync;
  /** The known pages of queries; absent on a connection that may see uncommitted changes. */
  readonly pages: PageMemory | undefined;
  readonly #statements = new Map<string, StatementSync>();
  #writes = 0;
  #endMs = Number.POSITIVE_INFINITY;
  #heldBytes = 0;

  constructor(file: string | URL, options: ConnectionOptions) {
    this.pages = options.readOnly ? new PageMemory() : undefined;
    this.database = new DatabaseSync(file, { readOnly: options.readOnly, timeout: 5_000 });
    try {
      this.database.exec(`PRAGMA cache_size = -${options.cacheKibibytes}; PRAGMA temp_store = MEMORY;`);
      this.#defineFunctions(options.overrunOf ?? (() => (performance.now() > this.#endMs ? "time" : undefined)));
    } catch (error) {
      this.database.close();
      throw error;
    }
  }

  all(sql: string, ...parameters: SQLInputValue[]): Row[] {
    this.#heldBytes = 0;
    return this.#prepare(sql).all(...parameters) as unknown as Row[];
  }

  get(sql: string, ...parameters: SQLInputValue[]): Row | undefined {
    return this.#prepare(sql).get(...parameters) as unknown as Row | undefined;
  }

  /** @returns rowid of the last insert, and the number of rows changed */
  run(sql: string, ...parameters: SQLInputValue[]): { key: number; changed: number } {
    const statement = this.#prepare(sql);
    // The full-text index produces row IDs that are too large for a number.
    statement.setReadBigInts(true);
    const { lastInsertRowid, changes } = statement.run(...parameters);
    statement.setReadBigInts(false);
    this.#writes++;
    return { key: Number(lastInsertRowid), changed: Number(changes) };
  }

  /** Runs a read in a transaction. Yields between its statements, but nobody else writes. */
  async read<T>(_owner: Key, begin: BeginRead<T>): Promise<T> {
    const endTurn = turnsOf();
    const read = begin(undefined);
    let step = read.next();
    while (step.done !== true) {
      const rows = this.all(step.value.text, ...step.value.values);
      const ending = endTurn();
      if (ending !== undefined) await ending;
      step = read.next(rows);
    }
    return step.value;
  }

  /** Runs a read in one go. @throws Overrun if it takes longer than `maxMs` */
  readWithin<T>(maxMs: number, read: Read<T>, mayRun: (statement: Sql) => boolean): T {
    const endMs = performance.now() + maxMs;
    this.#endMs = endMs;
    try {
      let step = read.next();
      while (step.done !== true) {
        if (!mayRun(step.value) || performance.now() > endMs) throw new Overrun();
        step = read.next(this.all(step.value.text, ...step.value.values));
      }
      return step.value;
    } finally {
      this.#endMs = Number.POSITIVE_INFINITY;
    }
  }

  /** Counts statements that change something. */
  get writes(): number {
    return this.#writes;
  }

  /** Writers take turns. */
  readonly forUpdate = "";

  isLabelTaken(error: unknown): boolean {
    const { errcode, message } = error as Error & { errcode?: number };
    // The message names an index of expressions; for an index of columns, it names these.
    return errcode === CONSTRAINT_UNIQUE && /_by_label|\.label/.test(message);
  }

  current(): Connection {
    return this;
  }

  close(): void {
    this.#statements.clear();
    this.database.close();
  }

  #defineFunctions(overrunOf: NonNullable<ConnectionOptions["overrunOf"]>): void {
    // See IN_TIME. Not deterministic, because otherwise SQLite would call it once for all rows.
    let calls = 0;
    this.database.function("in_time", { deterministic: false, directOnly: true, varargs: true }, () => {
      if (++calls % CALLS_PER_LOOK !== 0) return 1;
      this.#heldBytes += CALLS_PER_LOOK * CALL_BYTES;
      const overrun = overrunOf(this.#heldBytes);
      if (overrun !== undefined) throw new Overrun(overrun);
      return 1;
    });
    // The language's own rules, for attributes without a prepared column.
    this.database.function("fold", { deterministic: true, directOnly: true }, (value) => {
      if (typeof value !== "string") return value as SQLInputValue;
      this.#heldBytes += TEXT_CALL_BYTES + 2 * value.length;
      return fold(value);
    });
    this.database.function("instant", { deterministic: true, directOnly: true }, (value) => {
      this.#heldBytes += TEXT_CALL_BYTES;
      return typeof value === "string" ? (parseDateTime(value) ?? null) : null;
    });
  }

  #prepare(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    if (this.#statements.size >= MAX_PREPARED_STATEMENTS) {
      const [oldest] = this.#statements.keys();
      if (oldest !== undefined) this.#statements.delete(oldest);
    }
    const statement = this.database.prepare(sql);
    statement.setReturnArrays(true);
    this.#statements.set(sql, statement);
    return statement;
  }
}

/** This adapter's scopes: a transaction's is its connection, `committed` is the reader. */
type SqliteScope = ReadScope & { readonly current: () => Connection };

/** The connection on which a call in this scope runs. */
export function connectionOf(scope: Scope): Connection {
  return (scope as unknown as SqliteScope).current();
}

export function scopeOf(scope: SqliteScope): Transaction {
  return scope as unknown as Transaction;
}
