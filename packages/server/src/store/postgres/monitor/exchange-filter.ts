import { exchangeIdAt, outcomeKey } from "../../exchange.ts";
import type { SoughtWord } from "../../exchange-words.ts";
import type { ExchangeFilter } from "../../monitor.ts";
import { soughtLists } from "../../sql/monitor/exchange-match.ts";
import type { ExchangeQueries, ExchangeQuery } from "../../sql/monitor/exchange-query.ts";
import { resourceKeyIn } from "../../sql/monitor/exchange-rows.ts";
import type { Read } from "../../sql/read.ts";
import { joinSql, type Sql, sql } from "../../sql/sql.ts";

/** The condition of a filter on the row `e` of `exchange`. */
function exchangeCondition(filter: ExchangeFilter): Sql {
  const { resource, path, fromMs, toMs } = filter;
  const conditions: Sql[] = [sql("true")];
  const lists = soughtLists(filter);
  if (lists.length > 0) conditions.push(sql("e.words @@ ?::tsquery", lists.map(anyOf).join(" & ")));
  if (resource !== undefined) {
    const key = resourceKeyIn(resource);
    if (key !== undefined) conditions.push(sql("e.resource_keys @> ARRAY[?::bigint]", key));
    // Neither a key nor words prove that it is this resource.
    const isIt = key === undefined ? `(v ->> 'id' = ? OR ${CONTAINS_NAME})` : "v ->> 'id' = ?";
    conditions.push(
      sql(
        `EXISTS (SELECT 1 FROM json_array_elements(e.resources::json) v WHERE ${isIt})`,
        ...(key === undefined ? [resource, resource] : [resource]),
      ),
    );
  }
  if (filter.requestId !== undefined) conditions.push(sql("e.request_id = ?", filter.requestId));
  if (filter.sameAs !== undefined) conditions.push(sql("e.outcome_key = ?", outcomeKey(filter.sameAs)));
  if (path !== undefined) {
    conditions.push(path.endsWith("*") ? sql("starts_with(e.path, ?)", path.slice(0, -1)) : sql("e.path = ?", path));
  }
  if (fromMs !== undefined) conditions.push(sql("e.id >= ?", exchangeIdAt(fromMs)));
  if (toMs !== undefined) conditions.push(sql("e.id < ?", exchangeIdAt(toMs)));
  return joinSql(conditions, "AND");
}

/** Without regard to the case of ASCII letters. */
const CONTAINS_NAME = `strpos(lower((v ->> 'label') COLLATE "C"), lower(? COLLATE "C")) > 0`;

function anyOf(words: readonly SoughtWord[]): string {
  // An empty list is a condition that nothing satisfies.
  return words.length === 0 ? "'\uE000'" : `(${words.map(termOf).join(" | ")})`;
}

/** Words consist of letters, digits and our own mark, so nothing needs an escape. */
function termOf({ word, isPrefix }: SoughtWord): string {
  return `'${word}'${isPrefix ? ":*" : ""}`;
}

// biome-ignore lint/correctness/useYield: other adapters look something up first.
function* query(filter: ExchangeFilter): Read<ExchangeQuery> {
  const condition = exchangeCondition(filter);
  return {
    from: "exchange e",
    where: condition.text,
    parameters: condition.values,
    position: "e.position",
    // Few exchanges have all words of a search: reading the newest first would visit almost all others.
    ...(filter.text !== undefined && { order: "(e.position + 0)" }),
    counting: sql(`SELECT count(*) FROM exchange e WHERE ${condition.text}`, ...condition.values),
    isUnstoppable: false,
  };
}

export const queries: ExchangeQueries = {
  query,
  inSpan: query,
  positions: (positions) => sql("unnest(?::bigint[]) k(value)", `{${positions.join()}}`),
  quotient: (dividend, divisor) => `floor((${dividend})::float8 / ${divisor})`,
};
