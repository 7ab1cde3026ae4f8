import { exchangeMs } from "../../exchange.ts";
import type { ExchangeLimits, RetentionStep } from "../../monitor.ts";
import type { Reference } from "../../store.ts";
import type { Connection } from "../connection.ts";
import { STORED_BYTES } from "./exchange-rows.ts";
import { mergeWords, resourceKeys } from "./exchanges.ts";
import { removePopulationBefore } from "./population.ts";

/** Removed in one step: each takes about 15 µs, and longer where its body is long. */
const ROWS_PER_STEP = 250;
const BYTES_PER_STEP = 4 * 1_024 * 1_024;

/** Anybody can send requests that are rejected, as many as they like: they get this share of what may be stored. */
const REJECTED_SHARE = 0.1;

/** Takes one small step towards the limits. Rejected requests go first; they never push out others. */
export function retain(connection: Connection, endpoint: number, limits: ExchangeLimits, nowMs: number): RetentionStep {
  const { maxAgeMs, maxCount = Number.POSITIVE_INFINITY, maxBytes = Number.POSITIVE_INFINITY } = limits;
  const oldestMs = maxAgeMs === undefined ? Number.NEGATIVE_INFINITY : nowMs - maxAgeMs;
  const isPopulationDone = maxAgeMs === undefined || removePopulationBefore(connection, endpoint, oldestMs);
  const ofRejected = {
    oldestMs,
    maxCount: Math.ceil(REJECTED_SHARE * maxCount),
    maxBytes: REJECTED_SHARE * maxBytes,
  };
  const rejected = removeOldest(connection, { endpoint, isRejected: 1 }, ofRejected);
  if (rejected.removed > 0) return { ...rejected, isDone: false };
  const { bytes: rejectedBytes } = sizeOf(connection, { endpoint, isRejected: 1 });
  const ofOthers = { oldestMs, maxCount, maxBytes: maxBytes - rejectedBytes };
  const { removed, isDone } = removeOldest(connection, { endpoint, isRejected: 0 }, ofOthers);
  return { removed, isDone: isDone && isPopulationDone };
}

type Part = { readonly endpoint: number; readonly isRejected: 0 | 1 };

type Limits = { readonly oldestMs: number; readonly maxCount: number; readonly maxBytes: number };

function removeOldest(connection: Connection, part: Part, { oldestMs, maxCount, maxBytes }: Limits): RetentionStep {
  let { count, bytes } = sizeOf(connection, part);
  const condition = "endpoint = ? AND is_rejected = ?";
  const oldest = connection.all(
    `SELECT position, id, ${STORED_BYTES}, resources FROM exchange WHERE ${condition} ORDER BY position LIMIT ?`,
    part.endpoint,
    part.isRejected,
    ROWS_PER_STEP,
  ) as unknown as [position: number, id: number, bytes: number, resources: string][];
  let [removed, removedBytes] = [0, 0];
  for (const [position, id, rowBytes, resources] of oldest) {
    if (removedBytes >= BYTES_PER_STEP) break;
    if (count <= maxCount && bytes <= maxBytes && exchangeMs(id) >= oldestMs) break;
    connection.run("DELETE FROM exchange_words WHERE rowid = ?", position);
    for (const key of resourceKeys(JSON.parse(resources) as Reference[])) {
      connection.run("DELETE FROM exchange_resource WHERE resource = ? AND exchange = ?", key, position);
    }
    connection.run("DELETE FROM exchange WHERE position = ?", position);
    count--;
    bytes -= rowBytes;
    removed++;
    removedBytes += rowBytes;
  }
  if (removed > 0) {
    const sql = `UPDATE exchange_size SET count = ?, bytes = ? WHERE ${condition}`;
    connection.run(sql, count, bytes, part.endpoint, part.isRejected);
    mergeWords(connection);
  }
  return { removed, isDone: removed < ROWS_PER_STEP && removedBytes < BYTES_PER_STEP };
}

function sizeOf(connection: Connection, { endpoint, isRejected }: Part): { count: number; bytes: number } {
  const sql = "SELECT count, bytes FROM exchange_size WHERE endpoint = ? AND is_rejected = ?";
  const [count, bytes] = (connection.get(sql, endpoint, isRejected) ?? [0, 0]) as [number, number];
  return { count, bytes };
}
