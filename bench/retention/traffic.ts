/** Recorded traffic, as the program records it: after the requests, some hundreds at once. */
import { setTimeout as sleep } from "node:timers/promises";
import type { ChangeSet } from "../../packages/scim/src/index.ts";
import { type Exchange, exchangeIds, exchangeMs } from "../../packages/server/src/store/exchange.ts";
import type { HistoryEntry } from "../../packages/server/src/store/monitor.ts";
import type { SqliteStore } from "../../packages/server/src/store/sqlite/store.ts";
import { exchangeMaker } from "../monitor/exchanges.ts";

const everyMs = 50;
const atOnce = 512;

/** The simulated clock, which runs faster. */
export type Clock = { nowMs: number };

export type Traffic = {
  /** Recorded so far. */
  readonly counts: { exchanges: number; entries: number };
  readonly subscribe: (listener: () => void) => () => void;
  /** Records a period of simulated time. */
  readonly run: (plan: TrafficPlan) => Promise<void>;
};

type TrafficPlan = { readonly hours: number; readonly seconds: number; readonly exchangesPerHour: number };

export function createTraffic(store: SqliteStore, keys: readonly number[], clock: Clock, seed: number): Traffic {
  const make = exchangeMaker(seed, keys);
  const nextId = exchangeIds();
  const listeners = new Set<() => void>();
  const counts = { exchanges: 0, entries: 0 };

  async function record(exchanges: readonly Exchange[]): Promise<void> {
    const batch = exchanges;
    await store.inBackground((transaction) => store.monitor.exchanges.record(transaction, batch));
    const entries = exchanges.flatMap(entriesOf);
    await store.inBackground(async (transaction) => {
      for (const [endpoint, entry] of entries) await store.monitor.history.append(transaction, endpoint, entry);
    });
    counts.exchanges += exchanges.length;
    counts.entries += entries.length;
    for (const listener of listeners) listener();
  }

  return {
    counts,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    run: async ({ hours, seconds, exchangesPerHour }) => {
      const beganMs = performance.now();
      const firstMs = clock.nowMs;
      for (let share = 0; share < 1; ) {
        await sleep(everyMs);
        share = Math.min(1, (performance.now() - beganMs) / (seconds * 1_000));
        const due = Math.floor(share * hours * exchangesPerHour) - counts.exchanges;
        const untilMs = firstMs + share * hours * 3_600_000;
        const stepMs = (untilMs - clock.nowMs) / Math.max(1, due);
        for (let at = 0; at < due; at += atOnce) {
          await record(
            Array.from({ length: Math.min(atOnce, due - at) }, () => {
              clock.nowMs += stepMs;
              return { ...make(counts.exchanges + at), id: nextId(Math.floor(clock.nowMs)) };
            }),
          );
        }
        clock.nowMs = untilMs;
      }
    },
  };
}

function entriesOf(exchange: Exchange): [endpoint: number, entry: HistoryEntry][] {
  const { endpoint, method, status, resources, id, dialect } = exchange;
  const resource = resources[0];
  if (endpoint === undefined || resource === undefined || method === "GET" || status >= 300) return [];
  const body = JSON.parse(Buffer.from(exchange.request.body).toString()) as Record<string, string>;
  const changes: ChangeSet =
    method === "POST"
      ? Object.entries(body).map(([path, after]) => ({ kind: "attribute", path, after }))
      : [{ kind: "attribute", path: "title", before: "Engineer", after: "Manager" }];
  const action = method === "POST" ? "create" : "modify";
  const atMs = exchangeMs(id);
  const actor = { credential: "Provisioning token", dialect };
  return [[endpoint, { resource, revision: 1, action, atMs, exchange: id, actor, changes, concerns: [] }]];
}
