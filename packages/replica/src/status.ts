import type { ClockStatus } from "./clock.ts";
import type { ScrubFacts, SnapshotFacts } from "./primary/maintenance.ts";
import type { Primary } from "./primary/primary.ts";
import type { ReplicaOptions } from "./replica.ts";
import type { Copy } from "./standby/standby.ts";

/** When a response may be sent: at once, when the change is at the target unless that is away, or only then. */
export type Durability = "async" | "semi-sync" | "sync";

/** A standby follows the log, the primary writes it, a fenced instance has been replaced. */
export type Role = "standby" | "primary" | "fenced";

/** The result of a check of the target and of the local database: `ok`, or what was found. */
type Verdict = "ok" | (string & {});

/** The state of the replica. Times are RFC 3339 in UTC. */
export type BackupStatus = {
  /** Complete copies made at the target since replication began: bases and plain copies. */
  readonly backupCount: number;
  /** When the newest data at the target was written. */
  readonly lastBackupTime: string | null;
  /** False while the target does not accept changes, or if the last plain copy failed; null on a standby. */
  readonly lastBackupSucceeded: boolean | null;
  /** The last failure, unless that task has succeeded since. */
  readonly lastError: string | null;
  readonly mode: "none" | "directory" | "azure-blob";
  /** Its location, for display. */
  readonly target: string | null;
  readonly durability: { readonly configured: Durability; readonly inForce: Durability } | null;
  readonly role: Role;
  readonly epoch: number;
  /** Commits that are not at the target yet. */
  readonly lag: {
    readonly ms: number;
    readonly commits: number;
    readonly bytes: number;
    /** Set if more changes could be lost now than the one second of mode async. */
    readonly exceedsLossWindow?: true;
  };
  /** Latency of writes to the target, over the last minutes. */
  readonly targetLatencyMs: { readonly p50: number; readonly p99: number } | null;
  /** Failed operations on the target since the start. */
  readonly errors: number;
  readonly walBytes: number;
  readonly lastPlainCopy: { readonly time: string | null; readonly succeeded: boolean } | null;
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
  /** The state that this start began with. */
  readonly restoredFrom: {
    readonly kind: "empty" | "target" | "local" | "plain-copy";
    readonly slot: number;
    readonly time: string | null;
    readonly objects: number;
    readonly bytes: number;
    readonly durationMs: number;
  } | null;
  readonly clock: ClockStatus | null;
  /** Totals since the start. */
  readonly shipped: { readonly segments: number; readonly bytes: number; readonly commits: number };
};

export type StatusParts = {
  readonly options: ReplicaOptions;
  readonly role: Role;
  /** The current or last one. */
  readonly primary: Primary | undefined;
  /** Of a standby. */
  readonly copy: Copy | undefined;
  readonly restoredFrom: BackupStatus["restoredFrom"];
  /** When this instance had its copy, ms since 1970. */
  readonly startedMs: number;
  readonly clock: ClockStatus;
};

export function statusOf(parts: StatusParts): BackupStatus {
  const { options, role, primary, copy, restoredFrom, startedMs, clock } = parts;
  const { target, durability } = options;
  // A former primary ships nothing: its unshipped changes were set aside, and nobody waits for them.
  const writing = role === "primary" ? primary : undefined;
  const gate = writing?.gate;
  const maintenance = primary?.maintenance;
  const manifest = maintenance?.manifest;
  const oldest = manifest?.bases[0]?.timeMs;
  const newest = primary?.shipper.head.timeMs;
  const plain = maintenance?.lastPlain;
  return {
    backupCount: copy?.backupCount ?? manifest?.backupCount ?? 0,
    lastBackupTime: time(copy?.head.timeMs ?? Math.max(newest ?? 0, plain?.timeMs ?? 0)),
    lastBackupSucceeded: gate === undefined ? null : !gate.isAway && plain?.succeeded !== false,
    lastError: (role === "standby" ? undefined : (primary?.failures.last ?? writing?.diskError)) ?? null,
    mode: target.kind,
    target: target.name,
    durability: { configured: durability, inForce: gate?.inForce ?? durability },
    role,
    epoch: primary?.epoch ?? 0,
    lag: {
      ms: Math.round(gate?.lagMs ?? 0),
      commits: gate?.unshippedCommits ?? 0,
      bytes: writing?.localLog.unshippedBytes ?? 0,
      ...(gate?.exceedsLossWindow === true ? { exceedsLossWindow: true as const } : {}),
    },
    targetLatencyMs: primary?.shipper.latency.quantiles() ?? null,
    errors: primary?.failures.count ?? 0,
    walBytes: writing?.localLog.fileBytes ?? 0,
    lastPlainCopy: plain === undefined ? null : { time: time(plain.timeMs), succeeded: plain.succeeded },
    lastSnapshot: snapshotOf(maintenance?.lastSnapshot),
    restorePathObjects: maintenance?.restorePathObjects ?? 0,
    lastRestore: restoreOf(restoredFrom, startedMs),
    lastScrub: scrubOf(maintenance?.lastScrub),
    restorable: oldest === undefined || newest === undefined ? null : { oldest: iso(oldest), newest: iso(newest) },
    restoredFrom,
    clock,
    shipped: { segments: 0, bytes: 0, commits: 0, ...primary?.shipper.totals },
  };
}

function snapshotOf(facts: SnapshotFacts | undefined): BackupStatus["lastSnapshot"] {
  if (facts === undefined) return null;
  const { timeMs, bytes, durationMs } = facts;
  return { time: iso(timeMs), ageMs: Math.max(0, Date.now() - timeMs), bytes, durationMs: Math.round(durationMs) };
}

/** The restore of this start is the last measured one. */
function restoreOf(from: BackupStatus["restoredFrom"], startedMs: number): BackupStatus["lastRestore"] {
  if (from?.kind !== "target" && from?.kind !== "plain-copy") return null;
  const { durationMs, objects, bytes } = from;
  return { time: iso(startedMs), durationMs: Math.round(durationMs), verdict: "ok", objects, bytes };
}

function scrubOf(facts: ScrubFacts | undefined): BackupStatus["lastScrub"] {
  if (facts === undefined) return null;
  return { time: iso(facts.timeMs), durationMs: Math.round(facts.durationMs), verdict: facts.verdict };
}

function time(ms: number): string | null {
  return ms === 0 ? null : iso(ms);
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
