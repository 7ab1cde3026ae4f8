/** @import { BackupStatus } from "../api/types.d.ts" */
import { lengthText } from "../dom/time.js";

/** A target that is behind by so much is worth a word. */
const LAG_MS = 10_000;

/**
 * How safe the data is, in one sentence, and what is wrong.
 * @param {BackupStatus} status
 * @returns {{ readonly severity: "good" | "info" | "warning" | "error", readonly text: string, readonly problems: readonly string[] }}
 */
export function storageWords(status) {
  const { mode, role, lag, lastError, lastBackupSucceeded, durability, lastScrub, clock } = status;
  if (mode === "none") {
    return {
      severity: "info",
      text: "On this disk only",
      problems: [
        "There is no backup target: if this disk is lost, so is the data. Start with --backup-target to change that.",
      ],
    };
  }
  /** @type {string[]} */
  const problems = [];
  if (role === "fenced")
    problems.push("Another instance writes now; this one has stopped. Restart it to make it a standby.");
  if (lag.exceedsLossWindow) {
    problems.push(
      `The target is ${lengthText(lag.ms)} behind (${lag.commits} commits): what is not there yet would be lost with this disk.`,
    );
  } else if (lag.ms > LAG_MS) problems.push(`The target is ${lengthText(lag.ms)} behind (${lag.commits} commits).`);
  if (durability !== null && durability.configured !== durability.inForce) {
    problems.push(
      `Durability is ${durability.inForce} instead of ${durability.configured}, since the target does not keep up.`,
    );
  }
  if (lastBackupSucceeded === false && lastError !== null) problems.push(`The last backup failed: ${lastError}`);
  if (lastScrub !== null && lastScrub.verdict !== "ok")
    problems.push(`What lies at the target was found damaged: ${lastScrub.verdict}`);
  if (clock?.isTrusted === false) {
    problems.push(
      "The server's clock may be wrong, so no restore point is removed. Set the clock, then restart the server.",
    );
  }
  const isGrave = role === "fenced" || (lastScrub !== null && lastScrub.verdict !== "ok");
  if (problems.length > 0) return { severity: isGrave ? "error" : "warning", text: "Needs a look", problems };
  if (role === "standby") return { severity: "info", text: "Standby: follows the instance that writes", problems };
  return { severity: "good", text: "Everything is at the target", problems };
}
