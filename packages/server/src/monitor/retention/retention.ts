import type { Endpoints } from "../../endpoint/endpoints.ts";
import type { EndpointRetention } from "../../endpoint/settings.ts";
import { yieldToEventLoop } from "../../event-loop.ts";
import type { ExchangeLimits, RetentionStep } from "../../store/monitor.ts";
import { type Key, type Store, StoreUnavailable, type Transaction } from "../../store/store.ts";
import { type Pauses, pause } from "./pace.ts";

export type RetentionParts = {
  readonly store: Store;
  /** The served endpoints, with their settings. */
  readonly endpoints: Endpoints;
  readonly recorder: {
    /** Calls a listener after exchanges were recorded. @returns unsubscribes */
    readonly subscribe: (listener: () => void) => () => void;
  };
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly log: (level: "warn", line: string) => void;
};

/** When retention runs, and how fast. */
export type RetentionTimes = {
  /** Milliseconds after the start until the first run. */
  readonly firstMs: number;
  readonly everyMs: number;
  /** It also runs after this many new exchanges. */
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
 * Removes exchanges and history beyond the endpoints' limits, in small steps behind the requests, while the database is
 * open. Of several processes on one database, one does it. Steps keep no state, so a new process continues where the last one ended.
 * @returns stops it: nothing is removed after the promise resolves
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
  /** The last position at the last run. The first run has its own time, however much is recorded. */
  #position = Number.POSITIVE_INFINITY;
  /** Resolves when the current step ends. */
  #step: Promise<void> = Promise.resolve();
  #workMs = 0;
  /** The last error, which is logged once. */
  #logged: string | undefined;

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
    // A step that waits for its transaction finds the signal aborted.
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
      if (!(await this.#parts.store.replicas.lead())) return;
      this.#position = await this.#lastPosition();
      await this.#removeAll();
      this.#logged = undefined;
    } catch (error) {
      this.#log(error as Error);
    } finally {
      this.#isRunning = false;
      this.#schedule(this.#times.everyMs);
    }
  }

  /** All endpoints take turns, step by step. */
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

  /** The steps by the current settings. Each is repeated until it has nothing to do. */
  #steps(): Step[] {
    const { store, endpoints, now } = this.#parts;
    const { exchanges, history, giveBackSpace } = store.monitor;
    const steps = limitsByEndpoint(endpoints).flatMap(({ endpoint, limits, historyMaxAgeMs }): Step[] => {
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

  #log(error: Error): void {
    // A closed or paused database is no error.
    if (this.#stopping.signal.aborted || error instanceof StoreUnavailable || error.message === this.#logged) return;
    this.#logged = error.message;
    this.#parts.log(
      "warn",
      `Old exchanges or history could not be removed; the server will try again: ${error.message}`,
    );
  }
}

const DAY_MS = 86_400_000;

type EndpointLimits = {
  /** undefined for exchanges that belong to no endpoint. */
  readonly endpoint: Key | undefined;
  readonly limits: ExchangeLimits;
  /** undefined if there is no history. */
  readonly historyMaxAgeMs: number | undefined;
};

/** The limits of each endpoint. Exchanges that belong to none have those of the default endpoint. */
function limitsByEndpoint(endpoints: Endpoints): EndpointLimits[] {
  const served = endpoints.all().map(({ key, settings: { retention } }) => ({
    endpoint: key,
    limits: limitsOf(retention),
    historyMaxAgeMs: retention.history.maxAgeDays * DAY_MS,
  }));
  const ofNone = limitsOf(endpoints.default.settings.retention);
  return [...served, { endpoint: undefined, limits: ofNone, historyMaxAgeMs: undefined }];
}

function limitsOf({ exchanges: { maxAgeDays, maxCount, maxBytes } }: EndpointRetention): ExchangeLimits {
  return { maxAgeMs: maxAgeDays * DAY_MS, maxBytes, ...(maxCount === undefined ? {} : { maxCount }) };
}
