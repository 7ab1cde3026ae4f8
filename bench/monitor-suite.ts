/** Measures recording of exchanges, searches and retention. `--help` lists the options. */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openPostgresStore } from "../packages/server/src/store/postgres/store.ts";
import { openSqliteStore } from "../packages/server/src/store/sqlite/store.ts";
import type { Store } from "../packages/server/src/store/store.ts";
import { folderUntilExit, runCommand, wholeNumber } from "./command.ts";
import { loadExchanges } from "./monitor/load.ts";
import { recordingCosts } from "./monitor/recording.ts";
import { retentionSteps } from "./monitor/retention.ts";
import { searchTimes } from "./monitor/searching.ts";
import { type DatabaseKind, databaseKind, postgres, stopPostgres } from "./postgres.ts";

const help = `node bench/monitor-suite.ts [options]

  --exchanges <n>  how many are searched (1000000; about 300 MB of disk)
  --database <kind>  sqlite or postgres (sqlite)
  --only <part>    recording, searching or retention
  --help           this text
`;

const PARTS = ["recording", "searching", "retention"];

await runCommand(async () => {
  const { values } = parseArgs({
    options: {
      exchanges: { type: "string", default: "1000000" },
      database: { type: "string" },
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
  const exchanges = wholeNumber("exchanges", values.exchanges, 1, 100_000_000);
  await run(databaseKind(values.database), exchanges, parts).finally(stopPostgres);
});

async function run(database: DatabaseKind, exchanges: number, parts: readonly string[]): Promise<void> {
  if (parts.includes("recording")) print(await withStore(database, recordingCosts));
  if (!parts.includes("searching") && !parts.includes("retention")) return;
  await withStore(database, async (store) => {
    await loadExchanges(store, exchanges);
    const bytes = (await store.monitor.sizes(store.committed)).reduce(
      (sum, { exchangeBytes }) => sum + exchangeBytes,
      0,
    );
    print(`${exchanges} exchanges, ${(bytes / 1e6).toFixed(0)} MB without indexes`);
    if (parts.includes("searching")) print(await searchTimes(store, exchanges));
    if (parts.includes("retention")) print(await retentionSteps(store, Math.min(100_000, exchanges)));
  });
}

/** Passes an empty store, and closes it afterwards. */
async function withStore<Result>(database: DatabaseKind, use: (store: Store) => Promise<Result>): Promise<Result> {
  const store =
    database === "postgres"
      ? await openPostgresStore(await (await postgres()).createDatabase())
      : openSqliteStore(join(folderUntilExit("scimtool-bench-monitor-"), "scim.db"));
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}

function print(text: string): void {
  process.stdout.write(`${text}\n\n`);
}
