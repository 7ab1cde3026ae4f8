import { api, dataOf } from "../api/client.ts";
import { queryClient } from "../api/queries.ts";
import type { ExchangeSummary } from "../api/types.ts";
import { apiQuery, type Filter, foldsTests, includesNow, queryText } from "./filter.ts";
import { follow, type LiveState } from "./live.ts";

const PAGE_SIZE = 100;

/** New exchanges of this time are shown at once. */
const BATCH_MS = 200;

/** If more wait to be shown, the feed is loaded again. */
const MAX_WAITING = 500;

/** Older rows are dropped, and loaded again when somebody scrolls to them. */
const MAX_ROWS = 20_000;

export type FeedState = {
  /** The newest first. */
  readonly rows: readonly ExchangeSummary[];
  readonly total: number | undefined;
  /** Whether there are older ones. */
  readonly hasOlder: boolean;
  /** New ones that are not shown yet. */
  readonly waiting: number;
  readonly live: LiveState | "past" | "none";
  readonly isLoading: boolean;
  readonly isLoadingOlder: boolean;
  readonly error: unknown;
};

const INITIAL: FeedState = {
  rows: [],
  total: undefined,
  hasOlder: false,
  waiting: 0,
  live: "none",
  isLoading: true,
  isLoadingOlder: false,
  error: undefined,
};

/** The exchanges that match a filter, kept up to date by the event stream. */
export class FeedStore {
  readonly #filter: Filter;
  readonly #listeners = new Set<() => void>();
  #state = INITIAL;
  #next: number | null = null;
  /** The newest first. */
  #waiting: ExchangeSummary[] = [];
  #batch: ReturnType<typeof setTimeout> | undefined;
  #asking = new AbortController();
  #stopFollowing: () => void = () => undefined;
  /** Whether the reader looks at the newest rows and has not paused. */
  #showsNew = true;

  constructor(filter: Filter) {
    this.#filter = filter;
  }

  readonly getState = (): FeedState => this.#state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Loads the newest page, then follows what happens. */
  async load(): Promise<void> {
    this.stop();
    this.#asking = new AbortController();
    const { signal } = this.#asking;
    this.#waiting = [];
    this.#update({ isLoading: true, waiting: 0, error: undefined });
    try {
      // The stream continues after the newest exchange of all, so none is missed between the two requests.
      const newest = await dataOf(api.GET("/api/exchanges", { params: { query: { limit: 1 } }, signal }));
      const found = await this.#page(undefined, signal);
      this.#next = found.next;
      this.#update({
        rows: found.exchanges as readonly ExchangeSummary[],
        total: found.total,
        hasOlder: found.next !== null,
        isLoading: false,
      });
      if (includesNow(this.#filter)) this.#follow(newest.exchanges[0]?.position ?? 0);
      else this.#update({ live: "past" });
    } catch (error) {
      if (!signal.aborted) this.#update({ error, isLoading: false, live: "none" });
    }
  }

  async loadOlder(): Promise<void> {
    const before = this.#next;
    if (before === null || this.#state.isLoadingOlder || this.#state.isLoading) return;
    const { signal } = this.#asking;
    this.#update({ isLoadingOlder: true });
    try {
      const found = await this.#page(before, signal);
      this.#next = found.next;
      const rows = [...this.#state.rows, ...(found.exchanges as readonly ExchangeSummary[])];
      this.#update({ rows, hasOlder: found.next !== null, isLoadingOlder: false });
    } catch (error) {
      if (!signal.aborted) this.#update({ error, isLoadingOlder: false });
    }
  }

  /** While false, new exchanges wait. */
  showNew(isWanted: boolean): void {
    this.#showsNew = isWanted;
    if (isWanted && this.#waiting.length > 0) this.showWaiting();
  }

  showWaiting(): void {
    if (this.#waiting.length > MAX_WAITING) {
      void this.load();
      return;
    }
    const known = new Set(this.#state.rows.slice(0, MAX_WAITING).map(({ id }) => id));
    const fresh = this.#waiting.filter(({ id }) => !known.has(id));
    this.#waiting = [];
    const rows = [...fresh, ...this.#state.rows].slice(0, MAX_ROWS);
    if (rows.length === MAX_ROWS) this.#next = rows.at(-1)?.position ?? this.#next;
    const hasOlder = this.#next !== null;
    this.#update({ rows, hasOlder, waiting: 0, total: (this.#state.total ?? 0) + fresh.length });
  }

  /** Ends requests and the stream. */
  stop(): void {
    this.#asking.abort();
    clearTimeout(this.#batch);
    this.#batch = undefined;
    this.#stopFollowing();
  }

  #page(before: number | undefined, signal: AbortSignal) {
    const query = {
      ...apiQuery(this.#filter),
      limit: PAGE_SIZE,
      ...(foldsTests(this.#filter) && { probes: "exclude" as const }),
      ...(before !== undefined && { before }),
    };
    return dataOf(api.GET("/api/exchanges", { params: { query }, signal }));
  }

  #follow(position: number): void {
    this.#stopFollowing = follow(queryText(apiQuery(this.#filter)), position, {
      onExchange: (exchange) => this.#receive(exchange),
      onState: (live) => this.#update({ live }),
      checkSession: async () => {
        await dataOf(api.GET("/api/exchanges", { params: { query: { limit: 1 } } }));
      },
    });
  }

  #receive(exchange: ExchangeSummary): void {
    if (exchange.method !== "GET") invalidateSoon();
    if (exchange.isProbe && foldsTests(this.#filter)) {
      void queryClient.invalidateQueries({ queryKey: ["tests"] });
      return;
    }
    this.#waiting.unshift(exchange);
    if (this.#waiting.length > MAX_WAITING + 1) this.#waiting.length = MAX_WAITING + 1;
    this.#batch ??= setTimeout(() => {
      this.#batch = undefined;
      if (this.#showsNew) this.showWaiting();
      else this.#update({ waiting: this.#waiting.length });
    }, BATCH_MS);
  }

  #update(changes: Partial<FeedState>): void {
    this.#state = { ...this.#state, ...changes };
    for (const listener of this.#listeners) listener();
  }
}

const SOON_MS = 2_000;
let isInvalidating = false;

/** After writes, the numbers of users and groups are looked up soon. */
function invalidateSoon(): void {
  if (isInvalidating) return;
  isInvalidating = true;
  setTimeout(() => {
    isInvalidating = false;
    void queryClient.invalidateQueries({ queryKey: ["endpoints"] });
  }, SOON_MS);
}
