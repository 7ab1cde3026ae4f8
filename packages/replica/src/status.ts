import type { ClockStatus } from "./clock.ts";
import type { ScrubFacts, SnapshotFacts } from "./primary/maintenance.ts";
import type { Primary } from "./primary/primary.ts";
import type { ReplicaOptions } from "./replica.ts";
import type { Copy } from "./standby/standby.ts";

/** When an answer may be given: at once, when the change is on the target unless that is away, or only then. */
export type Durability = "async" | "semi-sync" | "sync";

/** Who may write: a standby follows the log, the primary writes it, a fenced one has been replaced by another. */
export type Role = "standby" | "primary" | "fenced";

/** How a check of what lies at the target, and of the database here, went: `ok`, or what was found. */
export type Verdict = "ok" | (string & {});

/** What the replica knows of itself. Times are RFC 3339 in UTC. */
export type BackupStatus = {
  /** Complete copies made at the target since replication began: bases and plain copies. */
  readonly backupCount: number;
  /** When the newest data at the target was written. */
  readonly lastBackupTime: string | null;
  /** False while the target does not take changes, or if the last plain copy failed; null on a standby. */
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
  /** What this start began with. */
  readonly restoredFrom: {
    readonly kind: "empty" | "target" | "local" | "plain-copy";
    readonly slot: number;
    readonly time: string | null;
    readonly objects: number;
    readonly bytes: number;
    readonly durationMs: number;
  } | null;
  readonly clock: ClockStatus | null;
  /** Since the start. */
  readonly shipped: { readonly segments: number; readonly bytes: number; readonly commits: number };
};

export type StatusParts = {
  readonly options: ReplicaOptions;
  readonly role: Role;
  /** The present or last one. */
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
  // One that is the writer no more ships nothing: what it had not shipped was set aside, and keeps nobody waiting.
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

/** The restore of this start is the one that was measured last. */
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
