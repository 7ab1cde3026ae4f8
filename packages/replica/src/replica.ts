import type { WriteRefusal } from "./errors.ts";
import { Instance } from "./instance.ts";
import type { BackupStatus, Durability, Role } from "./status.ts";
import type { Target } from "./target/target.ts";

export type ReplicaOptions = {
  /** The database, on local disk. */
  readonly file: string;
  readonly target: Target;
  readonly durability: Durability;
  /** Key of the plain copy at the target's root; `scim.db` unless told. */
  readonly plainKey?: string;
  /** Period of the plain copy. */
  readonly plainIntervalMs: number;
  /** How long any point in time stays restorable. */
  readonly retentionMs: number;
  /** Start with the local database, or an empty one, although the target holds one that cannot be restored. */
  readonly init: boolean;
  /** A line for people who follow what happens. */
  readonly log: (level: "info" | "warn" | "error", line: string) => void;
  readonly host: ReplicaHost;
};

/** What the program that writes the database does for its replica. */
export type ReplicaHost = {
  /** Lets no further transaction commit until the function returned is called; resolves when the one under way has. */
  readonly pauseWrites: () => Promise<() => void>;
  /**
   * Looks at a database that the target would be given: the file here, or a plain copy.
   * @throws Error when it is not one of this program
   */
  readonly accept?: (file: string) => Promise<void>;
  /** This process is the one writer no more: resolves when every connection to the file is closed. */
  readonly demoted: (why: "fenced" | "handed-over") => Promise<void>;
};

/** One instance's part in keeping the database safe: it stands by, or is the one writer. */
export type Replica = {
  readonly role: Role;
  /**
   * "at-once": nobody else can be the writer (the target is empty, the last writer has said that it is gone, or it was
   * this very folder's), so promote before anything else. "when-needed": stand by; promote at the first real request, or
   * when {@link ownerless} resolves.
   */
  readonly promotable: "at-once" | "when-needed";
  /** Resolves when the writer before does not answer any more; never when it does. */
  readonly ownerless: Promise<void>;
  /**
   * Becomes the one writer. Resolves when the file is complete and may be opened, with journal_mode WAL and
   * wal_autocheckpoint 0. Calls made at the same time share one attempt.
   * @throws NotPrimary when another one is or becomes the writer, or the target cannot be reached
   */
  readonly promote: () => Promise<void>;
  /**
   * Tells that there was a commit. Cheap; to be called right after it.
   * @param isAwaited false where no answer rests on it: then none is held back for it
   */
  readonly changed: (isAwaited?: boolean) => void;
  /**
   * What an answer has to wait for, so that nobody is told what might be lost: undefined when it may be given at once,
   * else a promise that resolves when everything committed by now is as durable as the mode wants it.
   * @param remote until it is at the target, whatever the mode
   * @throws NotDurable (the promise) in mode sync or for `remote` when the target is away, and when fenced
   */
  readonly durable: (remote?: boolean) => Promise<void> | undefined;
  /** @returns undefined when a write may be tried */
  readonly refusal: () => WriteRefusal | undefined;
  /** Ships what is pending and refreshes the plain copy. */
  readonly backupNow: () => Promise<BackupStatus>;
  readonly status: () => BackupStatus;
  /**
   * Ships the tail, says that this writer is gone, and makes a base if time remains. The host closes its connections
   * before.
   * @param withinMs the time there is
   */
  readonly close: (withinMs?: number) => Promise<void>;
};

/**
 * Tests the target, makes the local file what it has to be (restored, or gone on with), and stands by.
 * @throws ReplicaError with what was found and what to do
 * @throws TargetError when the target does not answer
 */
export function startReplica(options: ReplicaOptions): Promise<Replica> {
  return Instance.start(options);
}
