/** When an answer may be given: at once, when the change is on the target unless that is away, or only then. */
export type Durability = "async" | "semi-sync" | "sync";

/** Who may write: a standby follows the log, the primary writes it, a fenced one has been replaced by another. */
export type Role = "standby" | "primary" | "fenced";

/** How a check of what lies at the target, and of the database here, went: `ok`, or what was found. */
export type Verdict = "ok" | (string & {});

/** What the replica knows of itself. Times are RFC 3339 in UTC. */
export type BackupStatus = {
  /** Plain copies made since the database came under replication. */
  readonly backupCount: number;
  readonly lastBackupTime: string | null;
  readonly lastBackupSucceeded: boolean | null;
  /** What failed last, unless it has succeeded since. */
  readonly lastError: string | null;
  readonly mode: "none" | "directory" | "azure-blob";
  /** Where, for people. */
  readonly target: string | null;
  readonly durability: { readonly configured: Durability; readonly inForce: Durability } | null;
  readonly role: Role;
  readonly epoch: number;
  /** What is committed and not yet at the target. */
  readonly lag: {
    readonly ms: number;
    readonly commits: number;
    readonly bytes: number;
    /** Set while answers do not wait for the target, and it is behind by more than the second that mode async promises. */
    readonly exceedsLossWindow?: true;
  };
  /** Times of writing to the target, over the last minutes. */
  readonly targetLatencyMs: { readonly p50: number; readonly p99: number } | null;
  /** Failed operations on the target since the start. */
  readonly errors: number;
  readonly walBytes: number;
  readonly lastSnapshot: {
    readonly time: string;
    readonly ageMs: number;
    readonly bytes: number;
    readonly durationMs: number;
  } | null;
  /** Objects that a restore would read now. */
  readonly restorePathObjects: number;
  readonly lastRestore: {
    readonly time: string;
    readonly durationMs: number;
    readonly verdict: Verdict;
    readonly objects: number;
    readonly bytes: number;
  } | null;
  readonly lastScrub: { readonly time: string; readonly durationMs: number; readonly verdict: Verdict } | null;
  readonly restorable: { readonly oldest: string; readonly newest: string } | null;
  /** What this start began with. */
  readonly restoredFrom: {
    readonly kind: "empty" | "target" | "local" | "plain-copy";
    readonly slot: number;
    readonly time: string | null;
    readonly objects: number;
    readonly bytes: number;
    readonly durationMs: number;
  } | null;
  /** Since the start. */
  readonly shipped: { readonly segments: number; readonly bytes: number; readonly commits: number };
};
