/** How long the event loop was held up, and by what. */
import type { Profiler } from "node:inspector";
import { Session } from "node:inspector/promises";
import { monitorEventLoopDelay } from "node:perf_hooks";

const samplingMicroseconds = 200;

/** Ways of spending a stall that are told. */
const mostParts = 4;

export type Stalls = { readonly maxMs: number; readonly p999Ms: number };

/** Starts to watch the event loop; what it gives is called at the end. */
export function watchEventLoop(): () => Stalls {
  const histogram = monitorEventLoopDelay({ resolution: 1 });
  histogram.enable();
  return () => {
    histogram.disable();
    return { maxMs: histogram.max / 1e6, p999Ms: histogram.percentile(99.9) / 1e6 };
  };
}

/** One time during which nobody else had a turn. */
export type Stall = { readonly milliseconds: number; readonly spentIn: readonly string[] };

/** Watches the event loop together with what runs in it, which costs a little itself. */
export async function traceEventLoop(): Promise<(longest: number) => Promise<Stall[]>> {
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.setSamplingInterval", { interval: samplingMicroseconds });
  await session.post("Profiler.start");
  const gaps: { fromMs: number; toMs: number }[] = [];
  let isOver = false;
  let lastMs = performance.now();
  const beat = (): void => {
    const nowMs = performance.now();
    if (nowMs - lastMs > 2) gaps.push({ fromMs: lastMs, toMs: nowMs });
    lastMs = nowMs;
    if (!isOver) setTimeout(beat, 1);
  };
  beat();
  return async (longest) => {
    isOver = true;
    const { profile } = await session.post("Profiler.stop");
    session.disconnect();
    const samples = samplesOf(profile);
    gaps.sort((left, right) => right.toMs - right.fromMs - (left.toMs - left.fromMs));
    return gaps.slice(0, longest).map(({ fromMs, toMs }) => ({
      milliseconds: toMs - fromMs,
      spentIn: spentIn(samples, fromMs, toMs),
    }));
  };
}

type Sample = { readonly atMs: number; readonly forMs: number; readonly what: string };

/** The profile's clock is the system's monotonic one, as is that of `process.hrtime`. */
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

/** Each place in the program by the innermost two frames that say something. */
function namesOf(nodes: readonly Profiler.ProfileNode[]): Map<number, string> {
  const parents = new Map<number, Profiler.ProfileNode>();
  for (const node of nodes) for (const child of node.children ?? []) parents.set(child, node);
  const names = new Map<number, string>();
  for (const node of nodes) {
    const own = node.callFrame.functionName || "(anonymous)";
    let ours: Profiler.ProfileNode | undefined = node;
    while (ours !== undefined && !/\/(packages|bench)\//.test(ours.callFrame.url)) ours = parents.get(ours.id);
    if (ours === undefined) names.set(node.id, own);
    else {
      const { functionName, url, lineNumber } = ours.callFrame;
      const place = `${functionName || "(anonymous)"} ${url.replace(/^.*\//, "")}:${lineNumber + 1}`;
      names.set(node.id, ours === node ? place : `${own} in ${place}`);
    }
  }
  return names;
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
