import type { Command } from "commander";
import { askingServer, type OptionsOf } from "./server-options.ts";

const FROM = "backup target: a folder, or the URL of a blob container (default: BACKUP_TARGET)";

/** Adds `backup` with its own commands, and `restore`. What they need is loaded when they run. */
export function addBackupCommands(program: Command, optionsOf: OptionsOf): void {
  const backup = program
    .command("backup")
    .description("see, make and check backups")
    .helpOption("--help", "print this help")
    .helpCommand(false)
    .addHelpText("after", `\n${BACKUP_HELP}`);

  askingServer(backup.command("status"))
    .description("ask a running server how its backup is")
    .action(async (_, command) => (await import("./backup-status.ts")).backupStatus(optionsOf(command)));
  askingServer(backup.command("now"))
    .description("have a running server bring everything to the backup target now")
    .action(async (_, command) => (await import("./backup-now.ts")).backupNow(optionsOf(command)));
  readingTarget(backup.command("list"))
    .description("tell what can be restored from a backup target")
    .action(async (_, command) => (await import("./backup-list.ts")).backupList(optionsOf(command)));
  readingTarget(backup.command("verify"))
    .description("prove that what a backup target holds can be restored, by doing it")
    .action(async (_, command) => (await import("./backup-verify.ts")).backupVerify(optionsOf(command)));

  program
    .command("restore")
    .description("restore the database of any time from a backup target into a new file")
    .helpOption("--help", "print this help")
    .option("--from <target>", FROM)
    .option("--at <time>", 'as it was then: 2026-08-01T12:00:00Z, or 90m or "2 hours ago" (default: the latest)')
    .option("--orphan <key>", "as a writer had it that was replaced; scimtool backup list names the keys")
    .requiredOption("--to <file>", "file to write; must not be there yet")
    .addHelpText("after", `\n${RESTORE_HELP}`)
    .action(async (_, command) => (await import("./restore.ts")).restoreCommand(optionsOf(command)));
}

function readingTarget(command: Command): Command {
  return command.helpOption("--help", "print this help").option("--from <target>", FROM).option("--json", "print JSON");
}

const BACKUP_HELP = `Examples:
  scimtool backup status
  scimtool backup now --url https://scim.example.com --secret "$ADMIN_SECRET"
  scimtool backup list --from /mnt/backup
  scimtool backup verify --from https://account.blob.core.windows.net/container`;

const RESTORE_HELP = `Examples:
  scimtool restore --from /mnt/backup --to restored.db
  scimtool restore --from /mnt/backup --at 2026-08-01T12:00:00Z --to restored.db
  BACKUP_TARGET=https://account.blob.core.windows.net/container scimtool restore --at 90m --to restored.db`;
