import type { ScrubFacts, SnapshotFacts } from "./primary/maintenance.ts";
import type { Primary } from "./primary/primary.ts";
import type { ReplicaOptions } from "./replica.ts";
import type { BackupStatus, Role } from "./status.ts";

/** Puts together what is known.
 * @param primary the present or last one
 * @param startedMs when this instance had its copy, ms since 1970
 */
export function statusOf(
  { target, durability }: ReplicaOptions,
  role: Role,
  primary: Primary | undefined,
  restoredFrom: BackupStatus["restoredFrom"],
  startedMs: number,
): BackupStatus {
  // One that is the writer no more ships nothing: what it had not shipped was set aside, and keeps nobody waiting.
  const writing = role === "primary" ? primary : undefined;
  const gate = writing?.gate;
  const maintenance = primary?.maintenance;
  const manifest = maintenance?.manifest;
  const oldest = manifest?.bases[0]?.timeMs;
  const newest = primary?.shipper.head.timeMs;
  return {
    backupCount: manifest?.backupCount ?? 0,
    lastBackupTime: time(maintenance?.lastPlain?.timeMs),
    lastBackupSucceeded: maintenance?.lastPlain?.succeeded ?? null,
    lastError: (role === "standby" ? undefined : primary?.failures.last) ?? null,
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
    lastSnapshot: snapshotOf(maintenance?.lastSnapshot),
    restorePathObjects: maintenance?.restorePathObjects ?? 0,
    lastRestore: restoreOf(restoredFrom, startedMs),
    lastScrub: scrubOf(maintenance?.lastScrub),
    restorable: oldest === undefined || newest === undefined ? null : { oldest: iso(oldest), newest: iso(newest) },
    restoredFrom,
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

function time(ms: number | undefined): string | null {
  return ms === undefined || ms === 0 ? null : iso(ms);
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
