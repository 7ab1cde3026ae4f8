import { existsSync, statSync } from "node:fs";
import { dirname, extname, join, resolve } from "node:path";
import type { Command } from "commander";
import { formatDuration } from "../duration.ts";
import { serveEndpoint } from "../endpoint/served-endpoint.ts";
import { makeFolder } from "../folder.ts";
import { isPostgresUrl } from "../postgres-url.ts";
import { openSqliteSource, openSqliteTarget } from "../store/sqlite/transfer.ts";
import { type Source, type Target, transfer } from "../store/transfer/transfer.ts";
import { CommandError, optionsOf, runCommand } from "./command.ts";
import { showProgress } from "./terminal.ts";
import { count } from "./text.ts";

const HELP = `Copies endpoints, credentials, resources, history and the exchange log, and compares both databases at the end.
Only sessions of administrators are left out. The source stays as it is; the target must be empty.

Stop all servers first. After an interruption, run the same command again: it continues.

Examples:
  scimtool migrate --from file:./data --to postgres://scimtool@db.example.com/scimtool?sslmode=verify-full
  scimtool migrate --from postgres://scimtool@db.example.com/scimtool --to file:./data/scim.db`;

const PLACE = "file:<data folder or database file> or postgres://…";

const DATABASE_NAME = "scim.db";

type Options = { readonly from: string; readonly to: string };

/** Adds `migrate`. */
export function addMigrateCommand(program: Command): void {
  program
    .command("migrate")
    .description("move everything between SQLite and PostgreSQL")
    .helpOption("--help", "print this help")
    .requiredOption("--from <database>", `source: ${PLACE}`)
    .requiredOption("--to <database>", `empty target: ${PLACE}`)
    .addHelpText("after", `\n${HELP}`)
    .action((_, command) => runCommand("scimtool migrate", (signal) => migrate(optionsOf(command), signal)));
}

async function migrate({ from, to }: Options, signal: AbortSignal): Promise<void> {
  // The database holds personal data: only its owner may read it.
  process.umask(0o077);
  if (isPostgresUrl(from) === isPostgresUrl(to)) {
    throw new CommandError("one of --from and --to must be file:…, the other postgres://….");
  }
  const startMs = performance.now();
  const [copying, verifying] = [await showProgress("Copying", rowsText), await showProgress("Verifying", rowsText)];
  let [source, target]: [Source?, Target?] = [];
  try {
    source = await openSource(from);
    target = await openTarget(to);
    const { rows, isResumed } = await transfer({
      source,
      target,
      signal,
      modelsOf: (settings) => serveEndpoint({ key: 0, revision: 0, name: "migrated", settings }).models,
      onProgress: (step, done, total) => {
        if (step === "verify") copying.end();
        (step === "copy" ? copying : verifying).update(done, total);
      },
    });
    verifying.end();
    const counts = (table: string, what: string) => count(rows.get(table) ?? 0, what);
    console.log(
      `Migrated ${counts("endpoint", "endpoint")}, ${counts("resource", "resource")}, ${counts("member", "membership")}, ` +
        `${rows.get("history")?.toLocaleString("en-US")} history entries and ${counts("exchange", "exchange")} in ` +
        `${formatDuration(performance.now() - startMs)}${isResumed ? " (continued after an interruption)" : ""}. ` +
        "Every row was compared with the source.",
    );
    console.log(
      isPostgresUrl(to)
        ? "To serve it: DATABASE_URL=postgres://… scimtool. Backups are now the task of the database server."
        : `To serve it: scimtool --database-url file:${fileOf(to)}`,
    );
  } finally {
    copying.end();
    verifying.end();
    await target?.close();
    await source?.close();
  }
}

function rowsText(rows: number): string {
  return count(rows, "row");
}

/** The code for PostgreSQL is loaded only if it is used. */
async function openSource(place: string): Promise<Source> {
  if (!isPostgresUrl(place)) return openSqliteSource(fileOf(place));
  const { openPostgresSource } = await import("../store/postgres/transfer.ts");
  return openPostgresSource(place);
}

async function openTarget(place: string): Promise<Target> {
  if (isPostgresUrl(place)) {
    const { openPostgresTarget } = await import("../store/postgres/transfer.ts");
    return openPostgresTarget(place);
  }
  const file = fileOf(place);
  makeFolder(dirname(file), 0o700);
  const { noteOwn } = await import("@scimtool/replica");
  // A note left from an earlier file of this name would make the server set the new one aside.
  if (!existsSync(file)) noteOwn(file);
  return openSqliteTarget(file);
}

/** @throws CommandError if it is not a file URL or path */
function fileOf(place: string): string {
  const path = /^file:(?:\/\/(?=\/))?(.+)$/.exec(place)?.[1];
  if (path === undefined) throw new CommandError(`--from and --to must be ${PLACE}.`);
  const full = resolve(path);
  const isFolder = existsSync(full) ? statSync(full).isDirectory() : extname(full) === "";
  return isFolder ? join(full, DATABASE_NAME) : full;
}
