import type { ClientActivity } from "../../store/monitor.ts";
import { type Dialect, vendorOf } from "../dialect/client.ts";

const MINUTE_MS = 60_000;

/** The spans in which activity is counted, in milliseconds. */
export const SPAN_MS = MINUTE_MS;

/** A client that is silent for so long has ended its cycle. Entra ID begins one about every 40 minutes. */
const PAUSE_MS = 10 * MINUTE_MS;

export type Cycle = {
  readonly startMs: number;
  readonly endMs: number;
  readonly requests: number;
  readonly failures: number;
};

type Failure = {
  readonly kind: string;
  readonly status: number;
  readonly count: number;
  readonly lastMs: number;
};

/** How one client with one credential is doing. */
export type ClientHealth = {
  /** Label of the credential; undefined for all requests without a valid one. */
  readonly credential: string | undefined;
  readonly dialect: Dialect;
  readonly requests: number;
  readonly failures: number;
  readonly lastRequestMs: number;
  readonly lastSuccessMs: number | undefined;
  /** The last of each kind and status, the newest first. */
  readonly lastFailures: readonly Failure[];
  readonly cycle: Cycle | undefined;
  readonly cycleBefore: Cycle | undefined;
  /** From the beginning of a cycle to that of the next: the median; undefined for fewer than two cycles. */
  readonly periodMs: number | undefined;
};

/** One entry for each client, the last active first. */
export function healthOfClients(activity: readonly ClientActivity[]): ClientHealth[] {
  const byClient = new Map<string, ClientActivity[]>();
  for (const each of activity) {
    const key = JSON.stringify([each.credential, vendorOf(each.dialect as Dialect)]);
    byClient.set(key, [...(byClient.get(key) ?? []), each]);
  }
  return [...byClient.values()].map(healthOf).sort((one, other) => other.lastRequestMs - one.lastRequestMs);
}

function healthOf(activity: readonly ClientActivity[]): ClientHealth {
  const newest = activity.reduce((one, other) => (other.lastMs > one.lastMs ? other : one));
  const cycles = cyclesOf(activity.filter(({ isProbe }) => !isProbe));
  const failed = activity.filter(isFailure);
  return {
    credential: newest.credential,
    dialect: newest.dialect as Dialect,
    requests: sum(activity),
    failures: sum(failed),
    lastRequestMs: newest.lastMs,
    lastSuccessMs: latest(activity.filter(({ status }) => status < 400)),
    lastFailures: lastFailuresOf(failed),
    cycle: cycles.at(-1),
    cycleBefore: cycles.at(-2),
    periodMs: median(cycles.slice(1).map(({ startMs }, at) => startMs - (cycles[at]?.startMs ?? startMs))),
  };
}

/** A read that finds nothing is an answer like another. */
function isFailure({ status, kinds }: ClientActivity): boolean {
  return status >= 400 && !kinds.every((kind) => kind === "read.missed");
}

function cyclesOf(activity: readonly ClientActivity[]): Cycle[] {
  const cycles: Cycle[] = [];
  for (const each of [...activity].sort((one, other) => one.startMs - other.startMs)) {
    const last = cycles.at(-1);
    const failures = isFailure(each) ? each.count : 0;
    if (last === undefined || each.startMs - last.endMs > PAUSE_MS) {
      cycles.push({ startMs: each.startMs, endMs: each.lastMs, requests: each.count, failures });
      continue;
    }
    const endMs = Math.max(last.endMs, each.lastMs);
    const [requests, allFailures] = [last.requests + each.count, last.failures + failures];
    cycles[cycles.length - 1] = { ...last, endMs, requests, failures: allFailures };
  }
  return cycles;
}

function lastFailuresOf(failed: readonly ClientActivity[]): Failure[] {
  const byKind = new Map<string, Failure>();
  for (const { kinds, status, count, lastMs } of failed) {
    const kind = kinds.find((each) => each.startsWith("failure.")) ?? kinds[0] ?? "";
    const known = byKind.get(`${kind} ${status}`);
    const all = (known?.count ?? 0) + count;
    byKind.set(`${kind} ${status}`, { kind, status, count: all, lastMs: Math.max(known?.lastMs ?? 0, lastMs) });
  }
  return [...byKind.values()].sort((one, other) => other.lastMs - one.lastMs);
}

function sum(activity: readonly ClientActivity[]): number {
  return activity.reduce((total, { count }) => total + count, 0);
}

function latest(activity: readonly ClientActivity[]): number | undefined {
  return activity.length === 0 ? undefined : Math.max(...activity.map(({ lastMs }) => lastMs));
}

function median(values: readonly number[]): number | undefined {
  return [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)];
}
