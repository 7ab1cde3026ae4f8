import type { MonitorStore } from "../../monitor.ts";
import { connectionOf } from "../connection.ts";
import { endpointOf, NO_ENDPOINT, shelvesWithBlocks } from "./blocks.ts";
import { history } from "./history.ts";
import { Batch, record } from "./record.ts";
import { retain, sizeOf } from "./retention.ts";
import { giveBackSpace } from "./retention-space.ts";
import { get, lastPosition, readSince, search, since } from "./search.ts";
import { population, statistics } from "./statistics.ts";

export const monitor: MonitorStore = {
  exchanges: {
    batch: () => new Batch(),
    // A store's batches are its own.
    record: async (transaction, batch) => record(connectionOf(transaction), batch as Batch),
    get,
    search,
    since,
    readSince,
    lastPosition,
    statistics,
    population,
    retain: async (transaction, endpoint, limits, nowMs) =>
      retain(connectionOf(transaction), endpoint ?? NO_ENDPOINT, limits, nowMs),
  },
  history,
  sizes: async (scope) => {
    const connection = connectionOf(scope);
    const entries = new Map(
      connection.all("SELECT endpoint, count(*) FROM history GROUP BY endpoint") as unknown as [number, number][],
    );
    const endpoints = new Set([...shelvesWithBlocks(connection).map(endpointOf), ...entries.keys()]);
    return [...endpoints].map((endpoint) => {
      const { count, bytes } = sizeOf(connection, endpoint);
      return {
        endpoint: endpoint === NO_ENDPOINT ? undefined : endpoint,
        exchanges: count,
        exchangeBytes: bytes,
        historyEntries: entries.get(endpoint) ?? 0,
      };
    });
  },
  giveBackSpace: async (transaction) => ({ isDone: giveBackSpace(connectionOf(transaction)) }),
  forget: async (transaction, endpoint) => {
    const connection = connectionOf(transaction);
    const step = retain(connection, endpoint, { maxCount: 0 }, 0);
    if (!step.isDone) return step;
    connection.run("DELETE FROM monitor_population WHERE endpoint = ?", endpoint);
    return history.retain(transaction, endpoint, Number.POSITIVE_INFINITY);
  },
};
