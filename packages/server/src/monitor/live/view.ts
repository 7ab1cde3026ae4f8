import type { ExchangeFilter } from "../../store/monitor.ts";
import { StoreUnavailable } from "../../store/store.ts";
import { beginning, heartbeat } from "./event-stream.ts";
import type { Feed } from "./feed.ts";

/** How long a client waits before it comes again. */
const RETRY_MS = 2_000;

/** How often something is done while nothing is recorded, in milliseconds. */
export type Pace = {
  /** Proxies close connections that carry nothing for a while, often a minute. */
  readonly heartbeatMs: number;
  /** It is looked whether the watcher may still watch. */
  readonly checkMs: number;
};

export const USUAL_PACE: Pace = { heartbeatMs: 15_000, checkMs: 1_000 };

export type ViewParts = {
  readonly feed: Feed;
  readonly filter: ExchangeFilter;
  /** Position behind which it begins; undefined: with what is recorded from now on. */
  readonly after: number | undefined;
  /** Whether who watches may still do so, and the database is still open. */
  readonly mayWatch: () => Promise<boolean>;
  readonly pace: Pace;
};

/** Exchanges as they are recorded, as events: what one client watches. */
export class View {
  readonly #parts: ViewParts;
  #isEnded = false;
  #hasNews = false;
  #wake: () => void = () => undefined;

  constructor(parts: ViewParts) {
    this.#parts = parts;
  }

  /** The events. Nothing is read before it is asked for, so that a client that reads slowly fills no memory here. */
  async *events(): AsyncGenerator<Buffer> {
    const { feed, filter, after, mayWatch, pace } = this.#parts;
    const unwatch = feed.watch(() => this.#tell());
    try {
      const last = await feed.position();
      // A database of an earlier time, which was restored, has not got that far.
      let position = Math.min(after ?? last, last);
      yield Buffer.from(beginning(position, RETRY_MS));
      let dueMs = performance.now() + pace.heartbeatMs;
      while (!this.#isEnded && (await mayWatch())) {
        this.#hasNews = false;
        const batch = await feed.read(filter, position);
        position = batch.position;
        const isDue = performance.now() >= dueMs;
        if (batch.events.length > 0 || isDue) {
          yield batch.events.length > 0 ? batch.events : Buffer.from(heartbeat(position));
          dueMs = performance.now() + pace.heartbeatMs;
        }
        if (!batch.isMore) await this.#news();
      }
    } catch (error) {
      // The database is closed: what is open next is watched anew.
      if (!(error instanceof StoreUnavailable)) throw error;
    } finally {
      unwatch();
    }
  }

  /** Ends the events, also while they are waited for. */
  end(): void {
    this.#isEnded = true;
    this.#wake();
  }

  #tell(): void {
    this.#hasNews = true;
    this.#wake();
  }

  /** Waits until something was recorded since the last read began, or it is time to look. */
  async #news(): Promise<void> {
    if (this.#hasNews || this.#isEnded) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, this.#parts.pace.checkMs);
    this.#wake = resolve;
    await promise;
    clearTimeout(timer);
  }
}
