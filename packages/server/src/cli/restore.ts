import { existsSync, mkdirSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { RestoreResult } from "@scimtool/replica";
import { formatDuration } from "../duration.ts";
import { shortPath } from "../secrets.ts";
import { CommandRefused, runCommand } from "./command.ts";
import { openFrom } from "./from-target.ts";
import { parseMoment } from "./moment.ts";
import { showProgress } from "./progress.ts";
import { count, formatBytes, formatState, shellWord } from "./text.ts";

export type RestoreCommandOptions = {
  readonly from?: string;
  readonly at?: string;
  readonly orphan?: string;
  readonly to: string;
};

/** `scimtool restore`: writes a state of the database from a backup target into a new file. */
export function restoreCommand({ from, at, orphan, to }: RestoreCommandOptions): Promise<void> {
  return runCommand("scimtool restore", async (signal) => {
    // A database holds what is nobody else's business.
    process.umask(0o077);
    const atMs = at === undefined ? undefined : momentOf(at);
    const file = resolve(to);
    if (existsSync(file)) {
      throw new CommandRefused(`${shortPath(file)} is there already. Choose another file by --to, or move it away.`);
    }
    const target = await openFrom(from);
    mkdirSync(dirname(file), { recursive: true });
    const { noteOwn, restore } = await import("@scimtool/replica");
    // Of a file that lay there before: the server would take this one for it, and set it aside.
    noteOwn(file);
    const progress = await showProgress("Restoring");
    try {
      const result = await restore(target, file, {
        ...(atMs !== undefined && { atMs }),
        ...(orphan !== undefined && { orphan }),
        onProgress: ({ doneBytes, totalBytes }) => progress.update(doneBytes, totalBytes),
        signal,
      });
      progress.end();
      console.log(report(result, file, from));
    } finally {
      progress.end();
    }
  });
}

/** @throws CommandRefused */
export function momentOf(at: string): number {
  const ms = parseMoment(at, Date.now());
  if (ms !== undefined) return ms;
  throw new CommandRefused(
    `--at ${JSON.stringify(at)} is no moment. Write a time such as 2026-08-01T12:00:00Z, or how long ago, such as 90m or "2 hours ago".`,
  );
}

function report(
  { point, objects, bytes, durationMs, warnings }: RestoreResult,
  file: string,
  from: string | undefined,
): string {
  return [
    ...warnings.map((warning) => `Warning: ${warning}`),
    `Restored ${shortPath(file)}: ${formatState(point)}, from ${count(objects, "object")} (${formatBytes(bytes)}) in ${formatDuration(durationMs)}; every page verified.`,
    serveLine(shortPath(file), from),
  ].join("\n");
}

/**
 * How a restored file is served.
 * @param from the target, where BACKUP_TARGET does not name it: a start without it would go on without a backup. A URL
 *   may hold a token, and is not repeated
 */
export function serveLine(file: string, from: string | undefined): string {
  const isUrl = from !== undefined && /^\s*https?:/i.test(from);
  const target = from === undefined || isUrl ? "" : ` --backup-target ${shellWord(from)}`;
  const named = isUrl ? ", which BACKUP_TARGET has to name" : "";
  return `To serve it, and make it what the backup target goes on with${named}: scimtool --database-url ${shellWord(`file:${file}`)}${target} --init`;
}
