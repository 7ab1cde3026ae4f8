/** Measures the server against a bare node:http server and prints tables. `--help` lists the options. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { pinGenerator } from "./affinity.ts";
import { type BulkComparison, bulkName, runBulkSuite } from "./bulk-suite.ts";
import { type Case, userCases } from "./cases.ts";
import { type Context, type DataSet, loadDataSet, progress } from "./context.ts";
import { addMemberName, type GroupComparison, getWithoutMembersName, groupPlan, runGroupSuite } from "./group-suite.ts";
import { help, type Options, parseOptions } from "./options.ts";
import type { Population } from "./population.ts";
import { stopPostgres } from "./postgres.ts";
import {
  reportBulk,
  reportGroups,
  reportMillion,
  reportServers,
  reportStartAndMemory,
  reportUsers,
  type StartResult,
} from "./report.ts";
import { runServersSuite, type ServersComparison, twoServersName } from "./servers-suite.ts";
import { measureStarts } from "./start-suite.ts";
import { runUserSuite, type UserSuiteResult } from "./user-suite.ts";

const repository = fileURLToPath(new URL("..", import.meta.url));
const sourcesEntry = join(repository, "packages", "server", "src", "cli", "main.ts");
const bundleEntry = join(repository, "dist", "scimtool.mjs");
const usersPerGroup = 200;
const millionUsers = 1_000_000;
const startName = "start to first answer";
const userCaseNames = userCases({ userIds: [], smallGroupIds: [] }, "sqlite").map(({ name }) => name);

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2));
  if (options === undefined) {
    process.stdout.write(help);
    return;
  }
  const temporaryFolder = mkdtempSync(join(tmpdir(), "scimtool-bench-"));
  process.once("exit", () => {
    if (options.keep) process.stderr.write(`Kept ${temporaryFolder}\n`);
    else rmSync(temporaryFolder, { recursive: true, force: true, maxRetries: 5 });
  });
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));

  const context: Context = { options, cores: pinGenerator(), entry: chooseEntry(options), temporaryFolder };
  print(describe(context));
  const results = await runAll(context).finally(stopPostgres);
  if (options.jsonFile !== undefined) {
    const machine = { node: process.version, cpu: cpus()[0]?.model, cores: cpus().length, pinned: context.cores };
    writeFileSync(options.jsonFile, `${JSON.stringify({ machine, options, ...results }, undefined, 2)}\n`);
  }
}

type Results = {
  users: UserSuiteResult[];
  bulk: BulkComparison | undefined;
  servers: ServersComparison[];
  groups: GroupComparison[];
  starts: StartResult[];
};

async function runAll(context: Context): Promise<Results> {
  const { options, temporaryFolder } = context;
  const isWanted = (name: string): boolean => name.toLowerCase().includes(options.caseFilter);
  const plan = { connections: options.connections, usersPerGroup };

  const users: UserSuiteResult[] = [];
  const starts: StartResult[] = [];
  const servers: ServersComparison[] = [];
  let bulk: BulkComparison | undefined;
  const isTwoServers = options.database === "postgres" && isWanted(twoServersName);
  if (isTwoServers || [startName, bulkName, ...userCaseNames].some(isWanted)) {
    progress(`data set of ${options.users} users`);
    const base = await loadDataSet(context, join(temporaryFolder, "base"), { ...plan, users: options.users });
    for (const recording of options.recordings) {
      const result = await runUserSuite(context, base, recording, ({ name }) => isWanted(name));
      if (result.cases.length > 0) print(reportUsers(result));
      users.push(result);
    }
    if (isWanted(startName)) starts.push(...(await startAll(context, base)));
    if (starts.length > 0 || users.some(({ cases }) => cases.length > 0)) print(reportStartAndMemory(starts, users));
    if (isWanted(bulkName)) {
      bulk = await runBulkSuite(context, base);
      print(reportBulk(bulk));
    }
    if (isTwoServers) {
      servers.push(...(await runServersSuite(context, base)));
      print(reportServers(servers));
    }
  }

  const groups: GroupComparison[] = [];
  if ([addMemberName, getWithoutMembersName].some(isWanted)) {
    const dataSet = await loadDataSet(context, join(temporaryFolder, "group"), groupPlan(options));
    groups.push(...(await runGroupSuite(context, dataSet, isWanted)));
    print(reportGroups(groups));
  }

  if (options.million && users.length > 0) {
    const folder = options.dataFolder ?? join(temporaryFolder, "million");
    const largeSet = await keptOrLoaded(context, resolve(folder), { ...plan, users: millionUsers });
    const larges: UserSuiteResult[] = [];
    for (const small of [...users]) {
      const isScaling = ({ name, scales }: Case): boolean => scales && isWanted(name);
      const large = await runUserSuite(context, largeSet, small.recording, isScaling);
      if (large.cases.length > 0) print(reportMillion(small, large));
      larges.push(large);
    }
    const largeStarts = isWanted(startName) ? await startAll(context, largeSet) : [];
    print(reportStartAndMemory(largeStarts, larges));
    starts.push(...largeStarts);
    users.push(...larges);
  }
  return { users, bulk, servers, groups, starts };
}

/** Starts of the program and, if it exists, of the bundle, to which the goal applies. */
async function startAll(context: Context, dataSet: DataSet): Promise<StartResult[]> {
  const entries = new Set([context.entry, ...(existsSync(bundleEntry) ? [bundleEntry] : [])]);
  const results: StartResult[] = [];
  for (const entry of entries) {
    progress(`${startName}, ${programOf(entry)}`);
    const startsMs = await measureStarts(context, dataSet, entry);
    results.push({ userCount: dataSet.population.userIds.length, program: programOf(entry), startsMs });
  }
  return results;
}

/** A data set with its population beside it, written only after loading succeeded. */
async function keptOrLoaded(
  context: Context,
  folder: string,
  plan: Parameters<typeof loadDataSet>[2],
): Promise<DataSet> {
  const populationFile = join(folder, "population.json");
  if (existsSync(populationFile)) {
    progress(`data set kept in ${folder}`);
    return {
      folder,
      databaseUrl: undefined,
      population: JSON.parse(readFileSync(populationFile, "utf8")) as Population,
    };
  }
  if (existsSync(folder) && readdirSync(folder).length > 0)
    throw new Error(`${folder} is neither empty nor a data set.`);
  progress(`data set of ${plan.users} users`);
  const dataSet = await loadDataSet(context, folder, plan);
  writeFileSync(populationFile, JSON.stringify(dataSet.population));
  return dataSet;
}

function chooseEntry(options: Options): string {
  if (options.entry !== undefined) return resolve(options.entry);
  return existsSync(bundleEntry) && statSync(bundleEntry).mtimeMs > newestSourceMs() ? bundleEntry : sourcesEntry;
}

function newestSourceMs(): number {
  const files = readdirSync(join(repository, "packages"), { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.isFile() && entry.name.endsWith(".ts") && !entry.name.endsWith(".test.ts"),
  );
  return Math.max(0, ...files.map((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs));
}

function programOf(entry: string): StartResult["program"] {
  if (entry === bundleEntry) return "bundle";
  return entry === sourcesEntry ? "sources" : "entry";
}

function describe({ options, cores, entry }: Context): string {
  const pinned =
    cores === undefined
      ? "NOT pinned to cores (no taskset, or one core): server and generator share, figures are rough"
      : `server on core ${cores.server}, generator on core ${cores.generator}`;
  return (
    `Node ${process.version}, ${cpus()[0]?.model ?? "unknown CPU"}, ${pinned}\n` +
    `${programOf(entry)}, ${options.database}, ${options.connections} connections, medians of ${options.runs} × ${options.seconds} s`
  );
}

function print(text: string): void {
  process.stdout.write(`${text}\n\n`);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
