import { exchangeMs } from "../../exchange.ts";
import type { ExchangeLimits, RetentionStep } from "../../monitor.ts";
import type { Connection } from "../connection.ts";
import { deleteBlock, readBlocks, shelvesOf, turnedAwayShelf } from "./blocks.ts";
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

/** Of what may be kept, the part that requests which were turned away may take: anybody can send as many as they like. */
const SHARE_OF_TURNED_AWAY = 0.1;

/** Takes one small step towards the limits. Those that were turned away go first, by themselves. */
export function retain(connection: Connection, endpoint: number, limits: ExchangeLimits, nowMs: number): RetentionStep {
  const { maxAgeMs, maxBytes } = limits;
  const oldestMs = maxAgeMs === undefined ? Number.NEGATIVE_INFINITY : nowMs - maxAgeMs;
  const isForgotten = forgetPopulation(connection, endpoint, oldestMs);
  const shelf = turnedAwayShelf(endpoint);
  const turnedAway = removeOldest(connection, shelf, limitsOfTurnedAway(limits), oldestMs);
  if (turnedAway.removed > 0) return { ...turnedAway, isDone: false };
  const left =
    maxBytes === undefined ? limits : { ...limits, maxBytes: maxBytes - sizeOfShelf(connection, shelf).bytes };
  const { removed, isDone } = removeOldest(connection, endpoint, left, oldestMs);
  return { removed, isDone: isDone && isForgotten };
}

function limitsOfTurnedAway({ maxCount, maxBytes }: ExchangeLimits): ExchangeLimits {
  return {
    ...(maxCount !== undefined && { maxCount: Math.ceil(SHARE_OF_TURNED_AWAY * maxCount) }),
    ...(maxBytes !== undefined && { maxBytes: SHARE_OF_TURNED_AWAY * maxBytes }),
  };
}

/**
 * Removes the oldest blocks of which nothing is to be kept, some at once. If something of a block is, what is too old
 * goes alone: a block of an endpoint that is little used may reach back for months.
 */
function removeOldest(
  connection: Connection,
  shelf: number,
  { maxCount, maxBytes }: ExchangeLimits,
  oldestMs: number,
): RetentionStep {
  let { count, bytes } = sizeOfShelf(connection, shelf);
  const oldest = readBlocks(connection, `endpoint = ? ORDER BY first_position LIMIT ${BLOCKS_PER_STEP}`, shelf);
  let [removed, removedBytes] = [0, 0];
  for (const block of oldest) {
    if (removedBytes >= BYTES_PER_STEP) return { removed, isDone: false };
    const isTooMany = maxCount !== undefined && count - block.count >= maxCount;
    const isTooLarge = maxBytes !== undefined && bytes > maxBytes;
    if (!isTooMany && !isTooLarge && exchangeMs(block.mostId) >= oldestMs) {
      if (exchangeMs(block.leastId) < oldestMs - AGE_SLACK_MS) removed += removeBefore(connection, block, oldestMs);
      return { removed, isDone: true };
    }
    deleteBlock(connection, block);
    removed += block.count;
    count -= block.count;
    bytes -= block.bytes;
    removedBytes += block.bytes;
  }
  return { removed, isDone: oldest.length < BLOCKS_PER_STEP };
}

/**
 * What is told of the population goes as the exchanges do by which it was noted, but for what it was at the end of that
 * time. @returns whether all of it is gone
 */
function forgetPopulation(connection: Connection, endpoint: number, oldestMs: number): boolean {
  if (oldestMs === Number.NEGATIVE_INFINITY) return true;
  const { changed } = connection.run(
    `DELETE FROM monitor_population WHERE (endpoint, hour, type) IN
       (SELECT endpoint, hour, type FROM monitor_population p WHERE endpoint = ?1 AND hour < ?2 AND EXISTS
         (SELECT 1 FROM monitor_population WHERE endpoint = ?1 AND hour > p.hour AND hour <= ?2 AND type = p.type)
        LIMIT ${HOURS_PER_STEP})`,
    endpoint,
    Math.floor(oldestMs / HOUR_MS),
  );
  return changed < HOURS_PER_STEP;
}

type Size = { readonly count: number; readonly bytes: number };

export function sizeOf(connection: Connection, endpoint: number): Size {
  const [own, turnedAway] = shelvesOf(endpoint).map((shelf) => sizeOfShelf(connection, shelf)) as [Size, Size];
  return { count: own.count + turnedAway.count, bytes: own.bytes + turnedAway.bytes };
}

function sizeOfShelf(connection: Connection, shelf: number): Size {
  const [count, bytes] = connection.get(
    "SELECT ifnull(sum(count), 0), ifnull(sum(bytes), 0) FROM monitor_block WHERE endpoint = ?",
    shelf,
  ) as [number, number];
  return { count, bytes };
}
