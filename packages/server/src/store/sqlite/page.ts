import type { PageQuery, Position } from "../store.ts";
import type { KnownMarks } from "./page-marks.ts";
import type { Section } from "./sort.ts";

/** A query's matches, readable in sections that are listed one after the other. */
export type Listing<Row> = {
  readonly sections: readonly Section[];
  /** The section in which a place lies. */
  readonly sectionOf: (position: Position) => Section;
  readonly read: (section: Section, after: Position | undefined, limit: number, offset: number) => Row[];
  readonly count: (section: Section, after: Position | undefined) => number;
  /** Whether a section is known to have nothing without being read. */
  readonly isEmpty: (section: Section) => boolean;
  readonly positionOf: (row: Row) => Position;
  /** Matches that can be passed over at no cost worth mentioning: up to there no marks are needed. */
  readonly freeOffset: number;
};

/**
 * Reads a page. By offset, it begins at the nearest place that is known from earlier pages.
 * @returns its rows, and where the next page begins if it was asked for by place and there is one
 */
export function readPage<Row>(
  listing: Listing<Row>,
  { keyset, offset, limit }: PageQuery,
  marks: KnownMarks,
): { readonly rows: Row[]; readonly next?: Position } {
  if (limit === 0) return { rows: [] };
  if (keyset === undefined) {
    const mark = offset <= listing.freeOffset ? undefined : marks()?.nearest(offset);
    const rows = walk(listing, mark?.position, limit, offset - (mark?.offset ?? 0));
    const last = rows.at(-1);
    const end = offset + limit;
    if (rows.length === limit && last !== undefined && end > listing.freeOffset) {
      marks()?.note(end, listing.positionOf(last));
    }
    return { rows };
  }
  // One more tells whether there is a next page.
  const rows = walk(listing, keyset.after, limit + 1, 0);
  const last = rows[limit - 1];
  return rows.length <= limit || last === undefined
    ? { rows }
    : { rows: rows.slice(0, limit), next: listing.positionOf(last) };
}

function walk<Row>(listing: Listing<Row>, after: Position | undefined, limit: number, offset: number): Row[] {
  const { sections } = listing;
  const first = after === undefined ? 0 : Math.max(0, sections.indexOf(listing.sectionOf(after)));
  const found: Row[] = [];
  let toSkip = offset;
  for (const [at, section] of sections.entries()) {
    if (at < first || listing.isEmpty(section)) continue;
    const begin = at === first ? after : undefined;
    const rows = listing.read(section, begin, limit - found.length, toSkip);
    found.push(...rows);
    if (found.length === limit) break;
    const isLast = at === sections.length - 1;
    toSkip = rows.length > 0 || toSkip === 0 || isLast ? 0 : toSkip - listing.count(section, begin);
  }
  return found;
}
