import type { ExchangeFilter, ExchangeSummary, MonitorStore, RecordedExchange } from "../../store/monitor.ts";
import type { Scope } from "../../store/store.ts";
import { givingWay } from "./give-way.ts";

/** Where exchanges are read from. */
export type Source = { readonly exchanges: MonitorStore["exchanges"]; readonly scope: Scope };

/** Exchanges that are read at a time: all that is in memory of them, which with bodies may be some MB. */
const PAGE_EXCHANGES = 100;

/**
 * All exchanges that match and were recorded when it began, the oldest first. Others have their turn in between, however
 * many there are.
 */
export async function* summariesOf(
  { exchanges, scope }: Source,
  filter: ExchangeFilter,
): AsyncGenerator<ExchangeSummary> {
  const giveWay = givingWay();
  // What comes meanwhile does not keep it from ending.
  const last = await exchanges.lastPosition(scope);
  for (let position = 0; position < last; ) {
    const page = await exchanges.since(scope, filter, position, PAGE_EXCHANGES);
    for (const summary of page) {
      if (summary.position > last) return;
      yield summary;
      await giveWay();
    }
    if (page.length < PAGE_EXCHANGES) return;
    position = page.at(-1)?.position ?? last;
  }
}

/** As {@link summariesOf}, with headers and bodies. Without what was removed meanwhile, as the oldest are. */
export async function* exchangesOf(source: Source, filter: ExchangeFilter): AsyncGenerator<RecordedExchange> {
  for await (const { id } of summariesOf(source, filter)) {
    const exchange = await source.exchanges.get(source.scope, id);
    if (exchange !== undefined) yield exchange;
  }
}
