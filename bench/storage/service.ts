/** A program with one writing connection, and the clients that wait for its responses. */
import { setImmediate as nextTurn, setTimeout as wait } from "node:timers/promises";
import { quantile, type WriteGate } from "../command.ts";
import { type Row, rowOf } from "./rows.ts";

/** After this time a client gives up; its write has failed, whatever happens to it. */
export const clientPatienceMs = 5000;

export type Store = {
  /** Inserts in a separate transaction; blocks until it is committed. */
  readonly insert: (row: Row) => void;
  /** What the response must also wait for. */
  readonly durable: () => Promise<void> | undefined;
  readonly close: () => Promise<void>;
};

export type LoadPlan = {
  readonly clients: number;
  readonly seconds: number;
  /** Of all clients together; undefined: as fast as possible. */
  readonly writesPerSecond: number | undefined;
  /** Number of the first user; later numbers are free. */
  readonly firstUser: number;
  readonly acknowledged: (user: number) => void;
};

export type LoadResult = {
  readonly tried: number;
  /** Of all attempted writes; a failed one counts as {@link clientPatienceMs}. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly succeeded: number;
  /** Committed writes, even if the client did not wait. */
  readonly committed: number;
  readonly elapsedMs: number;
  readonly firstError: string | undefined;
};

type Waiting = { readonly user: number; readonly sinceMs: number; readonly settle: (error?: unknown) => void };

/** Each client has one write at a time; the program processes them in order. */
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
    // The program notices that the client has disconnected, and skips the work.
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
        // Lets clients and other events run.
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
