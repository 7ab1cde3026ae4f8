import { yieldToEventLoop } from "../../event-loop.ts";
import type { ExchangeFilter, MonitorStore } from "../../store/monitor.ts";
import type { Scope } from "../../store/store.ts";
import { type NameOf, type SummaryJson, summaryJson } from "../export/exchange-json.ts";

/** The recorder, as a source of notifications. */
type Recordings = {
  /** @returns unsubscribes */
  readonly subscribe: (listener: () => void) => () => void;
};

type FeedParts = {
  readonly recordings: Recordings;
  readonly exchanges: Pick<MonitorStore["exchanges"], "since" | "lastPosition">;
  readonly scope: Scope;
  /** The current names of the endpoints. */
  readonly names: () => NameOf;
};

/** Exchanges after a position, as events. */
export type Batch = {
  /** UTF-8, made once for all watchers. Empty if there are none. */
  readonly events: Buffer;
  /** The position after them, past exchanges that the filter left out. */
  readonly position: number;
  /** Whether there may be more by now. */
  readonly isMore: boolean;
};

/** Exchanges read at a time. */
const PAGE_EXCHANGES = 100;

/**
 * Reads recorded exchanges for all watchers. Watchers of the same filter share a read, and reads follow each other with a
 * turn of the event loop between them.
 */
export class Feed {
  readonly #parts: FeedParts;
  readonly #watchers = new Set<() => void>();
  /** Reads under way, and reads that found the end, until something is recorded. */
  readonly #reads = new Map<string, Promise<Batch>>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(parts: FeedParts) {
    this.#parts = parts;
    parts.recordings.subscribe(() => {
      this.#reads.clear();
      for (const wake of this.#watchers) wake();
    });
  }

  /** The current end of the log. */
  position(): Promise<number> {
    return this.#parts.exchanges.lastPosition(this.#parts.scope);
  }

  /** @param wake is called when something was recorded @returns unsubscribes */
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
    // More may be recorded meanwhile: up to here nothing is skipped.
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

// Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html). JSON has no line breaks.

export const EVENT_STREAM = "text/event-stream";

/** A recorded exchange. A client that reconnects sends the id of the last one it got. */
function exchangeEvent(summary: SummaryJson): string {
  return `id: ${summary.position}\nevent: exchange\ndata: ${JSON.stringify(summary)}\n\n`;
}

/** The start of a stream: how long the client waits before it reconnects, and from where it resumes. */
export function beginning(position: number, retryMs: number): string {
  return `retry: ${retryMs}\nid: ${position}\n\n`;
}

/** Keeps the connection open, and moves the resume position past exchanges that the filter left out. */
export function heartbeat(position: number): string {
  return `:\nid: ${position}\n\n`;
}
