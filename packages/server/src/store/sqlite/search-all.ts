import type { Found, Key, Position, QueryOfAll, QueryOfType, TypedResource } from "../store.ts";
import type { Connection } from "./connection.ts";
import type { FilterContext } from "./filter.ts";
import { checkCost } from "./filter-cost.ts";
import { countMatches, matchingSql, positionOf } from "./matching.ts";
import { withMembers } from "./members.ts";
import { type Listing, lookUpPages, readPage } from "./page.ts";
import { groupsOf } from "./page-groups.ts";
import { listColumns, listedResource } from "./rows.ts";
import { totalOf } from "./search.ts";
import { isNeverEmpty, type Section, type Sort, sectionSql, sortValueSql } from "./sort.ts";
import { literal, type Sql, sql } from "./sql.ts";

/** One type's share of a query, ready to be compiled. */
type Share = { readonly context: FilterContext; readonly query: QueryOfType; readonly sort: Sort | undefined };

type Match = { readonly key: Key; readonly type: string };

/** Runs a query over several resource types: keys first, in one order over all types, then what is on the page. */
export function searchAll(connection: Connection, endpoint: Key, query: QueryOfAll): Found<TypedResource> {
  const shares = sharesOf(endpoint, query);
  for (const { context, query: share } of shares) checkCost(share.filter, context);
  const pages = lookUpPages(connection.pages, () => identityOf(shares, query));
  const { rows, next } = readPage(listingOf(connection, shares, query), query, pages);
  const resources = resourcesOf(connection, endpoint, rows, shares);
  const total = totalOf(query, rows.length, next, pages, () =>
    sum(shares.map(({ context, query: { filter } }) => countMatches(connection, context, filter))),
  );
  return next === undefined ? { total, resources } : { total, resources, next };
}

function sharesOf(endpoint: Key, { types, order, locations }: QueryOfAll): Share[] {
  return types.map((query) => ({
    context: { endpoint, model: query.model, locations },
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

function listingOf(connection: Connection, shares: readonly Share[], { order }: QueryOfAll): Listing<Match> {
  const mayBeEmpty = shares.some((share) => canBe("empty", share));
  const sections: readonly Section[] = order === "descending" ? ["empty", "filled"] : ["filled", "empty"];
  return {
    sections: order === undefined ? ["all"] : sections.filter((section) => section === "filled" || mayBeEmpty),
    sectionOf: ({ value }) => (order === undefined ? "all" : value === null ? "empty" : "filled"),
    read: (section, after, limit, offset) => {
      const statement = matchesSql(shares, section, after, order === "descending");
      if (statement === undefined) return [];
      const rows = connection.all(`${statement.text} LIMIT ? + 0 OFFSET ?`, ...statement.values, limit, offset);
      return rows.map(([key, type]) => ({ key: key as Key, type: type as string }));
    },
    count: (section, after) => {
      const statement = matchesSql(shares, section, after, false);
      if (statement === undefined) return 0;
      return connection.get(`SELECT count(*) FROM (${statement.text})`, ...statement.values)?.[0] as number;
    },
    isEmpty: () => false,
    positionOf: ({ key, type }) => {
      const share = shares.find(({ context }) => context.model.type.name === type);
      return share === undefined ? { key, value: null } : positionOf(connection, share.context, share.sort, key);
    },
    freeOffset: 0,
  };
}

/**
 * The keys and types of a section's matches in their order; undefined where no type has any. `UNION ALL` lets SQLite
 * merge what each type's index has in order already.
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

/** Where a type has no such attribute, all its resources are without a value. */
function canBe(section: "filled" | "empty", { context, sort }: Share): boolean {
  if (sort === undefined) return section === "empty";
  return section === "filled" || !isNeverEmpty(sort.attribute, context);
}

/** What is on the page, in its order, each with the rows beside it that are wanted of its type. */
function resourcesOf(
  connection: Connection,
  endpoint: Key,
  matches: readonly Match[],
  shares: readonly Share[],
): TypedResource[] {
  if (matches.length === 0) return [];
  const rows = connection.all(
    `SELECT ${listColumns("r")} FROM json_each(?) k CROSS JOIN resource r ON r.endpoint = ? AND r.key = k.value`,
    JSON.stringify(matches.map(({ key }) => key)),
    endpoint,
  );
  const rowOf = new Map(rows.map((row) => [row[0] as Key, row]));
  const queryOf = new Map(shares.map(({ query }) => [query.model.type.name, query]));
  const withGroups = matches.filter(({ type }) => queryOf.get(type)?.groups).map(({ key }) => key);
  const listed = withGroups.length === 0 ? [] : groupsOf(connection, endpoint, withGroups);
  const groups = new Map(withGroups.map((key, at) => [key, listed[at]]));
  return matches.flatMap(({ key, type }) => {
    const [row, query] = [rowOf.get(key), queryOf.get(type)];
    if (row === undefined || query === undefined) return [];
    const found = listedResource(row, groups.get(key));
    return [{ ...(query.members ? withMembers(connection, endpoint, query.model, found) : found), type }];
  });
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((left, right) => left + right, 0);
}
