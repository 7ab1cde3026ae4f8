import { describe } from "node:test";
import { exchangeConformance } from "./monitor-exchanges.ts";
import { historyConformance } from "./monitor-history.ts";
import { monitorSearchConformance } from "./monitor-search.ts";
import { upkeepConformance } from "./monitor-upkeep.ts";
import type { OpenMonitor } from "./monitor-world.ts";

/** Tests that the monitor of every store must pass. */
export function monitorConformance(name: string, open: OpenMonitor): void {
  describe(`${name} monitor`, () => {
    exchangeConformance(open);
    monitorSearchConformance(open);
    historyConformance(open);
    upkeepConformance(open);
  });
}
