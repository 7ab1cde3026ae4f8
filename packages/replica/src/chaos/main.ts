import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startAzurite } from "../target/testing/azurite.ts";
import { check, type Findings } from "./checker.ts";
import { controls } from "./control.ts";
import { clean, KINDS, type Kind, type Plan, planOf, play, type Scene } from "./run.ts";

const HELP = `Runs instances of the replica against each other, and breaks what can be broken.

  node packages/replica/src/chaos/main.ts [options]

  --runs <n>          how many runs (200)
  --seed <n>          of the first run; the next has the next (random)
  --target <where>    folder, blob or both (both); blob is Azurite, restarted for each run
  --seconds <n>       how long instances are disturbed in each run (6)
  --only <kind>       ${KINDS.join(", ")}
  --durability <mode> async, semi-sync or sync
  --weather <how>     fair, rough (the target has faults) or stormy (and is away for whole spells)
  --parallel <n>      runs at the same time (2)
  --no-control        leave out the runs with a protection removed, which must lose something
  --keep              keep the folders of all runs, not of those that failed only

Constants of the engine (periods, sizes) are made small for this; see chaos/pace.ts.
Ends with 1 when anything was lost, or two writers were at work, or a restore failed.`;

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "200" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 1e6)) },
    target: { type: "string", default: "both" },
    seconds: { type: "string", default: "6" },
    only: { type: "string" },
    durability: { type: "string" },
    weather: { type: "string" },
    parallel: { type: "string", default: "2" },
    "no-control": { type: "boolean", default: false },
    keep: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

type Outcome = { readonly scene: Scene; readonly findings: Findings };

/** Each run on blobs has its own Azurite, which after ten minutes cleans up and does not respond meanwhile. */
async function playOnce(plan: Plan, keep: boolean): Promise<Outcome> {
  const azurite = plan.target === "blob" ? await startAzurite() : undefined;
  try {
    const scene = await play(plan, azurite);
    const findings = await check(scene);
    if (findings.violations.length > 0) await keepTraces(scene, findings);
    else if (!keep) await clean(scene, azurite);
    return { scene, findings };
  } finally {
    await azurite?.stop();
  }
}

/** Next to the folders of the instances and the target. */
async function keepTraces({ folder, instances, events, plan }: Scene, findings: Findings): Promise<void> {
  const lines = instances.map(
    ({ orders, lines, roles, endedMs, pauses }) =>
      `# instance ${orders.number} ${JSON.stringify({ orders, roles, endedMs, pauses })}\n${lines.join("\n")}`,
  );
  const text = [JSON.stringify({ plan, findings }, undefined, 1), ...events, ...lines].join("\n");
  await writeFile(join(folder, "trace.txt"), `${text}\n`);
}

function tell(index: number, { scene, findings }: Outcome): void {
  const { plan, counts } = scene;
  const { acknowledged, lost, lostUnpromised, oldestLostMs, restores, violations } = findings;
  const what = `${plan.kind} ${plan.target} ${plan.durability} ${plan.weather}`.padEnd(34);
  const happened = `${counts.kills} kills, ${counts.freezes} freezes, ${counts.overlaps} overlaps`;
  const unpromised = lostUnpromised > 0 ? `, ${lostUnpromised} unpromised lost (up to ${oldestLostMs} ms old)` : "";
  console.log(
    `${String(index).padStart(4)} seed ${plan.seed} ${what} ${happened}; ${acknowledged} acknowledged, ${lost} lost${unpromised}; ${restores} restores; ${violations.length === 0 ? "ok" : "VIOLATED"}`,
  );
  if (violations.length === 0) return;
  for (const violation of violations) console.log(`     ${violation}`);
  console.log(`     Kept in ${scene.folder}. To repeat: --runs 1 --no-control --seed ${plan.seed} ${options(plan)}`);
}

function options({ kind, target, durability, weather, seconds }: Plan): string {
  return `--only ${kind} --target ${target} --durability ${durability} --weather ${weather} --seconds ${seconds}`;
}

function summarise(outcomes: readonly Outcome[]): void {
  const sum = (of: (outcome: Outcome) => number) => outcomes.reduce((total, outcome) => total + of(outcome), 0);
  const faults = new Map<string, number>();
  for (const { instances } of outcomes.map(({ scene }) => scene)) {
    for (const [kind, count] of instances.flatMap((instance) => [...instance.faults]))
      faults.set(kind, (faults.get(kind) ?? 0) + count);
  }
  console.table({
    runs: outcomes.length,
    instances: sum(({ scene }) => scene.instances.length),
    kills: sum(({ scene }) => scene.counts.kills),
    freezes: sum(({ scene }) => scene.counts.freezes),
    overlaps: sum(({ scene }) => scene.counts.overlaps),
    "stops in order": sum(({ scene }) => scene.counts.stops),
    "starts on a kept disk": sum(({ scene }) => scene.counts.resumes),
    "torn slots": sum(({ findings }) => findings.torn),
    ...Object.fromEntries([...faults].map(([kind, count]) => [`fault: ${kind}`, count])),
    acknowledged: sum(({ findings }) => findings.acknowledged),
    "promised to last": sum(({ findings }) => findings.promised),
    lost: sum(({ findings }) => findings.lost),
    "lost, not promised": sum(({ findings }) => findings.lostUnpromised),
    "oldest of these, ms": Math.max(0, ...outcomes.map(({ findings }) => findings.oldestLostMs)),
    "two writers": sum(({ findings }) => findings.twoWriters),
    "restores checked": sum(({ findings }) => findings.restores),
    "runs violated": outcomes.filter(({ findings }) => findings.violations.length > 0).length,
  });
}

async function main(): Promise<number> {
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const seed = Number(values.seed);
  const fixed = {
    seconds: Number(values.seconds),
    ...(values.only === undefined ? {} : { kind: values.only as Kind }),
    ...(values.durability === undefined ? {} : { durability: values.durability as Plan["durability"] }),
    ...(values.weather === undefined ? {} : { weather: values.weather as Plan["weather"] }),
    ...(values.target === "both" ? {} : { target: values.target as Plan["target"] }),
  };
  console.log(`Seed ${seed}.`);
  const outcomes: Outcome[] = [];
  let next = 0;
  const playSome = async () => {
    while (next < Number(values.runs)) {
      const index = next++;
      const outcome = await playOnce(planOf(seed + index, fixed), values.keep);
      tell(index + 1, outcome);
      outcomes.push(outcome);
    }
  };
  await Promise.all(Array.from({ length: Number(values.parallel) }, playSome));
  summarise(outcomes);
  const unnoticed = values["no-control"] ? [] : await controls(seed, (line) => console.log(line));
  for (const line of unnoticed) console.log(`VIOLATED: ${line}`);
  return unnoticed.length === 0 && outcomes.every(({ findings }) => findings.violations.length === 0) ? 0 : 1;
}

process.exitCode = await main();
