import { type Exchange, type ExchangeSummary, exchangeMs, isRejected, type RecordedExchange } from "../../exchange.ts";
import { searchableText } from "../../exchange-words.ts";
import type { ExchangeFilter, ExchangePage, FoundExchanges } from "../../monitor.ts";
import { MONITOR, type Read, read, scalarOf } from "../../sql/read.ts";
import type { Reference, Scope, Transaction } from "../../store.ts";
import { type Connection, connectionOf, type Row } from "../connection.ts";
import { exchangeQuery, longSql } from "./exchange-filter.ts";
import {
  ALL_COLUMNS,
  exchangeOf,
  INSERT,
  NO_ENDPOINT,
  resourceKeyIn,
  rowOf,
  STORED_BYTES,
  SUMMARY_COLUMNS,
  summaryOf,
} from "./exchange-rows.ts";
import { notePopulation } from "./population.ts";

export async function record(transaction: Transaction, exchanges: readonly Exchange[]): Promise<void> {
  const connection = connectionOf(transaction);
  const lastWrites = new Map<number, number>();
  const isThere = endpointCheck(connection);
  const before = await lastPosition(transaction);
  for (const exchange of exchanges) {
    const { endpoint = NO_ENDPOINT } = exchange;
    if (!isThere(endpoint)) continue;
    insert(connection, exchange);
    if (exchange.method !== "GET" && exchange.status < 300) lastWrites.set(endpoint, exchange.id);
  }
  connection.run(NOTE_SIZES, before);
  mergeWords(connection);
  lastWrites.delete(NO_ENDPOINT);
  for (const [endpoint, id] of lastWrites) notePopulation(connection, endpoint, exchangeMs(id));
}

export async function recordEarlier(transaction: Transaction, exchanges: readonly Exchange[]): Promise<number> {
  const connection = connectionOf(transaction);
  const isThere = endpointCheck(connection);
  const [first, oldest] = (connection.get("SELECT min(position), min(id) FROM exchange") ?? []) as (number | null)[];
  const end = Math.min(first ?? 1, 1);
  let [position, oldestId] = [end, oldest ?? Number.MAX_SAFE_INTEGER];
  for (const exchange of exchanges) {
    if (exchange.id >= oldestId || !isThere(exchange.endpoint ?? NO_ENDPOINT)) continue;
    oldestId = exchange.id;
    insert(connection, exchange, --position);
  }
  connection.run(NOTE_SIZES.replace("position > ?", "position >= ? AND position < ?"), position, end);
  mergeWords(connection);
  return end - position;
}

/** @param at its position; by default behind all others */
function insert(connection: Connection, exchange: Exchange, at?: number): void {
  const { key: position } = connection.run(INSERT, at ?? null, ...rowOf(exchange, isRejected(exchange)));
  connection.run("INSERT INTO exchange_words (rowid, words) VALUES (?, ?)", position, searchableText(exchange));
  for (const key of resourceKeys(exchange.resources)) {
    connection.run("INSERT OR IGNORE INTO exchange_resource VALUES (?, ?)", key, position);
  }
}

/**
 * Pages of the index of words that are merged with each batch: about 3 ms. It is enough to keep up with full batches of
 * creates: half as many leave 41 segments to search after 400,000.
 */
const MERGED_PAGES = 32;

/** Merges a part of the index of words, and leaves out the words of removed exchanges. */
export function mergeWords(connection: Connection): void {
  connection.run("INSERT INTO exchange_words (exchange_words, rank) VALUES ('merge', ?)", MERGED_PAGES);
}

/** Nothing would ever remove exchanges that are recorded after their endpoint was deleted. */
function endpointCheck(connection: Connection): (endpoint: number) => boolean {
  const known = new Map([[NO_ENDPOINT, true]]);
  return (endpoint) => {
    let isThere = known.get(endpoint);
    if (isThere === undefined) {
      isThere = connection.get("SELECT 1 FROM endpoint WHERE key = ?", endpoint) !== undefined;
      known.set(endpoint, isThere);
    }
    return isThere;
  };
}

/** The keys of an exchange's resources; other IDs than UUIDs have none. */
export function resourceKeys(resources: readonly Reference[]): number[] {
  return resources.map(({ id }) => resourceKeyIn(id)).filter((key) => key !== undefined);
}

/**
 * Adds up the exchanges behind a position. Without `NOT INDEXED`, SQLite groups by an index and reads the whole log.
 */
export const NOTE_SIZES = `INSERT INTO exchange_size
    SELECT endpoint, is_rejected, count(*), sum(${STORED_BYTES}) FROM exchange NOT INDEXED WHERE position > ? GROUP BY 1, 2
  ON CONFLICT DO UPDATE SET count = count + excluded.count, bytes = bytes + excluded.bytes`;

export async function lastPosition(scope: Scope): Promise<number> {
  return (connectionOf(scope).get("SELECT seq FROM sqlite_sequence WHERE name = 'exchange'")?.[0] as number) ?? 0;
}

export async function get(scope: Scope, id: number): Promise<RecordedExchange | undefined> {
  const row = connectionOf(scope).get(`SELECT ${ALL_COLUMNS} FROM exchange WHERE id = ?`, id);
  return row && exchangeOf(row);
}

export function search(scope: Scope, filter: ExchangeFilter, page: ExchangePage): Promise<FoundExchanges> {
  return read(scope, MONITOR, () => searching(filter, page));
}

function* searching(
  filter: ExchangeFilter,
  { before = Number.MAX_SAFE_INTEGER, limit, counted = true }: ExchangePage,
): Read<FoundExchanges> {
  const { from, where, parameters, position, counting, isUnstoppable } = yield* exchangeQuery(filter);
  // One more tells whether there is a next page.
  const rows = yield longSql(
    isUnstoppable,
    `SELECT ${SUMMARY_COLUMNS} FROM ${from} WHERE ${where} AND ${position} < ? ORDER BY ${position} DESC LIMIT ?`,
    ...parameters,
    before,
    limit + 1,
  );
  const found = rows.slice(0, limit).map(summaryOf);
  const last = found.at(-1);
  return {
    total: counted ? ((yield* scalarOf(counting)) as number) : found.length,
    exchanges: found,
    ...(rows.length > limit && last !== undefined ? { next: last.position } : {}),
  };
}

export async function since(
  scope: Scope,
  filter: ExchangeFilter,
  position: number,
  limit: number,
): Promise<ExchangeSummary[]> {
  const rows = await read(scope, MONITOR, () => rowsSince(filter, position, limit, SUMMARY_COLUMNS));
  return rows.map(summaryOf);
}

export async function readSince(
  scope: Scope,
  filter: ExchangeFilter,
  position: number,
  limit: number,
): Promise<RecordedExchange[]> {
  const rows = await read(scope, MONITOR, () => rowsSince(filter, position, limit, ALL_COLUMNS));
  return rows.map(exchangeOf);
}

/** Matching rows after a position, the oldest first. */
export function* rowsSince(filter: ExchangeFilter, after: number, limit: number, columns: string): Read<Row[]> {
  const { from, where, parameters, position, isUnstoppable } = yield* exchangeQuery(filter);
  const text = `SELECT ${columns} FROM ${from} WHERE ${where} AND ${position} > ? ORDER BY ${position} LIMIT ?`;
  return yield longSql(isUnstoppable, text, ...parameters, after, limit);
}
