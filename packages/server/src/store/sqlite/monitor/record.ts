import { type Exchange, exchangeMs } from "../../monitor.ts";
import type { Connection } from "../connection.ts";
import type { Placed } from "./block/placed.ts";
import {
  BLOCK_EXCHANGES,
  deleteBlock,
  deleteHead,
  INDEXED_FROM,
  type Level,
  NO_ENDPOINT,
  readBlocks,
  readExchanges,
  SEALED,
} from "./blocks.ts";
import { insertBlock, keptPart, newPart, type Part } from "./write-block.ts";

/** A batch of so many is sealed at once, for the exchanges at hand need not be read again. */
const SEALED_AT_ONCE = 256;

/** So many blocks, or exchanges in blocks whose words are not indexed, are put together: each search reads them all. */
const MAX_BLOCKS_AS_RECORDED = 32;
const MAX_NOT_INDEXED = 128;

const HOUR_MS = 3_600_000;

/** @throws Error for an exchange that lacks a text: kept, it would keep the block that it is in from being read */
export function record(connection: Connection, exchanges: readonly Exchange[]): void {
  if (exchanges.length === 0) return;
  for (const exchange of exchanges) checkTexts(exchange);
  let position = takePositions(connection, exchanges.length);
  for (const [endpoint, own] of Map.groupBy(exchanges, (exchange) => exchange.endpoint ?? NO_ENDPOINT)) {
    // Nobody would ever remove what comes after an endpoint has been forgotten.
    if (endpoint !== NO_ENDPOINT && !isThere(connection, endpoint)) continue;
    const recorded = own.map((exchange): Placed => ({ exchange, position: position++ }));
    recordOf(connection, endpoint, recorded);
    if (endpoint !== NO_ENDPOINT) notePopulation(connection, endpoint, own);
  }
}

function isThere(connection: Connection, endpoint: number): boolean {
  return connection.get("SELECT 1 FROM endpoint WHERE key = ?", endpoint) !== undefined;
}

function checkTexts({ method, path, query, clientAddress, userAgent, requestId, dialect }: Exchange): void {
  for (const text of [method, path, query, clientAddress, userAgent, requestId, dialect]) {
    if (typeof text !== "string") throw new Error("an exchange lacks a text that it must have");
  }
}

/** @returns the first of so many new positions */
function takePositions(connection: Connection, count: number): number {
  const row = connection.get("UPDATE monitor_recorded SET positions = positions + ? RETURNING positions", count);
  return (row?.[0] as number) - count + 1;
}

function recordOf(connection: Connection, endpoint: number, exchanges: readonly Placed[]): void {
  const [blocks, notIndexed, waiting] = connection.get(
    `SELECT count(*) FILTER (WHERE level = 0), ifnull(sum(count) FILTER (WHERE level = 0 AND count < ${INDEXED_FROM}), 0),
       ifnull(sum(count), 0)
     FROM monitor_block WHERE endpoint = ? AND level < ${SEALED}`,
    endpoint,
  ) as [number, number, number];
  if (exchanges.length >= SEALED_AT_ONCE) {
    // Of one size, so that none is small.
    const total = waiting + exchanges.length;
    const size = Math.ceil(total / Math.ceil(total / BLOCK_EXCHANGES));
    const first = Math.max(0, size - waiting);
    putTogether(connection, endpoint, [0, 1], exchanges.slice(0, first), SEALED);
    for (let at = first; at < exchanges.length; at += size) {
      insertBlock(connection, endpoint, [newPart(connection, exchanges.slice(at, at + size))], SEALED);
    }
  } else if (waiting + exchanges.length >= BLOCK_EXCHANGES) {
    putTogether(connection, endpoint, [0, 1], exchanges, SEALED);
  } else if (blocks >= MAX_BLOCKS_AS_RECORDED || notIndexed >= MAX_NOT_INDEXED) {
    putTogether(connection, endpoint, [0], exchanges, 1);
  } else {
    insertBlock(connection, endpoint, [newPart(connection, exchanges)], 0);
  }
}

/**
 * Makes one block of those of some levels and of further exchanges. What is indexed already is neither read nor written
 * anew but for the index.
 */
function putTogether(
  connection: Connection,
  endpoint: number,
  levels: readonly Level[],
  exchanges: readonly Placed[],
  level: Level,
): void {
  const parts: Part[] = [];
  let unindexed: Placed[] = [];
  const close = () => {
    if (unindexed.length > 0) parts.push(newPart(connection, unindexed));
    unindexed = [];
  };
  const condition = `endpoint = ? AND level IN (${levels.join()}) ORDER BY first_position`;
  for (const block of readBlocks(connection, condition, endpoint)) {
    if (block.shares === undefined) {
      unindexed.push(...readExchanges(connection, block));
      deleteBlock(connection, block);
    } else {
      close();
      parts.push(keptPart(connection, block, block.shares));
      deleteHead(connection, block);
    }
  }
  unindexed.push(...exchanges);
  close();
  insertBlock(connection, endpoint, parts, level);
}

/** Notes how many resources there are by now, where something was written, as what there were at the end of the hour. */
function notePopulation(connection: Connection, endpoint: number, exchanges: readonly Exchange[]): void {
  const writes = exchanges.filter(({ method, status }) => method !== "GET" && status < 300);
  if (writes.length === 0) return;
  const hour = Math.floor(exchangeMs(Math.max(...writes.map(({ id }) => id))) / HOUR_MS);
  connection.run(
    `INSERT OR REPLACE INTO monitor_population (endpoint, hour, type, count)
       SELECT endpoint, ?, type, count FROM population WHERE endpoint = ?`,
    hour,
    endpoint,
  );
}
