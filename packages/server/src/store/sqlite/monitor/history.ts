import { forEachYielding } from "../../../event-loop.ts";
import type { HistoryStore } from "../../monitor.ts";
import { historyStore, rolesIn } from "../../sql/monitor/history.ts";
import { connectionOf } from "../connection.ts";
import { dialect } from "../dialect.ts";
import { retainHistory } from "./retention-history.ts";

export const history: HistoryStore = historyStore(dialect, {
  insertRoles: async (transaction, endpoint, entry, roles) => {
    const connection = connectionOf(transaction);
    await forEachYielding(roles, ([id, role]) =>
      connection.run(
        "INSERT INTO history_of (endpoint, id, history, role) VALUES (?, ?, ?, ?)",
        endpoint,
        id,
        entry,
        role,
      ),
    );
  },

  retain: async (transaction, endpoint, beforeMs) =>
    retainHistory(connectionOf(transaction), endpoint, beforeMs, (own, entry) =>
      Array.from(rolesIn(own, entry), ([id]) => id),
    ),
});
