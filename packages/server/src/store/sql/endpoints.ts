import type { JsonObject } from "@scimtool/scim";
import type { Endpoint, EndpointStore, Key, Transaction } from "../store.ts";
import { executorOf } from "./executor.ts";

/** As {@link EndpointStore.list}. */
export const LIST = "SELECT key, name, settings, created_ms, revision, is_leaving FROM endpoint ORDER BY key";

export const endpoints: EndpointStore = {
  list: async (scope) =>
    (await executorOf(scope).all(LIST)).map(
      ([key, name, settings, createdMs, revision, isLeaving]): Endpoint => ({
        key: key as number,
        name: name as string,
        settings: JSON.parse(settings as string) as JsonObject,
        createdMs: createdMs as number,
        revision: revision as number,
        isLeaving: isLeaving === 1,
      }),
    ),

  insert: async (transaction, { name, settings }, nowMs) => {
    const connection = executorOf(transaction);
    const made = await connection.get("UPDATE endpoint_made SET last_key = last_key + 1 RETURNING last_key");
    const key = made?.[0] as number;
    await connection.run(
      "INSERT INTO endpoint (key, name, settings, created_ms) VALUES (?, ?, ?, ?)",
      key,
      name,
      JSON.stringify(settings),
      nowMs,
    );
    return { key, name, settings, createdMs: nowMs, revision: 1, isLeaving: false };
  },

  update: async (transaction, { key, name, settings, isLeaving }) => {
    await executorOf(transaction).run(
      "UPDATE endpoint SET name = ?, settings = ?, is_leaving = ?, revision = revision + 1 WHERE key = ?",
      name,
      JSON.stringify(settings),
      isLeaving ? 1 : 0,
      key,
    );
    return (await revisionOf(transaction, key)) as number;
  },

  revisionOf: async (transaction, key) => revisionOf(transaction, key),

  population: async (scope, key) => {
    const rows = await executorOf(scope).all(
      "SELECT type, sum(count) FROM population WHERE endpoint = ? GROUP BY type HAVING sum(count) > 0",
      key,
    );
    return new Map(rows.map(([type, count]) => [type as string, count as number]));
  },

  remove: async (transaction, key) => {
    const connection = executorOf(transaction);
    for (const table of ["population", "credential"]) {
      await connection.run(`DELETE FROM ${table} WHERE endpoint = ?`, key);
    }
    await connection.run("DELETE FROM endpoint WHERE key = ?", key);
  },
};

async function revisionOf(transaction: Transaction, key: Key): Promise<number | undefined> {
  const row = await executorOf(transaction).get("SELECT revision FROM endpoint WHERE key = ?", key);
  return row?.[0] as number | undefined;
}
