import type { BackupStatus, WriteRefusal } from "@scimtool/replica";

export type { BackupStatus, WriteRefusal };

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

/** The status of a server that has no backup target. */
export const NO_BACKUP: BackupStatus = {
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
