import type { WriteRefusal } from "./errors.ts";
import { Instance } from "./instance.ts";
import type { BackupStatus, Durability, Role } from "./status.ts";
import type { Target } from "./target/target.ts";

export type ReplicaOptions = {
  /** The database file, on local disk. */
  readonly file: string;
  readonly target: Target;
  readonly durability: Durability;
  /** Key of the plain copy at the target; default: `scim.db`. */
  readonly plainKey?: string;
  /** How often to refresh the plain copy. */
  readonly plainIntervalMs: number;
  /** How long any point in time can be restored. */
  readonly retentionMs: number;
  /** Start with the local database, or an empty one, even if the target's cannot be restored. */
  readonly init: boolean;
  /** A log line for people. */
  readonly log: (level: "info" | "warn" | "error", line: string) => void;
  readonly host: ReplicaHost;
};

/** What the host program does for its replica. */
export type ReplicaHost = {
  /** Holds new transactions until the returned function is called; resolves when the current one has committed. */
  readonly pauseWrites: () => Promise<() => void>;
  /**
   * Checks a database before the target gets it: the local file, or a plain copy.
   * @throws Error if it is not one of this program
   */
  readonly accept?: (file: string) => Promise<void>;
  /** This process is no longer the primary: resolves when every connection to the file is closed. */
  readonly demoted: (why: "fenced" | "handed-over") => Promise<void>;
};

/** One instance: a standby or the primary. */
export type Replica = {
  readonly role: Role;
  /**
   * "at-once": nobody else can be the primary (the target is empty, the log is released, or its last primary used this
   * folder), so promote before anything else. "when-needed": stand by; promote at the first real request, or when
   * {@link ownerless} resolves.
   */
  readonly promotable: "at-once" | "when-needed";
  /** Resolves when the previous primary no longer responds; otherwise never. */
  readonly ownerless: Promise<void>;
  /**
   * Becomes the primary. Resolves when the file is complete and may be opened, with journal_mode WAL and
   * wal_autocheckpoint 0. Simultaneous calls share one attempt.
   * @throws NotPrimary if another instance is or becomes the primary, or the target cannot be reached
   */
  readonly promote: () => Promise<void>;
  /**
   * Reports a commit. Cheap; call it right after the commit.
   * @param isAwaited false if no response depends on it
   */
  readonly changed: (isAwaited?: boolean) => void;
  /**
   * What a response must wait for: undefined if it may be sent at once, otherwise a promise that resolves when
   * everything committed so far is as durable as the mode requires.
   * @param remote until it is at the target, in any mode
   * @throws NotDurable (the promise) in mode sync or for `remote` if the target is away, and if fenced
   */
  readonly durable: (remote?: boolean) => Promise<void> | undefined;
  /** @returns undefined if a write may be tried */
  readonly refusal: () => WriteRefusal | undefined;
  /** Ships pending changes and refreshes the plain copy. */
  readonly backupNow: () => Promise<BackupStatus>;
  readonly status: () => BackupStatus;
  /**
   * Ships the rest, releases the log, and makes a base if time remains. The host must close its connections before.
   * @param withinMs the available time
   */
  readonly close: (withinMs?: number) => Promise<void>;
};

/**
 * Tests the target, prepares the local file (restores it or continues with it), and stands by.
 * @throws ReplicaError with what was found and what to do
 * @throws TargetError when the target does not answer
 */
export function startReplica(options: ReplicaOptions): Promise<Replica> {
  return Instance.start(options);
}
