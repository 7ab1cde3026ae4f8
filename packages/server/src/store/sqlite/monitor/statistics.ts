import { exchangeIdAt, exchangeMs, IDS_PER_MS } from "../../exchange.ts";
import type { ExchangeFilter, ExchangeStatistics } from "../../monitor.ts";
import { MONITOR, type Read, read } from "../../sql/read.ts";
import type { Scope } from "../../store.ts";
import type { Row } from "../connection.ts";
import { IN_TIME } from "../dialect.ts";
import { type ExchangeQuery, exchangeQuery, longSql } from "./exchange-filter.ts";

/** More buckets than anybody can see in a picture. */
const MAX_BUCKETS = 5_000;

/** Steps of the histogram between a duration and its double: the middle of a step is within 2.2 % of all that is in it. */
const STEPS = 16;

/** @throws RangeError for more than {@link MAX_BUCKETS} buckets; ReadTooLong, ReadsBusy */
export async function statistics(
  scope: Scope,
  filter: ExchangeFilter & { readonly fromMs: number; readonly toMs: number },
  bucketMs: number,
): Promise<ExchangeStatistics[]> {
  const { fromMs, toMs } = filter;
  const length = Math.max(0, Math.ceil((toMs - fromMs) / bucketMs));
  if (!(length <= MAX_BUCKETS)) throw new RangeError(`${length} buckets are too many; ${MAX_BUCKETS} are allowed`);
  const rows = await read(scope, MONITOR, function* (): Read<Row[]> {
    const { from, where, parameters, isUnstoppable } = yield* matchesOf(filter);
    // Integer division, by the milliseconds that an ID begins with.
    const bucket = `CAST((e.id / ${IDS_PER_MS} - ?) / ? AS INTEGER)`;
    const text = `SELECT ${bucket}, e.status, e.is_probe, CAST(${STEPS} * log2(e.duration_us + 1) AS INTEGER), e.kinds, e.findings,
      count(*)
      FROM ${from} WHERE ${where} GROUP BY 1, 2, 3, 4, 5, 6`;
    return yield longSql(isUnstoppable, text, fromMs - exchangeMs(0), bucketMs, ...parameters);
  });
  const buckets = Array.from({ length }, () => new Bucket());
  for (const [bucket, ...counted] of rows) buckets[bucket as number]?.add(...(counted as Counted));
  return buckets.map((bucket, index) => bucket.statistics(fromMs + index * bucketMs));
}

/** Without other conditions, the index of IDs has everything that is counted. */
export function* matchesOf(
  filter: ExchangeFilter & { readonly fromMs: number; readonly toMs: number },
): Read<Pick<ExchangeQuery, "from" | "where" | "parameters" | "isUnstoppable">> {
  const { fromMs, toMs, endpoint, ...others } = filter;
  if (Object.values(others).some((condition) => condition !== undefined)) return yield* exchangeQuery(filter);
  const parameters = [exchangeIdAt(fromMs), exchangeIdAt(toMs), ...(endpoint === undefined ? [] : [endpoint])];
  const where = `${IN_TIME} AND e.id >= ? AND e.id < ?${endpoint === undefined ? "" : " AND e.endpoint = ?"}`;
  return { from: "exchange e INDEXED BY exchange_by_id", where, parameters, isUnstoppable: false };
}

/** The columns after the bucket: exchanges that share all of them. */
type Counted = [status: number, isProbe: number, step: number, kinds: string, findings: string, count: number];

class Bucket {
  readonly #kinds = new Map<string, number>();
  readonly #findings = new Map<string, number>();
  /** How many durations are in each step. */
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
