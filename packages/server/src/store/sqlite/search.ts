import type { ResolvedFilter, ResourceModel } from "@scimtool/scim";
import type { Found, FoundResource, Key, Query, Reference } from "../store.ts";
import type { Connection } from "./connection.ts";
import { type FilterContext, filterSql } from "./filter.ts";
import { foundResource, GROUPS_COLUMN, RESOURCE_COLUMNS, reference } from "./rows.ts";
import { orderSql } from "./sort.ts";
import { type Sql, sql } from "./sql.ts";

/** Runs a query: filter, order, page and total, all in SQL. */
export function search(connection: Connection, endpoint: Key, model: ResourceModel, query: Query): Found {
  const resources = query.limit === 0 ? [] : page(connection, pageSql(endpoint, model, query));
  const total = completesTotal(resources, query)
    ? query.offset + resources.length
    : totalOf(connection, endpoint, model, query);
  const groupsAreMissing = query.groups && !readsGroupsByRow(query);
  return { total, resources: groupsAreMissing ? withGroups(connection, endpoint, resources) : resources };
}

/** What a filter finds is mostly one resource, whose groups come with its row; a whole list has them looked up at once. */
function readsGroupsByRow({ groups, filter }: Query): boolean {
  return groups && filter !== undefined;
}

/** A page that is not full is the last one, and tells the total by itself. */
function completesTotal(resources: readonly FoundResource[], query: Query): boolean {
  return resources.length < query.limit && (resources.length > 0 || query.offset === 0);
}

/** The statement that reads a page. */
export function pageSql(endpoint: Key, model: ResourceModel, query: Query): Sql {
  const context = { endpoint, model, locations: query.locations };
  const from = matching(context, query.filter);
  const order = orderSql(query.sort, context);
  const groups = readsGroupsByRow(query) ? GROUPS_COLUMN : "'[]'";
  return sql(
    `SELECT ${RESOURCE_COLUMNS}, ${groups} ${from.text} ${order.text} LIMIT ? OFFSET ?`,
    ...from.values,
    ...order.values,
    query.limit,
    query.offset,
  );
}

/** The statement that counts what a filter matches. */
export function countSql(context: FilterContext, filter: ResolvedFilter): Sql {
  const from = matching(context, filter);
  return sql(`SELECT count(*) ${from.text}`, ...from.values);
}

function matching(context: FilterContext, filter: ResolvedFilter | undefined): Sql {
  const type = sql("FROM resource r WHERE r.endpoint = ? AND r.type = ?", context.endpoint, context.model.type.name);
  if (filter === undefined) return type;
  const where = filterSql(filter, context);
  return sql(`${type.text} AND (${where.text})`, ...type.values, ...where.values);
}

function page(connection: Connection, { text, values }: Sql): FoundResource[] {
  return connection.all(text, ...values).map(foundResource);
}

function totalOf(connection: Connection, endpoint: Key, model: ResourceModel, { filter, locations }: Query): number {
  const { text, values } =
    filter === undefined
      ? sql("SELECT ifnull(sum(count), 0) FROM population WHERE endpoint = ? AND type = ?", endpoint, model.type.name)
      : countSql({ endpoint, model, locations }, filter);
  return connection.get(text, ...values)?.[0] as number;
}

/** Looks up the groups of a whole page at once: the memberships first, then each group once. */
function withGroups(connection: Connection, endpoint: Key, resources: readonly FoundResource[]): FoundResource[] {
  const memberships = membershipsOf(connection, endpoint, resources);
  if (memberships.size === 0) return [...resources];
  const groups = groupsByKey(connection, endpoint, new Set([...memberships.values()].flat()));
  return resources.map((resource) => ({
    ...resource,
    groups: (memberships.get(resource.key) ?? []).flatMap((key) => groups.get(key) ?? []),
  }));
}

/** Group keys by member key. CROSS JOIN keeps SQLite from walking all memberships and looking each up in the page. */
function membershipsOf(connection: Connection, endpoint: Key, resources: readonly FoundResource[]): Map<Key, Key[]> {
  const keys = JSON.stringify(resources.map(({ key }) => key));
  const rows = connection.all(
    'SELECT m.member, m."group" FROM json_each(?) k CROSS JOIN member m ON m.endpoint = ? AND m.member = k.value',
    keys,
    endpoint,
  );
  const memberships = new Map<Key, Key[]>();
  for (const [member, group] of rows as [Key, Key][]) {
    const groups = memberships.get(member);
    if (groups === undefined) memberships.set(member, [group]);
    else groups.push(group);
  }
  return memberships;
}

function groupsByKey(connection: Connection, endpoint: Key, keys: ReadonlySet<Key>): Map<Key, Reference> {
  const rows = connection.all(
    "SELECT g.id, g.type, g.label, g.key FROM json_each(?) k CROSS JOIN resource g ON g.endpoint = ? AND g.key = k.value",
    JSON.stringify([...keys]),
    endpoint,
  );
  return new Map(rows.map((row) => [row[3] as Key, reference(row)]));
}
