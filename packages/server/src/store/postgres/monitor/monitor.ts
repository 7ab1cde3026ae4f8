import type { MonitorStore } from "../../monitor.ts";
import { sizes } from "../../sql/monitor/sizes.ts";
import { transactionOf } from "../connection.ts";
import { dialect } from "../dialect.ts";
import { exchanges, retainExchanges } from "./exchanges.ts";
import { history } from "./history.ts";

export const monitor: MonitorStore = {
  exchanges,
  history,
  sizes: sizes(dialect),
  // The server's autovacuum makes the space of removed rows available.
  giveBackSpace: async () => ({ isDone: true }),
  forget: async (transaction, endpoint) => {
    const connection = transactionOf(transaction);
    const step = await retainExchanges(connection, endpoint, { maxCount: 0 }, 0);
    if (!step.isDone) return step;
    await connection.run("DELETE FROM exchange_size WHERE endpoint = ?", endpoint);
    await connection.run("DELETE FROM population_by_hour WHERE endpoint = ?", endpoint);
    return history.retain(transaction, endpoint, Number.POSITIVE_INFINITY);
  },
};
