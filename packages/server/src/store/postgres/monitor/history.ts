import type { HistoryStore } from "../../monitor.ts";
import { historyStore } from "../../sql/monitor/history.ts";
import { type Sql, sql } from "../../sql/sql.ts";
import type { Key } from "../../store.ts";
import { type Parameter, transactionOf } from "../connection.ts";
import { dialect } from "../dialect.ts";

/** Resources of an entry that one statement writes. */
const ROLES_PER_STATEMENT = 5_000;

/** Entries removed in one step, and rows of what they concern. */
const ENTRIES_PER_STEP = 80;
const ROLES_PER_STEP = 1_000;

export const history: HistoryStore = historyStore(dialect, {
  insert: async (transaction, endpoint, insert, roles) => {
    const connection = transactionOf(transaction);
    let [ids, numbers]: [string[], string[]] = [[], []];
    let entry: Sql = insert;
    // Every entry concerns at least its own resource: the first statement writes both.
    const written = (): [string, ...Parameter[]] => [
      `WITH entry AS (${entry.text}) INSERT INTO history_of (endpoint, id, history, role)
         SELECT ?::bigint, u.id, entry.key, u.role FROM entry, unnest(?::text[], ?::smallint[]) u(id, role)
         RETURNING history`,
      ...entry.values,
      endpoint,
      ids,
      numbers,
    ];
    for (const [id, role] of roles) {
      if (ids.length === ROLES_PER_STATEMENT) {
        const row = await connection.get(...written());
        entry = sql("SELECT ?::bigint AS key", row?.[0] as Key);
        [ids, numbers] = [[], []];
      }
      ids.push(id);
      numbers.push(String(role));
    }
    await connection.send(...written());
  },

  retain: async (transaction, endpoint, beforeMs) => {
    const connection = transactionOf(transaction);
    const oldest = await connection.all(
      "SELECT key, at_ms FROM history WHERE endpoint = ? ORDER BY key LIMIT ?",
      endpoint,
      ENTRIES_PER_STEP,
    );
    const end = oldest.findIndex(([, atMs]) => (atMs as number) >= beforeMs);
    const keys = oldest.slice(0, end === -1 ? oldest.length : end).map(([key]) => String(key));
    if (keys.length > 0) {
      const { changed } = await connection.run(
        `DELETE FROM history_of WHERE (endpoint, id, history) IN
           (SELECT endpoint, id, history FROM history_of WHERE history = ANY (?::bigint[]) LIMIT ${ROLES_PER_STEP})`,
        keys,
      );
      if (changed === ROLES_PER_STEP) return { removed: 0, isDone: false };
      await connection.run("DELETE FROM history WHERE key = ANY (?::bigint[])", keys);
    }
    return { removed: keys.length, isDone: keys.length < ENTRIES_PER_STEP };
  },
});
