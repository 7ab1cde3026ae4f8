import type { AttributeNode } from "@scimtool/scim";
import type { Position, Query } from "../store.ts";
import { keptOf } from "./columns.ts";
import { type DerivedRows, derivedOperand, derivedRows } from "./derived.ts";
import type { Dialect } from "./dialect.ts";
import { type FilterContext, multiValuedOf, singularOperand, sortedBySql } from "./filter.ts";
import { type Sql, sql } from "./sql.ts";

export type Sort = NonNullable<Query["sort"]>;

/**
 * A part of a query's matches: all of them, those with a value of the sort attribute, or those without one. The latter
 * are together at one end (RFC 7644 §3.4.2.3). Each part is read by its own statement, because most indexes omit
 * missing values.
 */
export type Section = "all" | "filled" | "empty";

/** The sections of a query's matches, in order. */
export function sectionsOf(sort: Sort | undefined, context: FilterContext): readonly Section[] {
  if (sort === undefined) return ["all"];
  if (isNeverEmpty(sort.attribute, context)) return ["filled"];
  return sort.descending ? ["empty", "filled"] : ["filled", "empty"];
}

/** Ignores `required`: a schema may require what older resources lack. */
export function isNeverEmpty(attribute: AttributeNode, context: FilterContext): boolean {
  return derivedOperand(attribute, context) !== undefined || isUserName(attribute, context);
}

/** Whether an attribute's column is used by only one type, so that a value implies the type. */
export function isUserName(attribute: AttributeNode, { model }: FilterContext): boolean {
  return keptOf(model).columnOf.get(attribute) === "user_name";
}

/** The sort key of a row `r` of `resource`; null if it is unassigned. */
export function sortValueSql(attribute: AttributeNode, context: FilterContext): Sql {
  return singularOperand(attribute, context)?.expression ?? firstValue(attribute, context);
}

/** The condition for a section, and for matches after a position in it; follows a `WHERE`. */
export function sectionSql(
  section: Section,
  sort: Sort | undefined,
  after: Position | undefined,
  context: FilterContext,
): Sql {
  if (sort === undefined || section === "all") return behindKey(sql(""), after);
  const value = sortValueSql(sort.attribute, context);
  if (section === "empty") return behindKey(sql(`AND ${value.text} IS NULL`, ...value.values), after);
  const filled = sql(`AND ${value.text} IS NOT NULL`, ...value.values);
  return after?.value == null ? filled : behindValue(filled, value, sort.descending, after.key, after.value);
}

function behindKey({ text, values }: Sql, after: Position | undefined): Sql {
  return after === undefined ? sql(text, ...values) : sql(`${text} AND r.key > ?`, ...values, after.key);
}

function behindValue({ text, values }: Sql, value: Sql, descending: boolean, key: number, last: string | number): Sql {
  // The first half is for the index: the scan starts there.
  return descending
    ? sql(
        `${text} AND ${value.text} <= ? AND (${value.text} < ? OR r.key > ?)`,
        ...values,
        ...value.values,
        last,
        ...value.values,
        last,
        key,
      )
    : sql(`${text} AND (${value.text}, r.key) > (?, ?)`, ...values, ...value.values, last, key);
}

/** `ORDER BY` of a section (RFC 7644 §3.4.2.3): equal values in the order of creation, so that pages never overlap. */
export function orderSql(section: Section, sort: Sort | undefined, context: FilterContext): Sql {
  if (sort === undefined || section !== "filled") return sql("ORDER BY r.key");
  const { text, values } = sortValueSql(sort.attribute, context);
  // Reading an index backwards returns equal values in the wrong order; without equal values, nothing remains to be
  // sorted.
  const tie = isDistinct(sort.attribute, context) ? "" : ", r.key";
  return sql(`ORDER BY ${text}${sort.descending ? " DESC" : ""}${tie}`, ...values);
}

/** Whether an index guarantees that no two resources of a type have the same value. */
function isDistinct(attribute: AttributeNode, context: FilterContext): boolean {
  return attribute === context.model.attributes.get("id") || isUserName(attribute, context);
}

/** A multi-valued attribute sorts by its primary value, otherwise by its first one (RFC 7644 §3.4.2.3). */
function firstValue(attribute: AttributeNode, context: FilterContext): Sql {
  const top = multiValuedOf(attribute);
  const rows = derivedRows(top, context);
  const { dialect } = context;
  if (rows !== undefined) return firstRow(attribute, rows, top === context.model.collection, dialect);
  const value = sortedBySql(attribute, dialect);
  const primary = top.children.has("primary") ? `coalesce(${dialect.isPrimary}, 0) DESC, ` : "";
  return sql(`(SELECT ${value} FROM ${dialect.elements(top)} ORDER BY ${primary}e.key LIMIT 1)`);
}

/** Members and groups are returned in the order of their rows. @param areMembers otherwise groups */
function firstRow(
  attribute: AttributeNode,
  { element }: DerivedRows,
  areMembers: boolean,
  { orderedJoin }: Dialect,
): Sql {
  const { text, values } = element.sub(attribute).expression;
  const [own, other] = areMembers ? ['m."group"', "m.member"] : ["m.member", 'm."group"'];
  return sql(
    `(SELECT ${text} FROM member m ${orderedJoin} resource o ON o.key = ${other} WHERE m.endpoint = r.endpoint AND ${own} = r.key ORDER BY ${other} LIMIT 1)`,
    ...values,
  );
}
