import { hash } from "node:crypto";
import type { JsonObject, ResourceModel } from "@scimtool/scim";
import { yieldToEventLoop } from "../../event-loop.ts";
import {
  BATCH,
  KEPT_TABLES,
  type Keeping,
  keptRows,
  keyOf,
  type ModelOf,
  type MovedRow,
  resourceOf,
  TABLES,
  type Table,
} from "./tables.ts";

/** The highest numbers that were ever given, and are never given again. */
type Counters = { readonly endpoint: number; readonly exchange: number; readonly history: number };

/** A database that rows are read from. All reads of a source see one snapshot. */
export type Source = {
  readonly page: (table: Table, after: MovedRow | undefined, limit: number) => Promise<MovedRow[]>;
  readonly count: (table: Table) => Promise<number>;
  readonly counters: () => Promise<Counters>;
  readonly close: () => Promise<void>;
};

/** How far a transfer has come. It is stored in the target, with the rows themselves. */
export type TransferState = {
  /** A digest of the source, so that a transfer continues only from the same one. */
  readonly source: string;
  /** Index of the table under way. */
  readonly table: number;
  readonly after?: MovedRow | undefined;
  readonly done: number;
};

/** A database that rows are written to. No server opens it before it is finished. */
export type Target = Pick<Source, "page" | "close"> & {
  readonly keeping: Keeping;
  /** Undefined for a new, empty database. */
  readonly state: () => Promise<TransferState | undefined>;
  /** Writes rows and the state behind them in one transaction. */
  readonly write: (table: Table, rows: readonly MovedRow[], modelOf: ModelOf, state: TransferState) => Promise<void>;
  readonly finish: (counters: Counters) => Promise<void>;
};

export type TransferOptions = {
  readonly source: Source;
  readonly target: Target;
  /** The schemas that apply with the settings of an endpoint. */
  readonly modelsOf: (settings: JsonObject) => readonly ResourceModel[];
  readonly onProgress: (step: "copy" | "verify", done: number, total: number) => void;
  readonly signal: AbortSignal;
};

export type TransferResult = { readonly rows: ReadonlyMap<string, number>; readonly isResumed: boolean };

/** The target is not what the source is, or belongs to another transfer. The message says what to do. */
export class TransferFailed extends Error {
  override readonly name = "TransferFailed";
}

/**
 * Copies everything from one database to another, and compares both. After an interruption, a second call continues.
 * @throws TransferFailed
 */
export async function transfer(options: TransferOptions): Promise<TransferResult> {
  const { source, target } = options;
  const endpoints = await source.page(tableNamed("endpoint"), undefined, Number.MAX_SAFE_INTEGER);
  const identity = await identityOf(source, endpoints);
  const begun = await target.state();
  if (begun !== undefined && begun.source !== identity) {
    throw new TransferFailed(
      "the target holds an unfinished migration from another source, or the source has changed since. Remove the target and start again.",
    );
  }
  const modelOf = modelFinder(endpoints, options.modelsOf);
  let total = 0;
  for (const table of TABLES) total += await source.count(table);
  await copy(options, modelOf, begun ?? { source: identity, table: 0, done: 0 }, total);
  const rows = await verify(options, modelOf, total);
  await target.finish(await source.counters());
  return { rows, isResumed: begun !== undefined };
}

function tableNamed(name: string): Table {
  const table = TABLES.find((each) => each.name === name);
  if (table === undefined) throw new Error(`there is no table ${name}`);
  return table;
}

async function identityOf(source: Source, endpoints: readonly MovedRow[]): Promise<string> {
  const credentials = await source.page(tableNamed("credential"), undefined, 100);
  const { columns } = tableNamed("credential");
  const hashes = credentials.map((row) => row[columns.indexOf("secret_hash")]);
  return hash("sha256", JSON.stringify([TABLES, endpoints, hashes]));
}

function modelFinder(endpoints: readonly MovedRow[], modelsOf: TransferOptions["modelsOf"]): ModelOf {
  const models = new Map<string, ResourceModel>();
  for (const [key, , settings] of endpoints) {
    for (const model of modelsOf(JSON.parse(settings as string) as JsonObject)) {
      models.set(`${key} ${model.type.name}`, model);
    }
  }
  return (endpoint, type) => models.get(`${endpoint} ${type}`);
}

/** While a batch is written, the next one is read. */
async function copy(
  { source, target, onProgress, signal }: TransferOptions,
  modelOf: ModelOf,
  begun: TransferState,
  total: number,
): Promise<void> {
  let writing: Promise<void> = Promise.resolve();
  let { done } = begun;
  for (const [at, table] of TABLES.entries()) {
    if (at < begun.table) continue;
    for await (const rows of pages(source, table, at === begun.table ? begun.after : undefined)) {
      await writing;
      signal.throwIfAborted();
      onProgress("copy", done, total);
      done += rows.length;
      const last = rows.at(-1) as MovedRow;
      const after = keyOf(table, last);
      writing = target.write(table, rows, modelOf, { source: begun.source, table: at, after, done });
      // It is awaited later, or never if reading fails first.
      writing.catch(() => undefined);
    }
  }
  await writing;
}

async function* pages(
  source: Pick<Source, "page">,
  table: Table,
  begin?: MovedRow | undefined,
): AsyncGenerator<MovedRow[]> {
  const limit = table.batch ?? BATCH;
  for (let after = begin; ; ) {
    const rows = await source.page(table, after, limit);
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows;
    if (rows.length < limit) return;
    after = keyOf(table, last);
    // SQLite answers at once: an interruption must be noticed.
    await yieldToEventLoop();
  }
}

/** @returns the number of rows of each table */
async function verify(
  { source, target, onProgress, signal }: TransferOptions,
  modelOf: ModelOf,
  total: number,
): Promise<Map<string, number>> {
  const [expected, found] = [new Digests(), new Digests()];
  let done = 0;
  for (const table of TABLES) {
    for await (const rows of pages(source, table)) {
      signal.throwIfAborted();
      onProgress("verify", done, 2 * total);
      done += rows.length;
      for (const row of rows) {
        expected.add(table, row);
        if (table.name !== "resource") continue;
        const kept = keptRows(resourceOf(row, modelOf), target.keeping);
        for (const [at, each] of KEPT_TABLES.entries()) for (const value of kept[at] ?? []) expected.add(each, value);
      }
    }
  }
  for (const table of [...TABLES, ...KEPT_TABLES]) {
    for await (const rows of pages(target, table)) {
      signal.throwIfAborted();
      if (TABLES.includes(table)) done += rows.length;
      onProgress("verify", Math.min(done, 2 * total), 2 * total);
      for (const row of rows) found.add(table, row);
    }
  }
  const differences = expected.differences(found);
  if (differences.length > 0) {
    throw new TransferFailed(
      `the target differs from the source (${differences.join("; ")}). Something else wrote to one of them, or the target is damaged. Remove the target and start again.`,
    );
  }
  return expected.counts();
}

/** Rows counted and digested per table and endpoint. Their order does not matter: stores may sort differently. */
class Digests {
  readonly #entries = new Map<string, { count: number; readonly sums: Uint32Array }>();

  add(table: Table, row: MovedRow): void {
    const owner = table.columns.indexOf(table.name === "endpoint" ? "key" : "endpoint");
    const name = `${table.name} of endpoint ${(owner < 0 ? null : row[owner]) ?? "none"}`;
    let entry = this.#entries.get(name);
    if (entry === undefined) {
      entry = { count: 0, sums: new Uint32Array(8) };
      this.#entries.set(name, entry);
    }
    const digest = hash("sha256", JSON.stringify(table.name === "exchange" ? withoutBytes(row) : row), "buffer");
    const { sums } = entry;
    for (let at = 0; at < sums.length; at++) sums[at] = (sums[at] as number) + digest.readUInt32LE(4 * at);
    entry.count++;
  }

  differences(others: Digests): string[] {
    const names = new Set([...this.#entries.keys(), ...others.#entries.keys()]);
    return [...names].flatMap((name) => {
      const [own, other] = [this.#entries.get(name), others.#entries.get(name)];
      if (own?.sums.join() === other?.sums.join() && own?.count === other?.count) return [];
      const counts = [own, other].map((each) => (each?.count ?? 0).toLocaleString("en-US"));
      return counts[0] === counts[1]
        ? `${name}: the contents of ${counts[0]} rows`
        : `${name}: ${counts[1]} rows instead of ${counts[0]}`;
    });
  }

  counts(): Map<string, number> {
    const counts = new Map(TABLES.map(({ name }) => [name, 0]));
    for (const [name, { count }] of this.#entries) {
      const [table = ""] = name.split(" ");
      const known = counts.get(table);
      if (known !== undefined) counts.set(table, known + count);
    }
    return counts;
  }
}

/** JSON would write a number for each byte. */
function withoutBytes(row: MovedRow): MovedRow {
  return row.map((value) => (value instanceof Uint8Array ? `bytes ${Buffer.from(value).toString("hex")}` : value));
}
