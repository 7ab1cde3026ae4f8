import { parentPort, workerData } from "node:worker_threads";
import type { Sql } from "../sql/sql.ts";
import { Connection, Overrun, type Row } from "./connection.ts";

// A thread that runs the statements of long reads, one read at a time: see reader-threads.ts.

/** The thread's options. */
export type ThreadData = {
  readonly file: string;
  readonly cacheKibibytes: number;
  /** Memory that the functions of a statement may hold until it ends. */
  readonly maxHeldBytes: number;
  /** A 32-bit number: not 0 if the current statement must end. */
  readonly stop: SharedArrayBuffer;
};

/** A statement to run, or the end of the read. */
export type ThreadRequest = Sql | "end";

export type ThreadAnswer =
  | { readonly rows: Row[] }
  | { readonly error: Error; readonly overrun: Overrun["of"] | undefined };

const { file, cacheKibibytes, maxHeldBytes, stop } = workerData as ThreadData;
const stopped = new Int32Array(stop);
const overrunOf = (heldBytes: number) => {
  if (heldBytes > maxHeldBytes) return "memory";
  return Atomics.load(stopped, 0) !== 0 ? "time" : undefined;
};
const connection = new Connection(file, { readOnly: true, cacheKibibytes, overrunOf });

parentPort?.on("message", (request: ThreadRequest) => {
  if (request !== "end") parentPort?.postMessage(answer(request));
  else if (connection.database.isTransaction) connection.run("COMMIT");
});

/** The statements of a read share a transaction, and so a snapshot. */
function answer({ text, values }: Sql): ThreadAnswer {
  try {
    if (!connection.database.isTransaction) connection.run("BEGIN");
    return { rows: connection.all(text, ...values) };
  } catch (error) {
    return { error: error as Error, overrun: error instanceof Overrun ? error.of : undefined };
  }
}
