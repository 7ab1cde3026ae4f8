import type { ExchangeSummary, RecordedExchange } from "../../exchange.ts";
import type { ExchangeFilter, ExchangePage, FoundExchanges } from "../../monitor.ts";
import type { Scope } from "../../store.ts";
import { connectionOf } from "../connection.ts";
import { BlockReader, readBlocks, readColumns } from "./blocks.ts";
import { FROM_THE_NEWEST, type Match, walkMatches } from "./walk.ts";

export async function get(scope: Scope, id: number): Promise<RecordedExchange | undefined> {
  const connection = connectionOf(scope);
  // Blocks overlap in time but little: what was recorded together was answered together.
  for (const block of readBlocks(connection, "most_id >= ?1 AND least_id <= ?1 ORDER BY most_id", id)) {
    const columns = readColumns(connection, block);
    const at = columns.ids.indexOf(id);
    if (at >= 0) return new BlockReader(connection, block, columns).exchange(at);
  }
  return undefined;
}

export async function search(
  scope: Scope,
  filter: ExchangeFilter,
  { before = FROM_THE_NEWEST.before, limit, counted = true }: ExchangePage,
): Promise<FoundExchanges> {
  // One more tells whether there is a next page.
  const newest = new Newest(limit + 1);
  let total = 0;
  const start = counted ? FROM_THE_NEWEST : { ...FROM_THE_NEWEST, before };
  await walkMatches(scope, filter, start, (match) => {
    total += match.count;
    newest.take(match, before);
    return counted || newest.wants(match.block.firstPosition);
  });
  const found = newest.found.slice(0, limit);
  const last = found.at(-1);
  return {
    total: counted ? total : found.length,
    exchanges: found,
    ...(newest.found.length > limit && last !== undefined ? { next: last.position } : {}),
  };
}

export function since(
  scope: Scope,
  filter: ExchangeFilter,
  position: number,
  limit: number,
): Promise<ExchangeSummary[]> {
  return oldest(scope, filter, position, limit, (reader, at) => reader.summary(at));
}

export function readSince(
  scope: Scope,
  filter: ExchangeFilter,
  position: number,
  limit: number,
): Promise<RecordedExchange[]> {
  return oldest(scope, filter, position, limit, (reader, at) => reader.exchange(at));
}

/** The first of all shelves behind a position, each of which comes with its oldest first. */
async function oldest<Shown extends { readonly position: number }>(
  scope: Scope,
  filter: ExchangeFilter,
  position: number,
  limit: number,
  show: (reader: BlockReader, at: number) => Shown,
): Promise<Shown[]> {
  let found: Shown[] = [];
  // Behind this place, nothing of a further shelf is among them.
  let most = Number.POSITIVE_INFINITY;
  let ofShelf = 0;
  let shelf: number | undefined;
  await walkMatches(scope, filter, { direction: "on", behind: position }, (match) => {
    const { block, marks } = match;
    if (block.shelf !== shelf) {
      [shelf, ofShelf] = [block.shelf, 0];
      found = found.sort((a, b) => a.position - b.position).slice(0, limit);
      most = found[limit - 1]?.position ?? most;
    }
    if (block.firstPosition > most) return false;
    const { positions } = match.columns();
    const reader = match.reader();
    for (let at = 0; at < block.count && ofShelf < limit; at++) {
      if (marks !== undefined && marks[at] !== 1) continue;
      if (block.firstPosition + (positions[at] ?? 0) > most) return false;
      found.push(show(reader, at));
      ofShelf++;
    }
    return ofShelf < limit;
  });
  return found.sort((a, b) => a.position - b.position).slice(0, limit);
}

export async function lastPosition(scope: Scope): Promise<number> {
  return connectionOf(scope).get("SELECT positions FROM monitor_recorded")?.[0] as number;
}

/** Gathers the newest exchanges of all shelves, each of which comes with its newest first. */
class Newest {
  readonly #limit: number;
  #found: ExchangeSummary[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  get found(): readonly ExchangeSummary[] {
    return this.#found;
  }

  /** Whether one at this position would be among them. */
  wants(position: number): boolean {
    const last = this.#found[this.#limit - 1];
    return last === undefined || position > last.position;
  }

  take(match: Match, before: number): void {
    const { block, marks } = match;
    if (block.firstPosition >= before || !this.wants(block.lastPosition)) return;
    const { positions } = match.columns();
    const reader = match.reader();
    // By what there is so far: while more are added, they are in no order.
    const least = this.#found[this.#limit - 1]?.position ?? 0;
    let taken = 0;
    for (let at = block.count - 1; at >= 0 && taken < this.#limit; at--) {
      const position = block.firstPosition + (positions[at] ?? 0);
      if ((marks !== undefined && marks[at] !== 1) || position >= before) continue;
      if (position < least) break;
      this.#found.push(reader.summary(at));
      taken++;
    }
    this.#found = this.#found.sort((a, b) => b.position - a.position).slice(0, this.#limit);
  }
}
