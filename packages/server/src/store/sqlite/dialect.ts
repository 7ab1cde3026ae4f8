import { type AttributeNode, isCaseExact } from "@scimtool/scim";
import type { Dialect } from "../sql/dialect.ts";
import { literal, sql } from "../sql/sql.ts";

/** Calls `in_time` of the connection (`connection.ts`). SQLite evaluates it for each row of the outermost table. */
export const IN_TIME = "in_time()";

/**
 * Like {@link IN_TIME}, for one in 17 rows of a table. @param key its numeric key, in which no pattern has this period
 */
function inTimeFor(key: string): string {
  return `(${key} % 17 OR in_time(${key}))`;
}

/** A JSON path to nested members, as a string literal: `'$."name"."familyName"'`. */
function jsonPath(keys: readonly string[]): string {
  return literal(`$${keys.map((key) => `.${JSON.stringify(key)}`).join("")}`);
}

/**
 * A text column that ignores letter case. Most texts are ASCII, for which SQLite's own function is faster, and holds no
 * memory until the statement ends (`Connection`).
 */
function foldedColumn(column: string): string {
  return `iif(length(${column}) = octet_length(${column}), lower(${column}), fold(${column}))`;
}

/** Like {@link foldedColumn}, for an expression that costs more and may not be text. It is evaluated once. */
function foldedValue(expression: string): string {
  return `(SELECT iif(typeof(v) = 'text', ${foldedColumn("v")}, v) FROM (SELECT ${expression} AS v LIMIT 1))`;
}

/** Text from JSON, ready to compare, as `comparable` does. */
function comparableSql(attribute: AttributeNode, text: string): string {
  if (attribute.type === "dateTime") return `instant(${text})`;
  const folds = !isCaseExact(attribute) && (attribute.type === "string" || attribute.type === "reference");
  return folds ? foldedValue(text) : text;
}

/**
 * A member of a value `e` in the JSON body. If the schema was different or missing when it was written, `e` may not be
 * an object, and SQLite would parse text as JSON.
 */
function memberOfElement(name: string): string {
  return `iif(e.type = 'object', e.value ->> ${jsonPath([name])}, NULL)`;
}

/** Whether a row of `json_each` is not null, "", [] or {}. */
function isFilled(row: string): string {
  return `CASE ${row}.type WHEN 'null' THEN 0 WHEN 'text' THEN ${row}.value <> '' WHEN 'array' THEN ${row}.value <> '[]' WHEN 'object' THEN ${row}.value <> '{}' ELSE 1 END`;
}

export const dialect: Dialect = {
  inTime: IN_TIME,
  inTimeFor,
  seldom: (condition) => `likelihood(${condition}, 0.001)`,
  orderedJoin: "CROSS JOIN",
  joinsInOrder: true,
  keys: (keys) => sql("json_each(?) k", JSON.stringify(keys)),
  arrayOf: (column) => `json_group_array(${column})`,
  folded: foldedColumn,
  version: `'W/"' || r.revision || '"'`,
  member: (attribute) => comparableSql(attribute, `r.body ->> ${jsonPath(attribute.keys)}`),
  hasValue: (text) => `${text} <> ''`,
  isFilledMember: ({ keys }) => `EXISTS (SELECT 1 FROM json_each(r.body, ${jsonPath(keys)}) t WHERE ${isFilled("t")})`,
  isObject: ({ keys }) => `json_type(r.body, ${jsonPath(keys)}) = 'object'`,
  elements: ({ keys }) => `json_each(r.body, ${jsonPath(keys)}) e`,
  element: (attribute) => {
    const isMember = attribute.parent?.multiValued === true && attribute.parent.type === "complex";
    return comparableSql(attribute, isMember ? memberOfElement(attribute.name) : "e.value");
  },
  isFilledElement: `CASE e.type WHEN 'object' THEN EXISTS (SELECT 1 FROM json_each(e.value) t WHERE ${isFilled("t")}) ELSE ${isFilled("e")} END`,
  isPrimary: memberOfElement("primary"),
  nested: (attribute) => ({
    from: `json_each(iif(e.type = 'object', e.value, NULL), ${jsonPath([attribute.name])}) s`,
    value: comparableSql(attribute, "s.value"),
  }),
  keptValue: (value) => value,
  contains: ({ text, values }, part) => sql(`instr(${text}, ?) > 0`, ...values, part),
  // By bytes: SQLite counts a text's characters only up to a NUL.
  endsWith: ({ text, values }, suffix) => {
    if (suffix === "") return sql(`${text} IS NOT NULL`, ...values);
    const bytes = Buffer.from(suffix);
    return sql(`substr(CAST(${text} AS BLOB), -?) = ?`, ...values, bytes.length, bytes);
  },
  // node:sqlite cannot read integers that a double may not hold; these came from doubles.
  positionValue: "iif(typeof(v) = 'integer', CAST(v AS REAL), v)",
};
