import type { ExchangeSummary, RecordedExchange } from "../../exchange.ts";
import type { Connection, Row } from "../connection.ts";
import { type BlockNames, type Columns, viewColumns } from "./block/columns.ts";
import { OpenFrame } from "./block/frame.ts";
import { MAX_SHARES, SHARES_OF_OTHERS, SHARES_OF_SEALED, type Shares } from "./block/word-index.ts";

// The tables of exchanges: monitor_block, monitor_frame, monitor_words.

/** Exchanges of a batch in one block at most; what waited before them comes on top, which is less than as many. */
export const BLOCK_EXCHANGES = 1_024;

/** From so many exchanges on the words of a block are indexed; fewer are read by a search. */
export const INDEXED_FROM = 24;

/** 0: as recorded; 1: some put together; {@link SEALED}: with an index of its words. */
export type Level = 0 | 1 | 2;
export const SEALED = 2;

/** The endpoint of exchanges that belong to none. */
export const NO_ENDPOINT = 0;

/**
 * Where the blocks of an endpoint stand that hold requests which were turned away: apart, so that they can go by
 * themselves. It is written in the place of the endpoint.
 */
export function turnedAwayShelf(endpoint: number): number {
  return -1 - endpoint;
}

/** Where blocks of an endpoint stand. */
export function shelvesOf(endpoint: number): number[] {
  return [endpoint, turnedAwayShelf(endpoint)];
}

export function endpointOf(shelf: number): number {
  return shelf < 0 ? -1 - shelf : shelf;
}

/** A block without its columns. */
export type Block = {
  readonly key: number;
  /** The column `endpoint`. */
  readonly shelf: number;
  readonly firstPosition: number;
  readonly lastPosition: number;
  readonly leastId: number;
  readonly mostId: number;
  readonly count: number;
  readonly bytes: number;
  readonly level: Level;
  /** Read when first asked for: most blocks are passed over without. */
  readonly names: () => BlockNames;
  /** undefined where its words are not indexed. */
  readonly shares: Shares | undefined;
};

const BLOCK_COLUMNS = "key, endpoint, first_position, last_position, least_id, most_id, count, bytes, level, names";

/** @param condition what follows WHERE */
export function readBlocks(connection: Connection, condition: string, ...values: readonly number[]): Block[] {
  return connection.all(`SELECT ${BLOCK_COLUMNS} FROM monitor_block WHERE ${condition}`, ...values).map(block);
}

export function readColumns(connection: Connection, block: Block): Columns {
  return viewColumns(readColumnBytes(connection, block), block.count);
}

export function readColumnBytes(connection: Connection, { key }: Block): Uint8Array {
  return connection.get("SELECT columns FROM monitor_block WHERE key = ?", key)?.[0] as unknown as Uint8Array;
}

/** All shares of a block's words. */
export function readShares(connection: Connection, { key }: Block): Map<number, Uint8Array> {
  const first = key * MAX_SHARES;
  const rows = connection.all(
    "SELECT key - ?1, content FROM monitor_words WHERE key >= ?1 AND key < ?1 + ?2",
    first,
    MAX_SHARES,
  );
  return new Map(rows.map(([share, content]) => [share as number, content as unknown as Uint8Array]));
}

/** Shelves with exchanges, of all endpoints. */
export function shelvesWithBlocks(connection: Connection): number[] {
  const shelves: number[] = [];
  // Each is found in the index by itself; DISTINCT would go through all of it.
  for (let last = Number.MIN_SAFE_INTEGER; ; ) {
    const row = connection.get("SELECT min(endpoint) FROM monitor_block WHERE endpoint > ?", last);
    const shelf = row?.[0] as number | null | undefined;
    if (shelf === null || shelf === undefined) return shelves;
    shelves.push(shelf);
    last = shelf;
  }
}

/** Reads exchanges of a block, each frame that they are in once. */
export class BlockReader {
  readonly #connection: Connection;
  readonly #block: Block;
  readonly #columns: Columns;
  #opened: { readonly start: number; readonly frame: OpenFrame } | undefined;

  constructor(connection: Connection, block: Block, columns: Columns) {
    this.#connection = connection;
    this.#block = block;
    this.#columns = columns;
  }

  /** @param at index of the exchange in the block */
  summary(at: number): ExchangeSummary {
    const { start, frame } = this.#frameOf(at);
    return { ...frame.summary(at - start), position: this.#positionOf(at) };
  }

  exchange(at: number): RecordedExchange {
    const { start, frame } = this.#frameOf(at);
    return { ...frame.exchange(at - start), position: this.#positionOf(at) };
  }

  #positionOf(at: number): number {
    return this.#block.firstPosition + (this.#columns.positions[at] ?? 0);
  }

  #frameOf(at: number): { readonly start: number; readonly frame: OpenFrame } {
    const start = this.#block.names().frames.findLast((first) => first <= at) ?? 0;
    if (this.#opened?.start === start) return this.#opened;
    const position = this.#positionOf(start);
    const row = this.#connection.get("SELECT content FROM monitor_frame WHERE key = ?", position);
    if (row === undefined) throw new Error(`the exchanges from position ${position} on are missing`);
    this.#opened = { start, frame: new OpenFrame(row[0] as unknown as Uint8Array) };
    return this.#opened;
  }
}

/** Everything in a block. */
export function readExchanges(connection: Connection, block: Block): RecordedExchange[] {
  const reader = new BlockReader(connection, block, readColumns(connection, block));
  return Array.from({ length: block.count }, (_, at) => reader.exchange(at));
}

/** Removes a block with all of its exchanges. */
export function deleteBlock(connection: Connection, block: Block): void {
  const { positions } = readColumns(connection, block);
  for (const start of block.names().frames) {
    const position = block.firstPosition + (positions[start] ?? 0);
    connection.run("DELETE FROM monitor_frame WHERE key = ?", position);
  }
  deleteHead(connection, block);
}

/** Removes a block, but not the frames with its exchanges, which another block has from now on. */
export function deleteHead(connection: Connection, block: Block): void {
  const firstShare = block.key * MAX_SHARES;
  connection.run("DELETE FROM monitor_words WHERE key >= ? AND key < ?", firstShare, firstShare + MAX_SHARES);
  connection.run("DELETE FROM monitor_block WHERE key = ?", block.key);
}

/** Whether a block that was read before has not been put together with others, nor lost any of its exchanges. */
export function isStillThere(connection: Connection, block: Block): boolean {
  const { key, firstPosition, lastPosition, count, bytes } = block;
  // Keys are given anew.
  const same = "first_position = ? AND last_position = ? AND count = ? AND bytes = ?";
  const values = [key, firstPosition, lastPosition, count, bytes];
  return connection.get(`SELECT 1 FROM monitor_block WHERE key = ? AND ${same}`, ...values) !== undefined;
}

/** The content of a share of a sealed block's words. */
export function readShare(connection: Connection, block: Block, share: number): Uint8Array | undefined {
  const row = connection.get("SELECT content FROM monitor_words WHERE key = ?", block.key * MAX_SHARES + share);
  return row?.[0] as unknown as Uint8Array | undefined;
}

/** Whether the words of a block are indexed; a few exchanges are as soon read. */
export function sharesFor(level: Level, count: number): Shares | undefined {
  if (level === SEALED) return SHARES_OF_SEALED;
  return count < INDEXED_FROM ? undefined : SHARES_OF_OTHERS;
}

function block(row: Row): Block {
  const [key, shelf, firstPosition, lastPosition, leastId, mostId, count, bytes, level] = row as number[];
  const shares = sharesFor((level ?? 0) as Level, count ?? 0);
  return {
    key: key ?? 0,
    shelf: shelf ?? 0,
    firstPosition: firstPosition ?? 0,
    lastPosition: lastPosition ?? 0,
    leastId: leastId ?? 0,
    mostId: mostId ?? 0,
    count: count ?? 0,
    bytes: bytes ?? 0,
    level: (level ?? 0) as Level,
    names: readOnce(() => JSON.parse(row[9] as string) as BlockNames),
    shares,
  };
}

/** Puts off reading until it is asked for. */
export function readOnce<Value>(read: () => Value): () => Value {
  let value: Value | undefined;
  return () => {
    value ??= read();
    return value;
  };
}
