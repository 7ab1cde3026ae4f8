/** Sends long requests and prints how long each blocks others. `--help` lists the options. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { pinGenerator } from "../affinity.ts";
import { type Answer, ask } from "../client.ts";
import { fillWithUsers } from "../paging/rows.ts";
import { startServer } from "../server-process.ts";
import { decimals, formatTable, verdict } from "../table.ts";
import { fillWithGroups } from "./groups.ts";
import { probe } from "./probe.ts";
import { requests } from "./requests.ts";

const help = `node bench/stall/main.ts [options]

Plays requests on 50,000 users, 61 groups and 350,000 memberships, asks for /healthz every 20 ms meanwhile, and prints
the longest time that it waited for an answer.

  --only <text>   only the requests whose name contains this text
  --entry <file>  run this program instead of the sources: another version, for instance
  --help          this text
`;

const users = 50_000;
const groups = 61;
const memberships = 350_000;
const goalMs = 50;
const sourcesEntry = fileURLToPath(new URL("../../packages/server/src/cli/main.ts", import.meta.url));

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      only: { type: "string", default: "" },
      entry: { type: "string", default: sourcesEntry },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(help);
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), "scimtool-bench-stall-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
  const server = {
    entry: resolve(values.entry),
    folder,
    cores: pinGenerator(),
    withProbe: false,
    firstPath: "/Users?count=1",
  };
  await (await startServer(server)).stop();
  const file = join(folder, "data", "scim.db");
  fillWithUsers(file, users);
  fillWithGroups(file, { groups, memberships });

  const running = await startServer(server);
  const rows: string[][] = [];
  for (const { name, bytes } of await requests(running.port)) {
    if (!name.toLowerCase().includes(values.only.toLowerCase())) continue;
    process.stderr.write(`  ${name}\n`);
    rows.push(row(name, await measure(running.port, bytes)));
  }
  const startedMs = performance.now();
  await running.stop();
  rows.push(["stop", "", decimals(performance.now() - startedMs, 0), "", ""]);
  const header = ["request", "status", "took ms", "longest stall ms", `goal ${goalMs} ms`];
  process.stdout.write(`\n${formatTable("What others wait for", header, rows)}\n`);
}

type Measured = { readonly status: number | undefined; readonly tookMs: number; readonly longestMs: number };

async function measure(port: number, bytes: Buffer): Promise<Measured> {
  let answer: Answer | undefined;
  let tookMs = 0;
  const longestMs = await probe(port, async () => {
    const startedMs = performance.now();
    answer = await ask(port, bytes).catch(() => undefined);
    tookMs = performance.now() - startedMs;
  });
  return { status: answer?.status, tookMs, longestMs };
}

function row(name: string, { status, tookMs, longestMs }: Measured): string[] {
  return [name, String(status ?? "none"), decimals(tookMs, 0), decimals(longestMs, 0), verdict(longestMs, goalMs)];
}

await main();
