import type { BackupStatus } from "../backup/backup.ts";
import { formatDuration } from "../duration.ts";
import { askServer } from "./ask-server.ts";
import { runCommand } from "./command.ts";
import type { AskingOptions } from "./server-options.ts";
import { columns, count, formatBytes, formatPast, formatTime } from "./text.ts";

/** `scimtool backup status`: asks a running server how its backup is. */
export function backupStatus({ json, ...server }: AskingOptions): Promise<void> {
  return runCommand("scimtool backup status", async (interruption) => {
    const status = await askServer<BackupStatus>({ ...server, interruption }, "GET", "/api/backup/status", "role");
    console.log(json === true ? JSON.stringify(status) : statusText(status, Date.now()));
  });
}

/** The status for people. What is not known is left out. */
export function statusText(status: BackupStatus, nowMs: number): string {
  const { mode, target, role, epoch, lag, lastError } = status;
  if (mode === "none") {
    return "This server has no backup target: its database is on its own disk only. See --backup-target.";
  }
  return columns([
    ["Target", `${target}`],
    ["Role", `${role}, epoch ${epoch}`],
    ...durability(status),
    [
      "Not there yet",
      lag.commits === 0
        ? "nothing"
        : `${count(lag.commits, "commit")}, ${formatBytes(lag.bytes)}, for ${formatDuration(lag.ms)}${
            lag.exceedsLossWindow === true ? "; more than async may lose" : ""
          }`,
    ],
    ...traffic(status),
    ["Plain copy", plainCopy(status, nowMs)],
    ...restores(status, nowMs),
    ...(lastError === null ? [] : [["Last error", lastError] as const]),
  ]);
}

type Rows = (readonly [name: string, value: string])[];

function durability({ durability }: BackupStatus): Rows {
  if (durability === null) return [];
  const { configured, inForce } = durability;
  return [["Durability", configured === inForce ? configured : `${configured}; now ${inForce}, as the target is away`]];
}

function traffic({ shipped, targetLatencyMs, errors, walBytes }: BackupStatus): Rows {
  const latency =
    targetLatencyMs === null
      ? ""
      : `; ${targetLatencyMs.p50.toFixed(0)} ms each (p99 ${targetLatencyMs.p99.toFixed(0)} ms)`;
  return [
    [
      "Sent",
      `${count(shipped.segments, "segment")}, ${formatBytes(shipped.bytes)}${latency}; ${count(errors, "failure")}`,
    ],
    ["Log on disk", formatBytes(walBytes)],
  ];
}

function plainCopy({ lastBackupTime, lastBackupSucceeded, backupCount }: BackupStatus, nowMs: number): string {
  const last = lastBackupTime === null ? "none yet" : `number ${backupCount} of ${formatPast(lastBackupTime, nowMs)}`;
  return lastBackupSucceeded === false ? `${last}; the last attempt failed` : last;
}

function restores(status: BackupStatus, nowMs: number): Rows {
  const { restorable, restorePathObjects, lastSnapshot, lastRestore, lastScrub, restoredFrom } = status;
  const rows: Rows = [];
  if (restorable !== null) {
    const { oldest, newest } = restorable;
    rows.push(["Restorable", `${formatTime(Date.parse(oldest))} to ${formatTime(Date.parse(newest))}`]);
  }
  rows.push(["Restore reads", count(restorePathObjects, "object")]);
  if (lastSnapshot !== null) {
    const { time, bytes, durationMs } = lastSnapshot;
    rows.push(["Snapshot", `${formatPast(time, nowMs)}, ${formatBytes(bytes)} in ${formatDuration(durationMs)}`]);
  }
  if (lastRestore !== null) rows.push(["Measured restore", checkText(lastRestore, nowMs)]);
  if (lastScrub !== null) rows.push(["Scrub", checkText(lastScrub, nowMs)]);
  if (restoredFrom !== null) rows.push(["Began with", beginning(restoredFrom)]);
  return rows;
}

type Check = { readonly time: string; readonly durationMs: number; readonly verdict: string };

function checkText({ time, durationMs, verdict }: Check, nowMs: number): string {
  return `${verdict}, ${formatPast(time, nowMs)}, took ${formatDuration(durationMs)}`;
}

const BEGINNINGS = {
  empty: "an empty database",
  target: "what the target held",
  local: "the file on disk",
  "plain-copy": "the target's plain copy",
} as const;

function beginning({ kind, time, objects, bytes, durationMs }: NonNullable<BackupStatus["restoredFrom"]>): string {
  const of = time === null ? "" : ` as of ${formatTime(Date.parse(time))}`;
  const how =
    objects === 0 ? "" : `: ${count(objects, "object")}, ${formatBytes(bytes)} in ${formatDuration(durationMs)}`;
  return `${BEGINNINGS[kind]}${of}${how}`;
}
