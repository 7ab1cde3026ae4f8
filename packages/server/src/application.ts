import { accessSync, constants, existsSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { lockLocally } from "@scimtool/replica/lock";
import type { FastifyInstance } from "fastify";
import { replacedSecretsWarnings, secretsWarnings } from "./access.ts";
import type { Config } from "./config.ts";
import type { Core } from "./core.ts";
import { makeFolder } from "./folder.ts";
import { buildServer } from "./http/server.ts";
import { newerVersionFinder } from "./newer-version.ts";
import { databaseName, plaintextWarning } from "./postgres-url.ts";
import type { Environment } from "./replicated/replicated.ts";
import { openServed } from "./served.ts";
import type { DatabaseProblem } from "./store/postgres/listener.ts";
import { NewerSchema } from "./store/sqlite/migrations.ts";
import { copyBeforeMigration, newerSchemaError } from "./store/sqlite/schema-copy.ts";
import { openSqliteStore, type SqliteStore } from "./store/sqlite/store.ts";
import type { Store } from "./store/store.ts";

/** The assembled program, ready to listen. */
export type Application = Pick<Core, "isServing" | "onServing"> & {
  readonly server: FastifyInstance;
  /**
   * Stops accepting requests, finishes those in progress, closes the database, and ships what is pending to the backup.
   * @param withinMs the longest that this may take
   */
  readonly close: (withinMs?: number) => Promise<void>;
};

const USUAL_CLOSE_MS = 25_000;

/** Shares of the time to close: for closing the database, and for shipping to the backup target. */
const CLOSING_SHARE = 0.1;
const SHIPPING_SHARE = 0.4;

/**
 * Opens the database, ensures the secrets, and builds the HTTP server. With a backup target, restores the database
 * first, and opens it only while no other instance has it.
 * @param environment replaced by tests
 * @throws Error if the database, the data folder or the backup target cannot be used
 */
export async function openApplication(config: Config, environment: Environment = {}): Promise<Application> {
  const core = await openCore(config, environment);
  const { serving, backup, databaseServer, isServing, onServing } = core;
  const server = buildServer({
    serving,
    backup,
    databaseServer,
    publicUrl: config.publicUrl,
    newerVersion: config.updateCheck === "on" ? newerVersionFinder() : undefined,
    logLevel: config.logLevel,
    ...(environment.settings !== undefined && { settings: environment.settings }),
    limits: config.connectionLimits,
  });
  core.listening();
  return {
    server,
    isServing,
    onServing,
    close: async (withinMs = USUAL_CLOSE_MS) => {
      const endMs = performance.now() + withinMs;
      core.drain();
      const endDrain = () => server.server.closeAllConnections();
      const drainMs = withinMs * (1 - (backup === undefined ? CLOSING_SHARE : SHIPPING_SHARE));
      const timer = setTimeout(endDrain, drainMs);
      await server.close();
      clearTimeout(timer);
      await core.close(endMs - performance.now());
    },
  };
}

/**
 * Opens the database without a server.
 * @throws Error as {@link openApplication}
 */
export function openCore(config: Config, environment: Environment): Promise<Core> {
  makeFolder(config.dataDir, 0o700);
  if (config.postgresUrl !== undefined) return openOnPostgres(config.postgresUrl, config, environment);
  makeFolder(dirname(config.databaseFile));
  checkWritable(config.databaseFile);
  return config.backupTarget === undefined ? openAlone(config, environment) : openReplicated(config, environment);
}

/**
 * SQLite also opens files that it may not write; later, every change would fail with 500. Its errors do not name which
 * of the files beside the database belongs to another user.
 */
function checkWritable(databaseFile: string): void {
  accessSync(dirname(databaseFile), constants.W_OK);
  for (const file of ["", "-wal", "-shm", "-lock"].map((suffix) => databaseFile + suffix)) {
    if (existsSync(file)) accessSync(file, constants.W_OK);
  }
}

async function openAlone(config: Config, environment: Environment): Promise<Core> {
  // A second process would not notice changes of this one: a token revoked here would stay valid there.
  const unlock = lockLocally(config.databaseFile);
  try {
    return await openLocked(config, environment, unlock);
  } catch (error) {
    unlock();
    throw error;
  }
}

async function openLocked(config: Config, { log = () => undefined }: Environment, unlock: () => void): Promise<Core> {
  return coreOf(openUpgraded(config, log), config, log, async () => unlock());
}

/** Any number of instances share a PostgreSQL database. Its code is loaded only if it is used. */
async function openOnPostgres(url: string, config: Config, { log = () => undefined }: Environment): Promise<Core> {
  const { isLostConnection } = await import("./store/postgres/failures.ts");
  const { openPostgresStore } = await import("./store/postgres/store.ts");
  let problem: DatabaseProblem | undefined;
  const onProblem = (now: DatabaseProblem | undefined) => {
    problem = now;
    if (now === undefined) log("info", "The database answers again.", "server");
    else log("warn", `${now.text}. ${UNTIL_IT_ANSWERS}`, "server");
  };
  const open = () => openPostgresStore(url, { maxReadMs: config.searchTimeoutMs, onProblem });
  const store = await retryStart(open, (error) => isLostConnection(error.cause ?? error), log);
  const plaintext = plaintextWarning(url);
  const warnings = plaintext === undefined ? [] : [plaintext];
  const core = await coreOf(store, config, log, async () => undefined);
  core.onServing((secrets) => void warnings.push(...secretsWarnings(secrets, config)));
  for (const warning of warnings) log("warn", warning, "server");
  const { serving } = core;
  const readiness = () => {
    const own = serving.readiness();
    return own === "ready" && problem?.isPartial === false ? "no database" : own;
  };
  const databaseServer = {
    name: databaseName(url),
    version: store.serverVersion,
    get warnings() {
      const away = problem === undefined ? [] : [`${problem.text}. ${UNTIL_IT_ANSWERS}`];
      const authenticator = serving.access?.authenticator;
      return [...away, ...warnings, ...(authenticator ? replacedSecretsWarnings(authenticator, config) : [])];
    },
  };
  return { ...core, serving: { ...serving, readiness }, databaseServer };
}

const UNTIL_IT_ANSWERS = "Requests may get 503 with Retry-After until it answers again.";

/** The database may be starting too, or a standby may be taking over. */
const START_PATIENCE_MS = 30_000;
const START_PAUSE_MS = 500;

async function retryStart<T>(
  open: () => Promise<T>,
  mayPass: (error: Error) => boolean,
  log: NonNullable<Environment["log"]>,
): Promise<T> {
  const endMs = performance.now() + START_PATIENCE_MS;
  for (let attempt = 1; ; attempt++) {
    try {
      return await open();
    } catch (error) {
      const { message } = error as Error;
      const seconds = START_PATIENCE_MS / 1_000;
      if (!mayPass(error as Error)) throw error;
      if (performance.now() > endMs) {
        throw new Error(`the database was not available for ${seconds} seconds: ${message}.`, { cause: error });
      }
      if (attempt === 1) log("warn", `Waiting up to ${seconds} seconds for the database: ${message}.`, "server");
      await sleep(START_PAUSE_MS);
    }
  }
}

/** @param afterwards runs after the database is closed */
async function coreOf(
  store: Store,
  config: Config,
  log: NonNullable<Environment["log"]>,
  afterwards: () => Promise<void>,
): Promise<Core> {
  try {
    const { secrets, ...current } = await openServed(store, config, log);
    let isReady = true;
    return {
      serving: {
        current,
        access: current,
        admit: async () => current,
        readiness: () => (isReady ? "ready" : "shutting down"),
      },
      backup: undefined,
      isServing: () => true,
      onServing: (listener) => listener(secrets),
      listening: () => undefined,
      drain: () => {
        isReady = false;
      },
      close: async () => {
        await current.close();
        await store.close();
        await afterwards();
      },
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** Opens the database, after copying it if that changes its schema. */
function openUpgraded(
  { databaseFile, cacheMb, searchTimeoutMs }: Config,
  log: NonNullable<Environment["log"]>,
): SqliteStore {
  try {
    const copy = copyBeforeMigration(databaseFile);
    if (copy !== undefined) {
      log(
        "info",
        `The schema of the database changes from ${copy.from} to ${copy.to}. Before that it was copied to ${copy.file}.`,
        "server",
      );
    }
    return openSqliteStore(databaseFile, { cacheMb, maxReadMs: searchTimeoutMs });
  } catch (error) {
    throw error instanceof NewerSchema ? newerSchemaError(error, databaseFile) : error;
  }
}

/** Loads the replication code only if there is a target. */
async function openReplicated(config: Config, environment: Environment): Promise<Core> {
  const { openReplicatedCore } = await import("./replicated/replicated.ts");
  return openReplicatedCore(config, environment);
}
