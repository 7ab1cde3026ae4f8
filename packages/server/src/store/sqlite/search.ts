import type { ResourceModel } from "@scimtool/scim";
import type { Found, Key, ListedResource, PageQuery, Position, Query } from "../store.ts";
import type { Connection } from "./connection.ts";
import type { FilterContext } from "./filter.ts";
import { checkCost } from "./filter-cost.ts";
import { countMatches, matchingSql, positionOf } from "./matching.ts";
import { withMembers } from "./members.ts";
import { type Listing, type LookUpPages, lookUpPages, readPage } from "./page.ts";
import { groupsOf } from "./page-groups.ts";
import { GROUP_COLUMNS, joinGroups, listColumns, listedOne, listedResource, listedResources } from "./rows.ts";
import { orderSql, type Section, sectionSql, sectionsOf, sortValueSql } from "./sort.ts";
import { type Sql, sql } from "./sql.ts";

const LIST_COLUMNS = listColumns("r");
const PAGE_COLUMNS = listColumns("p");

/** Passing over so many entries of the index of a type takes some microseconds. */
const PLAIN_FREE_OFFSET = 200;

/** Runs a query: filter, order, page and total, all in SQL. */
export function search(connection: Connection, endpoint: Key, model: ResourceModel, query: Query): Found {
  const context = { endpoint, model, locations: query.locations };
  checkCost(query.filter, context);
  const single = findsOneAtMost(query);
  const pages = lookUpPages(single ? undefined : connection.pages, () => identityOf(context, query));
  const { rows, next } = single
    ? { rows: query.limit === 0 ? [] : readOne(connection, context, query) }
    : readPage(listingOf(connection, context, query, pages), query, pages);
  const resources = query.members ? rows.map((found) => withMembers(connection, endpoint, model, found)) : rows;
  const total = totalOf(query, rows.length, next, pages, () => countMatches(connection, context, query.filter));
  return next === undefined ? { total, resources } : { total, resources, next };
}

/** The total of a query: the last page shows it; otherwise it is counted once. */
export function totalOf(
  { keyset, offset, limit }: PageQuery,
  length: number,
  next: Position | undefined,
  pages: LookUpPages,
  count: () => number,
): number {
  const isLast =
    keyset === undefined ? length < limit && (length > 0 || offset === 0) : limit > 0 && next === undefined;
  if (isLast && keyset?.after === undefined) return offset + length;
  const known = pages();
  if (known === undefined) return count();
  known.total ??= count();
  return known.total;
}

/** Whether a query lists all resources of its type in the order of their creation. */
function isPlain({ filter, sort }: Query): boolean {
  return filter === undefined && sort === undefined;
}

/** How identity providers look for a match, `userName eq "…"`: it needs neither order nor page. */
function findsOneAtMost({ filter, offset, keyset }: Query): boolean {
  return (
    offset === 0 &&
    keyset?.after === undefined &&
    filter?.kind === "compare" &&
    filter.operator === "eq" &&
    filter.attribute.uniqueness !== "none"
  );
}

/** The statement that reads the one resource that a query can find. */
export function oneSql(context: FilterContext, { filter, groups, label = false }: Query): Sql {
  const where = matchingSql(context, filter);
  const columns = LIST_COLUMNS + (groups ? `, ${GROUP_COLUMNS}` : "") + (label ? ", r.label" : "");
  return sql(`SELECT ${columns} FROM resource r ${groups ? joinGroups("r") : ""} ${where.text}`, ...where.values);
}

function readOne(connection: Connection, context: FilterContext, query: Query): ListedResource[] {
  const { text, values } = oneSql(context, query);
  const { groups, label = false } = query;
  const found = listedOne(connection.all(text, ...values), { groups, label });
  return found === undefined ? [] : [found];
}

/** Distinguishes a query from all others by its matches and their order. */
function identityOf(context: FilterContext, { filter, sort }: Query): string {
  const type = `${context.endpoint} ${context.model.type.name}`;
  if (filter === undefined && sort === undefined) return type;
  const where = matchingSql(context, filter);
  const order = sort === undefined ? undefined : sortValueSql(sort.attribute, context);
  return JSON.stringify([type, where, order, sort?.descending]);
}

function listingOf(
  connection: Connection,
  context: FilterContext,
  query: Query,
  pages: LookUpPages,
): Listing<ListedResource> {
  const { filter, sort } = query;
  const count = (section: Section, after: Position | undefined): number => {
    const { text, values } = sectionCountSql(context, query, section, after);
    return connection.get(text, ...values)?.[0] as number;
  };
  const countFilled = (): number => {
    const known = pages();
    if (known === undefined) return count("filled", undefined);
    known.filled ??= count("filled", undefined);
    return known.filled;
  };
  return {
    sections: sectionsOf(sort, context),
    sectionOf: ({ value }) => (sort === undefined ? "all" : value === null ? "empty" : "filled"),
    read: (section, after, limit, offset) => readSection(connection, context, query, section, { after, limit, offset }),
    count: (section, after) => (section === "filled" && after === undefined ? countFilled() : count(section, after)),
    // Resources without a value are in no index: reading this section looks at every resource, even if there are none.
    isEmpty: (section) =>
      section === "empty" && filter === undefined && countMatches(connection, context, undefined) === countFilled(),
    positionOf: ({ key }) => positionOf(connection, context, sort, key),
    freeOffset: isPlain(query) ? PLAIN_FREE_OFFSET : 0,
  };
}

export type SectionPage = { readonly after: Position | undefined; readonly limit: number; readonly offset: number };

/**
 * The statement that reads a page of a section. SQLite looks at a bare `LIMIT ?` when it plans, and so would plan anew
 * for each execution, which takes longer than the look-up itself.
 */
export function sectionPageSql(context: FilterContext, query: Query, section: Section, page: SectionPage): Sql {
  const { filter, sort } = query;
  const where = matchingSql(context, filter, sort);
  const within = sectionSql(section, sort, page.after, context);
  const order = orderSql(section, sort, context);
  const matches = `FROM resource r ${where.text} ${within.text} ${order.text} LIMIT ? + 0 OFFSET ?`;
  const values = [...where.values, ...within.values, ...order.values, page.limit, page.offset];
  const groups = joinsGroups(query);
  if (sort === undefined) {
    if (!groups) return sql(`SELECT ${LIST_COLUMNS} ${matches}`, ...values);
    const rows = `SELECT ${LIST_COLUMNS}, r.endpoint ${matches}`;
    // The left table of a LEFT JOIN is walked in its own order.
    return sql(`SELECT ${PAGE_COLUMNS}, ${GROUP_COLUMNS} FROM (${rows}) p ${joinGroups("p")}`, ...values);
  }
  // Whatever has to be sorted for the page, and passed over before it, is keys and not whole resources.
  const rows = `FROM (SELECT r.key ${matches}) k CROSS JOIN resource p ON p.key = k.key`;
  const columns = groups ? `${PAGE_COLUMNS}, ${GROUP_COLUMNS}` : PAGE_COLUMNS;
  return sql(`SELECT ${columns} ${rows} ${groups ? joinGroups("p") : ""}`, ...values);
}

function sectionCountSql(
  context: FilterContext,
  { filter, sort }: Query,
  section: Section,
  after: Position | undefined,
): Sql {
  const where = matchingSql(context, filter, sort);
  const within = sectionSql(section, sort, after, context);
  return sql(`SELECT count(*) FROM resource r ${where.text} ${within.text}`, ...where.values, ...within.values);
}

/** What a filter finds is mostly one resource, whose groups are joined; a whole list has them looked up at once. */
function joinsGroups({ groups, filter }: Query): boolean {
  return groups && filter !== undefined;
}

function readSection(
  connection: Connection,
  context: FilterContext,
  query: Query,
  section: Section,
  page: SectionPage,
): ListedResource[] {
  const { text, values } = sectionPageSql(context, query, section, page);
  const rows = connection.all(text, ...values);
  if (joinsGroups(query)) return listedResources(rows);
  if (!query.groups) return rows.map((row) => listedResource(row));
  const groups = groupsOf(
    connection,
    context.endpoint,
    rows.map((row) => row[0] as Key),
  );
  return rows.map((row, at) => listedResource(row, groups[at]));
}
