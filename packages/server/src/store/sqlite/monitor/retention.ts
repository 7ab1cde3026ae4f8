import { exchangeMs } from "../../exchange.ts";
import type { ExchangeLimits, RetentionStep } from "../../monitor.ts";
import type { Connection } from "../connection.ts";
import { deleteBlock, readBlocks } from "./blocks.ts";
import { removeBefore } from "./retention-part.ts";

/** Removed in one step; each takes a fifth of a millisecond. */
const BLOCKS_PER_STEP = 16;

/** No further block is removed in a step once so much has been, which takes some milliseconds. */
const BYTES_PER_STEP = 8 * 1_024 * 1_024;

/**
 * How much older than allowed an exchange may become before it is taken out of a block of younger ones, the index of
 * which is written anew for that.
 */
const AGE_SLACK_MS = 3_600_000;

/** Rows that tell of the population, removed in one step. */
const HOURS_PER_STEP = 500;
const HOUR_MS = 3_600_000;

/**
 * Removes the oldest blocks of which nothing is to be kept, some at once. If something of a block is, what is too old
 * goes alone: a block of an endpoint that is little used may reach back for months.
 */
export function retain(
  connection: Connection,
  endpoint: number,
  { maxAgeMs, maxCount, maxBytes }: ExchangeLimits,
  nowMs: number,
): RetentionStep {
  const oldestMs = maxAgeMs === undefined ? Number.NEGATIVE_INFINITY : nowMs - maxAgeMs;
  const isForgotten = forgetPopulation(connection, endpoint, oldestMs);
  let { count, bytes } = sizeOf(connection, endpoint);
  const oldest = readBlocks(connection, `endpoint = ? ORDER BY first_position LIMIT ${BLOCKS_PER_STEP}`, endpoint);
  let [removed, removedBytes] = [0, 0];
  for (const block of oldest) {
    if (removedBytes >= BYTES_PER_STEP) return { removed, isDone: false };
    const isTooMany = maxCount !== undefined && count - block.count >= maxCount;
    const isTooLarge = maxBytes !== undefined && bytes > maxBytes;
    if (!isTooMany && !isTooLarge && exchangeMs(block.mostId) >= oldestMs) {
      if (exchangeMs(block.leastId) < oldestMs - AGE_SLACK_MS) removed += removeBefore(connection, block, oldestMs);
      return { removed, isDone: isForgotten };
    }
    deleteBlock(connection, block);
    removed += block.count;
    count -= block.count;
    bytes -= block.bytes;
    removedBytes += block.bytes;
  }
  return { removed, isDone: isForgotten && oldest.length < BLOCKS_PER_STEP };
}

/** What is told of the population goes as the exchanges do by which it was noted. @returns whether all of it is gone */
function forgetPopulation(connection: Connection, endpoint: number, oldestMs: number): boolean {
  if (oldestMs === Number.NEGATIVE_INFINITY) return true;
  const { changed } = connection.run(
    `DELETE FROM monitor_population WHERE (endpoint, hour, type) IN
       (SELECT endpoint, hour, type FROM monitor_population WHERE endpoint = ? AND hour < ? LIMIT ${HOURS_PER_STEP})`,
    endpoint,
    Math.floor(oldestMs / HOUR_MS),
  );
  return changed < HOURS_PER_STEP;
}

export function sizeOf(connection: Connection, endpoint: number): { readonly count: number; readonly bytes: number } {
  const [count, bytes] = connection.get(
    "SELECT ifnull(sum(count), 0), ifnull(sum(bytes), 0) FROM monitor_block WHERE endpoint = ?",
    endpoint,
  ) as [number, number];
  return { count, bytes };
}
