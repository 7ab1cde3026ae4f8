/** Compares old and new storage and prints the tables. `--help` lists the options. */
import { statSync } from "node:fs";
import { join } from "node:path";
import { folderUntilExit, print, progress, runCommand } from "../command.ts";
import { type Arrangement, arrangements, usersBefore } from "./arrangements.ts";
import { help, type Options, parseOptions } from "./options.ts";
import { introduction, type Result, reportCopies, reportKills, reportLoad, reportRemarks } from "./report.ts";
import { createDatabase } from "./rows.ts";
import { type Bench, type Copies, type Kill, killOnce, type Load, measureCopies, measureLoad } from "./runs.ts";

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2));
  if (options === undefined) {
    process.stdout.write(help);
    return;
  }
  const temporaryFolder = folderUntilExit("scimtool-bench-storage-");

  const template = join(temporaryFolder, "template.db");
  progress(`${usersBefore} users to begin with`);
  createDatabase(template, usersBefore);
  print(introduction(options.seconds, options.runs, statSync(template).size));

  const bench = { temporaryFolder, template, seed: options.seed, progress };
  const results: Result[] = [];
  for (const arrangement of arrangements) {
    if (!arrangement.name.toLowerCase().includes(options.only)) continue;
    results.push(await measure(bench, arrangement, options));
  }
  for (const report of [reportLoad, reportKills, reportCopies, reportRemarks]) {
    const text = report(results);
    if (text !== undefined) print(text);
  }
  if (results.some(({ failure }) => failure !== undefined)) process.exitCode = 1;
}

/** Continues with the next arrangement if one does not work at all. */
async function measure(bench: Bench, arrangement: Arrangement, options: Options): Promise<Result> {
  const { name, measures } = arrangement;
  let load: Load | undefined;
  let copies: Copies | undefined;
  let failure: string | undefined;
  const kills: Kill[] = [];
  try {
    if (measures.includes("load")) {
      progress(`${name}: ${options.seconds} s of load`);
      load = await measureLoad(bench, arrangement, options.seconds);
    }
    for (let run = 1; measures.includes("kills") && run <= options.runs; run++) {
      progress(`${name}: kill ${run} of ${options.runs}`);
      const kill = await killOnce(bench, arrangement, run);
      kills.push(kill);
      progress(`${name}: ${kill.lost} of ${kill.acknowledged} acknowledged writes lost`);
    }
    if (measures.includes("copies")) {
      progress(`${name}: copies under load`);
      copies = await measureCopies(bench, arrangement);
    }
  } catch (error) {
    failure = (error as Error).message;
    progress(`${name}: ${failure}`);
  }
  return { arrangement, load, kills, copies, failure };
}

await runCommand(main);
