import type { ExchangeFilter } from "../../monitor.ts";
import type { Scope } from "../../store.ts";
import { type Connection, connectionOf } from "../connection.ts";
import type { Columns } from "./block/columns.ts";
import { countMarks, type Matcher, matcherOf, siftIds } from "./block/matching.ts";
import { hasTerms, type Term } from "./block/terms.ts";
import { markHits, type Shares, shareOf } from "./block/word-index.ts";
import { WordText } from "./block/words.ts";
import {
  type Block,
  BlockReader,
  readBlocks,
  readColumns,
  readOnce,
  readShare,
  shelvesOf,
  shelvesWithBlocks,
} from "./blocks.ts";

/** How long a search of what is committed holds the event loop at a time. */
const SLICE_MS = 4;

/** Blocks whose heads are read at once. */
const BLOCKS_AT_ONCE = 32;

/** A block of which some exchanges match. What it has must be read before the visit ends: blocks are put together. */
export type Match = {
  readonly block: Block;
  readonly count: number;
  /** One byte for each exchange, 1 for those that match; undefined where all do. */
  readonly marks: Uint8Array | undefined;
  readonly columns: () => Columns;
  readonly reader: () => BlockReader;
};

/** @returns whether the walk goes on through this shelf */
export type Visit = (match: Match) => boolean;

/** A way through the blocks of each shelf: backwards from before a position, or on from behind one. */
export type Way =
  | { readonly direction: "back"; readonly before: number }
  | { readonly direction: "on"; readonly behind: number };

export const FROM_THE_NEWEST = { direction: "back", before: Number.MAX_SAFE_INTEGER } as const satisfies Way;

/**
 * Visits the blocks that have matches, one shelf after the other. Reading what is committed, it lets others run in
 * between; then it goes on from where it was, whatever has become of the blocks.
 */
export async function walkMatches(scope: Scope, filter: ExchangeFilter, way: Way, visit: Visit): Promise<void> {
  const matcher = matcherOf(filter);
  const { endpoint } = filter;
  const shelves = endpoint === undefined ? shelvesWithBlocks(connectionOf(scope)) : shelvesOf(endpoint);
  let sliceEndMs = performance.now() + SLICE_MS;
  for (const shelf of shelves) {
    for (let rest: Way | undefined = way; rest !== undefined; ) {
      const connection = connectionOf(scope);
      if (connection.isReadOnly && performance.now() > sliceEndMs) {
        await new Promise(setImmediate);
        sliceEndMs = performance.now() + SLICE_MS;
        continue;
      }
      rest = walkSome(connection, shelf, matcher, rest, visit, sliceEndMs);
    }
  }
}

/** @returns the rest of the way; undefined at its end */
function walkSome(
  connection: Connection,
  shelf: number,
  matcher: Matcher,
  way: Way,
  visit: Visit,
  sliceEndMs: number,
): Way | undefined {
  const blocks = nextBlocks(connection, shelf, way);
  let rest = way;
  for (const block of blocks) {
    const match = matchOf(connection, block, matcher, rest);
    if (match !== undefined && !visit(match)) return undefined;
    rest = behind(rest, block);
    if (connection.isReadOnly && performance.now() > sliceEndMs) return rest;
  }
  return blocks.length < BLOCKS_AT_ONCE ? undefined : rest;
}

function nextBlocks(connection: Connection, shelf: number, way: Way): Block[] {
  if (way.direction === "back") {
    const condition = `endpoint = ? AND first_position < ? ORDER BY first_position DESC LIMIT ${BLOCKS_AT_ONCE}`;
    return readBlocks(connection, condition, shelf, way.before);
  }
  const condition = `endpoint = ?1 AND first_position >= ifnull(
      (SELECT max(first_position) FROM monitor_block WHERE endpoint = ?1 AND first_position <= ?2), 0)
    AND last_position > ?2 ORDER BY first_position LIMIT ${BLOCKS_AT_ONCE}`;
  return readBlocks(connection, condition, shelf, way.behind);
}

function behind(way: Way, block: Block): Way {
  return way.direction === "back" ? { ...way, before: block.firstPosition } : { ...way, behind: block.lastPosition };
}

/** What of a block matches and lies on the way: a block that was put together meanwhile may have been visited in part. */
function matchOf(connection: Connection, block: Block, matcher: Matcher, way: Way): Match | undefined {
  if (block.mostId < matcher.fromId || block.leastId >= matcher.toId) return undefined;
  const columns = readOnce(() => readColumns(connection, block));
  const reader = () => new BlockReader(connection, block, columns());
  const isWithin = block.leastId >= matcher.fromId && block.mostId < matcher.toId;
  const isAhead = way.direction === "back" ? block.lastPosition < way.before : block.firstPosition > way.behind;
  if (matcher.takesAll && isWithin && isAhead) return { block, count: block.count, marks: undefined, columns, reader };

  const marks = new Uint8Array(block.count).fill(1);
  const { shares } = block;
  if (shares !== undefined && !siftByIndex(connection, block, shares, matcher.terms, marks)) return undefined;
  matcher.sift(marks, columns, block.names);
  if (!isWithin) siftIds(marks, columns().ids, matcher.fromId, matcher.toId);
  if (!isAhead) siftPositions(marks, columns().positions, block, way);
  if (shares === undefined && matcher.terms.length > 0) siftByReading(marks, reader(), matcher.terms);
  const count = countMarks(marks);
  return count === 0 ? undefined : { block, count, marks, columns, reader };
}

/** @returns false when nothing is left */
function siftByIndex(
  connection: Connection,
  block: Block,
  shares: Shares,
  terms: readonly Term[],
  marks: Uint8Array,
): boolean {
  const hits = new Uint8Array(block.count);
  for (const term of terms) {
    const share = readShare(connection, block, shareOf(term, shares));
    if (share === undefined) return false;
    hits.fill(0);
    if (!markHits(share, term, hits)) return false;
    let isAnyLeft = false;
    for (let at = 0; at < marks.length; at++) {
      const mark = (marks[at] ?? 0) & (hits[at] ?? 0);
      marks[at] = mark;
      if (mark === 1) isAnyLeft = true;
    }
    if (!isAnyLeft) return false;
  }
  return true;
}

function siftByReading(marks: Uint8Array, reader: BlockReader, terms: readonly Term[]): void {
  const text = new WordText();
  for (let at = 0; at < marks.length; at++) {
    if (marks[at] === 1 && !hasTerms(reader.exchange(at), terms, text)) marks[at] = 0;
  }
}

function siftPositions(marks: Uint8Array, positions: Uint32Array, { firstPosition }: Block, way: Way): void {
  for (let at = 0; at < marks.length; at++) {
    const position = firstPosition + (positions[at] ?? 0);
    const isAhead = way.direction === "back" ? position < way.before : position > way.behind;
    if (!isAhead) marks[at] = 0;
  }
}
