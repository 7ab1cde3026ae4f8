import type { Endpoints } from "../../endpoint/endpoints.ts";
import { yieldToEventLoop } from "../../event-loop.ts";
import type { RetentionStep } from "../../store/monitor.ts";
import { type Store, StoreUnavailable, type Transaction } from "../../store/store.ts";
import { keptOf } from "./kept.ts";
import { type Pauses, pause } from "./pace.ts";

export type RetentionParts = {
  readonly store: Store;
  /** Those that are served, with their settings. */
  readonly endpoints: Endpoints;
  readonly recorder: {
    /** Has a listener called after exchanges were recorded. @returns ends that */
    readonly subscribe: (listener: () => void) => () => void;
  };
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** A line for people. */
  readonly log: (level: "warn", line: string) => void;
};

/** When it is looked whether anything is past its time, and how fast that goes. */
export type RetentionTimes = {
  /** After the start. Milliseconds, as below. */
  readonly firstMs: number;
  readonly everyMs: number;
  /** So many exchanges recorded since the last time do not wait for the next. */
  readonly exchanges: number;
  readonly pauses: Pauses;
};

export const USUAL_TIMES: RetentionTimes = {
  firstMs: 5_000,
  everyMs: 60_000,
  exchanges: 5_000,
  pauses: { quiet: { timesWork: 20, leastMs: 20 }, busy: { timesWork: 40, leastMs: 50 } },
};

type Step = (transaction: Transaction) => Promise<RetentionStep>;

const NOTHING_TO_DO: RetentionStep = { removed: 0, isDone: true };

/**
 * Has what is past its time removed behind the requests, in small steps, as long as the database is open. Nothing has to
 * be remembered between two steps, so that it goes on after whatever end of the process.
 * @returns stops that: when the promise resolves, or the database is closed, nothing more is done
 */
export function startRetention(
  parts: RetentionParts,
  times: RetentionTimes = USUAL_TIMES,
): { readonly stop: () => Promise<void> } {
  const retention = new Retention(parts, times);
  return { stop: () => retention.stop() };
}

class Retention {
  readonly #parts: RetentionParts;
  readonly #times: RetentionTimes;
  readonly #stopping = new AbortController();
  readonly #unsubscribe: () => void;
  #timer: NodeJS.Timeout | undefined;
  #isRunning = false;
  /** The last position when it was looked last; at first that comes in its own time, whatever is recorded. */
  #position = Number.POSITIVE_INFINITY;
  /** Resolves with the end of the step that has begun last. */
  #step: Promise<void> = Promise.resolve();
  /** What that took. */
  #workMs = 0;
  /** What went wrong, as far as it has been told. */
  #told: string | undefined;

  constructor(parts: RetentionParts, times: RetentionTimes) {
    this.#parts = parts;
    this.#times = times;
    this.#unsubscribe = parts.recorder.subscribe(() => void this.#recorded());
    this.#schedule(times.firstMs);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    clearTimeout(this.#timer);
    this.#unsubscribe();
    // One that waits for its turn finds that it is not wanted any more.
    await this.#step;
  }

  #schedule(inMs: number): void {
    if (this.#stopping.signal.aborted) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#run(), inMs).unref();
  }

  async #recorded(): Promise<void> {
    if (this.#isRunning) return;
    const position = await this.#lastPosition().catch(() => this.#position);
    if (position - this.#position >= this.#times.exchanges) this.#schedule(0);
  }

  #lastPosition(): Promise<number> {
    const { store } = this.#parts;
    return store.monitor.exchanges.lastPosition(store.committed);
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    try {
      this.#position = await this.#lastPosition();
      await this.#removeAll();
      this.#told = undefined;
    } catch (error) {
      this.#tell(error as Error);
    } finally {
      this.#isRunning = false;
      this.#schedule(this.#times.everyMs);
    }
  }

  /** Everything takes turns, step by step, so that nothing waits for what takes long. */
  async #removeAll(): Promise<void> {
    for (let isAllDone = false; !isAllDone; ) {
      isAllDone = true;
      for (const step of this.#steps()) {
        const { removed, isDone } = await this.#inBackground(step);
        isAllDone &&= isDone;
        await (removed > 0 || !isDone ? this.#pause() : yieldToEventLoop());
      }
    }
  }

  /** What there is to be done, by the settings as they are now; each step is taken again until it has nothing to do. */
  #steps(): Step[] {
    const { store, endpoints, now } = this.#parts;
    const { exchanges, history, giveBackSpace } = store.monitor;
    const steps = keptOf(endpoints).flatMap(({ endpoint, limits, historyMaxAgeMs }): Step[] => {
      const ofExchanges: Step = (transaction) => exchanges.retain(transaction, endpoint, limits, now());
      if (endpoint === undefined || historyMaxAgeMs === undefined) return [ofExchanges];
      return [ofExchanges, (transaction) => history.retain(transaction, endpoint, now() - historyMaxAgeMs)];
    });
    return [...steps, async (transaction) => ({ removed: 0, ...(await giveBackSpace(transaction)) })];
  }

  async #inBackground(step: Step): Promise<RetentionStep> {
    const { signal } = this.#stopping;
    signal.throwIfAborted();
    const { promise, resolve } = Promise.withResolvers<void>();
    try {
      return await this.#parts.store.inBackground(async (transaction) => {
        if (signal.aborted) return NOTHING_TO_DO;
        this.#step = promise;
        const beganMs = performance.now();
        const taken = await step(transaction);
        this.#workMs = performance.now() - beganMs;
        return taken;
      });
    } finally {
      resolve();
    }
  }

  #pause(): Promise<void> {
    return pause(this.#workMs, this.#times.pauses, this.#stopping.signal);
  }

  /** A database that is closed, or paused for long, has other things to do. */
  #tell(error: Error): void {
    if (this.#stopping.signal.aborted || error instanceof StoreUnavailable || error.message === this.#told) return;
    this.#told = error.message;
    this.#parts.log("warn", `What is past its time could not be removed, and will be tried again: ${error.message}`);
  }
}
