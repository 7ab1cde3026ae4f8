/** A child under load: with replication if it gets a target. */
import { setTimeout as wait } from "node:timers/promises";
import type { Durability } from "@scimtool/replica";
import { quantile } from "../../command.ts";
import { type ClosedLoad, closedLoop, type OpenLoad, openLoop } from "../load.ts";
import { peakMemory } from "../memory.ts";
import { Program } from "../program.ts";
import { type Stall, type Stalls, traceEventLoop, watchEventLoop } from "../stalls.ts";
import { counting, type Operations, type TargetPlan, targetOf } from "../targets.ts";

/** Until the JIT compiler has optimised writes. */
const warmUpSeconds = 1;

/** The same with rare events: links of the log are packed every six seconds or so. */
const steadyWarmUpSeconds = 8;

/** Parts of a load use user numbers this far apart. */
const aPart = 1_000_000;

/** How many times the measurement may be extended to wait for a base. */
const mostExtensions = 8;

const samplePeriodMs = 20;
const longestStalls = 6;

/** Time for pending work: the plain copy, and due packs. */
const settleMs = 4_000;
const idlePlainIntervalMs = 2_000;

type WritingTask = {
  readonly file: string;
  readonly target?: TargetPlan;
  /** Number of the first user to insert. */
  readonly firstUser: number;
  readonly seconds: number;
};

export type SteadyTask = WritingTask & {
  readonly perSecond: number;
  /** Starts with a plain copy, and continues until a base was made. */
  readonly withCopies: boolean;
  readonly traces: boolean;
};

export type SteadyResult = OpenLoad & {
  /** Of all threads, in percent of a core. */
  readonly cpuPoints: number;
  readonly stalls: Stalls;
  /** Of the whole life of the process. */
  readonly peakBytes: number;
  /** At the target, during the measurement. */
  readonly writes: Operations["writes"];
  readonly longest: readonly Stall[];
};

/** Mode async at a steady rate. */
export async function steady(task: SteadyTask): Promise<SteadyResult> {
  const { file, target, firstUser, seconds, perSecond, withCopies, traces } = task;
  const counted = target === undefined ? undefined : counting(await targetOf(target));
  const program = await Program.open(file, counted && { target: counted.target, durability: "async" });
  await openLoop(program, { firstUser, perSecond, seconds: steadyWarmUpSeconds });
  const writesBefore = { ...counted?.operations.writes };
  const endTrace = traces ? await traceEventLoop() : undefined;
  const endWatch = watchEventLoop();
  const cpuBefore = process.cpuUsage();
  const startMs = performance.now();
  const copied = withCopies ? program.replica?.backupNow() : undefined;
  const hasBase = () => (counted?.operations.writes["snap"] ?? 0) > (writesBefore["snap"] ?? 0);
  const load = await openLoop(program, { firstUser: firstUser + steadyWarmUpSeconds * perSecond, perSecond, seconds });
  for (let more = 1; withCopies && !hasBase() && more <= mostExtensions; more++) {
    await openLoop(program, { firstUser: firstUser + more * aPart, perSecond, seconds });
  }
  const { user, system } = process.cpuUsage(cpuBefore);
  const cpuPoints = (user + system) / 10 / (performance.now() - startMs);
  const stalls = endWatch();
  const writes = difference(counted?.operations.writes ?? {}, writesBefore);
  const peakBytes = peakMemory();
  const longest = (await endTrace?.(longestStalls)) ?? [];
  await copied;
  return { ...load, cpuPoints, stalls, peakBytes, writes, longest };
}

export type ClosedTask = WritingTask & { readonly durability: Durability; readonly clients: number };

/** As many writes as the clients can make. */
export async function closed({
  file,
  target,
  firstUser,
  seconds,
  durability,
  clients,
}: ClosedTask): Promise<ClosedLoad> {
  const program = await Program.open(file, target && { target: await targetOf(target), durability });
  await closedLoop(program, { firstUser, clients, seconds: warmUpSeconds });
  return closedLoop(program, { firstUser: firstUser + aPart, clients, seconds });
}

export type LagTask = WritingTask & { readonly target: TargetPlan; readonly perSecond: number };

export type LagResult = { readonly p50Ms: number; readonly p99Ms: number; readonly maxMs: number };

/** How far the target is behind in mode async, according to the status. */
export async function lag({ file, target, firstUser, seconds, perSecond }: LagTask): Promise<LagResult> {
  const program = await Program.open(file, { target: await targetOf(target), durability: "async" });
  const samplesMs: number[] = [];
  await openLoop(program, { firstUser, perSecond, seconds: warmUpSeconds });
  const timer = setInterval(() => samplesMs.push(program.replica?.status().lag.ms ?? 0), samplePeriodMs);
  await openLoop(program, { firstUser: firstUser + warmUpSeconds * perSecond, perSecond, seconds });
  clearInterval(timer);
  samplesMs.sort((left, right) => left - right);
  return { p50Ms: quantile(samplesMs, 0.5), p99Ms: quantile(samplesMs, 0.99), maxMs: samplesMs.at(-1) ?? 0 };
}

export type IdleTask = WritingTask & { readonly target: TargetPlan };

export type IdleResult = Operations & { readonly cpuPoints: number };

/** Requests to the target after a time without commits. */
export async function idle({ file, target, firstUser, seconds }: IdleTask): Promise<IdleResult> {
  const { target: counted, operations } = counting(await targetOf(target));
  const replication = { target: counted, durability: "async", plainIntervalMs: idlePlainIntervalMs } as const;
  const program = await Program.open(file, replication);
  await openLoop(program, { firstUser, perSecond: 100, seconds: 2 });
  await program.replica?.durable(true);
  await wait(settleMs);
  const before = { reads: operations.reads, writes: { ...operations.writes } };
  const cpuBefore = process.cpuUsage();
  await wait(seconds * 1000);
  const { user, system } = process.cpuUsage(cpuBefore);
  const writes = difference(operations.writes, before.writes);
  return { reads: operations.reads - before.reads, writes, cpuPoints: (user + system) / 1e4 / seconds };
}

function difference(after: Operations["writes"], before: Operations["writes"]): Operations["writes"] {
  const entries = Object.entries(after).map(([kind, count]) => [kind, count - (before[kind] ?? 0)] as const);
  return Object.fromEntries(entries.filter(([, count]) => count > 0));
}
