import type { BackupStatus } from "../backup/backup.ts";
import { askServer } from "./ask-server.ts";
import { runCommand } from "./command.ts";
import type { AskingOptions } from "./server-options.ts";
import { formatPast } from "./text.ts";

/** `scimtool backup now`: has a running server ship what is pending and make a plain copy. */
export function backupNow({ json, ...server }: AskingOptions): Promise<void> {
  return runCommand("scimtool backup now", async (interruption) => {
    const status = await askServer<BackupStatus>({ ...server, interruption }, "POST", "/api/backup/trigger", "role");
    if (json === true) {
      console.log(JSON.stringify(status));
      return;
    }
    const { target, lastBackupTime, backupCount, lag } = status;
    const pending = lag.commits === 0 ? "everything is there" : `${lag.commits} later commits are on their way`;
    const copy =
      lastBackupTime === null ? "" : ` Plain copy ${backupCount} is of ${formatPast(lastBackupTime, Date.now())}.`;
    console.log(`Backed up to ${target}: ${pending}.${copy}`);
  });
}
