/** What recording exchanges costs, and how long searching and forgetting them takes. `--help` tells the options. */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openSqliteStore } from "../packages/server/src/store/sqlite/store.ts";
import { loadExchanges } from "./monitor/load.ts";
import { recordingCosts } from "./monitor/recording.ts";
import { retentionSteps } from "./monitor/retention.ts";
import { searchTimes } from "./monitor/searching.ts";

const help = `node bench/monitor-suite.ts [options]

  --exchanges <n>  how many are searched (1000000; about 300 MB of disk)
  --only <part>    recording, searching or retention
  --help           this text
`;

const { values } = parseArgs({
  options: {
    exchanges: { type: "string", default: "1000000" },
    only: { type: "string", default: "" },
    help: { type: "boolean", default: false },
  },
});

if (values.help) process.stdout.write(help);
else await run(Number(values.exchanges));

async function run(exchanges: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "scimtool-bench-monitor-"));
  const isWanted = (part: string) => part.includes(values.only);
  try {
    if (isWanted("recording")) print(await recordingCosts(join(folder, "recording.db")));
    if (!isWanted("searching") && !isWanted("retention")) return;
    const file = join(folder, "searching.db");
    const store = openSqliteStore(file);
    await loadExchanges(store, exchanges);
    print(`${exchanges} exchanges in ${(statSync(file).size / 1e6).toFixed(0)} MB`);
    if (isWanted("searching")) print(await searchTimes(store, exchanges));
    if (isWanted("retention")) print(await retentionSteps(store, Math.min(100_000, exchanges)));
    await store.close();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function print(text: string): void {
  process.stdout.write(`${text}\n\n`);
}
