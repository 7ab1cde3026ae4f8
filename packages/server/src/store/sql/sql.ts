/** A row of a result: its columns in their order. */
export type Row = readonly (string | number | null)[];

export type SqlValue = string | number | null | Uint8Array;

/**
 * A piece of SQL with the values for its `?`s, in order. The text contains names and structure, never a client's value.
 */
export type Sql = {
  readonly text: string;
  readonly values: readonly SqlValue[];
  /** It may run for long without checking the time, so it must not run on the event loop. */
  readonly isUnstoppable?: true;
};

export function sql(text: string, ...values: SqlValue[]): Sql {
  return { text, values };
}

/**
 * Joins conditions with `AND` or `OR`, as a balanced tree: SQLite limits the depth of an expression to 1,000, and a
 * flat list would be as deep as it is long.
 */
export function joinSql(pieces: readonly Sql[], operator: "AND" | "OR"): Sql {
  const [only] = pieces;
  if (only !== undefined && pieces.length === 1) return only;
  const middle = Math.ceil(pieces.length / 2);
  const left = joinSql(pieces.slice(0, middle), operator);
  const right = joinSql(pieces.slice(middle), operator);
  return sql(`(${left.text}) ${operator} (${right.text})`, ...left.values, ...right.values);
}

/** A string literal, for names from schemas, which become part of the statement's text. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
