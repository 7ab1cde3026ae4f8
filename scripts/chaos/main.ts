/** Breaks what can be broken while clients write, and checks that no acknowledged change is lost. `--help` says how. */
import { parseArgs } from "node:util";
import { type Outcome, runOnPostgres } from "./postgres.ts";

const HELP = `npm run chaos -- [options]

Without --store, runs instances of the replication engine against each other; --store sqlite --help lists its options.

  --store postgres   two servers on one PostgreSQL database: kills servers and the database, cuts and freezes connections
  --seconds <n>      how long clients write in each run (20)
  --runs <n>         how many runs (1)
  --seed <n>         of the first run; the next has the next (random)
  --no-control       leave out the runs with a protection removed, which must lose something
  --help             this text

The exit code is 1 if an acknowledged change is lost or made twice, a PATCH is half applied, or a control loses nothing.`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      store: { type: "string" },
      seconds: { type: "string", default: "20" },
      runs: { type: "string", default: "1" },
      seed: { type: "string", default: String(Math.floor(Math.random() * 1e6)) },
      "no-control": { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const first = Number(values.seed);
  let isFine = true;
  for (let seed = first; seed < first + Number(values.runs); seed++) {
    const outcome = await runOnPostgres({ seed, seconds: Number(values.seconds), weakness: undefined });
    tell(seed, "", outcome);
    isFine &&= outcome.violations.length === 0;
  }
  if (values["no-control"]) return isFine ? 0 : 1;
  for (const weakness of ["asynchronous commits", "unanswered counts as acknowledged"] as const) {
    const outcome = await runOnPostgres({ seed: first, seconds: CONTROL_SECONDS, weakness });
    tell(first, `control, ${weakness}: `, outcome);
    if (outcome.violations.length > 0) continue;
    console.log(`VIOLATED: nothing was lost with ${weakness}; this run does not notice losses`);
    isFine = false;
  }
  return isFine ? 0 : 1;
}

const CONTROL_SECONDS = 5;
const SHOWN = 5;

function tell(seed: number, what: string, { counts, violations }: Outcome): void {
  const verdict = violations.length === 0 ? "nothing lost" : `${violations.length} lost or wrong`;
  const numbers = Object.entries(counts).map(([name, count]) => `${count} ${name}`);
  console.log(`seed ${seed}: ${what}${numbers.join(", ")}; ${verdict}`);
  for (const violation of violations.slice(0, SHOWN)) console.log(`  ${violation}`);
}

const store = process.argv.indexOf("--store");
if (store > 0 && process.argv[store + 1] === "postgres") process.exitCode = await main();
else {
  if (store > 0) process.argv.splice(store, 2);
  if (process.argv.includes("--help") && store < 0) console.log(`${HELP}\n`);
  await import("../../packages/replica/src/chaos/main.ts");
}
