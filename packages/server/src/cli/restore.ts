import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { RestoreResult, Target } from "@scimtool/replica";
import { parseDateTime } from "@scimtool/scim";
import { type Command, Option } from "commander";
import { endOfMoment, formatDuration } from "../duration.ts";
import { makeFolder } from "../folder.ts";
import { shortPath } from "../secrets.ts";
import { CommandError, optionsOf, runCommand } from "./command.ts";
import { showProgress } from "./terminal.ts";
import { count, formatBytes, formatRestorePoint, shellWord } from "./text.ts";

export const FROM = "backup target: a folder, or the URL of a blob container (default: BACKUP_TARGET)";

type RestoreOptions = {
  readonly from?: string;
  readonly at?: string;
  readonly orphan?: string;
  readonly copy?: string;
  readonly to: string;
};

const EXAMPLES = `Examples:
  scimtool restore --from /mnt/backup --to restored.db
  scimtool restore --from /mnt/backup --at 2026-08-01T12:00:00Z --to restored.db
  BACKUP_TARGET=https://account.blob.core.windows.net/container scimtool restore --at 90m --to restored.db`;

export function addRestoreCommand(program: Command): void {
  program
    .command("restore")
    .description("restore the database as of any time from a backup target into a new file")
    .helpOption("--help", "print this help")
    .option("--from <target>", FROM)
    .option("--at <time>", 'restore point: 2026-08-01T12:00:00Z, or 90m or "2 hours ago" (default: the latest)')
    .option(
      "--orphan <key>",
      "include changes that a replaced primary could not ship; scimtool backup list shows the keys",
    )
    .addOption(
      new Option(
        "--copy <name>",
        "a copy from before a schema change instead; scimtool backup list shows the names",
      ).conflicts(["at", "orphan"]),
    )
    .requiredOption("--to <file>", "file to write; it must not exist")
    .addHelpText("after", `\n${EXAMPLES}`)
    .action((_, command) => restoreDatabase(optionsOf(command)));
}

function restoreDatabase({ from, at, orphan, copy, to }: RestoreOptions): Promise<void> {
  return runCommand("scimtool restore", async (signal) => {
    // The database holds personal data: only its owner may read it.
    process.umask(0o077);
    const atMs = at === undefined ? undefined : momentOf(at);
    const file = resolve(to);
    if (existsSync(file)) {
      throw new CommandError(`${shortPath(file)} already exists. Choose another file with --to, or move it away.`);
    }
    const target = await openFrom(from);
    makeFolder(dirname(file));
    const { fetchPlainCopy, noteOwn, restore } = await import("@scimtool/replica");
    // A note left from an earlier file of this name would make the server set the new one aside.
    noteOwn(file);
    if (copy !== undefined) {
      const bytes = await fetchPlainCopy(target, copy, file);
      if (bytes === undefined) {
        throw new CommandError(`${target.name} has no copy ${copy}. List them with: scimtool backup list`);
      }
      console.log(`Restored ${shortPath(file)}: ${formatBytes(bytes)} from ${copy}; every page verified.`);
      console.log(serveLine(shortPath(file), from));
      return;
    }
    const progress = await showProgress("Restoring");
    try {
      const result = await restore(target, file, {
        ...(atMs !== undefined && { atMs }),
        ...(orphan !== undefined && { orphan }),
        onProgress: ({ doneBytes, totalBytes }) => progress.update(doneBytes, totalBytes),
        signal,
      });
      progress.end();
      console.log(resultText(result, file, from));
    } finally {
      progress.end();
    }
  });
}

/**
 * Opens the backup target of a command: the option, or BACKUP_TARGET.
 * @throws CommandError without either; Error if it cannot be a target
 */
export async function openFrom(from: string | undefined): Promise<Target> {
  const { BACKUP_TARGET: ofEnvironment = "" } = process.env;
  const text = from ?? ofEnvironment;
  if (text.trim() === "") {
    throw new CommandError("no backup target given. Give it with --from or BACKUP_TARGET, such as --from /mnt/backup.");
  }
  const { openTarget } = await import("@scimtool/replica");
  return openTarget(text, process.env);
}

/** @throws CommandError */
export function momentOf(at: string): number {
  const nowMs = Date.now();
  const ms = parseMoment(at, nowMs);
  if (ms !== undefined && ms > nowMs) {
    throw new CommandError(`--at ${JSON.stringify(at)} is in the future. Leave --at out to restore the latest state.`);
  }
  if (ms !== undefined) return endOfMoment(at, ms);
  throw new CommandError(
    `--at ${JSON.stringify(at)} is not a time. Write a time such as 2026-08-01T12:00:00Z, or how long ago, such as 90m or "2 hours ago".`,
  );
}

const MS_PER_UNIT: readonly (readonly [unit: RegExp, ms: number])[] = [
  [/^s(?:ec(?:ond)?s?)?$/i, 1_000],
  [/^m(?:in(?:ute)?s?)?$/i, 60_000],
  [/^h(?:ours?)?$/i, 3_600_000],
  [/^d(?:ays?)?$/i, 86_400_000],
];

/**
 * Reads a time of RFC 3339, in UTC if it has no zone, or how long ago: `90m`, `2 hours ago`.
 * @returns milliseconds since 1970; undefined for any other text
 */
export function parseMoment(text: string, nowMs: number): number | undefined {
  const [, number, name = ""] = /^(\d{1,9})\s*([a-z]+)(?:\s+ago)?$/i.exec(text.trim()) ?? [];
  if (number === undefined) return parseDateTime(text.trim().replace(/^(\S{10}) /, "$1T"));
  const unit = MS_PER_UNIT.find(([pattern]) => pattern.test(name));
  return unit === undefined ? undefined : nowMs - Number(number) * unit[1];
}

function resultText(
  { point, objects, bytes, durationMs, warnings }: RestoreResult,
  file: string,
  from: string | undefined,
): string {
  return [
    ...warnings.map((warning) => `Warning: ${warning}`),
    `Restored ${shortPath(file)}: ${formatRestorePoint(point)}, from ${count(objects, "object")} (${formatBytes(bytes)}) in ${formatDuration(durationMs)}; every page verified.`,
    serveLine(shortPath(file), from),
  ].join("\n");
}

/**
 * The command that serves a restored file.
 * @param from the target, if BACKUP_TARGET does not name it: without it the server would run without a backup. A URL may
 *   contain a token, and is not repeated
 */
export function serveLine(file: string, from: string | undefined): string {
  const isUrl = from !== undefined && /^\s*https?:/i.test(from);
  const target = from === undefined || isUrl ? "" : ` --backup-target ${shellWord(from)}`;
  const named = isUrl ? " (set BACKUP_TARGET first)" : "";
  return `To serve it and continue the backup from it${named}: scimtool --database-url ${shellWord(`file:${file}`)}${target} --init`;
}
