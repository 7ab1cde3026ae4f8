import type { BackupStatus } from "../api/types.ts";
import { lengthText } from "../shared/time-text.ts";

/** A longer lag is worth a sentence. */
const LAG_MS = 10_000;

export type StorageWords = {
  readonly intent: "success" | "info" | "warning" | "error";
  readonly text: string;
  readonly problems: readonly string[];
};

export function storageWords(status: BackupStatus): StorageWords {
  const { mode, role, lastScrub, databaseServer } = status;
  if (databaseServer !== undefined) {
    const { warnings } = databaseServer;
    return {
      intent: warnings.length > 0 ? "warning" : "info",
      text: "Backed up by the database server",
      problems: warnings,
    };
  }
  if (mode === "none") {
    return {
      intent: "info",
      text: "On this disk only",
      problems: ["There is no backup target: losing this disk loses the data."],
    };
  }
  const problems = problemsOf(status);
  const isDamaged = lastScrub !== null && lastScrub.verdict !== "ok";
  if (problems.length > 0) {
    return { intent: role === "fenced" || isDamaged ? "error" : "warning", text: "Needs attention", problems };
  }
  if (role === "standby") return { intent: "info", text: "Standby: follows the primary", problems };
  return { intent: "success", text: "Backup is up to date", problems };
}

function problemsOf({ role, lag, lastError, lastBackupSucceeded, durability, lastScrub }: BackupStatus): string[] {
  const problems: string[] = [];
  if (role === "fenced") {
    problems.push("Another instance is the primary now, so this one stopped. Restart it to make it a standby.");
  }
  if (lag.exceedsLossWindow) {
    const behind = `The backup is ${lengthText(lag.ms)} behind (${lag.commits} commits).`;
    problems.push(`${behind} Losing this disk now would lose these changes.`);
  } else if (lag.ms > LAG_MS) problems.push(`The backup is ${lengthText(lag.ms)} behind (${lag.commits} commits).`);
  if (durability !== null && durability.configured !== durability.inForce) {
    const { configured, inForce } = durability;
    problems.push(`Durability is ${inForce} instead of ${configured}, because the backup target is too slow.`);
  }
  if (lastBackupSucceeded === false && lastError !== null) problems.push(`The last backup failed: ${lastError}`);
  if (lastScrub !== null && lastScrub.verdict !== "ok") problems.push(`The backup is damaged: ${lastScrub.verdict}`);
  return problems;
}
