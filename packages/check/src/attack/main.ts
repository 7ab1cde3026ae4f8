/** Attacks a server that it starts, on the loopback, and prints what came of it. `--help` shows the options. */
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { OVERLOAD_ATTACKS, OVERLOAD_SETTINGS, populate } from "./overload.ts";
import { SECRET_ATTACKS } from "./secrets.ts";
import { START_ATTACKS } from "./start.ts";
import { type Attack, type Seen, startTarget, type Target } from "./target.ts";

const HELP = `node packages/check/src/attack/main.ts [options]

Starts a server, attacks it on the loopback, and prints a table. The exit code is 1 if an attack succeeded.

  --short         without the attacks that take long
  --only <text>   only the attacks whose name contains this text
  --entry <file>  attack this program instead of the sources
  --help          this text
`;

const SOURCES = fileURLToPath(new URL("../../../server/src/cli/main.ts", import.meta.url));

type Row = Seen & { readonly attack: Attack };

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      short: { type: "boolean", default: false },
      only: { type: "string", default: "" },
      entry: { type: "string", default: SOURCES },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const wanted = [...SECRET_ATTACKS, ...OVERLOAD_ATTACKS, ...START_ATTACKS].filter(
    ({ name, isLong = false }) => name.toLowerCase().includes(values.only.toLowerCase()) && !(values.short && isLong),
  );
  const rows = await playAll(wanted, resolve(values.entry));
  process.stdout.write(`${tableOf(rows)}\n`);
  process.exitCode = rows.every(({ isHeld }) => isHeld) ? 0 : 1;
}

/** One server takes all attacks; the next one takes over where an attack ended it. */
async function playAll(attacks: readonly Attack[], entry: string): Promise<Row[]> {
  const rows: Row[] = [];
  let target = await freshTarget(entry);
  for (const attack of attacks) {
    if (!target.isRunning()) target = await freshTarget(entry);
    const startMs = performance.now();
    rows.push({ attack, ...(await attack.play(target, entry).catch(failed)) });
    process.stderr.write(`  ${attack.name}: ${((performance.now() - startMs) / 1_000).toFixed(1)} s\n`);
  }
  await target.stop();
  return rows;
}

async function freshTarget(entry: string): Promise<Target> {
  const target = await startTarget(entry, { ...OVERLOAD_SETTINGS, LOG_LEVEL: "info" });
  await populate(target);
  return target;
}

function failed(error: unknown): Seen {
  return { text: `failed: ${(error as Error).message}`, isHeld: false };
}

function tableOf(rows: readonly Row[]): string {
  const lines = [
    ["attack", "expected", "seen", "verdict"],
    ...rows.map(({ attack: { name, expected }, text, isHeld }) => [name, expected, text, isHeld ? "held" : "FAILED"]),
  ];
  const widths = [0, 1, 2].map((column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines.map((line) => line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")).join("\n");
}

await main();
