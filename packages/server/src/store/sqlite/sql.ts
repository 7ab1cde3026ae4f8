import type { SQLInputValue } from "node:sqlite";

/** A piece of SQL with the values for its `?`s, in order. Text holds names and structure, never a client's value. */
export type Sql = {
  readonly text: string;
  readonly values: readonly SQLInputValue[];
  /** It may work for long without calling {@link IN_TIME}, so it must not run on the event loop. */
  readonly isUnstoppable?: true;
};

/**
 * A condition that is always true, and ends the statement if it runs for too long: the first in the `WHERE` of every
 * loop that may visit many rows. SQLite evaluates it for each row of the outermost table.
 */
export const IN_TIME = "in_time()";

/** As {@link IN_TIME}, for one in 17 rows of a table. @param key its numeric key, of which no pattern has such a period */
export function inTimeFor(key: string): string {
  return `(${key} % 17 OR in_time(${key}))`;
}

export function sql(text: string, ...values: SQLInputValue[]): Sql {
  return { text, values };
}

/**
 * Joins conditions, one or more, with `AND` or `OR`. In halves of halves, as SQLite limits the depth of an expression
 * (1,000) and reads a long row of them as one that is as deep as it is long.
 */
export function joinSql(pieces: readonly Sql[], operator: "AND" | "OR"): Sql {
  const [only] = pieces;
  if (only !== undefined && pieces.length === 1) return only;
  const middle = Math.ceil(pieces.length / 2);
  const left = joinSql(pieces.slice(0, middle), operator);
  const right = joinSql(pieces.slice(middle), operator);
  return sql(`(${left.text}) ${operator} (${right.text})`, ...left.values, ...right.values);
}

/** A string literal. For names from schemas, which become part of the statement's text. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A JSON path to nested members, as a string literal: `'$."name"."familyName"'`. */
export function jsonPath(keys: readonly string[]): string {
  return literal(`$${keys.map((key) => `.${JSON.stringify(key)}`).join("")}`);
}

/**
 * A text column without regard to letter case. Most texts are ASCII, for which SQLite's own function is faster, and
 * holds no memory until the statement ends (`Connection`).
 */
export function foldedColumn(column: string): string {
  return `iif(length(${column}) = octet_length(${column}), lower(${column}), fold(${column}))`;
}

/** As {@link foldedColumn}, for an expression that costs more, and may be no text. It is evaluated once. */
export function foldedValue(expression: string): string {
  return `(SELECT iif(typeof(v) = 'text', ${foldedColumn("v")}, v) FROM (SELECT ${expression} AS v LIMIT 1))`;
}
