import { exchangeMs, IDS_PER_MS } from "../../exchange.ts";
import type { ExchangeStatistics } from "../../monitor.ts";
import type { Scope } from "../../store.ts";
import { MONITOR, type Read, read } from "../read.ts";
import type { Row } from "../sql.ts";
import { type ExchangeQueries, longSql, type SpanFilter } from "./exchange-query.ts";

/** More buckets than a chart can show. */
const MAX_BUCKETS = 5_000;

/**
 * Steps of the histogram between a duration and its double: the middle of a step is within 2.2 % of all durations in
 * it.
 */
const STEPS = 16;

/** @throws RangeError for more than {@link MAX_BUCKETS} buckets; ReadTooLong, ReadsBusy */
export async function statistics(
  queries: ExchangeQueries,
  scope: Scope,
  filter: SpanFilter,
  bucketMs: number,
): Promise<ExchangeStatistics[]> {
  const { fromMs, toMs } = filter;
  const length = Math.max(0, Math.ceil((toMs - fromMs) / bucketMs));
  if (!(length <= MAX_BUCKETS)) throw new RangeError(`${length} buckets are too many; ${MAX_BUCKETS} are allowed`);
  const rows = await read(scope, MONITOR, function* (): Read<Row[]> {
    const { from, where, parameters, isUnstoppable } = yield* queries.inSpan(filter);
    // Integer division, by the milliseconds at the beginning of an ID.
    const bucket = queries.quotient(`(e.id / ${IDS_PER_MS} - ${fromMs - exchangeMs(0)})`, String(bucketMs));
    const text = `SELECT ${bucket}, e.status, e.is_probe, CAST(floor(${STEPS / Math.LN2} * ln(e.duration_us + 1) + 1e-9) AS INTEGER), e.kinds, e.findings,
      count(*)
      FROM ${from} WHERE ${where} GROUP BY 1, 2, 3, 4, 5, 6`;
    return yield longSql(isUnstoppable, text, ...parameters);
  });
  const buckets = Array.from({ length }, () => new Bucket());
  for (const [bucket, ...counted] of rows) buckets[bucket as number]?.add(...(counted as Counted));
  return buckets.map((bucket, index) => bucket.statistics(fromMs + index * bucketMs));
}

/** The columns after the bucket, by which exchanges are grouped. */
type Counted = [status: number, isProbe: number, step: number, kinds: string, findings: string, count: number];

class Bucket {
  readonly #kinds = new Map<string, number>();
  readonly #findings = new Map<string, number>();
  /** Number of durations in each step. */
  readonly #durations = new Map<number, number>();
  #requests = 0;
  #probes = 0;
  #refused = 0;
  #failed = 0;

  add(...[status, isProbe, step, kinds, findings, count]: Counted): void {
    this.#requests += count;
    if (isProbe === 1) this.#probes += count;
    if (status >= 500) this.#failed += count;
    else if (status >= 400) this.#refused += count;
    increase(this.#durations, step, count);
    if (kinds !== "") for (const kind of kinds.split(" ")) increase(this.#kinds, kind, count);
    if (findings !== "") for (const kind of findings.split(" ")) increase(this.#findings, kind, count);
  }

  statistics(startMs: number): ExchangeStatistics {
    const [requests, probes, refused, failed] = [this.#requests, this.#probes, this.#refused, this.#failed];
    const latencyUs =
      requests === 0
        ? undefined
        : { p50: this.#percentile(0.5), p95: this.#percentile(0.95), p99: this.#percentile(0.99) };
    return { startMs, requests, probes, refused, failed, latencyUs, kinds: this.#kinds, findings: this.#findings };
  }

  #percentile(share: number): number {
    let left = Math.ceil(share * this.#requests);
    for (const [step, count] of [...this.#durations].sort(([a], [b]) => a - b)) {
      left -= count;
      if (left <= 0) return step === 0 ? 0 : 2 ** ((step + 0.5) / STEPS) - 1;
    }
    return 0;
  }
}

function increase<Key>(counts: Map<Key, number>, key: Key, by: number): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}
