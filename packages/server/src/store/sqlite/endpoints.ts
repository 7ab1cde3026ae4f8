import type { Endpoint, EndpointStore } from "../store.ts";
import { connectionOf } from "./connection.ts";

export const endpoints: EndpointStore = {
  list: async (scope) =>
    connectionOf(scope)
      .all("SELECT key, name, profile FROM endpoint ORDER BY key")
      .map(([key, name, profile]) => ({ key, name, profile }) as Endpoint),

  insert: async (transaction, { name, profile }) => {
    const { key } = connectionOf(transaction).run("INSERT INTO endpoint (name, profile) VALUES (?, ?)", name, profile);
    return { key, name, profile };
  },

  update: async (transaction, { key, name, profile }) => {
    connectionOf(transaction).run("UPDATE endpoint SET name = ?, profile = ? WHERE key = ?", name, profile, key);
  },
};
