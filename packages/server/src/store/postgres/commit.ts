import { randomUUID } from "node:crypto";
import type { PoolClient } from "pg";
import type { Connection } from "./connection.ts";

// A connection that is lost during COMMIT does not say whether the transaction was committed. So each connection has a
// row that counts its commits, in the transaction itself. Another connection then makes the same step of the count: if it
// can, the transaction was not committed and never will be, since its own step then fails. If the transaction is still
// under way, the row is locked and the other connection waits. Transaction IDs (`pg_xact_status`) could not say it for
// sure: after a crash, the server may give the same ID to another transaction. After a failover, the row may be missing.

/** Which commit it was. */
export type CommitMark = { readonly connection: string; readonly count: number };

const connections = new WeakMap<PoolClient, { readonly id: string; commits: number }>();

/** Connections end after this time, before their rows are removed. */
export const CONNECTION_LIFETIME_S = 3_600;
export const REMOVE_OLD_MARKS = "DELETE FROM commit_mark WHERE made_at < now() - interval '1 day'";

/** Prepares a connection for transactions, once. */
export async function markCommits(client: PoolClient, connection: Connection): Promise<void> {
  if (connections.has(client)) return;
  const id = randomUUID();
  await connection.batch(`INSERT INTO commit_mark (connection) VALUES ('${id}')`);
  connections.set(client, { id, commits: 0 });
}

/** @returns the statement that commits, with its mark */
export function commitOf(client: PoolClient): { readonly text: string; readonly mark: CommitMark } {
  const connection = connections.get(client);
  if (connection === undefined) throw new Error("the connection was not prepared");
  const mark = { connection: connection.id, count: ++connection.commits };
  return { text: `${stepOf(mark)}; COMMIT`, mark };
}

/** Fails with a division by zero if the step was made before. */
function stepOf({ connection, count }: CommitMark): string {
  return `WITH step AS (UPDATE commit_mark SET commits = ${count} WHERE connection = '${connection}'
    AND commits < ${count} RETURNING 1) SELECT 1 / count(*) FROM step`;
}

/** Whether a transaction was committed. If not, it cannot be any more. @param client another connection */
export async function wasCommitted(client: PoolClient, { connection, count }: CommitMark): Promise<boolean> {
  const { rowCount } = await client.query(
    `INSERT INTO commit_mark (connection, commits) VALUES ($1, $2)
     ON CONFLICT (connection) DO UPDATE SET commits = $2 WHERE commit_mark.commits < $2`,
    [connection, count],
  );
  return rowCount === 0;
}
