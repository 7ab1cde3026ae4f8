/** One program with one writing connection, and the clients that wait for its answers. */
import { setImmediate as nextTurn, setTimeout as wait } from "node:timers/promises";
import { quantile, type WriteGate } from "../command.ts";
import { type Row, rowOf } from "./rows.ts";

/** A client waits no longer; its write has failed then, whatever becomes of it. */
export const clientPatienceMs = 5000;

/** Where a program keeps its users. */
export type Store = {
  /** Inserts in a transaction of its own; blocks until it is committed. */
  readonly insert: (row: Row) => void;
  /** What the answer has to wait for besides. */
  readonly durable: () => Promise<void> | undefined;
  readonly close: () => Promise<void>;
};

export type LoadPlan = {
  readonly clients: number;
  readonly seconds: number;
  /** Of all clients together; as fast as they can without it. */
  readonly writesPerSecond: number | undefined;
  /** Number of the first user; those after it are free. */
  readonly firstUser: number;
  readonly acknowledged: (user: number) => void;
};

export type LoadResult = {
  readonly tried: number;
  /** Of all writes tried; {@link clientPatienceMs} stands for one that failed. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly succeeded: number;
  /** Those that the database carried out, also when the client did not wait for it. */
  readonly committed: number;
  readonly elapsedMs: number;
  readonly firstError: string | undefined;
};

type Waiting = { readonly user: number; readonly sinceMs: number; readonly settle: (error?: unknown) => void };

/** Each client has one write under way at any time; the program takes them in order. */
export async function runClients(store: Store, gate: WriteGate, plan: LoadPlan): Promise<LoadResult> {
  const queue: Waiting[] = [];
  let arrival = Promise.withResolvers<void>();
  const latenciesMs: number[] = [];
  let [succeeded, committed, nextUser] = [0, 0, plan.firstUser];
  let firstError: string | undefined;
  const startMs = performance.now();
  const endMs = startMs + plan.seconds * 1000;

  const periodMs = plan.writesPerSecond === undefined ? 0 : (plan.clients / plan.writesPerSecond) * 1000;

  const client = async (number: number): Promise<void> => {
    let turnMs = startMs + (number / plan.clients) * periodMs;
    while (performance.now() < endMs) {
      if (turnMs > performance.now()) await wait(turnMs - performance.now());
      turnMs += periodMs;
      const user = nextUser++;
      const sinceMs = performance.now();
      let isDone = false;
      try {
        await new Promise<void>((resolve, reject) => {
          queue.push({ user, sinceMs, settle: (error) => (error === undefined ? resolve() : reject(error)) });
          arrival.resolve();
        });
        await store.durable();
        isDone = true;
      } catch (error) {
        firstError ??= (error as Error).message;
      }
      const latencyMs = performance.now() - sinceMs;
      if (isDone && latencyMs <= clientPatienceMs) {
        succeeded++;
        latenciesMs.push(latencyMs);
        plan.acknowledged(user);
      } else latenciesMs.push(clientPatienceMs);
    }
  };

  const carryOut = ({ user, sinceMs, settle }: Waiting): void => {
    // The program sees that the client has hung up, and saves itself the work.
    if (performance.now() - sinceMs > clientPatienceMs) {
      settle(new Error(`No answer within ${clientPatienceMs / 1000} s.`));
      return;
    }
    try {
      store.insert(rowOf(user));
      committed++;
      settle();
    } catch (error) {
      settle(error);
    }
  };

  let clientsWork = true;
  const program = async (): Promise<void> => {
    while (clientsWork) {
      const next = queue.shift();
      if (next === undefined) {
        arrival = Promise.withResolvers<void>();
        await arrival.promise;
      } else {
        await gate.opened;
        carryOut(next);
        // The client's turn, and that of whatever else came in.
        await nextTurn();
      }
    }
  };

  const working = program();
  await Promise.all(Array.from({ length: plan.clients }, (_, number) => client(number)));
  const elapsedMs = performance.now() - startMs;
  clientsWork = false;
  arrival.resolve();
  await working;
  latenciesMs.sort((a, b) => a - b);
  const [p50Ms, p99Ms] = [quantile(latenciesMs, 0.5), quantile(latenciesMs, 0.99)];
  return { tried: latenciesMs.length, p50Ms, p99Ms, succeeded, committed, elapsedMs, firstError };
}
