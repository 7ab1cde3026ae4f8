/**
 * Simulates days of traffic with retention, and prints the size of the database and response times. `--help` lists the
 * options.
 */
import { statSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type RetentionParts,
  startRetention,
  USUAL_TIMES,
} from "../../packages/server/src/monitor/retention/retention.ts";
import { connectionOf } from "../../packages/server/src/store/sqlite/connection.ts";
import type { Transaction } from "../../packages/server/src/store/store.ts";
import { folderUntilExit, print, progress, runCommand } from "../command.ts";
import { decimals } from "../table.ts";
import { help, type Options, parseOptions } from "./options.ts";
import { limits, openProgram, type Program, secret } from "./program.ts";
import { isBounded, type Look, looksTable, type Steps, stepsText } from "./report.ts";
import { type Requests, sendRequests } from "./requests.ts";
import { type Clock, createTraffic, type Traffic } from "./traffic.ts";

const looksInAll = 20;

/** Simulated hours take seconds, so the period is shorter too. */
const everyMs = 1_000;

/** Maximum time of a request. */
const longestMs = 200;

/** Time for the end, when almost everything is removed. */
const endingMs = 60_000;

/** Free pages that stay, and what the program needs. */
const leastBytes = 8e6;

const pageBytes = 4_096;

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2));
  if (options === undefined) {
    process.stdout.write(help);
    return;
  }
  const program = await openProgram(folderUntilExit("scimtool-bench-retention-"));
  const clock: Clock = { nowMs: Date.now() };
  const traffic = createTraffic(program.store, program.keys, clock, options.seed);
  const requests = sendRequests({ port: program.port, secret, clients: options.clients });
  const steps = { workMs: [], cpuMs: [], commitMs: [] };
  const retention = options.isWithout ? undefined : keepUp(program, traffic, clock, steps);
  try {
    const looks = await watch(program, traffic, requests, options);
    print(looksTable(looks, Object.keys(limits)));
    if (retention !== undefined) await end(program, clock, steps, looks);
    judge(looks);
  } finally {
    await retention?.stop();
    await requests.end();
    await program.close();
  }
}

/**
 * Starts retention with the clock of the traffic, and measures its steps. The program's own retention uses the real
 * clock, by which nothing here is old.
 */
function keepUp(
  { store, endpoints }: Program,
  { subscribe }: Traffic,
  clock: Clock,
  { workMs, cpuMs, commitMs }: { readonly [Times in keyof Steps]: number[] },
): { readonly stop: () => Promise<void> } {
  const inBackground = async <T>(work: (transaction: Transaction) => Promise<T>): Promise<T> => {
    let endedMs = 0;
    const result = await store.inBackground(async (transaction) => {
      const beganMs = performance.now();
      const began = process.threadCpuUsage();
      const done = await work(transaction);
      const { user, system } = process.threadCpuUsage(began);
      endedMs = performance.now();
      workMs.push(endedMs - beganMs);
      cpuMs.push((user + system) / 1_000);
      return done;
    });
    commitMs.push(performance.now() - endedMs);
    return result;
  };
  const parts: RetentionParts = {
    store: { ...store, inBackground },
    endpoints,
    recorder: { subscribe },
    now: () => clock.nowMs,
    log: (_, line) => progress(line),
  };
  return startRetention(parts, { ...USUAL_TIMES, everyMs });
}

async function watch(program: Program, traffic: Traffic, requests: Requests, options: Options): Promise<Look[]> {
  const { hours, seconds, exchanges: exchangesPerHour } = options;
  let isOver = false;
  const running = traffic.run({ hours, seconds, exchangesPerHour }).finally(() => {
    isOver = true;
  });
  const looks: Look[] = [];
  for (let look = 1; look <= looksInAll && !isOver; look++) {
    await Promise.race([sleep((seconds * 1_000) / looksInAll), running]);
    looks.push(await lookAt(program, traffic, requests, (hours * look) / looksInAll));
    progress(`hour ${decimals((hours * look) / looksInAll, 0)} of ${hours}`);
  }
  await running;
  return looks;
}

async function lookAt(
  { store, keys, file }: Program,
  traffic: Traffic,
  requests: Requests,
  hour: number,
): Promise<Look> {
  const requestsMs = await requests.take();
  const [sizes, pages, freePages] = await store.inBackground(async (transaction) => [
    await store.monitor.sizes(transaction),
    pagesIn(transaction, "page_count"),
    pagesIn(transaction, "freelist_count"),
  ]);
  return {
    hour,
    recorded: traffic.counts.exchanges,
    kept: keys.map((key) => sizes.find(({ endpoint }) => endpoint === key)?.exchanges ?? 0),
    entries: sizes.reduce((sum, { historyEntries }) => sum + historyEntries, 0),
    bytes: pages * pageBytes,
    fileBytes: statSync(file).size,
    walBytes: statSync(`${file}-wal`).size,
    freeBytes: freePages * pageBytes,
    requestsMs,
  };
}

function pagesIn(transaction: Transaction, pragma: "page_count" | "freelist_count"): number {
  return connectionOf(transaction).get(`PRAGMA ${pragma}`)?.[0] as number;
}

/** Almost everything can be removed, and its space returned. */
async function end(program: Program, clock: Clock, steps: Steps, looks: readonly Look[]): Promise<void> {
  progress("two days later the limits are lowered");
  const before = looks.at(-1)?.bytes ?? 0;
  const beganMs = performance.now();
  clock.nowMs += 2 * 86_400_000;
  await program.keepLeast();
  let bytes = Number.POSITIVE_INFINITY;
  while (bytes > leastBytes && performance.now() - beganMs < endingMs) {
    await sleep(500);
    bytes = pageBytes * (await program.store.inBackground(async (transaction) => pagesIn(transaction, "page_count")));
  }
  const seconds = (performance.now() - beganMs) / 1_000;
  print(
    `${stepsText(steps)}\nlimits lowered: ${decimals(before / 1e6, 1)} MB became ${decimals(bytes / 1e6, 1)} MB in ${decimals(seconds, 0)} s`,
  );
}

function judge(looks: readonly Look[]): void {
  const longest = Math.max(...looks.flatMap(({ requestsMs }) => requestsMs));
  const bounded = isBounded(looks);
  print(
    `the file ${bounded ? "stays as large as it is" : "keeps growing"}; the longest request took ${decimals(longest, 1)} ms (goal: ${longestMs})`,
  );
  if (!bounded || longest > longestMs) process.exitCode = 1;
}

await runCommand(main);
