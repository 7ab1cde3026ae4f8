import type { SQLInputValue } from "node:sqlite";

/** A piece of SQL with the values for its `?`s, in order. Text holds names and structure, never a client's value. */
export type Sql = { readonly text: string; readonly values: readonly SQLInputValue[] };

export function sql(text: string, ...values: SQLInputValue[]): Sql {
  return { text, values };
}

/** Joins pieces with a separator, each in parentheses. */
export function joinSql(pieces: readonly Sql[], separator: string): Sql {
  return {
    text: pieces.map(({ text }) => `(${text})`).join(separator),
    values: pieces.flatMap(({ values }) => values),
  };
}

/** A string literal. For names from schemas, which become part of the statement's text. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A JSON path to nested members, as a string literal: `'$."name"."familyName"'`. */
export function jsonPath(keys: readonly string[]): string {
  return literal(`$${keys.map((key) => `.${JSON.stringify(key)}`).join("")}`);
}
