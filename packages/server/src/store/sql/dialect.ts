import type { AttributeNode } from "@scimtool/scim";
import type { Sql } from "./sql.ts";

/**
 * The adapters' differences in SQL. Filters, orders and pages are compiled once, from these pieces. `r` is the row of
 * `resource`, `e` a value of a multi-valued attribute, `s` a value of a multi-valued sub-attribute.
 */
export type Dialect = {
  /**
   * A condition that is always true, and ends the statement if it takes too long: the first in the `WHERE` of every
   * loop over many rows.
   */
  readonly inTime: string;
  /** Like `inTime`, if a check for each row would cost too much. @param key a numeric key of the row */
  readonly inTimeFor: (key: string) => string;
  /** Adds a hint that a condition holds for few rows. */
  readonly seldom: (condition: string) => string;
  /** An inner join that reads its tables in this order, if the database can be told. */
  readonly orderedJoin: string;
  /** Whether the groups of a page are joined to its resources, because the database returns joined rows in order. */
  readonly joinsInOrder: boolean;
  /** The rows `k (value)` of keys, in their order, for a `FROM`. */
  readonly keys: (keys: readonly number[]) => Sql;
  /** Two columns as JSON arrays: the values of all rows. */
  readonly arrayOf: (column: string) => string;
  /** A text column that ignores letter case. */
  readonly folded: (column: "o.label" | "o.type" | "'direct'") => string;
  /** The entity tag of `r`. */
  readonly version: string;
  /** The value of a singular attribute of `r`, ready to compare; null if it is unassigned. */
  readonly member: (attribute: AttributeNode) => string;
  /** Whether an expression for the value of an attribute, ready to compare, is neither null nor empty. */
  readonly hasValue: (text: string, attribute: AttributeNode) => string;
  /** Whether a singular attribute of `r` has a value other than null, "", [] and {}. */
  readonly isFilledMember: (attribute: AttributeNode) => string;
  /** Whether a singular complex attribute of `r` has a value. */
  readonly isObject: (attribute: AttributeNode) => string;
  /** The values `e` of a multi-valued attribute of `r`, for a `FROM`; `e.key` is their order. */
  readonly elements: (attribute: AttributeNode) => string;
  /** A sub-attribute of `e`, or `e` itself if the attribute is simple, ready to compare. */
  readonly element: (attribute: AttributeNode) => string;
  /** Whether `e` has a value other than null, "", [] and {}; of an object, whether one of its members has. */
  readonly isFilledElement: string;
  /** 1 if `e` is the primary value, otherwise 0 or null. */
  readonly isPrimary: string;
  /** The values `s` of a multi-valued sub-attribute of `e`, for a `FROM`, and the value of each, ready to compare. */
  readonly nested: (attribute: AttributeNode) => { readonly from: string; readonly value: string };
  /** A literal in the form of `indexed_value.value` and `unique_value.value`. */
  readonly keptValue: (value: string | number) => string | number;
  readonly contains: (text: Sql, part: string | number) => Sql;
  readonly endsWith: (text: Sql, suffix: string) => Sql;
  /** The value of the column `v` as stored in a position. */
  readonly positionValue: string;
};
