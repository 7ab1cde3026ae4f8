import type { ExchangeSummary, RecordedExchange } from "../../store/exchange.ts";
import type { ExchangeFilter, MonitorStore } from "../../store/monitor.ts";
import type { Scope } from "../../store/store.ts";
import { givingWay } from "./give-way.ts";

/** Where exchanges are read from. */
export type Source = { readonly exchanges: MonitorStore["exchanges"]; readonly scope: Scope };

/** Exchanges that are read at a time: all that is in memory of them, which with bodies may be some MB. */
const PAGE_EXCHANGES = 100;

/**
 * All exchanges that match and were recorded when it began, the oldest first. Others have their turn in between, however
 * many there are.
 * @param after only those behind this position
 */
export function summariesOf(source: Source, filter: ExchangeFilter, after = 0): AsyncGenerator<ExchangeSummary> {
  return allOf(source, filter, source.exchanges.since, after);
}

/** As {@link summariesOf}, with headers and bodies. */
export function exchangesOf(source: Source, filter: ExchangeFilter): AsyncGenerator<RecordedExchange> {
  return allOf(source, filter, source.exchanges.readSince, 0);
}

async function* allOf<Shown extends ExchangeSummary>(
  { exchanges, scope }: Source,
  filter: ExchangeFilter,
  read: (scope: Scope, filter: ExchangeFilter, position: number, limit: number) => Promise<Shown[]>,
  after: number,
): AsyncGenerator<Shown> {
  const giveWay = givingWay();
  // What comes meanwhile does not keep it from ending.
  const last = await exchanges.lastPosition(scope);
  for (let position = after; position < last; ) {
    const page = await read(scope, filter, position, PAGE_EXCHANGES);
    for (const shown of page) {
      if (shown.position > last) return;
      yield shown;
      await giveWay();
    }
    if (page.length < PAGE_EXCHANGES) return;
    position = page.at(-1)?.position ?? last;
  }
}
