/** Load inside the program: the clients share its event loop, with and without replication. */
import { setImmediate as nextTurn, setTimeout as wait } from "node:timers/promises";
import { quantile } from "../command.ts";
import type { Program } from "./program.ts";

/** Maximum transactions per commit, as in the server. */
const mostTogether = 64;

export type OpenLoad = { readonly offered: number; readonly done: number };

/** Single transactions at a steady rate, whether or not earlier ones are done. */
export async function openLoop(
  program: Program,
  { firstUser, perSecond, seconds }: { firstUser: number; perSecond: number; seconds: number },
): Promise<OpenLoad> {
  const startMs = performance.now();
  let done = 0;
  for (;;) {
    const elapsedMs = performance.now() - startMs;
    if (elapsedMs >= seconds * 1000) return { offered: Math.floor(perSecond * seconds), done };
    const dueMs = ((done + 1) / perSecond) * 1000;
    if (dueMs > elapsedMs) {
      await wait(dueMs - elapsedMs);
      continue;
    }
    await program.paused;
    program.insert(firstUser + done++);
    await nextTurn();
  }
}

export type ClosedLoad = { readonly perSecond: number; readonly p50Ms: number; readonly p99Ms: number };

/** Each client has one write at a time. Writes that wait at the same moment share a commit. */
export async function closedLoop(
  program: Program,
  { firstUser, clients, seconds }: { firstUser: number; clients: number; seconds: number },
): Promise<ClosedLoad> {
  const waiting: (() => void)[] = [];
  let nextUser = firstUser;
  let isDraining = false;
  const drain = async (): Promise<void> => {
    isDraining = true;
    await nextTurn();
    while (waiting.length > 0) {
      await program.paused;
      const together = waiting.splice(0, mostTogether);
      program.insertTogether(together.map(() => nextUser++));
      for (const committed of together) committed();
      // Lets clients and other events run.
      await nextTurn();
    }
    isDraining = false;
  };

  const latenciesMs: number[] = [];
  const startMs = performance.now();
  const endMs = startMs + seconds * 1000;
  const client = async (): Promise<void> => {
    for (let sentMs = performance.now(); sentMs < endMs; sentMs = performance.now()) {
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
        if (!isDraining) void drain();
      });
      await program.durable();
      latenciesMs.push(performance.now() - sentMs);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  const perSecond = latenciesMs.length / ((performance.now() - startMs) / 1000);
  latenciesMs.sort((left, right) => left - right);
  return { perSecond, p50Ms: quantile(latenciesMs, 0.5), p99Ms: quantile(latenciesMs, 0.99) };
}
