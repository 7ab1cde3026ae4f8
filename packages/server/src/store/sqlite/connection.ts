import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { fold, parseDateTime } from "@scimtool/scim";
import type { Scope, Transaction } from "../store.ts";
import { PageMemory } from "./page.ts";

/** Distinct statements kept prepared per connection. Filters are written by clients, so their number must be bounded. */
const MAX_PREPARED_STATEMENTS = 500;

export type Row = readonly (string | number | null)[];

/** One SQLite connection with its prepared statements. Rows are arrays: they cost a fifth of objects. */
export class Connection {
  readonly database: DatabaseSync;
  /** What earlier pages of queries showed; absent on a connection that may see uncommitted changes. */
  readonly pages: PageMemory | undefined;
  readonly #statements = new Map<string, StatementSync>();
  #writes = 0;

  constructor(file: string | URL, options: { readonly readOnly: boolean; readonly cacheKibibytes: number }) {
    this.pages = options.readOnly ? new PageMemory() : undefined;
    this.database = new DatabaseSync(file, { readOnly: options.readOnly, timeout: 5_000 });
    try {
      this.database.exec(`PRAGMA cache_size = -${options.cacheKibibytes}; PRAGMA temp_store = MEMORY;`);
      defineFunctions(this.database);
    } catch (error) {
      this.database.close();
      throw error;
    }
  }

  all(sql: string, ...parameters: SQLInputValue[]): Row[] {
    return this.#prepare(sql).all(...parameters) as unknown as Row[];
  }

  get(sql: string, ...parameters: SQLInputValue[]): Row | undefined {
    return this.#prepare(sql).get(...parameters) as unknown as Row | undefined;
  }

  /** @returns rowid of the last insert, and the number of rows changed */
  run(sql: string, ...parameters: SQLInputValue[]): { key: number; changed: number } {
    const statement = this.#prepare(sql);
    // The full-text index leaves row ids behind that are too large for a number.
    statement.setReadBigInts(true);
    const { lastInsertRowid, changes } = statement.run(...parameters);
    statement.setReadBigInts(false);
    this.#writes++;
    return { key: Number(lastInsertRowid), changed: Number(changes) };
  }

  /** Counts statements run for their effect, so that one can tell whether there were any since. */
  get writes(): number {
    return this.#writes;
  }

  current(): Connection {
    return this;
  }

  close(): void {
    this.#statements.clear();
    this.database.close();
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

/** The language's own rules, for attributes that have no column with a prepared value. */
function defineFunctions(database: DatabaseSync): void {
  database.function("fold", { deterministic: true, directOnly: true }, (value) =>
    typeof value === "string" ? fold(value) : (value as SQLInputValue),
  );
  database.function("instant", { deterministic: true, directOnly: true }, (value) =>
    typeof value === "string" ? (parseDateTime(value) ?? null) : null,
  );
}

/** What this adapter's scopes are: a transaction's is its connection, `committed` is the reader. */
type SqliteScope = { readonly current: () => Connection };

/** The connection on which a call in this scope runs. */
export function connectionOf(scope: Scope): Connection {
  return (scope as unknown as SqliteScope).current();
}

export function scopeOf(scope: SqliteScope): Transaction {
  return scope as unknown as Transaction;
}
