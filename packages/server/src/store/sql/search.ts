import type { ResourceModel } from "@scimtool/scim";
import type { Found, Key, ListedResource, PageQuery, Position, Query } from "../store.ts";
import type { Dialect } from "./dialect.ts";
import type { FilterContext } from "./filter.ts";
import { countMatches, matchingSql, positionOf } from "./matching.ts";
import { withMembersOfPage } from "./member-lists.ts";
import { type Listing, type LookUpPages, lookUpPages, type Pages, readPage } from "./page.ts";
import { groupsOf } from "./page-groups.ts";
import { type Read, scalarOf } from "./read.ts";
import { GROUP_COLUMNS, joinGroups, listColumns, listedOne, listedResource, listedResources } from "./rows.ts";
import { orderSql, type Section, sectionSql, sectionsOf, sortValueSql } from "./sort.ts";
import { type Row, type Sql, sql } from "./sql.ts";

const LIST_COLUMNS = listColumns("r");
const PAGE_COLUMNS = listColumns("p");

/** Skipping this many index entries takes some microseconds. */
const PLAIN_FREE_OFFSET = 200;

/** Runs a query: filter, order, page and total, all in SQL. */
export function* search(
  dialect: Dialect,
  endpoint: Key,
  model: ResourceModel,
  query: Query,
  memory: Pages | undefined,
): Read<Found> {
  const context = { dialect, endpoint, model, locations: query.locations };
  const pages = lookUpPages(memory, () => identityOf(context, query));
  const listing = listingOf(context, query, pages);
  const { rows, next } = yield* readPage(listing, query, pages);
  const hasMembers = query.members && model.collection !== undefined;
  const resources = hasMembers ? yield* withMembersOfPage(endpoint, rows) : rows;
  const total = yield* totalOf(query, rows.length, next, pages, () => countMatches(context, query.filter));
  const end = yield* endOf(listing, query, { rows, next }, resources.length);
  return end === undefined ? { total, resources } : { total, resources, next: end };
}

/** The start of the next page. A page with too many members ends early. */
export function* endOf<Row>(
  listing: Listing<Row>,
  { keyset }: PageQuery,
  { rows, next }: { readonly rows: readonly Row[]; readonly next?: Position | undefined },
  shown: number,
): Read<Position | undefined> {
  const last = rows[shown - 1];
  if (keyset === undefined || shown === rows.length || last === undefined) return next;
  return yield* listing.positionOf(last);
}

/** The total of a query: the last page shows it; otherwise it is counted once. */
export function* totalOf(
  { keyset, offset, limit }: PageQuery,
  length: number,
  next: Position | undefined,
  pages: LookUpPages,
  count: () => Read<number>,
): Read<number> {
  const isLast =
    keyset === undefined ? length < limit && (length > 0 || offset === 0) : limit > 0 && next === undefined;
  if (isLast && keyset?.after === undefined) return offset + length;
  const known = pages();
  if (known === undefined) return yield* count();
  known.total ??= yield* count();
  return known.total;
}

/** Whether a query lists all resources of its type in the order of their creation. */
function isPlain({ filter, sort }: Query): boolean {
  return filter === undefined && sort === undefined;
}

/** How identity providers look for a match, `userName eq "…"`: needs neither order nor page, and is always short. */
export function findsOne({ filter, offset, limit, keyset, members }: Query): boolean {
  return (
    offset === 0 &&
    limit > 0 &&
    keyset?.after === undefined &&
    !members &&
    filter?.kind === "compare" &&
    filter.operator === "eq" &&
    filter.attribute.uniqueness !== "none"
  );
}

/** The result of {@link oneSql}. */
export function foundByOne(rows: readonly Row[], { groups, label = false }: Query): Found {
  const found = listedOne(rows, { groups, label });
  return { total: found === undefined ? 0 : 1, resources: found === undefined ? [] : [found] };
}

/** The statement that reads the only possible match of a query. */
export function oneSql(context: FilterContext, { filter, groups, label = false }: Query): Sql {
  const where = matchingSql(context, filter);
  const columns = LIST_COLUMNS + (groups ? `, ${GROUP_COLUMNS}` : "") + (label ? ", r.label" : "");
  const order = groups && !context.dialect.joinsInOrder ? 'ORDER BY m."group"' : "";
  return sql(
    `SELECT ${columns} FROM resource r ${groups ? joinGroups("r") : ""} ${where.text} ${order}`,
    ...where.values,
  );
}

/** Identifies a query by its matches and their order. */
function identityOf(context: FilterContext, { filter, sort }: Query): string {
  const type = `${context.endpoint} ${context.model.type.name}`;
  if (filter === undefined && sort === undefined) return type;
  const where = matchingSql(context, filter);
  const order = sort === undefined ? undefined : sortValueSql(sort.attribute, context);
  return JSON.stringify([type, where, order, sort?.descending]);
}

function listingOf(context: FilterContext, query: Query, pages: LookUpPages): Listing<ListedResource> {
  const { filter, sort } = query;
  function* count(section: Section, after: Position | undefined): Read<number> {
    return (yield* scalarOf(sectionCountSql(context, query, section, after))) as number;
  }
  function* countFilled(): Read<number> {
    const known = pages();
    if (known === undefined) return yield* count("filled", undefined);
    known.filled ??= yield* count("filled", undefined);
    return known.filled;
  }
  return {
    sections: sectionsOf(sort, context),
    sectionOf: ({ value }) => (sort === undefined ? "all" : value === null ? "empty" : "filled"),
    read: (section, after, limit, offset) => readSection(context, query, section, { after, limit, offset }),
    count: (section, after) => (section === "filled" && after === undefined ? countFilled() : count(section, after)),
    // No index contains resources without a value, so reading this section scans every resource, even if there are
    // none.
    *isEmpty(section) {
      if (section !== "empty" || filter !== undefined) return false;
      return (yield* countMatches(context, undefined)) === (yield* countFilled());
    },
    positionOf: ({ key }) => positionOf(context, sort, key),
    freeOffset: isPlain(query) ? PLAIN_FREE_OFFSET : 0,
  };
}

export type SectionPage = { readonly after: Position | undefined; readonly limit: number; readonly offset: number };

/**
 * The statement that reads a page of a section. SQLite reads the value of a bare `LIMIT ?` when it plans, and would
 * plan again for each execution, which takes longer than the look-up.
 */
export function sectionPageSql(context: FilterContext, query: Query, section: Section, page: SectionPage): Sql {
  const { filter, sort } = query;
  const where = matchingSql(context, filter, sort);
  const within = sectionSql(section, sort, page.after, context);
  const order = orderSql(section, sort, context);
  const matches = `FROM resource r ${where.text} ${within.text} ${order.text} LIMIT ? + 0 OFFSET ?`;
  const values = [...where.values, ...within.values, ...order.values, page.limit, page.offset];
  const groups = joinsGroups(query, context);
  if (!context.dialect.joinsInOrder) return sql(`SELECT ${LIST_COLUMNS} ${matches}`, ...values);
  if (sort === undefined) {
    if (!groups) return sql(`SELECT ${LIST_COLUMNS} ${matches}`, ...values);
    const rows = `SELECT ${LIST_COLUMNS}, r.endpoint ${matches}`;
    // SQLite keeps the order of the left table of a LEFT JOIN.
    return sql(`SELECT ${PAGE_COLUMNS}, ${GROUP_COLUMNS} FROM (${rows}) p ${joinGroups("p")}`, ...values);
  }
  // Sorts and skips keys instead of whole resources.
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

/** A filter usually finds one resource, so its groups are joined. For a list, they are looked up for all at once. */
function joinsGroups({ groups, filter }: Query, { dialect }: FilterContext): boolean {
  return groups && filter !== undefined && dialect.joinsInOrder;
}

function* readSection(
  context: FilterContext,
  query: Query,
  section: Section,
  page: SectionPage,
): Read<ListedResource[]> {
  const rows = yield sectionPageSql(context, query, section, page);
  if (joinsGroups(query, context)) return listedResources(rows);
  if (!query.groups) return rows.map((row) => listedResource(row));
  const groups = yield* groupsOf(
    context.dialect,
    context.endpoint,
    rows.map((row) => row[0] as Key),
  );
  return rows.map((row, at) => listedResource(row, groups[at]));
}
