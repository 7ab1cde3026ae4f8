import { exchangeIdAt, outcomeKey } from "../../exchange.ts";
import type { SoughtWord } from "../../exchange-words.ts";
import type { ExchangeFilter } from "../../monitor.ts";
import { soughtLists } from "../../sql/monitor/exchange-match.ts";
import {
  type ExchangeQueries,
  type ExchangeQuery,
  longSql,
  type SpanFilter,
} from "../../sql/monitor/exchange-query.ts";
import { resourceKeyIn } from "../../sql/monitor/exchange-rows.ts";
import { type Read, scalarOf } from "../../sql/read.ts";
import { type SqlValue, sql } from "../../sql/sql.ts";
import { IN_TIME } from "../dialect.ts";

/**
 * Maximum time from an exchange's request to its record. So a time limits the positions, and a search can skip all
 * other rows.
 */
const MAX_DURATION_MS = 3_600_000;

/**
 * In a log of this size, the index of words may search for long without checking the time: it first reads all words
 * with a prefix, and skips exchanges that lack some of the words.
 */
const LONG_LOG = 20_000;

const COUNT_ALL = "SELECT ifnull(sum(count), 0) FROM exchange_size";

/** How to find the exchanges of a filter: by resource, otherwise by words, otherwise in the order of recording. */
function* exchangeQuery(filter: ExchangeFilter): Read<ExchangeQuery> {
  const match = matchOf(filter);
  const { index, where, parameters, position } = sourceOf(filter, match);
  const from = index === "exchange e" ? index : `${index} CROSS JOIN exchange e ON e.position = ${position}`;
  const isUnstoppable =
    match !== undefined && /\*| AND /.test(match) && Number(yield* scalarOf(sql(COUNT_ALL))) > LONG_LOG;
  const conditions = [...where];
  const values = [...parameters];
  const add = (condition: string, ...more: SqlValue[]) => {
    conditions.push(condition);
    values.push(...more);
  };
  if (filter.requestId !== undefined) add("e.request_id = ?", filter.requestId);
  if (filter.sameAs !== undefined) add("e.outcome_key = ?", outcomeKey(filter.sameAs));
  const { path, fromMs, toMs } = filter;
  if (path !== undefined) {
    if (path.endsWith("*")) add("instr(e.path, ?) = 1", path.slice(0, -1));
    else add("e.path = ?", path);
  }
  if (fromMs !== undefined) {
    const before = yield* positionNear("id < ? ORDER BY id DESC", fromMs - MAX_DURATION_MS);
    if (before !== undefined) add(`${position} > ?`, before);
    add("e.id >= ?", exchangeIdAt(fromMs));
  }
  if (toMs !== undefined) {
    const behind = yield* positionNear("id >= ? ORDER BY id", toMs + MAX_DURATION_MS);
    if (behind !== undefined) add(`${position} < ?`, behind);
    add("e.id < ?", exchangeIdAt(toMs));
  }
  const needsRows = conditions.some((condition) => condition.includes("e."));
  const condition = [IN_TIME, ...conditions].join(" AND ");
  const counting =
    conditions.length === 0
      ? sql(COUNT_ALL)
      : longSql(isUnstoppable, `SELECT count(*) FROM ${needsRows ? from : index} WHERE ${condition}`, ...values);
  return { from, where: condition, parameters: values, position, counting, isUnstoppable };
}

type Source = {
  /** The first table of the search. */
  readonly index: string;
  readonly position: string;
  readonly where: readonly string[];
  readonly parameters: readonly SqlValue[];
};

const CONTAINS_NAME = "instr(lower(value ->> 'label'), lower(?)) > 0";

function sourceOf({ resource }: ExchangeFilter, match: string | undefined): Source {
  const key = resource === undefined ? undefined : resourceKeyIn(resource);
  // Neither a key nor words prove that it is this resource.
  const isIt = key === undefined ? `(value ->> 'id' = ? OR ${CONTAINS_NAME})` : "value ->> 'id' = ?";
  const named = resource === undefined ? [] : [`EXISTS (SELECT 1 FROM json_each(e.resources) WHERE ${isIt})`];
  const names = resource === undefined ? [] : key === undefined ? [resource, resource] : [resource];
  if (key !== undefined) {
    const words = "EXISTS (SELECT 1 FROM exchange_words WHERE exchange_words MATCH ? AND rowid = r.exchange)";
    return {
      index: "exchange_resource r",
      where: ["r.resource = ?", ...(match === undefined ? [] : [words]), ...named],
      parameters: [key, ...(match === undefined ? [] : [match]), ...names],
      position: "r.exchange",
    };
  }
  if (match === undefined) return { index: "exchange e", where: named, parameters: names, position: "e.position" };
  return {
    index: "exchange_words w",
    where: ["exchange_words MATCH ?", ...named],
    parameters: [match, ...names],
    position: "w.rowid",
  };
}

function* positionNear(condition: string, ms: number): Read<number | undefined> {
  const [row] = yield sql(`SELECT position FROM exchange WHERE ${condition} LIMIT 1`, exchangeIdAt(ms));
  return row?.[0] as number | undefined;
}

/** The expression for the index of words (https://sqlite.org/fts5.html#full_text_query_syntax). */
function matchOf(filter: ExchangeFilter): string | undefined {
  const all = soughtLists(filter);
  return all.length === 0 ? undefined : all.map((any) => `(${any.map(termOf).join(" OR ")})`).join(" AND ");
}

/** Words consist of letters, digits and our own mark, so nothing needs an escape. */
function termOf({ word, isPrefix }: SoughtWord): string {
  return `"${word}"${isPrefix ? "*" : ""}`;
}

/** Without other conditions, the index of IDs is enough for counting. */
function* inSpan(filter: SpanFilter): Read<Pick<ExchangeQuery, "from" | "where" | "parameters" | "isUnstoppable">> {
  const { fromMs, toMs, endpoint, probes, ...others } = filter;
  if (Object.values(others).some((condition) => condition !== undefined)) return yield* exchangeQuery(filter);
  const parameters = [exchangeIdAt(fromMs), exchangeIdAt(toMs), ...(endpoint === undefined ? [] : [endpoint])];
  const tests = probes === undefined ? "" : ` AND e.is_probe = ${probes === "only" ? 1 : 0}`;
  const where = `${IN_TIME} AND e.id >= ? AND e.id < ?${endpoint === undefined ? "" : " AND e.endpoint = ?"}${tests}`;
  return { from: "exchange e INDEXED BY exchange_by_id", where, parameters, isUnstoppable: false };
}

export const queries: ExchangeQueries = {
  query: exchangeQuery,
  inSpan,
  positions: (positions) => sql("json_each(?) k", JSON.stringify(positions)),
  quotient: (dividend, divisor) => `CAST(${dividend} / ${divisor} AS INTEGER)`,
};
