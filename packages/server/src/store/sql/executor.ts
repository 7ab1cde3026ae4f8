import type { Scope } from "../store.ts";
import type { Row, SqlValue } from "./sql.ts";

type Eventual<T> = T | Promise<T>;

/** Runs statements in a scope, at once or later. */
export type Executor = {
  readonly all: (text: string, ...values: SqlValue[]) => Eventual<Row[]>;
  readonly get: (text: string, ...values: SqlValue[]) => Eventual<Row | undefined>;
  readonly run: (text: string, ...values: SqlValue[]) => Eventual<{ readonly changed: number }>;
  /** Ends a statement whose rows will be changed, so that no other transaction changes them meanwhile. */
  readonly forUpdate: string;
  /** Whether an error of a statement says that a unique label is taken. */
  readonly isLabelTaken: (error: unknown) => boolean;
};

export function executorOf(scope: Scope): Executor {
  return (scope as unknown as { readonly current: () => Executor }).current();
}
