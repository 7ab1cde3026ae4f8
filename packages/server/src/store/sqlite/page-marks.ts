import type { Position } from "../store.ts";
import type { Connection } from "./connection.ts";
import type { Anchor, Anchoring } from "./page-anchor.ts";
import type { Section } from "./sort.ts";

/** Bounds what is kept: some MiB at most, whatever clients ask. */
const MAX_QUERIES = 64;
const MAX_MARKS_PER_QUERY = 256;
const MAX_QUERY_CHARACTERS = 2_000;
const MAX_VALUE_CHARACTERS = 200;

/**
 * What was learned of one query's matches: how many there are, and where pages of them end. A client reads page after
 * page, so the next one begins where a mark is, and nothing has to be passed over for it.
 */
export class QueryMarks {
  /** Matches in all. */
  total: number | undefined;
  /** Matches of a section. */
  readonly counts = new Map<Section, number>();
  #marks: Mark[] = [];

  /** The last mark that is not beyond an offset. */
  nearest(offset: number): Mark | undefined {
    return this.#marks[this.#countUpTo(offset) - 1];
  }

  /** Remembers that `offset` matches come before a place. */
  note(offset: number, position: Position): void {
    if (typeof position.value === "string" && position.value.length > MAX_VALUE_CHARACTERS) return;
    const at = this.#countUpTo(offset);
    if (this.#marks[at - 1]?.offset === offset) return;
    this.#marks.splice(at, 0, { offset, position });
    if (this.#marks.length > MAX_MARKS_PER_QUERY) this.#marks.splice(this.#leastUseful(at), 1);
  }

  /** The mark without which the way between its neighbours is shortest, other than the newest: there a walk goes on. */
  #leastUseful(newest: number): number {
    let [found, shortest] = [0, Number.POSITIVE_INFINITY];
    for (let at = 0; at < this.#marks.length; at++) {
      const way = (this.#marks[at + 1]?.offset ?? Number.POSITIVE_INFINITY) - (this.#marks[at - 1]?.offset ?? 0);
      if (at !== newest && way < shortest) [found, shortest] = [at, way];
    }
    return found;
  }

  #countUpTo(offset: number): number {
    let [low, high] = [0, this.#marks.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#marks[middle]?.offset ?? 0) <= offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

export type Mark = { readonly offset: number; readonly position: Position };

/** Marks of a query, as they hold for one state of the database. */
type Known = { readonly version: number; readonly marks: QueryMarks; readonly anchor: Anchor | undefined };

const knownOf = new WeakMap<Connection, Map<string, Known>>();

/** Looks up what is known of a query, and what the query is, once it is needed: most need it never. */
export type KnownMarks = () => QueryMarks | undefined;

export function knownMarks(connection: Connection, identity: () => string, anchoring?: Anchoring): KnownMarks {
  let found: { readonly marks: QueryMarks | undefined } | undefined;
  return () => {
    found ??= { marks: marksOf(connection, identity(), anchoring) };
    return found.marks;
  };
}

/**
 * What is known of a query in the snapshot that a connection reads. A commit, whosever it is, makes it void, except
 * where an anchor tells that it cannot matter.
 * @param query tells it from every other
 * @returns undefined where nothing can be known: a connection that writes sees what is not committed
 */
export function marksOf(connection: Connection, query: string, anchoring?: Anchoring): QueryMarks | undefined {
  if (!connection.isReadOnly || query.length > MAX_QUERY_CHARACTERS) return undefined;
  const version = connection.get("PRAGMA data_version")?.[0] as number;
  const all = knownOf.get(connection) ?? new Map<string, Known>();
  knownOf.set(connection, all);
  const before = all.get(query);
  const known = before?.version === version ? before : renewed(before, version, anchoring);
  // The most recent one comes last; the one that was not asked for the longest gives way.
  all.delete(query);
  all.set(query, known);
  if (all.size > MAX_QUERIES) {
    const [oldest] = all.keys();
    if (oldest !== undefined) all.delete(oldest);
  }
  return known.marks;
}

function renewed(before: Known | undefined, version: number, anchoring: Anchoring | undefined): Known {
  const outlives = before?.anchor !== undefined && anchoring?.holds(before.anchor) === true;
  const marks = outlives ? before.marks : new QueryMarks();
  marks.total = undefined;
  marks.counts.clear();
  return { version, marks, anchor: anchoring?.take() };
}
