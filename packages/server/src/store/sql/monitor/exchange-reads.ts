import type { ExchangeSummary, RecordedExchange } from "../../exchange.ts";
import type { ExchangeFilter, ExchangePage, ExchangeStore, FoundExchanges } from "../../monitor.ts";
import type { Scope } from "../../store.ts";
import { executorOf } from "../executor.ts";
import { MONITOR, type Read, read, scalarOf } from "../read.ts";
import type { Row } from "../sql.ts";
import { type ExchangeQueries, longSql } from "./exchange-query.ts";
import { ALL_COLUMNS, exchangeOf, SUMMARY_COLUMNS, summaryOf } from "./exchange-rows.ts";
import { population } from "./population.ts";
import { activity, folded } from "./repeats.ts";
import { statistics } from "./statistics.ts";

/** All reads of the exchange log, with each adapter's queries. */
export function exchangeReads(
  queries: ExchangeQueries,
): Omit<ExchangeStore, "record" | "recordEarlier" | "lastPosition" | "retain"> {
  return {
    get,
    search: (...sought) => search(queries, ...sought),
    since: (...sought) => since(queries, ...sought),
    readSince: (...sought) => readSince(queries, ...sought),
    folded: (...sought) => folded(queries, ...sought),
    activity: (...sought) => activity(queries, ...sought),
    statistics: (...sought) => statistics(queries, ...sought),
    population,
  };
}

async function get(scope: Scope, id: number): Promise<RecordedExchange | undefined> {
  const row = await executorOf(scope).get(`SELECT ${ALL_COLUMNS} FROM exchange WHERE id = ?`, id);
  return row && exchangeOf(row);
}

function search(
  queries: ExchangeQueries,
  scope: Scope,
  filter: ExchangeFilter,
  page: ExchangePage,
): Promise<FoundExchanges> {
  return read(scope, MONITOR, () => searching(queries, filter, page));
}

function* searching(
  queries: ExchangeQueries,
  filter: ExchangeFilter,
  { before = Number.MAX_SAFE_INTEGER, limit, counted = true }: ExchangePage,
): Read<FoundExchanges> {
  const { from, where, parameters, position, order = position, counting, isUnstoppable } = yield* queries.query(filter);
  // One more row shows whether there is a next page.
  const rows = yield longSql(
    isUnstoppable,
    `SELECT ${SUMMARY_COLUMNS} FROM ${from} WHERE ${where} AND ${order} < ? ORDER BY ${order} DESC LIMIT ?`,
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

async function since(
  queries: ExchangeQueries,
  scope: Scope,
  filter: ExchangeFilter,
  position: number,
  limit: number,
): Promise<ExchangeSummary[]> {
  const rows = await read(scope, MONITOR, () => rowsSince(queries, filter, position, limit, SUMMARY_COLUMNS));
  return rows.map(summaryOf);
}

async function readSince(
  queries: ExchangeQueries,
  scope: Scope,
  filter: ExchangeFilter,
  position: number,
  limit: number,
): Promise<RecordedExchange[]> {
  const rows = await read(scope, MONITOR, () => rowsSince(queries, filter, position, limit, ALL_COLUMNS));
  return rows.map(exchangeOf);
}

/** Matching rows after a position, the oldest first. */
function* rowsSince(
  queries: ExchangeQueries,
  filter: ExchangeFilter,
  after: number,
  limit: number,
  columns: string,
): Read<Row[]> {
  const { from, where, parameters, position, isUnstoppable } = yield* queries.query(filter);
  const text = `SELECT ${columns} FROM ${from} WHERE ${where} AND ${position} > ? ORDER BY ${position} LIMIT ?`;
  return yield longSql(isUnstoppable, text, ...parameters, after, limit);
}
