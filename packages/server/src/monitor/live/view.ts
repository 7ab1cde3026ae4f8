import type { ExchangeFilter } from "../../store/monitor.ts";
import { StoreUnavailable } from "../../store/store.ts";
import { beginning, type Feed, heartbeat } from "./feed.ts";

/** How long a client waits before it reconnects. */
const RETRY_MS = 2_000;

/** How often something happens while nothing is recorded, in milliseconds. */
type Pace = {
  /** Proxies close idle connections, often after a minute. */
  readonly heartbeatMs: number;
  /** How often the watcher's permission is checked. */
  readonly checkMs: number;
};

export const USUAL_PACE: Pace = { heartbeatMs: 15_000, checkMs: 1_000 };

export type ViewParts = {
  readonly feed: Feed;
  readonly filter: ExchangeFilter;
  /** The position after which it starts; undefined: only new exchanges. */
  readonly after: number | undefined;
  /** Whether the watcher is still allowed, and the database still open. */
  readonly mayWatch: () => Promise<boolean>;
  readonly pace: Pace;
};

/** What one client watches: exchanges as events, while they are recorded. */
export class View {
  readonly #parts: ViewParts;
  #isEnded = false;
  #hasNews = false;
  #wake: () => void = () => undefined;

  constructor(parts: ViewParts) {
    this.#parts = parts;
  }

  /** The events. Nothing is read in advance, so a slow client uses no memory here. */
  async *events(): AsyncGenerator<Buffer> {
    const { feed, filter, after, mayWatch, pace } = this.#parts;
    const unwatch = feed.watch(() => this.#notify());
    try {
      const last = await feed.position();
      // A restored older database may not have this position.
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
      // The database was closed. The client reconnects to the next one.
      if (!(error instanceof StoreUnavailable)) throw error;
    } finally {
      unwatch();
    }
  }

  /** Ends the events, also while the client waits for one. */
  end(): void {
    this.#isEnded = true;
    this.#wake();
  }

  #notify(): void {
    this.#hasNews = true;
    this.#wake();
  }

  /** Waits until something was recorded after the last read began, or a check is due. */
  async #news(): Promise<void> {
    if (this.#hasNews || this.#isEnded) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, this.#parts.pace.checkMs);
    this.#wake = resolve;
    await promise;
    clearTimeout(timer);
  }
}
