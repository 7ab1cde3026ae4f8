/** Mode semi-sync: every response waits for the target. */
import type { Bench } from "../bench.ts";
import { atLeast, atMost, type Figures, milliseconds, perSecond, type Row } from "../report.ts";
import type { Result } from "../tasks/tasks.ts";

const databaseBytes = 100e6;
const delayMs = 20;
const manyClients = 64;
const goalPerSecond = 1_500;
const goalP50Ms = 25;

type Closed = Result<"closed">;

export async function semiSync(bench: Bench): Promise<Figures> {
  const rows: Row[] = [];
  const p99s: string[] = [];
  for (const clients of [manyClients, 1]) {
    const who = clients === 1 ? "one client" : `${clients} clients`;
    const baseline = await run(bench, clients, undefined);
    for (const delay of [delayMs, 0]) {
      const what = delay === 0 ? "folder" : `target of ${delay} ms`;
      const result = await run(bench, clients, delay);
      rows.push(rowOf(`semi-sync, ${what}, ${who}`, baseline, result, { clients, hasGoal: delay > 0 }));
      p99s.push(`${what}, ${who}: ${milliseconds(result.p99Ms)}`);
    }
    p99s.push(`without replication, ${who}: ${milliseconds(baseline.p99Ms)}`);
  }
  return { rows, remarks: [`Semi-sync, p99: ${p99s.join("; ")}.`] };
}

/** Many clients are measured by throughput, one by latency. */
function rowOf(
  name: string,
  baseline: Closed,
  result: Closed,
  { clients, hasGoal }: { clients: number; hasGoal: boolean },
): Row {
  if (clients === 1) {
    const compared = { name: `${name}, p50`, without: milliseconds(baseline.p50Ms), with: milliseconds(result.p50Ms) };
    return { ...compared, ...(hasGoal ? atMost(result.p50Ms, goalP50Ms, milliseconds) : {}) };
  }
  const compared = { name, without: perSecond(baseline.perSecond), with: perSecond(result.perSecond) };
  return { ...compared, ...(hasGoal ? atLeast(result.perSecond, goalPerSecond, perSecond) : {}) };
}

/** @param delay of the target; undefined: without replication */
async function run(bench: Bench, clients: number, delay: number | undefined): Promise<Closed> {
  const { seconds } = bench.options;
  bench.progress(`${clients} clients, ${delay === undefined ? "without replication" : `semi-sync, ${delay} ms`}`);
  return bench.inPlace(
    await bench.template(databaseBytes),
    ({ file, target, firstUser }) =>
      bench.processes.run("closed", {
        ...{ file, firstUser, seconds, durability: "semi-sync", clients },
        ...(delay === undefined ? {} : { target }),
      }),
    { delayMs: delay ?? 0 },
  );
}
