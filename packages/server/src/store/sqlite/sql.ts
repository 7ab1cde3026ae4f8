import type { SQLInputValue } from "node:sqlite";

/** A piece of SQL with the values for its `?`s, in order. Text holds names and structure, never a client's value. */
export type Sql = { readonly text: string; readonly values: readonly SQLInputValue[] };

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
