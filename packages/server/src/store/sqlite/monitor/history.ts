import { forEachYielding } from "../../../event-loop.ts";
import type { HistoryStore } from "../../monitor.ts";
import { historyStore, rolesIn } from "../../sql/monitor/history.ts";
import type { Key } from "../../store.ts";
import { connectionOf } from "../connection.ts";
import { dialect } from "../dialect.ts";
import { retainHistory } from "./retention-history.ts";

export const history: HistoryStore = historyStore(dialect, {
  insert: async (transaction, endpoint, { text, values }, roles) => {
    const connection = connectionOf(transaction);
    const entry = connection.get(text, ...values)?.[0] as Key;
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
