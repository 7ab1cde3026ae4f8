import { type Exchange, exchangeMs, isRejected } from "../../exchange.ts";
import { searchableText } from "../../exchange-words.ts";
import type { RemoveExchanges } from "../../sql/monitor/exchange-retention.ts";
import { INSERT, NO_ENDPOINT, resourceKeys, rowOf, STORED_BYTES } from "../../sql/monitor/exchange-rows.ts";
import { notePopulation } from "../../sql/monitor/population.ts";
import type { Reference, Scope, Transaction } from "../../store.ts";
import { type Connection, connectionOf } from "../connection.ts";

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
  for (const [endpoint, id] of lastWrites) await notePopulation(connection, endpoint, exchangeMs(id));
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

/** @param at its position; default: after all others */
function insert(connection: Connection, exchange: Exchange, at?: number): void {
  const { key } = connection.run(INSERT, at ?? null, ...rowOf(exchange, isRejected(exchange)));
  index(connection, exchange, key);
}

/** Adds an exchange to the index of words, and to those of its resources. */
export function index(connection: Connection, exchange: Exchange, position: number): void {
  connection.run("INSERT INTO exchange_words (rowid, words) VALUES (?, ?)", position, searchableText(exchange));
  for (const key of resourceKeys(exchange.resources)) {
    connection.run("INSERT OR IGNORE INTO exchange_resource VALUES (?, ?)", key, position);
  }
}

/**
 * Pages of the index of words merged with each batch: about 3 ms. Enough to keep up with full batches of creates: half
 * as many leave 41 segments to search after 400,000.
 */
const MERGED_PAGES = 32;

/** Merges a part of the index of words, without the words of removed exchanges. */
export function mergeWords(connection: Connection): void {
  connection.run("INSERT INTO exchange_words (exchange_words, rank) VALUES ('merge', ?)", MERGED_PAGES);
}

/** Exchanges recorded after their endpoint was deleted would never be removed. */
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

/** Adds up the exchanges after a position. Without `NOT INDEXED`, SQLite groups by an index and reads the whole log. */
export const NOTE_SIZES = `INSERT INTO exchange_size
    SELECT endpoint, is_rejected, count(*), sum(${STORED_BYTES}) FROM exchange NOT INDEXED WHERE position > ? GROUP BY 1, 2
  ON CONFLICT DO UPDATE SET count = count + excluded.count, bytes = bytes + excluded.bytes`;

export async function lastPosition(scope: Scope): Promise<number> {
  return (connectionOf(scope).get("SELECT seq FROM sqlite_sequence WHERE name = 'exchange'")?.[0] as number) ?? 0;
}

/** Removes exchanges from the log and its indexes. */
export function remove(connection: Connection, exchanges: Parameters<RemoveExchanges>[0]): void {
  for (const { position, resources } of exchanges) {
    connection.run("DELETE FROM exchange_words WHERE rowid = ?", position);
    for (const key of resourceKeys(JSON.parse(resources) as Reference[])) {
      connection.run("DELETE FROM exchange_resource WHERE resource = ? AND exchange = ?", key, position);
    }
    connection.run("DELETE FROM exchange WHERE position = ?", position);
  }
  mergeWords(connection);
}
