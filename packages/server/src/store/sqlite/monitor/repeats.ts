import { exchangeIdAt, exchangeMs, IDS_PER_MS } from "../../exchange.ts";
import type { ClientActivity, ExchangeFilter, ExchangePage, FoldedExchanges } from "../../monitor.ts";
import { MONITOR, type Read, read } from "../../sql/read.ts";
import { sql } from "../../sql/sql.ts";
import type { Key, Scope } from "../../store.ts";
import { IN_TIME } from "../dialect.ts";
import { longSql } from "./exchange-filter.ts";
import { SUMMARY_COLUMNS, summaryOf } from "./exchange-rows.ts";
import { matchesOf } from "./statistics.ts";

/** Exchanges that repeat as one each, by their newest. */
export function folded(
  scope: Scope,
  filter: ExchangeFilter,
  { before = Number.MAX_SAFE_INTEGER, limit }: ExchangePage,
): Promise<FoldedExchanges> {
  return read(scope, MONITOR, function* (): Read<FoldedExchanges> {
    const span = { fromMs: exchangeMs(0), toMs: MAX_MS, ...filter };
    const { from, where, parameters, isUnstoppable } = yield* matchesOf(span);
    const key = "CASE e.outcome_key WHEN 0 THEN -e.position ELSE e.outcome_key END";
    const groups = `SELECT max(e.position) newest, count(*) count, min(e.id) first, max(e.id) last, count(*) OVER () total
      FROM ${from} WHERE ${where} GROUP BY ${key}`;
    const text = `SELECT * FROM (${groups}) WHERE newest < ? ORDER BY newest DESC LIMIT ?`;
    const rows = yield longSql(isUnstoppable, text, ...parameters, before, limit + 1);
    const shown = rows.slice(0, limit);
    const positions = JSON.stringify(shown.map(([newest]) => newest));
    const newest = yield sql(
      `SELECT ${SUMMARY_COLUMNS} FROM exchange WHERE position IN (SELECT value FROM json_each(?))`,
      positions,
    );
    const summaries = new Map(newest.map(summaryOf).map((summary) => [summary.position, summary]));
    const exchanges = shown.flatMap(([position, count, first, last]) => {
      const exchange = summaries.get(position as number);
      const [firstMs, lastMs] = [exchangeMs(first as number), exchangeMs(last as number)];
      return exchange === undefined ? [] : [{ exchange, count: count as number, firstMs, lastMs }];
    });
    const last = exchanges.at(-1)?.exchange.position;
    const total = (rows[0]?.[4] as number | undefined) ?? 0;
    return { total, exchanges, ...(rows.length > limit && last !== undefined && { next: last }) };
  });
}

/** Later than any exchange. */
const MAX_MS = exchangeMs(Number.MAX_SAFE_INTEGER);

/** @param spanMs length of the spans in which requests are counted */
export function activity(scope: Scope, endpoint: Key, fromMs: number, spanMs: number): Promise<ClientActivity[]> {
  return read(scope, MONITOR, function* (): Read<ClientActivity[]> {
    const span = `CAST(e.id / ${IDS_PER_MS} / ? AS INTEGER)`;
    const rows = yield sql(
      `SELECT e.credential, e.dialect, ${span}, e.status, e.kinds, e.is_probe, count(*), max(e.id)
       FROM exchange e INDEXED BY exchange_by_id WHERE ${IN_TIME} AND e.id >= ? AND e.endpoint = ?
       GROUP BY 1, 2, 3, 4, 5, 6`,
      spanMs,
      exchangeIdAt(fromMs),
      endpoint,
    );
    return rows.map(([credential, dialect, at, status, kinds, isProbe, count, last]) => ({
      credential: (credential as string | null) ?? undefined,
      dialect: dialect as string,
      startMs: exchangeMs(0) + (at as number) * spanMs,
      status: status as number,
      kinds: (kinds as string).split(" "),
      isProbe: isProbe === 1,
      count: count as number,
      lastMs: exchangeMs(last as number),
    }));
  });
}
