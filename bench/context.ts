/** Shared by all parts of the benchmark: how servers are started. */
import {
  closeSync,
  constants,
  cpSync,
  fsyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
} from "node:fs";
import { join } from "node:path";
import type { Cores } from "./affinity.ts";
import { createRequestBuilder } from "./client.ts";
import { generateLoad, type Load } from "./generator.ts";
import { type Measurement, measure } from "./measure.ts";
import type { Options } from "./options.ts";
import { type Population, type PopulationPlan, populate } from "./population.ts";
import { migrated, postgres } from "./postgres.ts";
import { benchSecret, floorEntry, type Recording, type ServerProcess, startServer } from "./server-process.ts";

export type Context = {
  options: Options;
  cores: Cores | undefined;
  /** The program to measure. */
  entry: string;
  temporaryFolder: string;
};

/** Where a server keeps its data: below a folder, or in a database. */
export type Place = { folder: string; databaseUrl: string | undefined };

export type DataSet = Place & { population: Population };

const anyList = "/Users?startIndex=1&count=1";

/**
 * Loads a data set into a new place, and stops the server so that the data can be copied. One for PostgreSQL is loaded
 * into SQLite and migrated, which takes a fraction of the time; the requests of the load are then not in its log.
 */
export async function loadDataSet(context: Context, folder: string, plan: PopulationPlan): Promise<DataSet> {
  mkdirSync(folder, { recursive: true });
  const isPostgres = context.options.database === "postgres";
  const recording = isPostgres ? "off" : "on";
  const server = await startServer({ ...context, folder, recording, withProbe: true, firstPath: anyList });
  const population = await populate(server, plan);
  await server.stop();
  const databaseUrl = isPostgres ? await migrated(context.entry, join(folder, "data", "scim.db")) : undefined;
  return { folder, databaseUrl, population };
}

/** Runs `use` against a server with a fresh copy of the data set, so that no run sees the writes of an earlier one. */
export async function withServerOnCopy<Result>(
  context: Context,
  dataSet: DataSet,
  use: (server: ServerProcess) => Promise<Result>,
  recording?: Recording,
): Promise<Result> {
  return withCopy(context, dataSet, async (place) => {
    const server = await startServer({ ...context, ...place, withProbe: true, firstPath: anyList, recording });
    const result = await use(server);
    await server.stop();
    return result;
  });
}

/**
 * Passes `use` a copy of the data set that is already on disk: writing it back later would disturb the measurement.
 */
export async function withCopy<Result>(
  context: Context,
  dataSet: DataSet,
  use: (place: Place) => Promise<Result>,
): Promise<Result> {
  const copy = mkdtempSync(join(context.temporaryFolder, "copy-"));
  if (dataSet.databaseUrl !== undefined) {
    const { copyDatabase, dropDatabase } = await postgres();
    const databaseUrl = await copyDatabase(dataSet.databaseUrl);
    const result = await use({ folder: copy, databaseUrl });
    await dropDatabase(databaseUrl);
    return result;
  }
  cpSync(join(dataSet.folder, "data"), join(copy, "data"), { recursive: true, mode: constants.COPYFILE_FICLONE });
  for (const entry of readdirSync(copy, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) flushFile(join(entry.parentPath, entry.name));
  }
  const result = await use({ folder: copy, databaseUrl: undefined });
  if (!context.options.keep) rmSync(copy, { recursive: true });
  return result;
}

/** A warm floor, and a function that measures its current cost, which depends on other work on the machine. */
export async function startFloor(
  context: Context,
): Promise<{ measure(): Promise<Measurement>; stop(): Promise<void> }> {
  const folder = mkdtempSync(join(context.temporaryFolder, "floor-"));
  const server = await startServer({ ...context, entry: floorEntry, folder, withProbe: true, firstPath: anyList });
  const request = createRequestBuilder(benchSecret)("GET", "/Users/7d1c5a0e-3b52-4c39-9a3f-0c8f2e6b4a11");
  const load = timedLoad(context, { makeRequest: () => request, expectedStatuses: [200] });
  await warmUp(context, server, load);
  return { measure: () => measure(server, load), stop: server.stop };
}

export function timedLoad(
  context: Context,
  load: Pick<Load, "makeRequest" | "expectedStatuses" | "firstIndex">,
): Omit<Load, "port"> {
  return { ...load, connections: context.options.connections, maxSeconds: context.options.seconds };
}

/** Runs the load until the server is warm; returns the next unused index. */
export async function warmUp(context: Context, server: ServerProcess, load: Omit<Load, "port">): Promise<number> {
  const { warmUpSeconds } = context.options;
  return (await generateLoad({ ...load, port: server.port, maxSeconds: warmUpSeconds })).nextIndex;
}

export function progress(text: string): void {
  process.stderr.write(`  ${text}\n`);
}

function flushFile(file: string): void {
  const descriptor = openSync(file, "r+");
  fsyncSync(descriptor);
  closeSync(descriptor);
}
