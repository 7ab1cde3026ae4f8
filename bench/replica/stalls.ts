/** How long the event loop was blocked, and by what. */
import { readFileSync } from "node:fs";
import type { Profiler, Runtime } from "node:inspector";
import { Session } from "node:inspector/promises";
import { SourceMap } from "node:module";
import { basename } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { fileURLToPath } from "node:url";

const samplingMicroseconds = 200;

const leastStallMs = 2;

const mostParts = 4;

export type Stalls = {
  readonly maxMs: number;
  readonly p999Ms: number;
  /** The longest computation without yielding, not counting waits for the disk or a core. */
  readonly maxCpuMs: number;
};

/** Starts watching the event loop; call the returned function at the end. */
export function watchEventLoop(): () => Stalls {
  const histogram = monitorEventLoopDelay({ resolution: 1 });
  histogram.enable();
  let maxCpuMs = 0;
  let lastMs = threadCpuMs();
  const timer = setInterval(() => {
    const nowMs = threadCpuMs();
    maxCpuMs = Math.max(maxCpuMs, nowMs - lastMs);
    lastMs = nowMs;
  }, 1);
  return () => {
    histogram.disable();
    clearInterval(timer);
    return { maxMs: histogram.max / 1e6, p999Ms: histogram.percentile(99.9) / 1e6, maxCpuMs };
  };
}

function threadCpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** A time in which nothing else could run. */
export type Stall = {
  readonly milliseconds: number;
  /** CPU time of the thread within it. */
  readonly cpuMs: number;
  readonly spentIn: readonly string[];
};

/** Watches the event loop with a CPU profile, which costs a little itself. */
export async function traceEventLoop(): Promise<(longest: number) => Promise<Stall[]>> {
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.setSamplingInterval", { interval: samplingMicroseconds });
  await session.post("Profiler.start");
  const gaps: { fromMs: number; toMs: number; cpuMs: number }[] = [];
  let last = { atMs: performance.now(), cpuMs: threadCpuMs() };
  const timer = setInterval(() => {
    const now = { atMs: performance.now(), cpuMs: threadCpuMs() };
    if (now.atMs - last.atMs > leastStallMs)
      gaps.push({ fromMs: last.atMs, toMs: now.atMs, cpuMs: now.cpuMs - last.cpuMs });
    last = now;
  }, 1);
  return async (longest) => {
    clearInterval(timer);
    const { profile } = await session.post("Profiler.stop");
    session.disconnect();
    const samples = samplesOf(profile);
    gaps.sort((left, right) => right.cpuMs - left.cpuMs);
    return gaps.slice(0, longest).map(({ fromMs, toMs, cpuMs }) => ({
      milliseconds: toMs - fromMs,
      cpuMs,
      spentIn: spentIn(samples, fromMs, toMs),
    }));
  };
}

type Sample = { readonly atMs: number; readonly forMs: number; readonly what: string };

/** The profile uses the system's monotonic clock, like `process.hrtime`. */
function samplesOf({ startTime, samples = [], timeDeltas = [], nodes }: Profiler.Profile): Sample[] {
  const toPerformanceMs = performance.now() - Number(process.hrtime.bigint()) / 1e6;
  const names = namesOf(nodes);
  let atMicroseconds = startTime;
  return samples.map((id, at) => {
    atMicroseconds += timeDeltas[at] ?? 0;
    const forMs = (timeDeltas[at + 1] ?? 0) / 1000;
    return { atMs: atMicroseconds / 1000 + toPerformanceMs, forMs, what: names.get(id) ?? "?" };
  });
}

/** For each position of the profile: the innermost function, and the innermost one of ours. */
function namesOf(nodes: readonly Profiler.ProfileNode[]): Map<number, string> {
  const parents = new Map<number, Profiler.ProfileNode>();
  for (const node of nodes) for (const child of node.children ?? []) parents.set(child, node);
  const placeOf = sources();
  const names = new Map<number, string>();
  for (const node of nodes) {
    const own = node.callFrame.functionName || "(anonymous)";
    let ours: Profiler.ProfileNode | undefined = node;
    while (ours !== undefined && !ours.callFrame.url.startsWith("file:")) ours = parents.get(ours.id);
    if (ours === undefined) names.set(node.id, own);
    else {
      const place = `${ours.callFrame.functionName || "(anonymous)"} ${placeOf(ours.callFrame)}`;
      names.set(node.id, ours === node ? place : `${own} in ${place}`);
    }
  }
  return names;
}

/** Maps positions in the bundle to lines of the sources. */
function sources(): (frame: Runtime.CallFrame) => string {
  const maps = new Map<string, SourceMap>();
  return ({ url, lineNumber, columnNumber }) => {
    const map = maps.get(url) ?? new SourceMap(JSON.parse(readFileSync(`${fileURLToPath(url)}.map`, "utf8")));
    maps.set(url, map);
    const entry = map.findEntry(lineNumber, columnNumber);
    return "originalSource" in entry ? `${basename(entry.originalSource)}:${entry.originalLine + 1}` : basename(url);
  };
}

function spentIn(samples: readonly Sample[], fromMs: number, toMs: number): string[] {
  const byName = new Map<string, number>();
  for (const { atMs, forMs, what } of samples) {
    if (atMs < fromMs || atMs >= toMs) continue;
    byName.set(what, (byName.get(what) ?? 0) + Math.min(forMs, toMs - atMs));
  }
  return [...byName]
    .sort(([, left], [, right]) => right - left)
    .slice(0, mostParts)
    .map(([name, ms]) => `${ms.toFixed(1)} ms ${name}`);
}
