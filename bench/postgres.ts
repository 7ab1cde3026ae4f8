/** The PostgreSQL server of benchmarks: one from npm with durable commits, or that of `DATABASE_URL_TEST`. */
import { spawnSync } from "node:child_process";
import { type Cluster, startCluster } from "../packages/server/src/store/postgres/testing/cluster.ts";

const databases = ["sqlite", "postgres"] as const;
export type DatabaseKind = (typeof databases)[number];

/** A 1 GiB cache, and a log that is long enough for no measurement to wait for a checkpoint. */
const settings = { shared_buffers: "1GB", max_wal_size: "8GB", checkpoint_timeout: "30min" };

let cluster: Promise<Cluster> | undefined;

/** The server, started with the first call. It shares the core of the load generator. */
export function postgres(): Promise<Cluster> {
  cluster ??= startCluster(settings);
  return cluster;
}

/** Copies the file to a new PostgreSQL database. @returns its URL */
export async function migrated(entry: string, file: string): Promise<string> {
  const url = await (await postgres()).createDatabase();
  const { status } = spawnSync(process.execPath, [entry, "migrate", "--from", `file:${file}`, "--to", url], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (status !== 0) throw new Error("scimtool migrate failed.");
  return url;
}

export async function stopPostgres(): Promise<void> {
  await (await cluster)?.stop();
}

/** Throws a sentence if there is no such database. */
export function databaseKind(text = "sqlite"): DatabaseKind {
  const kind = databases.find((each) => each === text);
  if (kind === undefined) throw new Error(`--database must be ${databases.join(" or ")}, not ${text}.`);
  return kind;
}
