import { type Exchange, exchangeMs, isTurnedAway, type RecordedExchange } from "../../exchange.ts";
import type { FormedExchange } from "../../exchange-form.ts";
import type { ExchangeBatch } from "../../monitor.ts";
import type { Connection } from "../connection.ts";
import {
  BLOCK_EXCHANGES,
  deleteBlock,
  deleteHead,
  endpointOf,
  INDEXED_FROM,
  type Level,
  NO_ENDPOINT,
  readBlocks,
  readExchanges,
  SEALED,
  turnedAwayShelf,
} from "./blocks.ts";
import { Draft, insertBlock, keptPart, type Part, rewrittenPart } from "./write-block.ts";

/** A batch of so many is sealed at once, for the exchanges at hand need not be read again. */
const SEALED_AT_ONCE = 256;

/** Blocks of so much are sealed, however few exchanges that is: what is too large goes a block at a time. */
const SEALED_FROM_BYTES = 1_024 * 1_024;

/** So many blocks, or exchanges in blocks whose words are not indexed, are put together: each search reads them all. */
const MAX_BLOCKS_AS_RECORDED = 32;
const MAX_NOT_INDEXED = 128;

const HOUR_MS = 3_600_000;

/** Exchanges of one shelf in a batch. */
type Gathered = {
  readonly shelf: number;
  /** Full ones, and the last. */
  readonly drafts: Draft[];
  /** Of the last exchange that wrote something; undefined where none did. */
  lastWriteId: number | undefined;
};

/** Exchanges made ready to be written, each as it comes: what is kept of them until then makes no objects. */
export class Batch implements ExchangeBatch {
  readonly #gathered = new Map<number, Gathered>();
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** By shelf. */
  get gathered(): Iterable<Gathered> {
    return this.#gathered.values();
  }

  /** @throws Error for an exchange that lacks a text: kept, it would keep the block that it is in from being read */
  add(exchange: Exchange): void {
    checkTexts(exchange);
    const own = this.#of(shelfOf(exchange));
    const draft = this.#draftOf(own);
    draft.add(exchange, this.#count - draft.start);
    if (exchange.method !== "GET" && exchange.status < 300) own.lastWriteId = exchange.id;
    this.#count++;
  }

  addFormed(exchange: FormedExchange): void {
    const draft = this.#draftOf(this.#of(shelfOf(exchange.form.model)));
    draft.addFormed(exchange, this.#count - draft.start);
    this.#count++;
  }

  release(): void {
    for (const { drafts } of this.#gathered.values()) {
      for (const draft of drafts) {
        if (unused.length < MAX_UNUSED && draft.wordCount <= MAX_UNUSED_WORDS) unused.push(draft.cleared());
      }
    }
    this.#gathered.clear();
  }

  #of(shelf: number): Gathered {
    let own = this.#gathered.get(shelf);
    if (own === undefined) {
      own = { shelf, drafts: [], lastWriteId: undefined };
      this.#gathered.set(shelf, own);
    }
    return own;
  }

  /** The draft that takes more. */
  #draftOf({ drafts }: Gathered): Draft {
    const last = drafts.at(-1);
    if (last !== undefined && last.count < BLOCK_EXCHANGES) return last;
    const draft = unused.pop() ?? new Draft();
    draft.start = this.#count;
    drafts.push(draft);
    return draft;
  }
}

function shelfOf({ endpoint = NO_ENDPOINT, credential, status }: Exchange): number {
  return isTurnedAway(credential, status) ? turnedAwayShelf(endpoint) : endpoint;
}

/** Drafts of batches that have been recorded: their room, of some hundred KiB, need not be made anew. */
const unused: Draft[] = [];
const MAX_UNUSED = 3;

/** One that had very many words has very much room. */
const MAX_UNUSED_WORDS = 32_768;

export function record(connection: Connection, batch: Batch): void {
  if (batch.count === 0) return;
  // Those of all shelves keep their order.
  const first = takePositions(connection, batch.count);
  for (const { shelf, drafts, lastWriteId } of batch.gathered) {
    const endpoint = endpointOf(shelf);
    // Nobody would ever remove what comes after an endpoint has been forgotten.
    if (endpoint !== NO_ENDPOINT && !isThere(connection, endpoint)) continue;
    for (const draft of drafts) {
      if (draft.count > 0) recordDraft(connection, shelf, draft, first + draft.start);
    }
    if (endpoint !== NO_ENDPOINT && lastWriteId !== undefined) notePopulation(connection, endpoint, lastWriteId);
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

function recordDraft(connection: Connection, shelf: number, draft: Draft, position: number): void {
  const [blocks, notIndexed, waiting, waitingBytes] = connection.get(
    `SELECT count(*) FILTER (WHERE level = 0), ifnull(sum(count) FILTER (WHERE level = 0 AND count < ${INDEXED_FROM}), 0),
       ifnull(sum(count), 0), ifnull(sum(bytes), 0)
     FROM monitor_block WHERE endpoint = ? AND level < ${SEALED}`,
    shelf,
  ) as [number, number, number, number];
  const part = draft.write(connection, position);
  const isLarge = waitingBytes >= SEALED_FROM_BYTES;
  if (draft.count >= SEALED_AT_ONCE || waiting + draft.count >= BLOCK_EXCHANGES || isLarge) {
    putTogether(connection, shelf, [0, 1], part, SEALED);
  } else if (blocks >= MAX_BLOCKS_AS_RECORDED || notIndexed >= MAX_NOT_INDEXED) {
    putTogether(connection, shelf, [0], part, 1);
  } else {
    insertBlock(connection, shelf, [part], 0);
  }
}

/**
 * Makes one block of those of some levels and of a further part. What is indexed already is neither read nor written
 * anew but for the index.
 */
function putTogether(connection: Connection, shelf: number, levels: readonly Level[], last: Part, level: Level): void {
  const parts: Part[] = [];
  let unindexed: RecordedExchange[] = [];
  const close = () => {
    if (unindexed.length > 0) parts.push(rewrittenPart(connection, unindexed));
    unindexed = [];
  };
  const condition = `endpoint = ? AND level IN (${levels.join()}) ORDER BY first_position`;
  for (const block of readBlocks(connection, condition, shelf)) {
    if (block.shares === undefined) {
      unindexed.push(...readExchanges(connection, block));
      deleteBlock(connection, block);
    } else {
      close();
      parts.push(keptPart(connection, block, block.shares));
      deleteHead(connection, block);
    }
  }
  close();
  insertBlock(connection, shelf, [...parts, last], level);
}

/** Notes how many resources there are by now, where something was written, as what there were at the end of the hour. */
function notePopulation(connection: Connection, endpoint: number, lastWriteId: number): void {
  connection.run(
    `INSERT OR REPLACE INTO monitor_population (endpoint, hour, type, count)
       SELECT endpoint, ?, type, count FROM population WHERE endpoint = ?`,
    Math.floor(exchangeMs(lastWriteId) / HOUR_MS),
    endpoint,
  );
}
