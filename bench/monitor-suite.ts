/** Measures recording of exchanges, searches and retention. `--help` lists the options. */
import { statSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openSqliteStore } from "../packages/server/src/store/sqlite/store.ts";
import { folderUntilExit, runCommand, wholeNumber } from "./command.ts";
import { loadExchanges } from "./monitor/load.ts";
import { recordingCosts } from "./monitor/recording.ts";
import { retentionSteps } from "./monitor/retention.ts";
import { searchTimes } from "./monitor/searching.ts";

const help = `node bench/monitor-suite.ts [options]

  --exchanges <n>  how many are searched (1000000; about 300 MB of disk)
  --only <part>    recording, searching or retention
  --help           this text
`;

const PARTS = ["recording", "searching", "retention"];

await runCommand(async () => {
  const { values } = parseArgs({
    options: {
      exchanges: { type: "string", default: "1000000" },
      only: { type: "string", default: "" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(help);
    return;
  }
  const parts = PARTS.filter((part) => part.includes(values.only));
  if (parts.length === 0) throw new Error(`--only must be one of ${PARTS.join(", ")}, not ${values.only}.`);
  await run(wholeNumber("exchanges", values.exchanges, 1, 100_000_000), parts);
});

async function run(exchanges: number, parts: readonly string[]): Promise<void> {
  const folder = folderUntilExit("scimtool-bench-monitor-");
  if (parts.includes("recording")) print(await recordingCosts(join(folder, "recording.db")));
  if (!parts.includes("searching") && !parts.includes("retention")) return;
  const file = join(folder, "searching.db");
  const store = openSqliteStore(file);
  await loadExchanges(store, exchanges);
  print(`${exchanges} exchanges in ${(statSync(file).size / 1e6).toFixed(0)} MB`);
  if (parts.includes("searching")) print(await searchTimes(store, exchanges));
  if (parts.includes("retention")) print(await retentionSteps(store, Math.min(100_000, exchanges)));
  await store.close();
}

function print(text: string): void {
  process.stdout.write(`${text}\n\n`);
}
