import type { Key, Scope } from "../store.ts";
import type { Pages } from "./page.ts";
import type { Row, Sql } from "./sql.ts";

/**
 * A read: yields one statement after another, receives the rows of each, and returns the result. It changes nothing
 * outside itself, because it starts again if it takes too long where it runs first.
 */
export type Read<T> = Generator<Sql, T, Row[]>;

/** Starts a read. @param pages earlier pages in the same snapshot, if any are known */
export type BeginRead<T> = (pages: Pages | undefined) => Read<T>;

/**
 * Where reads run that may visit many rows. A transaction runs them on its own connection. On committed data they
 * run at once if they are short, otherwise on a thread.
 */
export type ReadScope = { readonly read: <T>(owner: Key, begin: BeginRead<T>) => Promise<T> };

/** For reads that belong to no endpoint: those of the monitor. */
export const MONITOR: Key = 0;

/**
 * Runs a read of unknown length in one snapshot.
 * @param owner the endpoint that asks; endpoints take turns
 * @throws ReadTooLong, ReadsBusy
 */
export function read<T>(scope: Scope, owner: Key, begin: BeginRead<T>): Promise<T> {
  return (scope as unknown as ReadScope).read(owner, begin);
}

/** The value in the only row and column of a statement. */
export function* scalarOf(statement: Sql): Read<string | number | null> {
  const [row] = yield statement;
  return row?.[0] ?? null;
}
