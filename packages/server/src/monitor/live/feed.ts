import { yieldToEventLoop } from "../../event-loop.ts";
import type { ExchangeFilter, MonitorStore } from "../../store/monitor.ts";
import type { Scope } from "../../store/store.ts";
import { type NameOf, summaryJson } from "../export/exchange-json.ts";
import { exchangeEvent } from "./event-stream.ts";

/** Tells of exchanges that were recorded: the recorder. */
export type Recordings = {
  /** @returns ends it */
  readonly subscribe: (listener: () => void) => () => void;
};

export type FeedParts = {
  readonly recordings: Recordings;
  readonly exchanges: Pick<MonitorStore["exchanges"], "since" | "lastPosition">;
  readonly scope: Scope;
  /** Names of the endpoints as they are at that moment. */
  readonly names: () => NameOf;
};

/** Exchanges behind a place, as events. */
export type Batch = {
  /** In UTF-8, made once for all. Empty where there are none. */
  readonly events: Buffer;
  /** The place behind them, past what the filter left out. */
  readonly position: number;
  /** Whether there may be more by now. */
  readonly isMore: boolean;
};

/** Exchanges that are read at a time. */
const PAGE_EXCHANGES = 100;

/**
 * What was recorded, read for all who watch. Those who watch the same read once; and one read follows the other with a
 * turn of the event loop between them, however many are wanted at once.
 */
export class Feed {
  readonly #parts: FeedParts;
  readonly #watchers = new Set<() => void>();
  /** Those under way, and those that found the end, until something is recorded. */
  readonly #reads = new Map<string, Promise<Batch>>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(parts: FeedParts) {
    this.#parts = parts;
    parts.recordings.subscribe(() => {
      this.#reads.clear();
      for (const wake of this.#watchers) wake();
    });
  }

  /** Where it is at present. */
  position(): Promise<number> {
    return this.#parts.exchanges.lastPosition(this.#parts.scope);
  }

  /** @param wake is called when something was recorded @returns ends it */
  watch(wake: () => void): () => void {
    this.#watchers.add(wake);
    return () => this.#watchers.delete(wake);
  }

  /** @param after a position */
  read(filter: ExchangeFilter, after: number): Promise<Batch> {
    const key = JSON.stringify([filter, after]);
    const shared = this.#reads.get(key);
    if (shared !== undefined) return shared;
    const read = this.#last.then(() => this.#read(filter, after));
    this.#last = read.then(yieldToEventLoop, yieldToEventLoop);
    this.#reads.set(key, read);
    const forget = () => {
      if (this.#reads.get(key) === read) this.#reads.delete(key);
    };
    read.then(({ isMore }) => isMore && forget(), forget);
    return read;
  }

  async #read(filter: ExchangeFilter, after: number): Promise<Batch> {
    const { exchanges, scope, names } = this.#parts;
    // Endpoints are read one after the other, and more may come meanwhile: up to here nothing is passed over.
    const end = await exchanges.lastPosition(scope);
    const found = end > after ? await exchanges.since(scope, filter, after, PAGE_EXCHANGES) : [];
    const within = found.filter(({ position }) => position <= end);
    const isMore = found.length === PAGE_EXCHANGES && within.length === PAGE_EXCHANGES;
    const nameOf = names();
    return {
      events: Buffer.from(within.map((summary) => exchangeEvent(summaryJson(summary, nameOf))).join("")),
      position: isMore ? (within.at(-1)?.position ?? end) : Math.max(after, end),
      isMore: isMore || within.length < found.length,
    };
  }
}
