/** Looks users up, and reads long lists page by page and prints how the cost depends on the depth. `--help` lists the options. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { pinGenerator } from "../affinity.ts";
import { migrated, stopPostgres } from "../postgres.ts";
import { startServer } from "../server-process.ts";
import { decimals, formatTable, times } from "../table.ts";
import { clientOf, lists, pageSize } from "./lists.ts";
import { help, parseOptions } from "./options.ts";
import { fillWithUsers } from "./rows.ts";
import { type Figures, measureList, measureLookUps } from "./walks.ts";

const sourcesEntry = fileURLToPath(new URL("../../packages/server/src/cli/main.ts", import.meta.url));

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2));
  if (options === undefined) {
    process.stdout.write(help);
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), "scimtool-bench-paging-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));

  const entry = options.entry === undefined ? sourcesEntry : resolve(options.entry);
  const server = { entry, folder, cores: pinGenerator(), withProbe: false, firstPath: "/Users?count=1" };
  mkdirSync(folder, { recursive: true });
  progress(`${options.users} users`);
  const empty = await startServer(server);
  await empty.stop();
  const file = join(folder, "data", "scim.db");
  fillWithUsers(file, options.users);
  const databaseUrl = options.database === "postgres" ? await migrated(entry, file) : undefined;

  const running = await startServer({ ...server, databaseUrl });
  const client = clientOf(running.port);
  const figures: Figures[] = [];
  for (const list of lists.filter(({ name }) => name.toLowerCase().includes(options.only))) {
    progress(list.name);
    figures.push(await measureList(client, list, options.users, databaseUrl === undefined));
  }
  progress("look-ups");
  const lookUps = await measureLookUps(client, options.users);
  client.close();
  await running.stop();
  process.stdout.write(`${report(figures, options.users)}\n\nfilter userName eq: ${lookUps}\n`);
}

function report(figures: readonly Figures[], users: number): string {
  const rows = figures.map(({ list, first, inTurn, cursor, jumpUnknown, jumpKnown, afterWrite }) => {
    const shown = (ms: number | undefined): string =>
      ms === undefined ? "–" : `${decimals(ms, 2)} ${times(ms / first, 1).padStart(8)}`;
    const none = [undefined, undefined, undefined];
    const walks = [...(inTurn ?? none), ...(cursor ?? none)];
    return [list, `${decimals(first, 2)}`, ...[...walks, jumpUnknown, jumpKnown, afterWrite].map(shown)];
  });
  const walked = ["in turn", "cursor"].flatMap((by) => ["start", "middle", "end"].map((place) => `${by}, ${place}`));
  return formatTable(
    `Pages of ${pageSize} out of ${users.toLocaleString("en")} users: ms of an answer, and as a multiple of the first page's`,
    ["List", "first page", ...walked, "jump", "jump, walked", "after a write"],
    rows,
  );
}

const startedMs = performance.now();

function progress(line: string): void {
  process.stderr.write(`${((performance.now() - startedMs) / 1000).toFixed(0).padStart(4)} s  ${line}\n`);
}

try {
  await main().finally(stopPostgres);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
