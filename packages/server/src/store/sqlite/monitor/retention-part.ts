import { exchangeMs } from "../../exchange.ts";
import type { Connection } from "../connection.ts";
import { type Columns, viewColumns } from "./block/columns.ts";
import type { Terms } from "./block/found-terms.ts";
import type { Posting } from "./block/postings.ts";
import { decodeIndex } from "./block/word-index.ts";
import {
  type Block,
  BlockReader,
  deleteBlock,
  deleteHead,
  readColumnBytes,
  readExchanges,
  readOnce,
  readShares,
} from "./blocks.ts";
import { insertBlock, type Part, rewrittenPart } from "./write-block.ts";

/** A block whose words are indexed, as far as it has been read. */
type Source = {
  readonly block: Block;
  readonly bytes: Uint8Array;
  readonly columns: Columns;
  readonly terms: () => Terms;
};

/** The exchanges of a frame, or of some that follow on each other: indexes in the block, the last one excluded. */
type Range = { readonly from: number; readonly to: number };

/**
 * Takes from a block what is older than some moment. Of its frames those of which all stays are left where they are:
 * to read and write a thousand exchanges anew may take most of a second.
 * @returns how many exchanges went
 */
export function removeBefore(connection: Connection, block: Block, oldestMs: number): number {
  const parts = block.shares === undefined ? rewritten(connection, block, oldestMs) : cut(connection, block, oldestMs);
  insertBlock(connection, block.shelf, parts, block.level);
  return block.count - parts.reduce((sum, { count }) => sum + count, 0);
}

/** What is kept of a small block without an index. */
function rewritten(connection: Connection, block: Block, oldestMs: number): Part[] {
  const kept = readExchanges(connection, block).filter(({ id }) => exchangeMs(id) >= oldestMs);
  deleteBlock(connection, block);
  return kept.length === 0 ? [] : [rewrittenPart(connection, kept)];
}

function cut(connection: Connection, block: Block, oldestMs: number): Part[] {
  const source = read(connection, block);
  const reader = new BlockReader(connection, block, source.columns);
  const parts: Part[] = [];
  let kept: Range | undefined;
  const close = () => {
    if (kept !== undefined) parts.push(partOf(connection, source, kept));
    kept = undefined;
  };
  for (const { from, to } of framesOf(block)) {
    const indexes = Array.from({ length: to - from }, (_, at) => from + at);
    const young = indexes.filter((at) => exchangeMs(source.columns.ids[at] ?? 0) >= oldestMs);
    if (young.length === indexes.length) {
      kept = { from: kept?.from ?? from, to };
      continue;
    }
    close();
    const exchanges = young.map((at) => reader.exchange(at));
    connection.run("DELETE FROM monitor_frame WHERE key = ?", positionOf(source, from));
    if (exchanges.length > 0) parts.push(rewrittenPart(connection, exchanges));
  }
  close();
  deleteHead(connection, block);
  return parts;
}

function read(connection: Connection, block: Block): Source {
  const bytes = readColumnBytes(connection, block);
  // Read now: the rows are gone when it is asked for.
  const encoded = readShares(connection, block);
  const shares = block.shares ?? { words: 0, hashes: 0 };
  const terms = readOnce(() => decodeIndex(encoded, block.count, shares));
  return { block, bytes, columns: viewColumns(bytes, block.count), terms };
}

function framesOf(block: Block): Range[] {
  const starts = block.names().frames;
  return starts.map((from, at) => ({ from, to: starts[at + 1] ?? block.count }));
}

function positionOf({ block, columns }: Source, at: number): number {
  return block.firstPosition + (columns.positions[at] ?? 0);
}

/** Some frames as a part of another block. */
function partOf(connection: Connection, source: Source, { from, to }: Range): Part {
  const { block, columns, terms } = source;
  const ids = columns.ids.subarray(from, to);
  const starts = block.names().frames.filter((start) => start >= from && start < to);
  return {
    firstPosition: positionOf(source, from),
    lastPosition: positionOf(source, to - 1),
    leastId: ids.reduce((least, id) => Math.min(least, id)),
    mostId: ids.reduce((most, id) => Math.max(most, id)),
    count: to - from,
    columns: columnsOf(source, from, to),
    names: {
      ...block.names(),
      frames: starts.map((start) => start - from),
      frameBytes: starts.reduce((sum, start) => sum + frameBytes(connection, positionOf(source, start)), 0),
    },
    terms: readOnce(() => termsOf(terms(), from, to)),
  };
}

function columnsOf({ block, bytes, columns }: Source, from: number, to: number): Uint8Array {
  const cutBytes = new Uint8Array((bytes.length / block.count) * (to - from));
  const view = viewColumns(cutBytes, to - from);
  for (const name of Object.keys(view) as (keyof Columns)[]) view[name].set(columns[name].subarray(from, to));
  const first = columns.positions[from] ?? 0;
  view.positions.set(columns.positions.subarray(from, to).map((position) => position - first));
  return cutBytes;
}

function frameBytes(connection: Connection, key: number): number {
  return connection.get("SELECT octet_length(content) FROM monitor_frame WHERE key = ?", key)?.[0] as number;
}

/** The terms of some exchanges of a block. */
function termsOf(terms: Terms, from: number, to: number): Terms {
  const ofWords = cutPostings(terms.words, terms.postings, from, to);
  const ofHashes = cutPostings(terms.hashes, terms.hashPostings, from, to);
  return {
    words: ofWords.terms,
    postings: ofWords.postings,
    hashes: ofHashes.terms,
    hashPostings: ofHashes.postings,
  };
}

function cutPostings<Term>(
  all: readonly Term[],
  postings: readonly Posting[],
  from: number,
  to: number,
): { readonly terms: Term[]; readonly postings: Posting[] } {
  const cutTo: { readonly terms: Term[]; readonly postings: Posting[] } = { terms: [], postings: [] };
  for (const [number, term] of all.entries()) {
    const posting = [postings[number] ?? []].flat();
    const within = posting.filter((at) => at >= from && at < to).map((at) => at - from);
    if (within.length === 0) continue;
    cutTo.terms.push(term);
    cutTo.postings.push(within);
  }
  return cutTo;
}
