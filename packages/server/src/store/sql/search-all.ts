import type { Found, Key, Position, QueryOfAll, QueryOfType, TypedResource } from "../store.ts";
import type { Dialect } from "./dialect.ts";
import type { FilterContext } from "./filter.ts";
import { countMatches, matchingSql, positionOf } from "./matching.ts";
import { withMembersOfPage } from "./member-lists.ts";
import { type Listing, lookUpPages, type Pages, readPage } from "./page.ts";
import { groupsOf } from "./page-groups.ts";
import { type Read, scalarOf } from "./read.ts";
import { listColumns, listedResource } from "./rows.ts";
import { endOf, totalOf } from "./search.ts";
import { isNeverEmpty, type Section, type Sort, sectionSql, sortValueSql } from "./sort.ts";
import { literal, type Sql, sql } from "./sql.ts";

/** One type's part of a query. */
type Share = { readonly context: FilterContext; readonly query: QueryOfType; readonly sort: Sort | undefined };

type Match = { readonly key: Key; readonly type: string };

/**
 * Runs a query over several resource types: first the keys, in one order over all types, then the resources of the
 * page.
 */
export function* searchAll(
  dialect: Dialect,
  endpoint: Key,
  query: QueryOfAll,
  memory: Pages | undefined,
): Read<Found<TypedResource>> {
  const shares = sharesOf(dialect, endpoint, query);
  const pages = lookUpPages(memory, () => identityOf(shares, query));
  const listing = listingOf(shares, query);
  const { rows, next } = yield* readPage(listing, query, pages);
  const resources = yield* resourcesOf(dialect, endpoint, rows, shares);
  const total = yield* totalOf(query, rows.length, next, pages, () => countAll(shares));
  const end = yield* endOf(listing, query, { rows, next }, resources.length);
  return end === undefined ? { total, resources } : { total, resources, next: end };
}

function* countAll(shares: readonly Share[]): Read<number> {
  let sum = 0;
  for (const { context, query } of shares) sum += yield* countMatches(context, query.filter);
  return sum;
}

function sharesOf(dialect: Dialect, endpoint: Key, { types, order, locations }: QueryOfAll): Share[] {
  return types.map((query) => ({
    context: { dialect, endpoint, model: query.model, locations },
    query,
    sort:
      order === undefined || query.sortBy === undefined
        ? undefined
        : { attribute: query.sortBy, descending: order === "descending" },
  }));
}

function identityOf(shares: readonly Share[], { order }: QueryOfAll): string {
  return JSON.stringify([
    order,
    shares.map(({ context, query, sort }) => [
      context.model.type.name,
      matchingSql(context, query.filter),
      sort === undefined ? undefined : sortValueSql(sort.attribute, context),
    ]),
  ]);
}

function listingOf(shares: readonly Share[], { order }: QueryOfAll): Listing<Match> {
  const mayBeEmpty = shares.some((share) => canBe("empty", share));
  const sections: readonly Section[] = order === "descending" ? ["empty", "filled"] : ["filled", "empty"];
  return {
    sections: order === undefined ? ["all"] : sections.filter((section) => section === "filled" || mayBeEmpty),
    sectionOf: ({ value }) => (order === undefined ? "all" : value === null ? "empty" : "filled"),
    *read(section, after, limit, offset) {
      const statement = matchesSql(shares, section, after, order === "descending");
      if (statement === undefined) return [];
      const rows = yield sql(`${statement.text} LIMIT ? + 0 OFFSET ?`, ...statement.values, limit, offset);
      return rows.map(([key, type]) => ({ key: key as Key, type: type as string }));
    },
    *count(section, after) {
      const statement = matchesSql(shares, section, after, false);
      if (statement === undefined) return 0;
      return (yield* scalarOf(sql(`SELECT count(*) FROM (${statement.text}) matches`, ...statement.values))) as number;
    },
    *positionOf({ key, type }) {
      const share = shares.find(({ context }) => context.model.type.name === type);
      return share === undefined ? { key, value: null } : yield* positionOf(share.context, share.sort, key);
    },
    freeOffset: 0,
  };
}

/**
 * The keys and types of a section's matches in order; undefined if no type has any. `UNION ALL` lets SQLite merge the
 * ordered results of each type's index.
 */
export function matchesSql(
  shares: readonly Share[],
  section: Section,
  after: Position | undefined,
  descending: boolean,
): Sql | undefined {
  const parts = shares
    .filter((share) => section === "all" || canBe(section, share))
    .map(({ context, query, sort }) => {
      const where = matchingSql(context, query.filter, section === "filled" ? sort : undefined);
      const within = sectionSql(section, sort, after, context);
      const value = section === "filled" && sort !== undefined ? sortValueSql(sort.attribute, context) : sql("NULL");
      const text = `SELECT r.key AS key, ${literal(context.model.type.name)} AS type, ${value.text} AS value FROM resource r ${where.text} ${within.text}`;
      return sql(text, ...value.values, ...where.values, ...within.values);
    });
  if (parts.length === 0) return undefined;
  const order = section === "filled" ? `value${descending ? " DESC" : ""}, key` : "key";
  return sql(
    `${parts.map(({ text }) => text).join(" UNION ALL ")} ORDER BY ${order}`,
    ...parts.flatMap(({ values }) => values),
  );
}

/** If a type has no such attribute, all its resources lack a value. */
function canBe(section: "filled" | "empty", { context, sort }: Share): boolean {
  if (sort === undefined) return section === "empty";
  return section === "filled" || !isNeverEmpty(sort.attribute, context);
}

/** The resources of a page in order, each with the rows included for its type. */
function* resourcesOf(
  dialect: Dialect,
  endpoint: Key,
  matches: readonly Match[],
  shares: readonly Share[],
): Read<TypedResource[]> {
  if (matches.length === 0) return [];
  const some = dialect.keys(matches.map(({ key }) => key));
  const rows = yield sql(
    `SELECT ${listColumns("r")} FROM ${some.text} ${dialect.orderedJoin} resource r ON r.endpoint = ? AND r.key = k.value`,
    ...some.values,
    endpoint,
  );
  const rowOf = new Map(rows.map((row) => [row[0] as Key, row]));
  const queryOf = new Map(shares.map(({ query }) => [query.model.type.name, query]));
  const withGroups = matches.filter(({ type }) => queryOf.get(type)?.groups).map(({ key }) => key);
  const listed = withGroups.length === 0 ? [] : yield* groupsOf(dialect, endpoint, withGroups);
  const groups = new Map(withGroups.map((key, at) => [key, listed[at]]));
  const found = matches.flatMap(({ key, type }) => {
    const row = rowOf.get(key);
    return row === undefined ? [] : [{ ...listedResource(row, groups.get(key)), type }];
  });
  return yield* withMembersOfPage(endpoint, found, ({ type }) => {
    const query = queryOf.get(type);
    return query?.members === true && query.model.collection !== undefined;
  });
}
