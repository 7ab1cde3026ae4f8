import type { JsonObject } from "@scimtool/scim";
import type { Endpoint, EndpointStore, Key, Transaction } from "../store.ts";
import { connectionOf } from "./connection.ts";

export const endpoints: EndpointStore = {
  list: async (scope) =>
    connectionOf(scope)
      .all("SELECT key, name, settings, created_ms, revision, is_leaving FROM endpoint ORDER BY key")
      .map(
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
    const connection = connectionOf(transaction);
    const made = connection.get("UPDATE endpoint_made SET last_key = last_key + 1 RETURNING last_key");
    const key = made?.[0] as number;
    connection.run(
      "INSERT INTO endpoint (key, name, settings, created_ms) VALUES (?, ?, ?, ?)",
      key,
      name,
      JSON.stringify(settings),
      nowMs,
    );
    return { key, name, settings, createdMs: nowMs, revision: 1, isLeaving: false };
  },

  update: async (transaction, { key, name, settings, isLeaving }) => {
    connectionOf(transaction).run(
      "UPDATE endpoint SET name = ?, settings = ?, is_leaving = ?, revision = revision + 1 WHERE key = ?",
      name,
      JSON.stringify(settings),
      isLeaving ? 1 : 0,
      key,
    );
    return revisionOf(transaction, key) as number;
  },

  revisionOf: async (transaction, key) => revisionOf(transaction, key),

  population: async (scope, key) => {
    const rows = connectionOf(scope).all("SELECT type, count FROM population WHERE endpoint = ? AND count > 0", key);
    return new Map(rows.map(([type, count]) => [type as string, count as number]));
  },

  remove: async (transaction, key) => {
    const connection = connectionOf(transaction);
    for (const table of ["population", "credential"]) connection.run(`DELETE FROM ${table} WHERE endpoint = ?`, key);
    connection.run("DELETE FROM endpoint WHERE key = ?", key);
  },
};

function revisionOf(transaction: Transaction, key: Key): number | undefined {
  const row = connectionOf(transaction).get("SELECT revision FROM endpoint WHERE key = ?", key);
  return row?.[0] as number | undefined;
}
