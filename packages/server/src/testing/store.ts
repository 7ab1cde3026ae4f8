import { join } from "node:path";
import type { MonitorStore } from "../store/monitor.ts";
import type { Store } from "../store/store.ts";

/** What applications of tests keep their data in; `npm run test:postgres` sets it to `postgres`. */
const isPostgres = process.env["TEST_STORE"] === "postgres";

/** Why a test of SQLite's files is skipped, or false: for the `skip` of tests. */
export const SKIP_ON_POSTGRES = isPostgres && "it is about SQLite files";

/** The backup mode of an application of tests that has no backup target. */
export const MODE_WITHOUT_TARGET = isPostgres ? "database-server" : "none";

/** The files with everything that an application of tests has stored; none with PostgreSQL. */
export function storedFiles(dataDir: string): string[] {
  return isPostgres ? [] : ["scim.db", "scim.db-wal"].map((name) => join(dataDir, name));
}

/** One database for each data folder, so that an application that starts again finds its data. */
const urls = new Map<string, Promise<string>>();

const cluster = async () => (await import("../store/postgres/testing/cluster.ts")).startCluster();

/** The PostgreSQL database that belongs to a data folder, made when it is asked for first; undefined with SQLite. */
export function postgresUrlOf(dataDir: string): Promise<string> | undefined {
  if (!isPostgres) return undefined;
  const known = urls.get(dataDir) ?? cluster().then(({ copyTemplate }) => copyTemplate());
  urls.set(dataDir, known);
  return known;
}

/** Removes what {@link postgresUrlOf} made. */
export async function dropPostgresOf(dataDir: string): Promise<void> {
  const url = await urls.get(dataDir);
  if (url === undefined) return;
  urls.delete(dataDir);
  await (await cluster()).dropDatabase(url);
}

/** The part of the tests' store that serves the monitor, so that a test can watch its calls. */
export async function testMonitor(): Promise<MonitorStore> {
  const store = isPostgres ? "postgres" : "sqlite";
  return (await import(`../store/${store}/monitor/monitor.ts`)).monitor;
}

/** Opens the store in which an application with this data folder finds its data. */
export async function openTestStore(dataDir: string): Promise<Store> {
  const url = await postgresUrlOf(dataDir);
  if (url !== undefined) return (await import("../store/postgres/store.ts")).openPostgresStore(url);
  return (await import("../store/sqlite/store.ts")).openSqliteStore(join(dataDir, "scim.db"));
}
