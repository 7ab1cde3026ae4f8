import { type BulkComparison, bulkName } from "./bulk-suite.ts";
import type { GroupComparison } from "./group-suite.ts";
import { type Measurement, median } from "./measure.ts";
import type { ServersComparison } from "./servers-suite.ts";
import { decimals, formatTable, times, verdict } from "./table.ts";
import { medianOf, type UserSuiteResult } from "./user-suite.ts";

const goalMillionRatio = 1.3;
/** After the start, with the smaller data set, because caches grow with reads. */
const goalMemoryMegabytes = 130;
const goalGrowth = 1.7;
const goalStartMs = 400;
const million = 1_000_000;

type NumericFigure = "requestsPerSecond" | "cpuMicrosecondsPerRequest" | "p50Ms" | "p99Ms";

export type StartResult = { userCount: number; program: "bundle" | "sources" | "entry"; startsMs: number[] };

export function reportUsers({ userCount, recording, floor, cases }: UserSuiteResult): string {
  const row = (
    name: string,
    runs: readonly Measurement[],
    multiple: number,
    goal: string,
    verdict: string,
  ): string[] => [
    name,
    medianText(runs, "requestsPerSecond", 0),
    medianText(runs, "cpuMicrosecondsPerRequest", 1),
    times(multiple),
    goal,
    verdict,
    medianText(runs, "p50Ms", 2),
    medianText(runs, "p99Ms", 2),
  ];
  const rows = cases.map(({ name, goalMultiple, runs }) => {
    const multiple = medianOf(runs, (run) => run.floorMultiple);
    return row(name, runs, multiple, `≤ ${times(goalMultiple, 1)}`, verdict(multiple, goalMultiple));
  });
  return formatTable(
    `${decimals(userCount, 0)} users, recording ${recording}`,
    ["case", "requests/s", "CPU µs/request", "× floor", "goal", "verdict", "p50 ms", "p99 ms"],
    [row("floor (bare node:http)", floor, 1, "", ""), ...rows],
  );
}

export function reportGroups(comparisons: readonly GroupComparison[]): string {
  const rows = comparisons.map(({ name, goalRatio, runs }) => {
    const ratio = medianOf(runs, (run) => run.large.cpuMicrosecondsPerRequest / run.small.cpuMicrosecondsPerRequest);
    const small = runs.map((run) => run.small);
    const large = runs.map((run) => run.large);
    return [
      name,
      medianText(small, "cpuMicrosecondsPerRequest", 1),
      medianText(large, "cpuMicrosecondsPerRequest", 1),
      times(ratio),
      `≤ ${times(goalRatio, 1)}`,
      verdict(ratio, goalRatio),
      medianText(small, "p50Ms", 2),
      medianText(large, "p50Ms", 2),
    ];
  });
  return formatTable(
    "Groups of 10 and of 100,000 members, server CPU per request",
    ["case", "µs at 10", "µs at 100,000", "ratio", "goal", "verdict", "p50 ms at 10", "at 100,000"],
    rows,
  );
}

export function reportBulk({ goalRatio, runs }: BulkComparison): string {
  const oneByOne = runs.map((run) => run.oneByOne);
  const together = runs.map((run) => run.together);
  const ratio = medianOf(runs, (run) => run.oneByOne.requestsPerSecond / run.together.requestsPerSecond);
  const row = (name: string, measurements: readonly Measurement[]): string[] => [
    name,
    medianText(measurements, "requestsPerSecond", 0),
    medianText(measurements, "cpuMicrosecondsPerRequest", 1),
  ];
  return formatTable(
    "Creating users over one connection",
    ["case", "users/s", "CPU µs/user", "time beside one by one", "goal", "verdict"],
    [
      [...row("one by one", oneByOne), "", "", ""],
      [...row(bulkName, together), times(ratio), `≤ ${times(goalRatio)}`, verdict(ratio, goalRatio)],
    ],
  );
}

/** Twice the CPU serves this much more, if each process has a core of its own. */
export function reportServers(comparisons: readonly ServersComparison[]): string {
  const rows = comparisons.map(({ name, runs }) => {
    const growth = medianOf(
      runs,
      ({ one, two }) => (2 * one.cpuMicrosecondsPerRequest) / two.cpuMicrosecondsPerRequest,
    );
    const figure = (of: "one" | "two", which: "requestsPerSecond" | "cpuMicrosecondsPerRequest"): string =>
      decimals(
        medianOf(runs, (run) => run[of][which]),
        0,
      );
    return [
      name,
      figure("one", "cpuMicrosecondsPerRequest"),
      figure("two", "cpuMicrosecondsPerRequest"),
      times(growth),
      `≥ ${times(goalGrowth, 1)}`,
      verdict(goalGrowth, growth),
      figure("one", "requestsPerSecond"),
      figure("two", "requestsPerSecond"),
    ];
  });
  return formatTable(
    "One server process and two on one database, server CPU per request",
    ["case", "µs with one", "µs with two", "growth by CPU", "goal", "verdict", "requests/s with one", "with two"],
    rows,
  );
}

/** The goal of the start applies to the bundle; that of memory to the smaller data set. */
export function reportStartAndMemory(starts: readonly StartResult[], suites: readonly UserSuiteResult[]): string {
  const startRows = starts.map(({ userCount, program, startsMs }) => {
    const value = median(startsMs);
    const hasGoal = program === "bundle";
    return [
      `start to first answer, ${program}, ${decimals(userCount, 0)} users`,
      `${decimals(value, 0)} ms`,
      hasGoal ? `≤ ${goalStartMs} ms` : "",
      hasGoal ? verdict(value, goalStartMs) : "",
    ];
  });
  const memoryRows = suites.flatMap(({ userCount, recording, memory }) => {
    const what = `${decimals(userCount, 0)} users, recording ${recording}`;
    const highest = memory.flatMap(({ peakBytes }) => (peakBytes === undefined ? [] : [peakBytes]));
    return [
      ...memoryRow(
        "after start",
        what,
        userCount,
        memory.map((run) => run.idleBytes),
      ),
      ...memoryRow(
        "after all cases",
        what,
        userCount,
        memory.map((run) => run.loadedBytes),
      ),
      ...memoryRow("at its highest", what, userCount, highest),
    ];
  });
  return formatTable("Start and memory", ["what", "figure", "goal", "verdict"], [...startRows, ...memoryRows]);
}

function memoryRow(when: string, what: string, userCount: number, bytes: readonly number[]): string[][] {
  if (bytes.length === 0) return [];
  const megabytes = median(bytes) / 1e6;
  const hasGoal = when === "after start" && userCount < million;
  const goal = hasGoal ? [`≤ ${goalMemoryMegabytes} MB`, verdict(megabytes, goalMemoryMegabytes)] : ["", ""];
  return [[`resident memory ${when}, ${what}`, `${decimals(megabytes, 0)} MB`, ...goal]];
}

export function reportMillion(small: UserSuiteResult, large: UserSuiteResult): string {
  const rows = large.cases.flatMap(({ name, runs }) => {
    const compared = small.cases.find((candidate) => candidate.name === name);
    if (compared === undefined) return [];
    const atSmall = medianOf(compared.runs, (run) => run.floorMultiple);
    const atLarge = medianOf(runs, (run) => run.floorMultiple);
    const ratio = atLarge / atSmall;
    return [
      [
        name,
        times(atSmall),
        times(atLarge),
        times(ratio),
        `≤ ${times(goalMillionRatio, 1)}`,
        verdict(ratio, goalMillionRatio),
      ],
    ];
  });
  const [smallCount, largeCount] = [decimals(small.userCount, 0), decimals(large.userCount, 0)];
  return formatTable(
    `${largeCount} users beside ${smallCount}, recording ${large.recording}, as multiples of the floor`,
    ["case", `at ${smallCount}`, `at ${largeCount}`, "ratio", "goal", "verdict"],
    rows,
  );
}

function medianText(runs: readonly Measurement[], figure: NumericFigure, digits: number): string {
  return decimals(
    medianOf(runs, (run) => run[figure]),
    digits,
  );
}
