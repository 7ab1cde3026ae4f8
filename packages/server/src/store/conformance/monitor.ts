import { describe } from "node:test";
import { exchangeConformance } from "./monitor-exchanges.ts";
import { historyConformance } from "./monitor-history.ts";
import { monitorSearchConformance } from "./monitor-search.ts";
import { upkeepConformance } from "./monitor-upkeep.ts";
import type { OpenMonitor } from "./monitor-world.ts";

/** What every adapter of the monitor's store must do alike. */
export function monitorConformance(name: string, open: OpenMonitor): void {
  describe(`${name} monitor`, () => {
    exchangeConformance(open);
    monitorSearchConformance(open);
    historyConformance(open);
    upkeepConformance(open);
  });
}
