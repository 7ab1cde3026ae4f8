import { exchangeMs } from "../../exchange.ts";
import type { ExchangeFilter, ExchangeStatistics, Population } from "../../monitor.ts";
import type { Key, Scope } from "../../store.ts";
import { connectionOf } from "../connection.ts";
import { type BlockNames, PROBE } from "./block/columns.ts";
import { FROM_THE_NEWEST, walkMatches } from "./walk.ts";

/** More buckets than anybody can see in a picture. */
const MAX_BUCKETS = 5_000;

const HOUR_MS = 3_600_000;

/** @throws RangeError for more than {@link MAX_BUCKETS} buckets */
export async function statistics(
  scope: Scope,
  filter: ExchangeFilter & { readonly fromMs: number; readonly toMs: number },
  bucketMs: number,
): Promise<ExchangeStatistics[]> {
  const { fromMs, toMs } = filter;
  const length = Math.max(0, Math.ceil((toMs - fromMs) / bucketMs));
  if (!(length <= MAX_BUCKETS)) throw new RangeError(`${length} buckets are too many; ${MAX_BUCKETS} are allowed`);
  const buckets = Array.from({ length }, () => new Bucket());
  await walkMatches(scope, filter, FROM_THE_NEWEST, ({ block, marks, columns: read }) => {
    const columns = read();
    const kinds = new KindCounts(block.names());
    for (let at = 0; at < block.count; at++) {
      if (marks !== undefined && marks[at] !== 1) continue;
      const bucket = buckets[Math.floor((exchangeMs(columns.ids[at] ?? 0) - fromMs) / bucketMs)];
      bucket?.add(columns.statuses[at] ?? 0, columns.durationsUs[at] ?? 0, ((columns.flags[at] ?? 0) & PROBE) !== 0);
      kinds.add(columns.kinds[at] ?? 0, bucket);
    }
    kinds.flush();
    return true;
  });
  return buckets.map((bucket, index) => bucket.statistics(fromMs + index * bucketMs));
}

export async function population(scope: Scope, endpoint: Key, fromMs: number, toMs: number): Promise<Population[]> {
  const [fromHour, toHour] = [Math.floor(fromMs / HOUR_MS), Math.ceil(toMs / HOUR_MS)];
  const noted = connectionOf(scope).all(
    "SELECT hour, type, count FROM monitor_population WHERE endpoint = ? AND hour >= ? AND hour < ? ORDER BY hour, type",
    endpoint,
    fromHour,
    toHour,
  );
  const isNoted = new Set(noted.flatMap(([hour, type]) => (hour === fromHour ? [type] : [])));
  // Of the row with the greatest hour, as SQLite has it for columns beside `max`.
  const before = connectionOf(scope)
    .all(
      "SELECT max(hour), type, count FROM monitor_population WHERE endpoint = ? AND hour < ? GROUP BY type",
      endpoint,
      fromHour,
    )
    .filter(([, type]) => fromHour < toHour && !isNoted.has(type ?? null))
    .map(([, type, count]) => [fromHour, type, count]);
  return [...before, ...noted].map(([hour, type, count]) => ({
    hourMs: (hour as number) * HOUR_MS,
    type: type as string,
    count: count as number,
  }));
}

class Bucket {
  readonly kinds = new Map<string, number>();
  readonly #durations = new Histogram();
  #requests = 0;
  #probes = 0;
  #refused = 0;
  #failed = 0;

  add(status: number, durationUs: number, isProbe: boolean): void {
    this.#requests++;
    if (isProbe) this.#probes++;
    if (status >= 500) this.#failed++;
    else if (status >= 400) this.#refused++;
    this.#durations.add(durationUs);
  }

  statistics(startMs: number): ExchangeStatistics {
    const percentile = (share: number) => this.#durations.percentile(Math.ceil(share * this.#requests));
    return {
      startMs,
      requests: this.#requests,
      probes: this.#probes,
      refused: this.#refused,
      failed: this.#failed,
      latencyUs:
        this.#requests === 0 ? undefined : { p50: percentile(0.5), p95: percentile(0.95), p99: percentile(0.99) },
      kinds: this.kinds,
    };
  }
}

/** Steps of the histogram between a number and its double. */
const STEPS = 16;

/** What is left of a float's bits when the exponent and {@link STEPS} steps of its fraction remain. */
const DROPPED_BITS = 19;
const EXPONENT_BIAS = 127;

/** Counts durations in steps of at most a sixteenth: the middle of a step is within 3.2 % of all that is in it. */
class Histogram {
  readonly #counts = new Uint32Array(33 * STEPS);
  static readonly #float = new Float32Array(1);
  static readonly #bits = new Uint32Array(Histogram.#float.buffer);

  add(value: number): void {
    Histogram.#float[0] = value + 1;
    const step = ((Histogram.#bits[0] ?? 0) >>> DROPPED_BITS) - EXPONENT_BIAS * STEPS;
    this.#counts[step] = (this.#counts[step] ?? 0) + 1;
  }

  /** The value that so many do not exceed. */
  percentile(rank: number): number {
    let passed = 0;
    const step = this.#counts.findIndex((count) => {
      passed += count;
      return passed >= rank;
    });
    const [least, next] = [lowerEnd(step), lowerEnd(step + 1)];
    return Math.max(0, (least + next) / 2 - 1);
  }
}

function lowerEnd(step: number): number {
  return 2 ** Math.floor(step / STEPS) * (1 + (step % STEPS) / STEPS);
}

/** Counts the kinds of a block's exchanges, which lie in one bucket after the other. */
class KindCounts {
  readonly #names: BlockNames;
  readonly #counts: Uint32Array;
  #bucket: Bucket | undefined;

  constructor(names: BlockNames) {
    this.#names = names;
    this.#counts = new Uint32Array(names.kinds.length);
  }

  add(code: number, bucket: Bucket | undefined): void {
    if (bucket !== this.#bucket) this.flush();
    this.#bucket = bucket;
    this.#counts[code] = (this.#counts[code] ?? 0) + 1;
  }

  flush(): void {
    for (const [code, count] of this.#counts.entries()) {
      if (count === 0 || this.#bucket === undefined) continue;
      const { kinds } = this.#bucket;
      for (const kind of (this.#names.kinds[code] ?? "").split(" ")) {
        if (kind !== "") kinds.set(kind, (kinds.get(kind) ?? 0) + count);
      }
    }
    this.#counts.fill(0);
  }
}
