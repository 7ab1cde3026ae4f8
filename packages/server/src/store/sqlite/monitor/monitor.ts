import type { MonitorSize, MonitorStore } from "../../monitor.ts";
import { MONITOR, type Read, read } from "../../sql/read.ts";
import { sql } from "../../sql/sql.ts";
import { connectionOf } from "../connection.ts";
import { IN_TIME } from "../dialect.ts";
import { retain } from "./exchange-retention.ts";
import { NO_ENDPOINT } from "./exchange-rows.ts";
import { get, lastPosition, readSince, record, recordEarlier, search, since } from "./exchanges.ts";
import { history } from "./history.ts";
import { population } from "./population.ts";
import { activity, folded } from "./repeats.ts";
import { giveBackSpace } from "./retention-space.ts";
import { statistics } from "./statistics.ts";

export const monitor: MonitorStore = {
  exchanges: {
    record,
    recordEarlier,
    get,
    search,
    since,
    readSince,
    lastPosition,
    folded,
    activity,
    statistics,
    population,
    retain: async (transaction, endpoint, limits, nowMs) =>
      retain(connectionOf(transaction), endpoint ?? NO_ENDPOINT, limits, nowMs),
  },
  history,
  sizes: (scope) => read(scope, MONITOR, sizes),
  giveBackSpace: async (transaction) => ({ isDone: giveBackSpace(connectionOf(transaction)) }),
  forget: async (transaction, endpoint) => {
    const connection = connectionOf(transaction);
    const step = retain(connection, endpoint, { maxCount: 0 }, 0);
    if (!step.isDone) return step;
    connection.run("DELETE FROM exchange_size WHERE endpoint = ?", endpoint);
    connection.run("DELETE FROM population_by_hour WHERE endpoint = ?", endpoint);
    return history.retain(transaction, endpoint, Number.POSITIVE_INFINITY);
  },
};

function* sizes(): Read<MonitorSize[]> {
  const rows = yield sql(
    `SELECT endpoint, sum(count), sum(bytes), sum(entries) FROM
       (SELECT endpoint, count, bytes, 0 AS entries FROM exchange_size
        UNION ALL SELECT endpoint, 0, 0, count(*) FROM history WHERE ${IN_TIME} GROUP BY endpoint)
     GROUP BY endpoint HAVING sum(count) + sum(entries) > 0`,
  );
  return rows.map(([endpoint, exchanges, bytes, entries]) => ({
    endpoint: endpoint === NO_ENDPOINT ? undefined : (endpoint as number),
    exchanges: exchanges as number,
    exchangeBytes: bytes as number,
    historyEntries: entries as number,
  }));
}
