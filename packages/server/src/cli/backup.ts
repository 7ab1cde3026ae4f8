import type { Command } from "commander";
import type { BackupStatus } from "../backup/backup.ts";
import { formatDuration } from "../duration.ts";
import { type AskedServer, askingServer, askServer, printAnswer } from "./ask-server.ts";
import { addCommandGroup, CommandError, optionsOf, runCommand } from "./command.ts";
import { addRestoreCommand, FROM, openFrom } from "./restore.ts";
import { showProgress } from "./terminal.ts";
import { columns, count, formatBytes, formatPast, formatRestorePoint, formatTime } from "./text.ts";

type TargetOptions = { readonly from?: string; readonly json?: boolean };

const EXAMPLES = `Examples:
  scimtool backup status
  scimtool backup now --url https://scim.example.com --secret "$ADMIN_SECRET"
  scimtool backup list --from /mnt/backup
  scimtool backup verify --from https://account.blob.core.windows.net/container`;

export function addBackupCommands(program: Command): void {
  const backup = addCommandGroup(program, "backup", "show, make and verify backups", EXAMPLES);
  askingServer(backup.command("status"), showStatus).description("show the backup status of a running server");
  askingServer(backup.command("now"), backUpNow).description("make a running server back up everything now");
  addTargetOptions(backup.command("list"))
    .description("list what can be restored from a backup target")
    .action((_, command) => listBackups(optionsOf(command)));
  addTargetOptions(backup.command("verify"))
    .description("verify a backup target by restoring it into a temporary folder")
    .action((_, command) => verifyBackup(optionsOf(command)));
  addRestoreCommand(program);
}

function addTargetOptions(command: Command): Command {
  return command.helpOption("--help", "print this help").option("--from <target>", FROM).option("--json", "print JSON");
}

/** Makes a running server ship what is pending and make a plain copy. */
async function backUpNow(server: AskedServer): Promise<void> {
  const status = await askServer<BackupStatus>(server, "POST", "/api/backup/trigger", "role");
  const { target, lastPlainCopy, lag } = status;
  const pending =
    lag.commits === 0 ? "the backup is up to date" : `${count(lag.commits, "newer commit")} still to be sent`;
  const copy = ` Plain copy: ${plainCopyText(lastPlainCopy, Date.now())}.`;
  printAnswer(server, status, `Backed up to ${target}: ${pending}.${copy}`);
}

function listBackups({ from, json }: TargetOptions): Promise<void> {
  return runCommand("scimtool backup list", async () => {
    const target = await openFrom(from);
    const { restorePointsAt } = await import("../replicated/restores.ts");
    const found = await restorePointsAt(target);
    if (found === undefined) {
      throw new CommandError(`${target.name} holds no database. Check that this is the right target.`);
    }
    const { oldestMs, newestMs, bases, objects, bytes, warnings, databaseId, orphans, copies } = found;
    const [oldest, newest] = [exactTime(oldestMs), exactTime(newestMs)];
    if (json === true) {
      console.log(JSON.stringify({ databaseId, oldest, newest, bases, orphans, copies, objects, bytes, warnings }));
      return;
    }
    for (const warning of warnings) console.log(`Warning: ${warning}`);
    console.log(`${target.name}: ${count(objects, "object")}, ${formatBytes(bytes)}`);
    console.log(`You can restore any time from ${oldest} to ${newest}.`);
    const snapshots = bases.map(({ timeMs, bytes }) => [`  ${exactTime(timeMs)}`, formatBytes(bytes)] as const);
    console.log(`\nSnapshots\n${columns(snapshots)}`);
    printKeys("Copies from before a schema change (scimtool restore --copy <name>)", copies);
    printKeys("Changes that a replaced primary could not ship (scimtool restore --orphan <key>)", orphans);
  });
}

function printKeys(heading: string, keys: readonly string[]): void {
  if (keys.length > 0) console.log(["", heading, ...keys.map((key) => `  ${key}`)].join("\n"));
}

/** To the millisecond, as `restore --at` takes it: the oldest time, cut to a second, would be too early. */
function exactTime(ms: number): string {
  return new Date(ms).toISOString();
}

function verifyBackup({ from, json }: TargetOptions): Promise<void> {
  return runCommand("scimtool backup verify", async (signal) => {
    const target = await openFrom(from);
    const { verify } = await import("@scimtool/replica");
    const progress = await showProgress("Verifying");
    try {
      const onProgress = (done: { doneBytes: number; totalBytes: number }) =>
        progress.update(done.doneBytes, done.totalBytes);
      const { point, objects, bytes, durationMs, warnings, databaseId } = await verify(target, { onProgress, signal });
      progress.end();
      if (json === true) {
        const time = new Date(point.timeMs).toISOString();
        console.log(JSON.stringify({ verdict: "ok", time, databaseId, point, objects, bytes, durationMs, warnings }));
        return;
      }
      for (const warning of warnings) console.log(`Warning: ${warning}`);
      console.log(
        `${target.name} is OK: ${formatRestorePoint(point)} restored from ${count(objects, "object")} (${formatBytes(bytes)}) in ` +
          `${formatDuration(durationMs)}; every page and index checked.`,
      );
    } finally {
      progress.end();
    }
  });
}

async function showStatus(server: AskedServer): Promise<void> {
  const status = await askServer<BackupStatus>(server, "GET", "/api/backup/status", "role");
  printAnswer(server, status, statusText(status, Date.now()));
}

/** The status for people. Unknown values are left out. */
export function statusText(status: BackupStatus, nowMs: number): string {
  const { mode, target, role, epoch, lag, lastError, databaseServer } = status;
  if (databaseServer !== undefined) {
    return columns([
      ["Database", `PostgreSQL ${databaseServer.version} at ${databaseServer.name}`],
      ["Backup", "made by the database server; SCIMTool does not know its state"],
      ...databaseServer.warnings.map((warning) => ["Warning", warning] as const),
    ]);
  }
  if (mode === "none") {
    return "This server has no backup target: its database exists only on its own disk. See --backup-target.";
  }
  const pending =
    lag.commits === 0
      ? "nothing"
      : `${count(lag.commits, "commit")}, ${formatBytes(lag.bytes)}, for ${formatDuration(lag.ms)}${
          lag.exceedsLossWindow === true ? "; more than async may lose" : ""
        }`;
  return columns([
    ["Target", `${target}`],
    ["Role", `${role}, epoch ${epoch}`],
    ...durabilityRow(status),
    ["Not backed up", pending],
    ...trafficRows(status),
    ["Plain copy", plainCopyText(status.lastPlainCopy, nowMs)],
    ...restoreRows(status, nowMs),
    ...(lastError === null ? [] : [["Last error", lastError] as const]),
  ]);
}

type Rows = (readonly [name: string, value: string])[];

function durabilityRow({ durability }: BackupStatus): Rows {
  if (durability === null) return [];
  const { configured, inForce } = durability;
  return [
    ["Durability", configured === inForce ? configured : `${configured}; now ${inForce}, the target is unreachable`],
  ];
}

function trafficRows({ shipped, targetLatencyMs, errors, walBytes }: BackupStatus): Rows {
  const latency =
    targetLatencyMs === null
      ? ""
      : `; ${targetLatencyMs.p50.toFixed(0)} ms each (p99 ${targetLatencyMs.p99.toFixed(0)} ms)`;
  return [
    [
      "Sent",
      `${count(shipped.segments, "segment")}, ${formatBytes(shipped.bytes)}${latency}; ${count(errors, "failure")}`,
    ],
    ["WAL on disk", formatBytes(walBytes)],
  ];
}

function plainCopyText(copy: BackupStatus["lastPlainCopy"], nowMs: number): string {
  const last = copy === null || copy.time === null ? "none yet" : formatPast(copy.time, nowMs);
  return copy?.succeeded === false ? `${last}; the last attempt failed` : last;
}

function restoreRows(status: BackupStatus, nowMs: number): Rows {
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
  if (lastRestore !== null) rows.push(["Test restore", checkText(lastRestore, nowMs)]);
  if (lastScrub !== null) rows.push(["Scrub", checkText(lastScrub, nowMs)]);
  if (restoredFrom !== null) rows.push(["Started with", startText(restoredFrom)]);
  return rows;
}

type Check = { readonly time: string; readonly durationMs: number; readonly verdict: string };

function checkText({ time, durationMs, verdict }: Check, nowMs: number): string {
  return `${verdict}, ${formatPast(time, nowMs)}, took ${formatDuration(durationMs)}`;
}

const STARTS = {
  empty: "an empty database",
  target: "the target's database",
  local: "the file on disk",
  "plain-copy": "the target's plain copy",
} as const;

function startText({ kind, time, objects, bytes, durationMs }: NonNullable<BackupStatus["restoredFrom"]>): string {
  const asOf = time === null ? "" : ` as of ${formatTime(Date.parse(time))}`;
  const size =
    objects === 0 ? "" : `: ${count(objects, "object")}, ${formatBytes(bytes)} in ${formatDuration(durationMs)}`;
  return `${STARTS[kind]}${asOf}${size}`;
}
