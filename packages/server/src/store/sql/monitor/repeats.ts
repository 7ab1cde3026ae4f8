import { exchangeMs, IDS_PER_MS } from "../../exchange.ts";
import type { ClientActivity, ExchangeFilter, FoldedExchanges, FoldedPage } from "../../monitor.ts";
import type { Key, Scope } from "../../store.ts";
import { MONITOR, type Read, read } from "../read.ts";
import { sql } from "../sql.ts";
import { type ExchangeQueries, longSql } from "./exchange-query.ts";
import { SUMMARY_COLUMNS, summaryOf } from "./exchange-rows.ts";

/** Each group of repeats as one entry, by its newest exchange. */
export function folded(
  queries: ExchangeQueries,
  scope: Scope,
  filter: ExchangeFilter,
  { before = Number.MAX_SAFE_INTEGER, limit, maxReads = Number.MAX_SAFE_INTEGER }: FoldedPage,
): Promise<FoldedExchanges> {
  return read(scope, MONITOR, function* (): Read<FoldedExchanges> {
    const span = { fromMs: exchangeMs(0), toMs: MAX_MS, ...filter };
    const { from, where, parameters, isUnstoppable } = yield* queries.inSpan(span);
    const key = "CASE e.outcome_key WHEN 0 THEN -e.position ELSE e.outcome_key END";
    const entries = `SELECT max(e.position) AS newest, count(*) AS count, min(e.id) AS first, max(e.id) AS last, min(${IS_READ}) AS is_read
      FROM ${from} WHERE ${where} GROUP BY ${key}`;
    const ranked = `SELECT *, row_number() OVER (PARTITION BY is_read ORDER BY newest DESC) AS rank, count(*) OVER () AS total,
      CAST(sum(count) OVER () AS bigint) AS requests, sum(is_read) OVER () AS reads FROM (${entries}) entries`;
    const text = `SELECT newest, count, first, last, total, requests, reads FROM (${ranked}) ranked
      WHERE newest < ? AND (is_read = 0 OR rank <= ?) ORDER BY newest DESC LIMIT ?`;
    const rows = yield longSql(isUnstoppable, text, ...parameters, before, maxReads, limit + 1);
    const shown = rows.slice(0, limit);
    const positions = queries.positions(shown.map(([newest]) => newest as number));
    const newest = yield sql(
      `SELECT ${SUMMARY_COLUMNS} FROM exchange WHERE position IN (SELECT k.value FROM ${positions.text})`,
      ...positions.values,
    );
    const summaries = new Map(newest.map(summaryOf).map((summary) => [summary.position, summary]));
    const exchanges = shown.flatMap(([position, count, first, last]) => {
      const exchange = summaries.get(position as number);
      const [firstMs, lastMs] = [exchangeMs(first as number), exchangeMs(last as number)];
      return exchange === undefined ? [] : [{ exchange, count: count as number, firstMs, lastMs }];
    });
    const last = exchanges.at(-1)?.exchange.position;
    const [total = 0, requests = 0, reads = 0] = (rows[0]?.slice(4) ?? []) as number[];
    const readsLeftOut = Math.max(0, reads - maxReads);
    return {
      total,
      requests,
      readsLeftOut,
      exchanges,
      ...(rows.length > limit && last !== undefined && { next: last }),
    };
  });
}

/** 1 for a successful read without a finding. */
const IS_READ = `CASE WHEN e.status < 400 AND e.findings = ''
  AND (e.kinds LIKE 'read.%' OR e.kinds LIKE 'look-up.%' OR e.kinds IN ('search', 'discovery')) THEN 1 ELSE 0 END`;

/** Later than any exchange. */
const MAX_MS = exchangeMs(Number.MAX_SAFE_INTEGER);

/** @param spanMs length of the spans in which requests are counted */
export function activity(
  queries: ExchangeQueries,
  scope: Scope,
  endpoint: Key,
  fromMs: number,
  spanMs: number,
): Promise<ClientActivity[]> {
  return read(scope, MONITOR, function* (): Read<ClientActivity[]> {
    const span = queries.quotient(`e.id / ${IDS_PER_MS}`, String(spanMs));
    const { from, where, parameters, isUnstoppable } = yield* queries.inSpan({ endpoint, fromMs, toMs: MAX_MS });
    const text = `SELECT e.credential, e.dialect, ${span}, e.status, e.kinds, e.is_probe, count(*), max(e.id)
       FROM ${from} WHERE ${where} GROUP BY 1, 2, 3, 4, 5, 6`;
    const rows = yield longSql(isUnstoppable, text, ...parameters);
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
