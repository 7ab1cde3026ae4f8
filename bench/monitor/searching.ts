import { monitorEventLoopDelay } from "node:perf_hooks";
import type { ExchangeFilter } from "../../packages/server/src/store/monitor.ts";
import { ReadTooLong, type Store } from "../../packages/server/src/store/store.ts";
import { decimals, formatTable } from "../table.ts";
import { firstMs, idOf, nameOf } from "./exchanges.ts";

const runs = 7;
const limit = 50;

/** Durations of a page with its total, for many conditions, alone and combined. */
export async function searchTimes(store: Store, count: number): Promise<string> {
  const all: number[] = [];
  const rows: string[][] = [];
  const loop = monitorEventLoopDelay({ resolution: 1 });
  loop.enable();
  for (const [name, filter] of filters(count)) {
    const timesMs: number[] = [];
    let total = 0;
    for (let run = 0; run < runs; run++) {
      const before = run % 2 === 0 ? undefined : Math.floor(count / 2);
      const started = performance.now();
      const page = { limit, ...(before === undefined ? {} : { before }) };
      try {
        ({ total } = await store.monitor.exchanges.search(store.committed, filter, page));
        timesMs.push(performance.now() - started);
      } catch (error) {
        if (!(error instanceof ReadTooLong)) throw error;
        timesMs.push(Number.POSITIVE_INFINITY);
      }
    }
    all.push(...timesMs);
    rows.push([name, decimals(total, 0), decimals(percentile(timesMs, 0.5), 1), decimals(Math.max(...timesMs), 1)]);
  }
  loop.disable();
  const started = performance.now();
  const span = { fromMs: firstMs, toMs: firstMs + count * 1_000 };
  await store.monitor.exchanges.statistics(store.committed, span, Math.ceil((count * 1_000) / 200));
  const statisticsMs = performance.now() - started;
  return [
    formatTable("Searching", ["", "total", "p50 ms", "slowest ms"], rows),
    `all: p50 ${decimals(percentile(all, 0.5), 1)} ms, p95 ${decimals(percentile(all, 0.95), 1)} ms, slowest ${decimals(Math.max(...all), 1)} ms`,
    `the event loop was held ${decimals(loop.percentile(99) / 1e6, 1)} ms (p99), ${decimals(loop.max / 1e6, 1)} ms at most`,
    `statistics of everything in 200 buckets: ${decimals(statisticsMs, 1)} ms`,
  ].join("\n");
}

function filters(count: number): [string, ExchangeFilter][] {
  const { given, family, userName } = nameOf(4_321);
  const middle = { fromMs: firstMs + count * 400, toMs: firstMs + count * 600 };
  return [
    ["everything", {}],
    ["one endpoint", { endpoint: 2 }],
    ["a fifth of the time", middle],
    ["refused", { statuses: [[400, 599]] }],
    ["errors and warnings", { severities: ["warning", "error"] }],
    ["writes without probes", { methods: ["POST", "PATCH", "PUT", "DELETE"], probes: "exclude" }],
    ["kind user.*", { kinds: ["user.*"] }],
    ["dialect, kind, time", { dialects: ["okta"], kinds: ["user.created"], ...middle }],
    ["a resource", { resource: idOf(4_321) }],
    ["a request id", { requestId: "req-absent" }],
    ["text: a given name", { text: given }],
    ["text: given and family name", { text: `${given} ${family}` }],
    ["text: an address", { text: userName }],
    ["text: an id", { text: idOf(4_321) }],
    ["text: in half of all", { text: "example" }],
    ["text: in a third", { text: "engineer" }],
    ["text: a prefix of very many", { text: "fam" }],
    ["text: three common words", { text: "department sales changed" }],
    ["text: nothing has it", { text: "nowhere" }],
    ["text and status", { text: "taken", statuses: [[409, 409]] }],
    ["text, endpoint, kind, time", { text: "marketing", endpoint: 1, kinds: ["user.changed"], ...middle }],
    ["resource and writes", { resource: idOf(99), methods: ["PATCH"] }],
    [
      "all at once",
      { text: "engin", endpoint: 1, statuses: [[200, 299]], severities: ["notice"], probes: "exclude", ...middle },
    ],
  ];
}

export function percentile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(share * values.length) - 1)] ?? 0;
}
