import { exchangeMs } from "../../exchange.ts";
import type { ExchangeLimits, RetentionStep } from "../../monitor.ts";
import type { Executor } from "../executor.ts";
import { STORED_BYTES } from "./exchange-rows.ts";
import { removePopulationBefore } from "./population.ts";

/** Exchanges removed in one step: each takes about 15 µs, and longer if its body is long. */
const ROWS_PER_STEP = 250;
const BYTES_PER_STEP = 4 * 1_024 * 1_024;

/** Anybody can send any number of rejected requests, so they get only this share of the space. */
const REJECTED_SHARE = 0.1;

/** Takes one small step towards the limits. Rejected requests are removed first; they never push out others. */
/** Removes exchanges from the log and its indexes. */
export type RemoveExchanges = (
  exchanges: readonly { readonly position: number; readonly resources: string }[],
) => void | Promise<void>;

export async function retain(
  executor: Executor,
  remove: RemoveExchanges,
  endpoint: number,
  limits: ExchangeLimits,
  nowMs: number,
): Promise<RetentionStep> {
  const { maxAgeMs, maxCount = Number.POSITIVE_INFINITY, maxBytes = Number.POSITIVE_INFINITY } = limits;
  const oldestMs = maxAgeMs === undefined ? Number.NEGATIVE_INFINITY : nowMs - maxAgeMs;
  const isPopulationDone = maxAgeMs === undefined || (await removePopulationBefore(executor, endpoint, oldestMs));
  const ofRejected = {
    oldestMs,
    maxCount: Math.ceil(REJECTED_SHARE * maxCount),
    maxBytes: REJECTED_SHARE * maxBytes,
  };
  const rejected = await removeOldest(executor, remove, { endpoint, isRejected: 1 }, ofRejected);
  if (rejected.removed > 0) return { ...rejected, isDone: false };
  const { bytes: rejectedBytes } = await sizeOf(executor, { endpoint, isRejected: 1 });
  const ofOthers = { oldestMs, maxCount, maxBytes: maxBytes - rejectedBytes };
  const { removed, isDone } = await removeOldest(executor, remove, { endpoint, isRejected: 0 }, ofOthers);
  return { removed, isDone: isDone && isPopulationDone };
}

type Part = { readonly endpoint: number; readonly isRejected: 0 | 1 };

type Limits = { readonly oldestMs: number; readonly maxCount: number; readonly maxBytes: number };

async function removeOldest(
  executor: Executor,
  remove: RemoveExchanges,
  part: Part,
  { oldestMs, maxCount, maxBytes }: Limits,
): Promise<RetentionStep> {
  let { count, bytes } = await sizeOf(executor, part);
  const condition = "endpoint = ? AND is_rejected = ?";
  const oldest = (await executor.all(
    `SELECT position, id, ${STORED_BYTES}, resources FROM exchange WHERE ${condition} ORDER BY position LIMIT ?`,
    part.endpoint,
    part.isRejected,
    ROWS_PER_STEP,
  )) as unknown as [position: number, id: number, bytes: number, resources: string][];
  const leaving: { position: number; resources: string }[] = [];
  let removedBytes = 0;
  for (const [position, id, rowBytes, resources] of oldest) {
    if (removedBytes >= BYTES_PER_STEP) break;
    if (count <= maxCount && bytes <= maxBytes && exchangeMs(id) >= oldestMs) break;
    leaving.push({ position, resources });
    count--;
    bytes -= rowBytes;
    removedBytes += rowBytes;
  }
  const removed = leaving.length;
  if (removed > 0) {
    await remove(leaving);
    const sql = `UPDATE exchange_size SET count = ?, bytes = ? WHERE ${condition}`;
    await executor.run(sql, count, bytes, part.endpoint, part.isRejected);
  }
  return { removed, isDone: removed < ROWS_PER_STEP && removedBytes < BYTES_PER_STEP };
}

async function sizeOf(executor: Executor, { endpoint, isRejected }: Part): Promise<{ count: number; bytes: number }> {
  const sql = "SELECT count, bytes FROM exchange_size WHERE endpoint = ? AND is_rejected = ?";
  const [count, bytes] = ((await executor.get(sql, endpoint, isRejected)) ?? [0, 0]) as [number, number];
  return { count, bytes };
}
