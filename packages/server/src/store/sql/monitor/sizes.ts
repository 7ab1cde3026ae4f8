import type { MonitorSize, MonitorStore } from "../../monitor.ts";
import type { Dialect } from "../dialect.ts";
import { MONITOR, type Read, read } from "../read.ts";
import { sql } from "../sql.ts";
import { NO_ENDPOINT } from "./exchange-rows.ts";

export function sizes(dialect: Dialect): MonitorStore["sizes"] {
  return (scope) => read(scope, MONITOR, () => sizesBy(dialect));
}

function* sizesBy({ inTime }: Dialect): Read<MonitorSize[]> {
  const rows = yield sql(
    `SELECT endpoint, sum(count), sum(bytes), sum(entries) FROM
       (SELECT endpoint, count, bytes, 0 AS entries FROM exchange_size
        UNION ALL SELECT endpoint, 0, 0, count(*) FROM history WHERE ${inTime} GROUP BY endpoint) stored
     GROUP BY endpoint HAVING sum(count) + sum(entries) > 0`,
  );
  return rows.map(([endpoint, exchanges, bytes, entries]) => ({
    endpoint: endpoint === NO_ENDPOINT ? undefined : (endpoint as number),
    exchanges: exchanges as number,
    exchangeBytes: bytes as number,
    historyEntries: entries as number,
  }));
}
