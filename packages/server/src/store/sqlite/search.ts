import type { ResourceModel } from "@scimtool/scim";
import type { Found, FoundResource, Key, Query, Reference } from "../store.ts";
import type { Connection } from "./connection.ts";
import { filterSql } from "./filter.ts";
import { foundResource, RESOURCE_COLUMNS, reference } from "./rows.ts";
import { orderSql } from "./sort.ts";
import { type Sql, sql } from "./sql.ts";

/** Runs a query: filter, order, page and total, all in SQL. */
export function search(connection: Connection, endpoint: Key, model: ResourceModel, query: Query): Found {
  const context = { endpoint, model, locations: query.locations };
  const where = query.filter === undefined ? undefined : filterSql(query.filter, context);
  const resources =
    query.limit === 0 ? [] : page(connection, endpoint, model, query, where, orderSql(query.sort, context));
  const total = completesTotal(resources, query)
    ? query.offset + resources.length
    : totalOf(connection, endpoint, model, where);
  return { total, resources: query.groups ? withGroups(connection, endpoint, resources) : resources };
}

/** A page that is not full is the last one, and tells the total by itself. */
function completesTotal(resources: readonly FoundResource[], query: Query): boolean {
  return resources.length < query.limit && (resources.length > 0 || query.offset === 0);
}

function matching(endpoint: Key, model: ResourceModel, where: Sql | undefined): Sql {
  const type = sql("FROM resource r WHERE r.endpoint = ? AND r.type = ?", endpoint, model.type.name);
  if (where === undefined) return type;
  return sql(`${type.text} AND (${where.text})`, ...type.values, ...where.values);
}

function page(
  connection: Connection,
  endpoint: Key,
  model: ResourceModel,
  query: Query,
  where: Sql | undefined,
  order: Sql,
): FoundResource[] {
  const from = matching(endpoint, model, where);
  const rows = connection.all(
    `SELECT ${RESOURCE_COLUMNS} ${from.text} ORDER BY ${order.text} LIMIT ? OFFSET ?`,
    ...from.values,
    ...order.values,
    query.limit,
    query.offset,
  );
  return rows.map((row) => foundResource(row, []));
}

function totalOf(connection: Connection, endpoint: Key, model: ResourceModel, where: Sql | undefined): number {
  if (where === undefined) {
    const row = connection.get(
      "SELECT count FROM population WHERE endpoint = ? AND type = ?",
      endpoint,
      model.type.name,
    );
    return (row?.[0] as number | undefined) ?? 0;
  }
  const from = matching(endpoint, model, where);
  return connection.get(`SELECT count(*) ${from.text}`, ...from.values)?.[0] as number;
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

/** Group keys by member key. */
function membershipsOf(connection: Connection, endpoint: Key, resources: readonly FoundResource[]): Map<Key, Key[]> {
  const keys = JSON.stringify(resources.map(({ key }) => key));
  const rows = connection.all(
    'SELECT m.member, m."group" FROM json_each(?) k JOIN member m ON m.endpoint = ? AND m.member = k.value',
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
    "SELECT g.id, g.type, g.label, g.key FROM json_each(?) k JOIN resource g ON g.endpoint = ? AND g.key = k.value",
    JSON.stringify([...keys]),
    endpoint,
  );
  return new Map(rows.map((row) => [row[3] as Key, reference(row)]));
}
