import type { Writable } from "node:stream";
import type { ClientBase, QueryArrayConfig } from "pg";
import type { BeginRead, ReadScope } from "../sql/read.ts";
import type { Row, SqlValue } from "../sql/sql.ts";
import { type Key, ReadTooLong, type Scope, type Transaction } from "../store.ts";
import { decodeText, encodeText } from "./text.ts";

/** Statements kept prepared on each connection. Filters are written by clients, so their number must be bounded. */
const MAX_PREPARED_STATEMENTS = 500;

/** What {@link QueryArrayConfig} needs of a statement; one text has one name. */
type Prepared = { readonly name?: string; readonly text: string };

const prepared = new Map<string, Prepared>();

/** `?` outside of texts and names. */
const PARAMETER = /'(?:[^']|'')*'|"(?:[^"]|"")*"|\?/g;

function prepare(text: string): Prepared {
  const known = prepared.get(text);
  if (known !== undefined) return known;
  let count = 0;
  const numbered = text.replace(PARAMETER, (found) => (found === "?" ? `$${++count}` : found));
  if (prepared.size >= MAX_PREPARED_STATEMENTS) return { text: numbered };
  const made = { name: `s${prepared.size}`, text: numbered };
  prepared.set(text, made);
  return made;
}

const SMALL_INTEGER = 21;
const INTEGER = 23;
const BIG_INTEGER = 20;
const DOUBLE = 701;
const NUMERIC = 1700;
const NUMBERS: ReadonlySet<number> = new Set([SMALL_INTEGER, INTEGER, BIG_INTEGER, DOUBLE, NUMERIC]);
const BYTES = 17;

/** Columns as {@link Row} has them. All whole numbers of the schema are safe integers. */
export const types = {
  getTypeParser: (oid: number) => {
    if (NUMBERS.has(oid)) return Number;
    return oid === BYTES ? (text: string) => Buffer.from(text.slice(2), "hex") : decodeText;
  },
};

/** The SQLSTATE of an error of the database, if it is one. */
export function stateOf(error: unknown): string | undefined {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === "string" && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

const QUERY_CANCELED = "57014";

const UNIQUE_VIOLATION = "23505";

/** A value of a parameter; a list is an array of PostgreSQL. */
export type Parameter = SqlValue | readonly string[];

/** Another transaction committed what this one had looked for before it wrote: it runs again, and then finds it. */
export class Overtaken extends Error {
  override readonly name = "Overtaken";
}

export function streamOf(client: ClientBase): Writable {
  return (client as unknown as { readonly connection: { readonly stream: Writable } }).connection.stream;
}

/** One connection of the pool, while it is used. */
export class Connection implements ReadScope {
  readonly #client: ClientBase;
  readonly #maxReadMs: number;
  /** Whether calls run in a transaction that writes. */
  readonly isTransaction: boolean;
  /** The first error of a statement: it has ended the transaction, whatever its work makes of it. */
  failure: unknown;
  #isCollecting = false;
  /** The response to BEGIN. */
  #begun: Promise<void> | undefined;

  constructor(client: ClientBase, maxReadMs: number, isTransaction: boolean) {
    this.#client = client;
    this.#maxReadMs = maxReadMs;
    this.isTransaction = isTransaction;
  }

  async all(text: string, ...values: readonly Parameter[]): Promise<Row[]> {
    return (await this.#query(text, values)).rows as unknown as Row[];
  }

  async get(text: string, ...values: readonly Parameter[]): Promise<Row | undefined> {
    return (await this.all(text, ...values))[0];
  }

  /** @returns the number of rows changed */
  async run(text: string, ...values: readonly Parameter[]): Promise<{ changed: number }> {
    return { changed: (await this.#query(text, values)).rowCount ?? 0 };
  }

  /** Sends BEGIN without waiting for the response. */
  begin(text: string): void {
    this.#begun = this.batch(text);
    this.#begun.catch(() => undefined);
  }

  /** Sends a statement without waiting for the response. If it fails, so do all later ones and the commit. */
  async send(text: string, ...values: readonly Parameter[]): Promise<void> {
    await this.#begun;
    this.#query(text, values).catch(() => undefined);
  }

  /** Ends the transaction, so that its work runs again. */
  fail(reason: Error): never {
    this.failure ??= reason;
    throw reason;
  }

  get forUpdate(): string {
    return this.isTransaction ? "FOR NO KEY UPDATE" : "";
  }

  isLabelTaken(error: unknown): boolean {
    const { constraint = "" } = error as { readonly constraint?: string };
    return stateOf(error) === UNIQUE_VIOLATION && constraint.endsWith("_by_label");
  }

  /** Statements without values, in one message. */
  async batch(text: string): Promise<void> {
    this.#collect();
    try {
      await this.#client.query(text);
    } catch (error) {
      this.failure ??= error;
      throw error;
    }
  }

  async #query(text: string, values: readonly unknown[]) {
    const config: QueryArrayConfig = { ...prepare(text), values: values.map(parameter), rowMode: "array", types };
    // Without a transaction, a write would stay even if a later one fails.
    if (this.#begun !== undefined && !text.startsWith("SELECT")) await this.#begun;
    if (this.failure !== undefined) throw this.failure;
    this.#collect();
    try {
      return await this.#client.query(config);
    } catch (error) {
      this.failure ??= error;
      throw this.failure;
    }
  }

  /** All statements of this turn of the event loop leave in one write, because a system call costs more than they do. */
  #collect(): void {
    if (this.#isCollecting) return;
    this.#isCollecting = true;
    const stream = streamOf(this.#client);
    stream.cork();
    process.nextTick(() => {
      this.#isCollecting = false;
      stream.uncork();
    });
  }

  async read<T>(_owner: Key, begin: BeginRead<T>): Promise<T> {
    const read = begin(undefined);
    const endMs = this.isTransaction ? Number.POSITIVE_INFINITY : performance.now() + this.#maxReadMs;
    let step = read.next();
    while (step.done !== true) {
      try {
        if (performance.now() > endMs) throw new ReadTooLong(this.#maxReadMs);
        step = read.next(await this.all(step.value.text, ...step.value.values));
      } catch (error) {
        read.return(undefined as never);
        throw stateOf(error) === QUERY_CANCELED && !this.isTransaction ? new ReadTooLong(this.#maxReadMs) : error;
      }
    }
    return step.value;
  }

  current(): Connection {
    return this;
  }
}

function parameter(value: unknown): unknown {
  if (typeof value === "string") return encodeText(value);
  if (Array.isArray(value)) return value.map(parameter);
  return value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.length) : value;
}

/** What statements run on: a connection, or for committed data any connection of the pool. */
export type Executor = Pick<Connection, "all" | "get" | "run" | "isLabelTaken" | "isTransaction" | "forUpdate">;

type PostgresScope = ReadScope & { readonly current: () => Executor };

export function connectionOf(scope: Scope): Executor {
  return (scope as unknown as PostgresScope).current();
}

/** The connection of a transaction. */
export function transactionOf(transaction: Transaction): Connection {
  return (transaction as unknown as Connection).current();
}

export function scopeOf(scope: PostgresScope): Transaction {
  return scope as unknown as Transaction;
}
