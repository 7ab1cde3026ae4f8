import type { PageQuery, Position } from "../store.ts";
import type { Read } from "./read.ts";
import type { Section } from "./sort.ts";

// Pages by offset continue where an earlier page of the same query ended. Otherwise SQLite skips every index entry
// before the page: with 20,000 users that doubles the time of a late page of 100; with 1,000,000 it takes 14 ms a page.

/** Limits of the memory: a few MiB, whatever clients request. */
const MAX_QUERIES = 64;
const MAX_ENDS_PER_QUERY = 16;
const MAX_QUERY_CHARACTERS = 2_000;
const MAX_VALUE_CHARACTERS = 200;

/** Facts from earlier pages of a query; valid until resources are written. */
export class KnownPages {
  /** All matches. */
  total: number | undefined;
  /** Matches with a value of the sort attribute. */
  filled: number | undefined;
  #ends: PageEnd[] = [];

  /** The last known page end that is not after an offset. */
  nearest(offset: number): PageEnd | undefined {
    const before = this.#ends.filter((end) => end.offset <= offset);
    return before.reduce<PageEnd | undefined>(
      (best, end) => (best === undefined || end.offset > best.offset ? end : best),
      undefined,
    );
  }

  /** Notes that `offset` matches come before a position. */
  note(offset: number, position: Position): void {
    if (typeof position.value === "string" && position.value.length > MAX_VALUE_CHARACTERS) return;
    const others = this.#ends.filter((end) => end.offset !== offset);
    this.#ends = [{ offset, position }, ...others].slice(0, MAX_ENDS_PER_QUERY);
  }
}

type PageEnd = { readonly offset: number; readonly position: Position };

/** The known pages of recent queries. */
export class PageMemory {
  #queries = new Map<string, KnownPages>();

  /** This memory while it matches the current snapshot: for a read that others may write during. */
  ofNow(): Pages {
    const queries = this.#queries;
    return { of: (query) => (this.#queries === queries ? this.of(query) : undefined) };
  }

  /** @param query identifies the query; undefined if it is too long to store */
  of(query: string): KnownPages | undefined {
    if (query.length > MAX_QUERY_CHARACTERS) return undefined;
    const known = this.#queries.get(query) ?? new KnownPages();
    // The most recent query is last; the least recent one is dropped.
    this.#queries.delete(query);
    this.#queries.set(query, known);
    const [oldest = query] = this.#queries.keys();
    if (this.#queries.size > MAX_QUERIES) this.#queries.delete(oldest);
    return known;
  }

  clear(): void {
    if (this.#queries.size > 0) this.#queries = new Map();
  }
}

export type Pages = Pick<PageMemory, "of">;

/** Looks up the known pages of a query when it is first needed: most queries never need it. */
export type LookUpPages = () => KnownPages | undefined;

export function lookUpPages(memory: Pages | undefined, query: () => string): LookUpPages {
  let found: { readonly pages: KnownPages | undefined } | undefined;
  return () => {
    found ??= { pages: memory?.of(query()) };
    return found.pages;
  };
}

/** A query's matches, readable section by section. */
export type Listing<Row> = {
  readonly sections: readonly Section[];
  /** The section that contains a position. */
  readonly sectionOf: (position: Position) => Section;
  readonly read: (section: Section, after: Position | undefined, limit: number, offset: number) => Read<Row[]>;
  readonly count: (section: Section, after: Position | undefined) => Read<number>;
  /** Whether a section is known to be empty without reading it. */
  readonly isEmpty?: (section: Section) => Read<boolean>;
  readonly positionOf: (row: Row) => Read<Position>;
  /** Up to this offset, skipping matches costs less than looking up where an earlier page ended. */
  readonly freeOffset: number;
};

/**
 * Reads a page. By offset, it starts at the nearest end of an earlier page.
 * @returns its rows, and the position of the next page if the query pages by position and there is one
 */
export function* readPage<Row>(
  listing: Listing<Row>,
  { keyset, offset, limit }: PageQuery,
  pages: LookUpPages,
): Read<{ readonly rows: Row[]; readonly next?: Position }> {
  if (limit === 0) return { rows: [] };
  if (keyset === undefined) {
    const from = offset <= listing.freeOffset ? undefined : pages()?.nearest(offset);
    const rows = yield* walk(listing, from?.position, limit, offset - (from?.offset ?? 0));
    const last = rows.at(-1);
    const end = offset + limit;
    if (rows.length === limit && last !== undefined && end > listing.freeOffset) {
      pages()?.note(end, yield* listing.positionOf(last));
    }
    return { rows };
  }
  // One more row shows whether there is a next page.
  const rows = yield* walk(listing, keyset.after, limit + 1, 0);
  const last = rows[limit - 1];
  return rows.length <= limit || last === undefined
    ? { rows }
    : { rows: rows.slice(0, limit), next: yield* listing.positionOf(last) };
}

function* walk<Row>(listing: Listing<Row>, after: Position | undefined, limit: number, offset: number): Read<Row[]> {
  const { sections } = listing;
  const first = after === undefined ? 0 : Math.max(0, sections.indexOf(listing.sectionOf(after)));
  const found: Row[] = [];
  let toSkip = offset;
  for (const [at, section] of sections.entries()) {
    if (at < first || (listing.isEmpty !== undefined && (yield* listing.isEmpty(section)))) continue;
    const begin = at === first ? after : undefined;
    const rows = yield* listing.read(section, begin, limit - found.length, toSkip);
    found.push(...rows);
    if (found.length === limit) break;
    const isLast = at === sections.length - 1;
    toSkip = rows.length > 0 || toSkip === 0 || isLast ? 0 : toSkip - (yield* listing.count(section, begin));
  }
  return found;
}
