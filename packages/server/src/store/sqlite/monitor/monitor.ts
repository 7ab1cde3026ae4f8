import type { ExchangeLimits, MonitorStore } from "../../monitor.ts";
import { exchangeReads } from "../../sql/monitor/exchange-reads.ts";
import { retain } from "../../sql/monitor/exchange-retention.ts";
import { NO_ENDPOINT } from "../../sql/monitor/exchange-rows.ts";
import { sizes } from "../../sql/monitor/sizes.ts";
import { type Connection, connectionOf } from "../connection.ts";
import { dialect } from "../dialect.ts";
import { queries } from "./exchange-filter.ts";
import { lastPosition, record, recordEarlier, remove } from "./exchanges.ts";
import { history } from "./history.ts";
import { giveBackSpace } from "./retention-space.ts";

export const monitor: MonitorStore = {
  exchanges: {
    record,
    recordEarlier,
    lastPosition,
    ...exchangeReads(queries),
    retain: (transaction, endpoint, limits, nowMs) =>
      retainExchanges(connectionOf(transaction), endpoint ?? NO_ENDPOINT, limits, nowMs),
  },
  history,
  sizes: sizes(dialect),
  giveBackSpace: async (transaction) => ({ isDone: giveBackSpace(connectionOf(transaction)) }),
  forget: async (transaction, endpoint) => {
    const connection = connectionOf(transaction);
    const step = await retainExchanges(connection, endpoint, { maxCount: 0 }, 0);
    if (!step.isDone) return step;
    connection.run("DELETE FROM exchange_size WHERE endpoint = ?", endpoint);
    connection.run("DELETE FROM population_by_hour WHERE endpoint = ?", endpoint);
    return history.retain(transaction, endpoint, Number.POSITIVE_INFINITY);
  },
};

function retainExchanges(connection: Connection, endpoint: number, limits: ExchangeLimits, nowMs: number) {
  return retain(connection, (exchanges) => remove(connection, exchanges), endpoint, limits, nowMs);
}
