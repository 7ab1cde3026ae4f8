import type { ExchangeFilter } from "../../monitor.ts";
import type { Read } from "../read.ts";
import { type Sql, type SqlValue, sql } from "../sql.ts";

/** A FROM clause that yields the positions of matching exchanges as `e.position`, with its conditions. */
export type ExchangeQuery = {
  readonly from: string;
  readonly where: string;
  readonly parameters: readonly SqlValue[];
  /** The column to order by and to page through. */
  readonly position: string;
  /** The same value for a search, if it must not read the index of positions. */
  readonly order?: string;
  /** Counts the matches, without reading rows if the index is enough. */
  readonly counting: Sql;
  readonly isUnstoppable: boolean;
};

/** A time span, and other conditions. */
export type SpanFilter = ExchangeFilter & { readonly fromMs: number; readonly toMs: number };

/** The parts of a query that differ between adapters. */
export type ExchangeQueries = {
  readonly query: (filter: ExchangeFilter) => Read<ExchangeQuery>;
  /** Like `query`, for counting all exchanges of a time span. */
  readonly inSpan: (filter: SpanFilter) => Read<Pick<ExchangeQuery, "from" | "where" | "parameters" | "isUnstoppable">>;
  /** The rows `k (value)` of some positions. */
  readonly positions: (positions: readonly number[]) => Sql;
  /** An integer quotient. */
  readonly quotient: (dividend: string, divisor: string) => string;
};

export function longSql(isUnstoppable: boolean, text: string, ...values: SqlValue[]): Sql {
  return isUnstoppable ? { text, values, isUnstoppable } : sql(text, ...values);
}
