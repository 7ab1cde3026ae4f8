import type { ResolvedFilter } from "@scimtool/scim";
import type { Key, Position } from "../store.ts";
import { type FilterContext, filterSql } from "./filter.ts";
import { type Read, scalarOf } from "./read.ts";
import { isOfType } from "./rows.ts";
import { isUserName, type Sort, sortValueSql } from "./sort.ts";
import { type Sql, sql } from "./sql.ts";

/** The `WHERE` of a query: endpoint, type and filter, on the row `r` of `resource`. */
export function matchingSql(context: FilterContext, filter: ResolvedFilter | undefined, sort?: Sort): Sql {
  const { dialect } = context;
  if (filter === undefined && sort !== undefined && isUserName(sort.attribute, context)) {
    // Only Users have a userName, and reading the type would need the row of each resource, not only the index.
    return sql(`WHERE ${dialect.inTime} AND r.endpoint = ?`, context.endpoint);
  }
  // Skipping a resource costs much less than checking the time.
  const inTime = filter === undefined && sort === undefined ? dialect.inTimeFor("r.key") : dialect.inTime;
  const type = sql(`WHERE ${inTime} AND r.endpoint = ? AND ${isOfType("r", context.model)}`, context.endpoint);
  if (filter === undefined) return type;
  const where = filterSql(filter, context);
  return sql(`${type.text} AND (${where.text})`, ...type.values, ...where.values);
}

/** The statement that counts what a filter matches. */
export function countSql(context: FilterContext, filter: ResolvedFilter): Sql {
  const where = matchingSql(context, filter);
  return sql(`SELECT count(*) FROM resource r ${where.text}`, ...where.values);
}

/** Number of resources of the type that match; without a filter, the stored count. */
export function* countMatches(context: FilterContext, filter: ResolvedFilter | undefined): Read<number> {
  const { endpoint, model } = context;
  const statement =
    filter === undefined
      ? sql("SELECT coalesce(sum(count), 0) FROM population WHERE endpoint = ? AND type = ?", endpoint, model.type.name)
      : countSql(context, filter);
  return (yield* scalarOf(statement)) as number;
}

/** The position after a resource. */
export function* positionOf(
  context: FilterContext,
  sort: Pick<Sort, "attribute"> | undefined,
  key: Key,
): Read<Position> {
  if (sort === undefined) return { key, value: null };
  const { text, values } = sortValueSql(sort.attribute, context);
  const statement = sql(
    `SELECT ${context.dialect.positionValue} FROM (SELECT ${text} AS v FROM resource r WHERE r.endpoint = ? AND r.key = ?) p`,
    ...values,
    context.endpoint,
    key,
  );
  return { key, value: yield* scalarOf(statement) };
}
