/** Compares the replication engine with the same program without it and prints a table. `--help` lists the options. */
import { join } from "node:path";
import { folderUntilExit, print, progress, runCommand } from "../command.ts";
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
  const temporaryFolder = folderUntilExit("scimtool-bench-replica-");

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
      // The other figures are still useful.
      rows.push({ name, with: "failed", verdict: "failed" });
      remarks.push(`${name}: ${(error as Error).message}`);
      process.exitCode = 1;
    }
  }
  print(report({ rows, remarks }));
}

await runCommand(main);
