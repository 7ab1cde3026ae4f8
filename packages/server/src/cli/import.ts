import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Command } from "commander";
import { openCore } from "../application.ts";
import { Unavailable } from "../backup/backup.ts";
import { type ConfigInput, completeConfig, configOptions } from "../config.ts";
import type { Core } from "../core.ts";
import type { Served } from "../http/serving.ts";
import { earlierCopies } from "../import/earlier-copies.ts";
import { EarlierDatabase } from "../import/earlier-database.ts";
import { type ImportReport, importInto } from "../import/import.ts";
import { StoreUnavailable } from "../store/store.ts";
import { CommandError, optionsOf, runCommand } from "./command.ts";
import { openFrom } from "./restore.ts";
import { showProgress } from "./terminal.ts";
import { count } from "./text.ts";

const HELP = `Takes over users, groups, memberships and request logs, with the IDs that identity providers know. What is there
already stays as it is: run it again after an interruption. Lists what it could not take.

Stop the server first. With a backup target, a server that runs hands the database over while the import works.

Examples:
  scimtool import --from /mnt/scimtool-data
  scimtool import --from scim.db --data-dir /srv/scim
  BACKUP_TARGET=https://account.blob.core.windows.net/scimtool scimtool import --from ./old/scim.db`;

/** Settings of the server that decide where the database is. */
const SHOWN = new Set(["--data-dir", "--database-url", "--backup-target"]);

const MOST_LISTED = 100;
const PRIMARY_WITHIN_MS = 60_000;

type Options = ConfigInput & { readonly from: string; readonly endpoint: string };

export function addImportCommand(program: Command): void {
  const command = program
    .command("import")
    .description("import the data of SCIMTool 0.7 or 0.8")
    .helpOption("--help", "print this help")
    .requiredOption("--from <place>", "its database file, or the folder or blob container with its copies")
    .option("--endpoint <name>", "endpoint to import into", "default");
  for (const option of configOptions()) command.addOption(SHOWN.has(option.long ?? "") ? option : option.hideHelp());
  command.addHelpText("after", `\n${HELP}`).action(() => {
    const { from, endpoint, ...input } = optionsOf<Options>(command);
    return runCommand("scimtool import", async () => {
      process.umask(0o077);
      const { file, remove } = await soundCopy(from);
      try {
        await runImport(file, endpoint, input);
      } finally {
        remove();
      }
    });
  });
}

/** Finds the newest intact copy. @throws CommandError */
async function soundCopy(from: string): Promise<{ file: string; remove: () => void }> {
  if (existsSync(from) && statSync(from).isFile()) return { file: resolve(from), remove: () => undefined };
  if (!/^\s*\w+:\/\//.test(from) && !existsSync(from)) throw new CommandError(`there is no file or folder ${from}.`);
  const target = await openFrom(from);
  const folder = mkdtempSync(join(tmpdir(), "scimtool-import-"));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    const { fetchPlainCopy } = await import("@scimtool/replica");
    const copies = await earlierCopies(target);
    for (const copy of copies) {
      const file = join(folder, "scim.db");
      try {
        await fetchPlainCopy(target, copy, file);
        console.log(`Found ${copy} at ${target.name}; it is intact.`);
        return { file, remove };
      } catch (error) {
        console.error(`Skipped ${copy}: ${(error as Error).message}`);
      }
    }
    throw new CommandError(
      copies.length === 0
        ? `${target.name} holds no database of SCIMTool 0.7 or 0.8. Its copies are named scim.db or scim-<time>.`
        : `no copy at ${target.name} is intact (${copies.join(", ")}). Repair one with sqlite3's .recover, and give the file with --from.`,
    );
  } catch (error) {
    remove();
    throw error;
  }
}

async function runImport(file: string, name: string, input: ConfigInput): Promise<void> {
  const source = openSource(file);
  const progress = await showProgress("Importing", (rows) => count(rows, "row"));
  let core: Core | undefined;
  try {
    core = await openCore(completeConfig(input), {
      log: (level, line) => (level === "info" ? undefined : console.error(`scimtool: ${level}: ${line}`)),
    });
    const served = await serve(core);
    const endpoint = served.endpoints.get(name);
    if (endpoint === undefined)
      throw new CommandError(`there is no endpoint ${name}. List them: scimtool endpoint list`);
    const total =
      source.count("ScimUser") + source.count("ScimGroup") + source.count("GroupMember") + source.count("RequestLog");
    const report = await importInto(served, endpoint, source, (done) => progress.update(done, total));
    await core.backup?.durable(true);
    progress.end();
    console.log(reportText(report));
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error;
    throw new CommandError(
      "another server took the database over. Pause provisioning and close the page, then run the same command again: it continues.",
    );
  } finally {
    progress.end();
    source.close();
    await core?.close(20_000);
  }
}

function openSource(file: string): EarlierDatabase {
  try {
    return new EarlierDatabase(file);
  } catch (error) {
    throw new CommandError(`${file} cannot be imported: ${(error as Error).message}. Try an older copy.`);
  }
}

/** Opens the database; a server that has it at the backup target hands it over. */
async function serve({ serving }: Core): Promise<Served> {
  const endMs = performance.now() + PRIMARY_WITHIN_MS;
  for (;;) {
    try {
      return serving.current ?? (await serving.admit(async () => undefined));
    } catch (error) {
      if (!(error instanceof Unavailable) || performance.now() > endMs) throw error;
      await sleep(Math.max(1_000, error.retryAfterMs));
    }
  }
}

function reportText({ users, groups, memberships, exchanges, notImported }: ImportReport): string {
  const line = (what: string, { taken, existed }: { taken: number; existed: number }) =>
    `${count(taken, what)}${existed > 0 ? ` (${existed.toLocaleString("en-US")} more were here already)` : ""}`;
  const { taken, tooOld, notOlder } = exchanges;
  const left = [
    ...(tooOld > 0 ? [`${count(tooOld, "logged request")}: older than the exchange log is kept`] : []),
    ...(notOlder > 0 ? [`${count(notOlder, "logged request")}: not older than the exchange log here`] : []),
    ...notImported.slice(0, MOST_LISTED),
    ...(notImported.length > MOST_LISTED
      ? [`… and ${(notImported.length - MOST_LISTED).toLocaleString("en-US")} more`]
      : []),
  ];
  return [
    `Imported ${line("user", users)}, ${line("group", groups)}, ${line("membership", memberships)}, ${count(taken, "logged request")}.`,
    ...(left.length > 0 ? ["Not taken:", ...left.map((text) => `  ${text}`)] : ["Everything was imported."]),
  ].join("\n");
}
