import type { ExchangeFilter } from "../../monitor.ts";
import type { Scope } from "../../store.ts";
import { type Connection, connectionOf } from "../connection.ts";
import type { Columns } from "./block/columns.ts";
import { countMarks, type Matcher, matcherOf, siftIds } from "./block/matching.ts";
import { hasTerms, type Term } from "./block/terms.ts";
import { openShare, type Shares, shareOf } from "./block/word-index.ts";
import { WordText } from "./block/words.ts";
import {
  type Block,
  BlockReader,
  isStillThere,
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

/** A walk under way. */
type Walk = {
  readonly scope: Scope;
  readonly matcher: Matcher;
  readonly visit: Visit;
  /** What is sought, by the share that it would be in. */
  readonly termsIn: (shares: Shares) => ReadonlyMap<number, readonly Term[]>;
  /** How often others ran in between. */
  turns: number;
};

/** Work after each step of which others may run. */
type Steps<Result> = Generator<void, Result, void>;

/**
 * Visits the blocks that have matches, one shelf after the other. Reading what is committed, it lets others run in
 * between; then it goes on from where it was, whatever has become of the blocks.
 */
export async function walkMatches(scope: Scope, filter: ExchangeFilter, way: Way, visit: Visit): Promise<void> {
  const matcher = matcherOf(filter);
  const walk: Walk = { scope, matcher, visit, termsIn: groupedByShare(matcher.terms), turns: 0 };
  const { endpoint } = filter;
  const shelves = endpoint === undefined ? shelvesWithBlocks(connectionOf(scope)) : shelvesOf(endpoint);
  let sliceEndMs = performance.now() + SLICE_MS;
  for (const shelf of shelves) {
    for (const _ of walkShelf(walk, shelf, way)) {
      if (performance.now() <= sliceEndMs || !connectionOf(scope).isReadOnly) continue;
      await new Promise(setImmediate);
      walk.turns++;
      sliceEndMs = performance.now() + SLICE_MS;
    }
  }
}

function* walkShelf(walk: Walk, shelf: number, way: Way): Steps<void> {
  let rest = way;
  for (let isMore = true; isMore; ) {
    const { turns } = walk;
    const blocks = nextBlocks(connectionOf(walk.scope), shelf, rest);
    isMore = blocks.length === BLOCKS_AT_ONCE;
    for (const block of blocks) {
      const match = yield* matchOf(walk, block, rest);
      if (match !== GONE) {
        if (match !== undefined && !walk.visit(match)) return;
        rest = behind(rest, block);
        yield;
      }
      if (walk.turns !== turns) {
        // There may be other blocks by now.
        isMore = true;
        break;
      }
    }
  }
}

/** What a look at a block comes to that was put together with others, or removed, while others ran. */
const GONE = Symbol("gone");

/** Ends a step in the middle of a block. @returns whether the block is still there */
function* pauseIn(walk: Walk, block: Block): Steps<boolean> {
  const { turns } = walk;
  yield;
  return walk.turns === turns || isStillThere(connectionOf(walk.scope), block);
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
function* matchOf(walk: Walk, block: Block, way: Way): Steps<Match | undefined | typeof GONE> {
  const { scope, matcher } = walk;
  if (block.mostId < matcher.fromId || block.leastId >= matcher.toId) return undefined;
  const columns = readOnce(() => readColumns(connectionOf(scope), block));
  const reader = () => new BlockReader(connectionOf(scope), block, columns());
  const isWithin = block.leastId >= matcher.fromId && block.mostId < matcher.toId;
  const isAhead = way.direction === "back" ? block.lastPosition < way.before : block.firstPosition > way.behind;
  if (matcher.takesAll && isWithin && isAhead) return { block, count: block.count, marks: undefined, columns, reader };

  const marks = new Uint8Array(block.count).fill(1);
  const { shares } = block;
  if (shares !== undefined && !(yield* siftByIndex(walk, block, shares, marks))) return GONE;
  if (!marks.includes(1)) return undefined;
  matcher.sift(marks, columns, block.names);
  if (!isWithin) siftIds(marks, columns().ids, matcher.fromId, matcher.toId);
  if (!isAhead) siftPositions(marks, columns().positions, block, way);
  if (shares === undefined && matcher.terms.length > 0) {
    if (!(yield* siftByReading(walk, block, reader(), marks))) return GONE;
  }
  const count = countMarks(marks);
  return count === 0 ? undefined : { block, count, marks, columns, reader };
}

/** @returns false when the block is gone */
function* siftByIndex(walk: Walk, block: Block, shares: Shares, marks: Uint8Array): Steps<boolean> {
  const hits = new Uint8Array(block.count);
  for (const [number, terms] of walk.termsIn(shares)) {
    const content = readShare(connectionOf(walk.scope), block, number);
    const share = content && openShare(content, terms[0]?.kind ?? "word", block.count);
    for (const term of terms) {
      hits.fill(0);
      if (share?.mark(term, hits) !== true) marks.fill(0);
      else keepHits(marks, hits);
      if (!marks.includes(1)) return true;
      if (!(yield* pauseIn(walk, block))) return false;
    }
  }
  return true;
}

/** Blocks have one of two numbers of shares. */
function groupedByShare(terms: readonly Term[]): Walk["termsIn"] {
  const known = new Map<Shares, ReadonlyMap<number, readonly Term[]>>();
  return (shares) => {
    const grouped = known.get(shares) ?? Map.groupBy(terms, (term) => shareOf(term, shares));
    known.set(shares, grouped);
    return grouped;
  };
}

function keepHits(marks: Uint8Array, hits: Uint8Array): void {
  for (let at = 0; at < marks.length; at++) marks[at] = (marks[at] ?? 0) & (hits[at] ?? 0);
}

/** @returns false when the block is gone */
function* siftByReading(walk: Walk, block: Block, reader: BlockReader, marks: Uint8Array): Steps<boolean> {
  const text = new WordText();
  for (let at = 0; at < marks.length; at++) {
    if (marks[at] === 0) continue;
    if (!hasTerms(reader.exchange(at), walk.matcher.terms, text)) marks[at] = 0;
    if (!(yield* pauseIn(walk, block))) return false;
  }
  return true;
}

function siftPositions(marks: Uint8Array, positions: Uint32Array, { firstPosition }: Block, way: Way): void {
  for (let at = 0; at < marks.length; at++) {
    const position = firstPosition + (positions[at] ?? 0);
    const isAhead = way.direction === "back" ? position < way.before : position > way.behind;
    if (!isAhead) marks[at] = 0;
  }
}
