import type { ExchangeLimits, RetentionStep } from "../../monitor.ts";
import { exchangeMs } from "../../monitor.ts";
import type { Connection } from "../connection.ts";
import { type Block, deleteBlock, readBlocks, readExchanges } from "./blocks.ts";
import { insertBlock, newPart } from "./write-block.ts";

/** Pages given back to the file system in one step, where the database is set to (PRAGMA auto_vacuum). */
const PAGES_PER_STEP = 64;

/**
 * How much older than allowed an exchange may become before it is taken out of a block of younger ones, which is
 * written anew for that.
 */
const AGE_SLACK_MS = 3_600_000;

/**
 * Removes the oldest block if nothing of it is to be kept. If some is, what is too old goes alone: a block of an endpoint
 * that is little used may reach back for months.
 */
export function retain(
  connection: Connection,
  endpoint: number,
  { maxAgeMs, maxCount, maxBytes }: ExchangeLimits,
  nowMs: number,
): RetentionStep {
  giveSpaceBack(connection);
  const [block] = readBlocks(connection, "endpoint = ? ORDER BY first_position LIMIT 1", endpoint);
  if (block === undefined) return { removed: 0, isDone: true };
  const { count, bytes } = sizeOf(connection, endpoint);
  const isTooMany = maxCount !== undefined && count - block.count >= maxCount;
  const isTooLarge = maxBytes !== undefined && bytes > maxBytes;
  const oldestMs = maxAgeMs === undefined ? Number.NEGATIVE_INFINITY : nowMs - maxAgeMs;
  if (isTooMany || isTooLarge || exchangeMs(block.mostId) < oldestMs) {
    deleteBlock(connection, block);
    return { removed: block.count, isDone: false };
  }
  const removed = exchangeMs(block.leastId) < oldestMs - AGE_SLACK_MS ? removeBefore(connection, block, oldestMs) : 0;
  return { removed, isDone: true };
}

function removeBefore(connection: Connection, block: Block, oldestMs: number): number {
  const kept = readExchanges(connection, block).filter(({ exchange }) => exchangeMs(exchange.id) >= oldestMs);
  deleteBlock(connection, block);
  insertBlock(connection, block.endpoint, [newPart(connection, kept)], block.level);
  return block.count - kept.length;
}

export function sizeOf(connection: Connection, endpoint: number): { readonly count: number; readonly bytes: number } {
  const [count, bytes] = connection.get(
    "SELECT ifnull(sum(count), 0), ifnull(sum(bytes), 0) FROM monitor_block WHERE endpoint = ?",
    endpoint,
  ) as [number, number];
  return { count, bytes };
}

function giveSpaceBack(connection: Connection): void {
  // A row for each page: all of them are to be read.
  connection.all(`PRAGMA incremental_vacuum(${PAGES_PER_STEP})`);
}
