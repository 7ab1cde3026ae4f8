import type { ResolvedFilter, ResourceModel } from "@scimtool/scim";
import type { Found, FoundResource, Key, Query, Reference } from "../store.ts";
import type { Connection, Row } from "./connection.ts";
import { type FilterContext, filterSql } from "./filter.ts";
import { withMembers } from "./members.ts";
import {
  foundResource,
  foundResources,
  GROUP_COLUMNS,
  isOfType,
  joinGroups,
  reference,
  resourceColumns,
} from "./rows.ts";
import { orderSql } from "./sort.ts";
import { type Sql, sql } from "./sql.ts";

const RESOURCE_COLUMNS = resourceColumns("r");
const PAGE_COLUMNS = resourceColumns("p");

/** Runs a query: filter, order, page and total, all in SQL. */
export function search(connection: Connection, endpoint: Key, model: ResourceModel, query: Query): Found {
  const found = query.limit === 0 ? [] : page(connection, endpoint, model, query);
  const resources = query.members ? found.map((resource) => withMembers(connection, endpoint, model, resource)) : found;
  const total = completesTotal(resources, query)
    ? query.offset + resources.length
    : totalOf(connection, endpoint, model, query);
  return { total, resources };
}

/** What a filter finds is mostly one resource, whose groups are joined; a whole list has them looked up at once. */
function joinsGroups({ groups, filter }: Query): boolean {
  return groups && filter !== undefined;
}

/** A page that is not full is the last one, and tells the total by itself. */
function completesTotal(resources: readonly FoundResource[], query: Query): boolean {
  return resources.length < query.limit && (resources.length > 0 || query.offset === 0);
}

/**
 * The statement that reads a page. SQLite looks at a bare `LIMIT ?` when it plans, and so would plan anew for each
 * execution, which takes longer than the look-up itself.
 */
export function pageSql(endpoint: Key, model: ResourceModel, query: Query): Sql {
  const context = { endpoint, model, locations: query.locations };
  const where = matching(context, query.filter);
  if (findsOneAtMost(query)) {
    const columns = query.groups ? `${RESOURCE_COLUMNS}, ${GROUP_COLUMNS}` : RESOURCE_COLUMNS;
    return sql(
      `SELECT ${columns} FROM resource r ${query.groups ? joinGroups("r") : ""} ${where.text}`,
      ...where.values,
    );
  }
  const order = orderSql(query.sort, context);
  const page = `SELECT ${RESOURCE_COLUMNS}, r.endpoint FROM resource r ${where.text} ${order.text} LIMIT ? + 0 OFFSET ?`;
  return sql(
    // The left table of a LEFT JOIN is walked in its own order.
    joinsGroups(query) ? `SELECT ${PAGE_COLUMNS}, ${GROUP_COLUMNS} FROM (${page}) p ${joinGroups("p")}` : page,
    ...where.values,
    ...order.values,
    query.limit,
    query.offset,
  );
}

/** How identity providers look for a match, `userName eq "…"`: it needs neither order nor page. */
function findsOneAtMost({ filter, offset }: Query): boolean {
  return (
    offset === 0 && filter?.kind === "compare" && filter.operator === "eq" && filter.attribute.uniqueness !== "none"
  );
}

/** The statement that counts what a filter matches. */
export function countSql(context: FilterContext, filter: ResolvedFilter): Sql {
  const where = matching(context, filter);
  return sql(`SELECT count(*) FROM resource r ${where.text}`, ...where.values);
}

function matching(context: FilterContext, filter: ResolvedFilter | undefined): Sql {
  const type = sql(`WHERE r.endpoint = ? AND ${isOfType("r", context.model)}`, context.endpoint);
  if (filter === undefined) return type;
  const where = filterSql(filter, context);
  return sql(`${type.text} AND (${where.text})`, ...type.values, ...where.values);
}

function page(connection: Connection, endpoint: Key, model: ResourceModel, query: Query): FoundResource[] {
  const { text, values } = pageSql(endpoint, model, query);
  const rows = connection.all(text, ...values);
  if (joinsGroups(query)) return foundResources(rows);
  if (!query.groups) return rows.map((row) => foundResource(row));
  const groups = groupsOf(connection, endpoint, rows);
  return rows.map((row) => foundResource(row, groups.get(row[0] as Key)));
}

function totalOf(connection: Connection, endpoint: Key, model: ResourceModel, { filter, locations }: Query): number {
  const { text, values } =
    filter === undefined
      ? sql("SELECT ifnull(sum(count), 0) FROM population WHERE endpoint = ? AND type = ?", endpoint, model.type.name)
      : countSql({ endpoint, model, locations }, filter);
  return connection.get(text, ...values)?.[0] as number;
}

/** The groups of a whole page's resources, by their keys: the memberships first, then each group once. */
function groupsOf(connection: Connection, endpoint: Key, rows: readonly Row[]): Map<Key, Reference[]> {
  const [members, groupKeys] = membershipsOf(connection, endpoint, rows);
  const found = new Map<Key, Reference[]>();
  if (members.length === 0) return found;
  const groups = groupsByKey(connection, endpoint, new Set(groupKeys));
  for (const [at, member] of members.entries()) {
    const group = groups.get(groupKeys[at] as Key);
    if (group === undefined) continue;
    const known = found.get(member);
    if (known === undefined) found.set(member, [group]);
    else known.push(group);
  }
  return found;
}

/**
 * The memberships of a page's resources: member keys, and the group key of each. One row of two JSON arrays is
 * cheaper than a row each. Resources created one after the other have neighbouring keys, and are one range of the index.
 */
function membershipsOf(connection: Connection, endpoint: Key, rows: readonly Row[]): [Key[], Key[]] {
  const first = (rows[0]?.[0] ?? 0) as Key;
  const last = (rows.at(-1)?.[0] ?? 0) as Key;
  const columns = 'json_group_array(m.member), json_group_array(m."group")';
  const row =
    last - first === rows.length - 1
      ? connection.get(
          `SELECT ${columns} FROM member m WHERE m.endpoint = ? AND m.member BETWEEN ? AND ?`,
          endpoint,
          first,
          last,
        )
      : connection.get(
          // CROSS JOIN keeps SQLite from walking all memberships and looking each up in the page.
          `SELECT ${columns} FROM json_each(?) k CROSS JOIN member m ON m.endpoint = ? AND m.member = k.value`,
          JSON.stringify(rows.map(([key]) => key)),
          endpoint,
        );
  return [JSON.parse(row?.[0] as string) as Key[], JSON.parse(row?.[1] as string) as Key[]];
}

function groupsByKey(connection: Connection, endpoint: Key, keys: ReadonlySet<Key>): Map<Key, Reference> {
  const rows = connection.all(
    "SELECT g.id, g.type, g.label, g.key FROM json_each(?) k CROSS JOIN resource g ON g.endpoint = ? AND g.key = k.value",
    JSON.stringify([...keys]),
    endpoint,
  );
  return new Map(rows.map((row) => [row[3] as Key, reference(row)]));
}
