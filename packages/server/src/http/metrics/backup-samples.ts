import type { BackupStatus } from "../../backup/backup.ts";

export type Sample = { readonly labels: Readonly<Record<string, string>>; readonly value: number };

export type Metric = {
  readonly name: string;
  readonly help: string;
  readonly kind: "gauge" | "counter";
  readonly samples: readonly Sample[];
};

const ROLES: readonly BackupStatus["role"][] = ["standby", "primary", "fenced"];
const MODES: readonly BackupStatus["mode"][] = ["none", "directory", "azure-blob", "database-server"];
const DURABILITIES: readonly NonNullable<BackupStatus["durability"]>["inForce"][] = ["async", "semi-sync", "sync"];

/**
 * The status as Prometheus metrics: base units, times as seconds since 1970, each possible state as a gauge of 0 or 1.
 * Unknown values are omitted.
 */
export function backupSamples(status: BackupStatus, nowMs: number): Metric[] {
  const mode = oneOf("mode", "Where the backup is.", "mode", MODES, status.mode);
  // Zeros of what only the database server knows would look like measurements.
  return status.mode === "database-server" ? [mode] : [mode, ...targetSamples(status, nowMs)];
}

function targetSamples(status: BackupStatus, nowMs: number): Metric[] {
  const { lag, lastSnapshot, lastRestore, lastScrub, restorable, restoredFrom, shipped } = status;
  return [
    oneOf("role", "Whether this instance may write.", "role", ROLES, status.role),
    ...(status.durability === null
      ? []
      : [
          oneOf(
            "durability_configured",
            "What responses should wait for.",
            "durability",
            DURABILITIES,
            status.durability.configured,
          ),
          oneOf(
            "durability_in_force",
            "What responses wait for now.",
            "durability",
            DURABILITIES,
            status.durability.inForce,
          ),
        ]),
    gauge("epoch", "Counts the writers that the database has had.", status.epoch),
    gauge("lag_seconds", "Age of the oldest commit that is not at the target.", lag.ms / 1_000),
    gauge(
      "lag_exceeds_loss_window",
      "Whether more changes could be lost now than async allows, because the target does not keep up.",
      flag(lag.exceedsLossWindow === true),
    ),
    gauge("lag_commits", "Commits that are not at the target.", lag.commits),
    gauge("lag_bytes", "Bytes of commits that are not at the target.", lag.bytes),
    gauge("wal_bytes", "Size of the write-ahead log on local disk.", status.walBytes),
    latency(status.targetLatencyMs),
    counter("errors_total", "Operations on the target that have failed since the start.", status.errors),
    counter("shipped_segments_total", "Segments sent since the start.", shipped.segments),
    counter("shipped_bytes_total", "Bytes sent since the start.", shipped.bytes),
    counter("shipped_commits_total", "Commits sent since the start.", shipped.commits),
    counter("copies_total", "Snapshots and plain copies made since replication began.", status.backupCount),
    gauge("last_copy_timestamp_seconds", "When the last plain copy was made.", seconds(status.lastPlainCopy?.time)),
    gauge("last_copy_success", "Whether the last plain copy succeeded.", flag(status.lastPlainCopy?.succeeded)),
    gauge("snapshot_timestamp_seconds", "When the last snapshot was made.", seconds(lastSnapshot?.time)),
    gauge("snapshot_age_seconds", "Age of the last snapshot.", scaled(lastSnapshot?.ageMs)),
    gauge("snapshot_bytes", "Size of the last snapshot.", lastSnapshot?.bytes),
    gauge("snapshot_duration_seconds", "Time that the last snapshot took.", scaled(lastSnapshot?.durationMs)),
    gauge("restore_path_objects", "Objects that a restore would read now.", status.restorePathObjects),
    gauge("restorable_oldest_timestamp_seconds", "The oldest time that can be restored.", seconds(restorable?.oldest)),
    gauge("restorable_newest_timestamp_seconds", "The newest time that can be restored.", seconds(restorable?.newest)),
    ...checked("last_restore", "measured restore", lastRestore),
    gauge("last_restore_objects", "Objects that the last measured restore read.", lastRestore?.objects),
    gauge("last_restore_bytes", "Bytes that the last measured restore read.", lastRestore?.bytes),
    ...checked("last_scrub", "scrub", lastScrub),
    gauge("start_slot", "Slot of the log that this start began with.", restoredFrom?.slot),
    gauge("start_restored_timestamp_seconds", "The time that this start restored.", seconds(restoredFrom?.time)),
    gauge("start_restore_objects", "Objects that this start restored from.", restoredFrom?.objects),
    gauge("start_restore_bytes", "Bytes that this start restored from.", restoredFrom?.bytes),
    gauge(
      "start_restore_duration_seconds",
      "Time that the restore at this start took.",
      scaled(restoredFrom?.durationMs),
    ),
    gauge("status_timestamp_seconds", "When these numbers were taken.", nowMs / 1_000),
  ].filter(({ samples }) => samples.length > 0);
}

function latency(measuredMs: BackupStatus["targetLatencyMs"]): Metric {
  const quantiles = measuredMs === null ? [] : [["0.5", measuredMs.p50] as const, ["0.99", measuredMs.p99] as const];
  return {
    name: "scimtool_backup_target_latency_seconds",
    help: "Time that a write to the target takes, over the last minutes.",
    kind: "gauge",
    samples: quantiles.map(([quantile, ms]) => ({ labels: { quantile }, value: ms / 1_000 })),
  };
}

type Check = { readonly time: string; readonly durationMs: number; readonly verdict: string } | null;

function checked(name: string, what: string, check: Check): Metric[] {
  return [
    gauge(`${name}_timestamp_seconds`, `When the last ${what} ended.`, seconds(check?.time)),
    gauge(`${name}_duration_seconds`, `Time that the last ${what} took.`, scaled(check?.durationMs)),
    gauge(`${name}_ok`, `Whether the last ${what} found everything in order.`, flag(check && check.verdict === "ok")),
  ];
}

function oneOf<T extends string>(name: string, help: string, label: string, states: readonly T[], now: T): Metric {
  const samples = states.map((state) => ({ labels: { [label]: state }, value: state === now ? 1 : 0 }));
  return { name: `scimtool_backup_${name}`, help, kind: "gauge", samples };
}

function gauge(name: string, help: string, value: number | undefined): Metric {
  return metric("gauge", name, help, value);
}

function counter(name: string, help: string, value: number): Metric {
  return metric("counter", name, help, value);
}

function metric(kind: Metric["kind"], name: string, help: string, value: number | undefined): Metric {
  return { name: `scimtool_backup_${name}`, help, kind, samples: value === undefined ? [] : [{ labels: {}, value }] };
}

function seconds(time: string | null | undefined): number | undefined {
  return time === null || time === undefined ? undefined : Date.parse(time) / 1_000;
}

function scaled(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1_000;
}

function flag(value: boolean | null | undefined): number | undefined {
  return value === null || value === undefined ? undefined : Number(value);
}
