import { exchangeMs } from "../../exchange.ts";
import type { ExchangeFilter, ExchangeStatistics } from "../../monitor.ts";
import type { Scope } from "../../store.ts";
import type { Row } from "../connection.ts";
import { MONITOR, type Read, read } from "../read.ts";
import { rowsSince } from "./exchanges.ts";

/** More buckets than anybody can see in a picture. */
const MAX_BUCKETS = 5_000;

/** Rows that are counted before other requests have their turn: some milliseconds. */
const ROWS_PER_STATEMENT = 2_000;

const COLUMNS = "position, id, status, duration_us, is_probe, kinds";

/** Steps of the histogram between a duration and its double: the middle of a step is within 2.2 % of all that is in it. */
const STEPS = 16;

/** @throws RangeError for more than {@link MAX_BUCKETS} buckets */
export async function statistics(
  scope: Scope,
  filter: ExchangeFilter & { readonly fromMs: number; readonly toMs: number },
  bucketMs: number,
): Promise<ExchangeStatistics[]> {
  const { fromMs, toMs } = filter;
  const length = Math.max(0, Math.ceil((toMs - fromMs) / bucketMs));
  if (!(length <= MAX_BUCKETS)) throw new RangeError(`${length} buckets are too many; ${MAX_BUCKETS} are allowed`);
  const buckets = await read(scope, MONITOR, function* (): Read<Bucket[]> {
    const filled = Array.from({ length }, () => new Bucket());
    for (let position = 0, isMore = true; isMore; ) {
      const rows: Row[] = yield* rowsSince(filter, position, ROWS_PER_STATEMENT, COLUMNS);
      for (const [, id, status, durationUs, isProbe, kinds] of rows) {
        const bucket = filled[Math.floor((exchangeMs(id as number) - fromMs) / bucketMs)];
        bucket?.add(status as number, durationUs as number, isProbe === 1, kinds as string);
      }
      position = (rows.at(-1)?.[0] as number | undefined) ?? position;
      isMore = rows.length === ROWS_PER_STATEMENT;
    }
    return filled;
  });
  return buckets.map((bucket, index) => bucket.statistics(fromMs + index * bucketMs));
}

class Bucket {
  readonly #kinds = new Map<string, number>();
  /** How many durations are in each step. */
  readonly #durations = new Map<number, number>();
  #requests = 0;
  #probes = 0;
  #refused = 0;
  #failed = 0;

  add(status: number, durationUs: number, isProbe: boolean, kinds: string): void {
    this.#requests++;
    if (isProbe) this.#probes++;
    if (status >= 500) this.#failed++;
    else if (status >= 400) this.#refused++;
    increment(this.#durations, Math.floor(STEPS * Math.log2(durationUs + 1)));
    if (kinds !== "") for (const kind of kinds.split(" ")) increment(this.#kinds, kind);
  }

  statistics(startMs: number): ExchangeStatistics {
    const [requests, probes, refused, failed] = [this.#requests, this.#probes, this.#refused, this.#failed];
    const latencyUs =
      requests === 0
        ? undefined
        : { p50: this.#percentile(0.5), p95: this.#percentile(0.95), p99: this.#percentile(0.99) };
    return { startMs, requests, probes, refused, failed, latencyUs, kinds: this.#kinds };
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

function increment<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
