/** Measures the replication engine beside the same program without it and prints a table. `--help` tells the options. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Bench } from "./bench.ts";
import { bundleChild } from "./bundle.ts";
import { figures } from "./figures/figures.ts";
import { help, parseOptions } from "./options.ts";
import { Processes } from "./processes.ts";
import { introduction, type Row, report } from "./report.ts";

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2));
  if (options === undefined) {
    process.stdout.write(help);
    return;
  }
  const temporaryFolder = mkdtempSync(join(tmpdir(), "scimtool-bench-replica-"));
  process.once("exit", () => rmSync(temporaryFolder, { recursive: true, force: true, maxRetries: 5 }));
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));

  print(introduction(options));
  const processes = new Processes(await bundleChild(join(temporaryFolder, "program")), options.profileFolder);
  const bench = new Bench(options, processes, temporaryFolder, progress);
  const rows: Row[] = [];
  const remarks: string[] = [];
  for (const { name, measure } of figures) {
    if (!name.toLowerCase().includes(options.only)) continue;
    try {
      const result = await measure(bench);
      rows.push(...result.rows);
      remarks.push(...(result.remarks ?? []));
    } catch (error) {
      // The other figures are worth having all the same.
      rows.push({ name, with: "failed", verdict: "failed" });
      remarks.push(`${name}: ${(error as Error).message}`);
      process.exitCode = 1;
    }
  }
  print(report({ rows, remarks }));
}

const startedMs = performance.now();

function progress(line: string): void {
  process.stderr.write(`${((performance.now() - startedMs) / 1000).toFixed(0).padStart(4)} s  ${line}\n`);
}

function print(text: string): void {
  process.stdout.write(`\n${text}\n`);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
