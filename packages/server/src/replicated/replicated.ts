import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Replica, ReplicaOptions, Target } from "@scimtool/replica";
import { expectedAccess, type Secrets } from "../access.ts";
import { type Backup, Unavailable } from "../backup/backup.ts";
import { shellWord } from "../cli/text.ts";
import type { Config, EffectiveSetting } from "../config.ts";
import type { Core } from "../core.ts";
import { earlierCopies } from "../import/earlier-copies.ts";
import { openServed } from "../served.ts";
import { checkDatabase, readAccess } from "../store/sqlite/access.ts";
import { NewerSchema } from "../store/sqlite/migrations.ts";
import { GO_BACK, newerSchemaError, schemaCopyName } from "../store/sqlite/schema-copy.ts";
import { openSqliteStore } from "../store/sqlite/store.ts";
import { backupBy, translated } from "./backup.ts";
import { restoresFrom } from "./restores.ts";
import { retriedStart } from "./retried-start.ts";
import { copyToTarget, PLAIN_NAME } from "./schema-copy.ts";
import { ReplicatedServing } from "./serving.ts";

/** The part of the replica's package that is used here. */
type ReplicaLibrary = {
  /** @throws Error for an invalid text, without a token in it */
  readonly openTarget: (text: string, env: NodeJS.ProcessEnv) => Target | Promise<Target>;
  readonly startReplica: (options: ReplicaOptions) => Promise<Replica>;
};

/** Dependencies that tests replace. */
export type Environment = {
  /** A log line for people. */
  readonly log?: (level: "info" | "warn" | "error", line: string, about?: "server") => void;
  /** The settings as given, for display. */
  readonly settings?: readonly EffectiveSetting[];
  /** Replaces the real one. */
  readonly replica?: ReplicaLibrary;
  /** Called if the start has to wait for the backup target. @returns called when it continues or fails */
  readonly whileWaiting?: () => Promise<() => Promise<void>>;
};

/** Reserved from the time to close, so that the process ends before it is killed. */
const SPARE_MS = 500;

const NOTHING = () => undefined;

/**
 * Restores the database, and opens it if no other instance can be the primary; otherwise stands by.
 * @throws Error if the target cannot be used, or its database cannot be restored or opened
 */
export async function openReplicatedCore(config: Config, environment: Environment): Promise<Core> {
  const { log = NOTHING, replica: given } = environment;
  const library = given ?? (await import("@scimtool/replica"));
  const target = await openTargetOf(config, library);
  const listeners: ((secrets: Secrets) => void)[] = [];
  let secrets: Secrets | undefined;
  let serving: ReplicatedServing | undefined;
  const options: ReplicaOptions = {
    file: config.databaseFile,
    target,
    durability: config.backupDurability,
    plainIntervalMs: config.backupIntervalMs,
    retentionMs: config.backupRetentionMs,
    init: config.init,
    log,
    host: {
      accept: async (file) => void (await readAccess(file)),
      pauseWrites: async () => (await serving?.pauseWrites()) ?? NOTHING,
      demoted: async (why) => serving?.demoted(why),
    },
  };
  const start = async () => {
    await checkFileToInit(config, target);
    if (!config.init) await refuseEarlierCopies(target);
    return library.startReplica(options);
  };
  const replica = await retriedStart(start, environment);
  try {
    serving = new ReplicatedServing({
      promote: async () => {
        // While another instance may be the primary, one that cannot open the database must not replace it.
        if (replica.role === "standby") {
          try {
            checkDatabase(config.databaseFile);
          } catch (error) {
            throw unusable(config, replica, error);
          }
        }
        await replica.promote().catch((error: unknown) => {
          throw translated(error);
        });
      },
      role: () => replica.role,
      prepare: () =>
        copyToTarget(config.databaseFile, target, log).catch((error: unknown) => {
          throw translated(error);
        }),
      openStore: () => {
        try {
          return openSqliteStore(config.databaseFile, {
            cacheMb: config.cacheMb,
            maxReadMs: config.searchTimeoutMs,
            replicated: { onCommit: (weight) => replica.changed(weight === "answered") },
          });
        } catch (error) {
          throw unusable(config, replica, error);
        }
      },
      serve: async (store) => {
        const { secrets: found, ...served } = await openServed(store, config, log, () => !isDiskFull(replica));
        secrets = found;
        return served;
      },
      onServing: () => {
        for (const listener of listeners) listener(secrets as Secrets);
      },
      log,
    });
    if (replica.promotable === "at-once") await promoteNow(serving);
    if (serving.current === undefined) {
      const stored = await readAccess(config.databaseFile).catch((error: unknown) => {
        throw unusable(config, replica, error);
      });
      serving.expect(expectedAccess(stored, config));
    }
  } catch (error) {
    await serving?.close();
    await replica.close(SPARE_MS).catch(NOTHING);
    throw error;
  }
  const backup = backupBy(replica, restoresFrom(target, config.databaseFile));
  return coreOf(replica, backup, serving, listeners, () => secrets, log);
}

function isDiskFull(replica: Replica): boolean {
  return replica.refusal()?.diskFull ?? false;
}

/** @returns an error that says where the unusable database is */
function unusable({ databaseFile }: Config, replica: Replica, error: unknown): Error {
  const { restoredFrom, target } = replica.status();
  const { message } = error as Error;
  if (restoredFrom?.kind !== "target" && restoredFrom?.kind !== "plain-copy") {
    return error instanceof NewerSchema
      ? newerSchemaError(error, databaseFile)
      : new Error(`${databaseFile}: ${message}`, { cause: error });
  }
  const advice =
    error instanceof NewerSchema
      ? `Start that version. Or go back to the copy from before its upgrade, ${schemaCopyName(PLAIN_NAME, error.known)}: ${GO_BACK}.`
      : "Empty the target or choose another with --backup-target (BACKUP_TARGET).";
  return new Error(`the database at the backup target ${target} cannot be opened: ${message}. ${advice}`, {
    cause: error,
  });
}

async function openTargetOf(config: Config, { openTarget }: ReplicaLibrary): Promise<Target> {
  try {
    return await openTarget(config.backupTarget ?? "", process.env);
  } catch (error) {
    throw new Error(`--backup-target (BACKUP_TARGET): ${(error as Error).message}`, { cause: error });
  }
}

/** Prefixes of objects at a target with a database. */
const REMAINS = ["replica/log/", "replica/snap/"];

/** If --init comes with a file name, the file must exist: otherwise a typing error would start an empty database. */
async function checkFileToInit({ init, databaseFile, dataDir }: Config, target: Target): Promise<void> {
  if (!init || existsSync(databaseFile) || databaseFile === join(dataDir, "scim.db")) return;
  const remains = await Promise.all(REMAINS.map((prefix) => target.list(prefix)));
  if (remains.flat().length === 0) return;
  throw new Error(
    `--init would make ${databaseFile} the database of the backup target ${target.name}, but there is no such file. ` +
      "Check --database-url (DATABASE_URL), or start without --init to continue with the target's database; to start empty, choose an empty target.",
  );
}

/** @throws Error if the target contains only copies that SCIMTool 0.7 or 0.8 made */
async function refuseEarlierCopies(target: Target): Promise<void> {
  const copies = await earlierCopies(target);
  if (copies.length === 0) return;
  throw new Error(
    `${target.name} holds copies of a SCIMTool 0.7 or 0.8 database (${copies.join(", ")}). Choose another backup target, ` +
      `start with it, and import the data with: scimtool import --from ${shellWord(target.name)}. ` +
      "Or start with --init to use an empty database.",
  );
}

/** Another instance that starts at the same moment may be faster; then this one stands by. */
async function promoteNow(serving: ReplicatedServing): Promise<void> {
  try {
    await serving.promote();
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
  }
}

function coreOf(
  replica: Replica,
  backup: Backup,
  serving: ReplicatedServing,
  listeners: ((secrets: Secrets) => void)[],
  secrets: () => Secrets | undefined,
  log: ReplicaOptions["log"],
): Core {
  const isServing = () => serving.current !== undefined;
  return {
    serving,
    backup,
    isServing,
    onServing: (listener) => {
      listeners.push(listener);
      const known = secrets();
      if (isServing() && known !== undefined) listener(known);
    },
    listening: () => {
      serving.standBy();
      // A failure is logged where it happens; the next request tries again.
      replica.ownerless.then(() => serving.promote()).catch(() => undefined);
    },
    drain: () => serving.drain(),
    close: async (withinMs) => {
      await serving.close();
      try {
        await replica.close(Math.max(SPARE_MS, withinMs - SPARE_MS));
      } catch (error) {
        log("error", `Pending changes could not be sent to the backup target: ${(error as Error).message}`);
      }
    },
  };
}
