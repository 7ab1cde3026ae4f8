import type { Readable } from "node:stream";
import type { BackupStatus as ReplicaStatus, WriteRefusal } from "@scimtool/replica";

/** A PostgreSQL database, whose server makes the backups. */
export type DatabaseServer = {
  /** Host, port and database, for display. */
  readonly name: string;
  /** Of PostgreSQL. */
  readonly version: string;
  /** What is wrong with the settings of this instance. */
  readonly warnings: readonly string[];
};

/** The state of the backup; `databaseServer` exists only in the mode of that name. */
export type BackupStatus = Omit<ReplicaStatus, "mode"> & {
  readonly mode: ReplicaStatus["mode"] | "database-server";
  readonly databaseServer?: DatabaseServer;
};

/** Replication, as the rest of the server uses it. */
export type Backup = {
  /**
   * What a response must wait for; undefined if it may be sent at once.
   * @param remote wait until everything is on the target, whatever the durability mode
   * @throws Unavailable (the promise) when the change cannot be made durable
   */
  readonly durable: (remote: boolean) => Promise<void> | undefined;
  /** Why a write should not even be tried now; undefined if it may be tried. */
  readonly refusal: () => WriteRefusal | undefined;
  readonly status: () => BackupStatus;
  /** Ships what is pending and makes a plain copy. @throws Unavailable */
  readonly trigger: () => Promise<BackupStatus>;
  readonly restores: Restores;
};

/** The restore points at a backup target. Times are milliseconds since 1970. */
export type RestorePoints = {
  readonly databaseId: string;
  /** Snapshots, the oldest first. */
  readonly bases: readonly { readonly timeMs: number; readonly bytes: number }[];
  /** Any time between these can be restored. */
  readonly oldestMs: number;
  readonly newestMs: number;
  readonly objects: number;
  readonly bytes: number;
  readonly warnings: readonly string[];
  /** Keys of changes that a replaced primary could not ship. */
  readonly orphans: readonly string[];
  /** Names of copies from before a schema change. */
  readonly copies: readonly string[];
};

/** A test restore of everything at the target. */
export type Verification = { readonly startedMs: number } & (
  | { readonly state: "running"; readonly doneBytes: number; readonly totalBytes: number }
  | {
      readonly state: "ok";
      /** The time that was restored. */
      readonly pointMs: number;
      readonly objects: number;
      readonly bytes: number;
      readonly durationMs: number;
      readonly warnings: readonly string[];
    }
  | { readonly state: "failed"; readonly detail: string }
);

/** A database as of a time. Its file is removed when `content` is closed. */
type RestoredCopy = { readonly pointMs: number; readonly bytes: number; readonly content: Readable };

/** Restores from the target, beside the running server. */
export type Restores = {
  /** @throws ScimError 409, Unavailable */
  readonly points: () => Promise<RestorePoints>;
  /** Starts a verification, unless one is running. @throws ScimError 409 during a download */
  readonly verify: () => Verification;
  /** The last one since the start. */
  readonly verification: () => Verification | undefined;
  /** @param atMs undefined: the latest. @throws ScimError 409, Unavailable */
  readonly copyAt: (atMs: number | undefined, signal: AbortSignal) => Promise<RestoredCopy>;
};

/** The request cannot be served now, but perhaps later. The message is for the client. */
export class Unavailable extends Error {
  override readonly name = "Unavailable";
  readonly retryAfterMs: number;

  constructor(message: string, retryAfterMs: number, cause?: unknown) {
    super(message, { cause });
    this.retryAfterMs = retryAfterMs;
  }
}

/** The status without a backup target. @param databaseServer undefined with a SQLite file */
export function statusWithoutTarget(databaseServer: DatabaseServer | undefined): BackupStatus {
  return databaseServer === undefined ? NO_BACKUP : { ...NO_BACKUP, mode: "database-server", databaseServer };
}

/** The status of a server with a SQLite file and no backup target. */
export const NO_BACKUP: ReplicaStatus = {
  backupCount: 0,
  lastBackupTime: null,
  lastBackupSucceeded: null,
  lastError: null,
  mode: "none",
  target: null,
  durability: null,
  role: "primary",
  epoch: 0,
  lag: { ms: 0, commits: 0, bytes: 0 },
  targetLatencyMs: null,
  errors: 0,
  walBytes: 0,
  lastPlainCopy: null,
  lastSnapshot: null,
  restorePathObjects: 0,
  lastRestore: null,
  lastScrub: null,
  restorable: null,
  restoredFrom: null,
  clock: null,
  shipped: { segments: 0, bytes: 0, commits: 0 },
};
