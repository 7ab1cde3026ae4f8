/** Mode async: the cost of replication for the program. */
import { type Bench, median } from "../bench.ts";
import { atMost, type Figures, megabytes, milliseconds, percent, perSecond, points, type Row } from "../report.ts";
import type { Result } from "../tasks/tasks.ts";

const databaseBytes = 100e6;
const rate = 500;

const goalPoints = 5;
const goalLostPercent = 5;
const goalMemoryBytes = 30e6;
const goalStallMs = 10;
const goalLagMs = 1_000;

/** For the maximum throughput, which is known sooner. */
const maximumSeconds = 2;

type Steady = Result<"steady">;

/** One number from several runs. */
type Figure = (runs: readonly Steady[]) => number;

const cpuPoints: Figure = (runs) => median(runs.map((run) => run.cpuPoints));
const maxStallMs: Figure = (runs) => median(runs.map((run) => run.stalls.maxMs));
const maxCpuMs: Figure = (runs) => median(runs.map((run) => run.stalls.maxCpuMs));
const p999StallMs: Figure = (runs) => median(runs.map((run) => run.stalls.p999Ms));
const peakBytes: Figure = (runs) => median(runs.map((run) => run.peakBytes));
const donePercent: Figure = (runs) => median(runs.map((run) => (run.done / run.offered) * 100));
const snapshots: Figure = (runs) => median(runs.map(({ writes }) => writes["snap"] ?? 0));
const packs: Figure = (runs) => median(runs.map(({ writes }) => (writes["L1"] ?? 0) + (writes["L2"] ?? 0)));

/**
 * CPU, lost throughput, memory and stalls at a steady rate; the last two also while a base and a plain copy are made.
 */
export async function steady(bench: Bench): Promise<Figures> {
  const baseline: Steady[] = [];
  const replicated: Steady[] = [];
  const busy: Steady[] = [];
  for (let run = 1; run <= bench.options.runs; run++) {
    bench.progress(`${rate} writes/s, run ${run} of ${bench.options.runs}`);
    baseline.push(await runSteady(bench, { replicates: false }));
    replicated.push(await runSteady(bench, { replicates: true }));
    busy.push(await runSteady(bench, { replicates: true, withCopies: true }));
  }
  bench.progress(`${rate} writes/s, traced`);
  const { longest } = await runSteady(bench, { replicates: true, withCopies: true, traces: true });
  const compare = (figure: Figure, runs: readonly Steady[], format: (value: number) => string) => ({
    without: format(figure(baseline)),
    with: format(figure(runs)),
  });
  const added = (figure: Figure, runs: readonly Steady[]) => figure(runs) - figure(baseline);
  const lostPercent = -added(donePercent, replicated);
  return {
    rows: [
      {
        name: `CPU at ${rate} writes/s, async, 100 MB`,
        ...compare(cpuPoints, replicated, percent),
        ...atMost(added(cpuPoints, replicated), goalPoints, points),
      },
      {
        name: `of ${rate} writes/s offered, done`,
        ...compare(donePercent, replicated, percent),
        ...atMost(Math.max(0, lostPercent), goalLostPercent, percent),
      },
      {
        name: "peak memory, with base and plain copy",
        ...compare(peakBytes, busy, megabytes),
        ...atMost(added(peakBytes, busy), goalMemoryBytes, megabytes),
      },
      {
        name: "longest stall, with base and plain copy",
        ...compare(maxStallMs, busy, milliseconds),
        ...atMost(added(maxStallMs, busy), goalStallMs, milliseconds),
      },
      {
        name: "  of which the thread computes, not waits",
        ...compare(maxCpuMs, busy, milliseconds),
        measured: milliseconds(added(maxCpuMs, busy)),
      },
      { name: "  stalls, p99.9", ...compare(p999StallMs, busy, milliseconds) },
    ],
    remarks: [
      `At ${rate} writes/s, in ${bench.options.seconds} s: ${snapshots(replicated)} bases and ${packs(replicated)} packs were made, with the plain copy ${snapshots(busy)} and ${packs(busy)}.`,
      "What computed longest without giving others a turn, in a traced run with replication (in all, of it computed, where):",
      ...longest.map(
        ({ milliseconds: ms, cpuMs, spentIn }) =>
          `  ${milliseconds(ms).padStart(8)}  ${milliseconds(cpuMs).padStart(8)}  ${spentIn.join("; ")}`,
      ),
    ],
  };
}

async function runSteady(
  bench: Bench,
  { replicates, withCopies = false, traces = false }: { replicates: boolean; withCopies?: boolean; traces?: boolean },
): Promise<Steady> {
  const { seconds } = bench.options;
  return bench.inPlace(await bench.template(databaseBytes), ({ file, target, firstUser }) =>
    bench.processes.run("steady", {
      ...{ file, firstUser, seconds, perSecond: rate, withCopies, traces },
      ...(replicates ? { target } : {}),
    }),
  );
}

/** One client, one transaction after another. */
export async function maximum(bench: Bench): Promise<Figures> {
  const baseline: number[] = [];
  const replicated: number[] = [];
  const template = await bench.template(databaseBytes);
  for (let run = 1; run <= bench.options.runs; run++) {
    bench.progress(`maximum throughput, run ${run} of ${bench.options.runs}`);
    for (const replicates of [false, true]) {
      const { perSecond: rate } = await bench.inPlace(template, ({ file, target, firstUser }) =>
        bench.processes.run("closed", {
          ...{ file, firstUser, seconds: maximumSeconds, durability: "async", clients: 1 },
          ...(replicates ? { target } : {}),
        }),
      );
      (replicates ? replicated : baseline).push(rate);
    }
  }
  const [without, withIt] = [median(baseline), median(replicated)];
  const row: Row = {
    name: "maximum throughput, async, one client",
    without: perSecond(without),
    with: perSecond(withIt),
    measured: percent((withIt / without) * 100),
  };
  return { rows: [row] };
}

export async function lag(bench: Bench): Promise<Figures> {
  bench.progress("lag");
  const { seconds } = bench.options;
  const { p50Ms, p99Ms, maxMs } = await bench.inPlace(
    await bench.template(databaseBytes),
    ({ file, target, firstUser }) => bench.processes.run("lag", { file, target, firstUser, seconds, perSecond: rate }),
  );
  const name = `lag at ${rate} writes/s, async, p99`;
  return {
    rows: [{ name, with: milliseconds(p99Ms), ...atMost(p99Ms, goalLagMs, milliseconds) }],
    remarks: [`Lag: p50 ${milliseconds(p50Ms)}, longest ${milliseconds(maxMs)}.`],
  };
}
