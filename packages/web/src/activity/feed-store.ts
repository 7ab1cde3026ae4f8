import { api, dataOf } from "../api/client.ts";
import { queryClient } from "../api/queries.ts";
import type { ExchangeSummary, FeedEntry } from "../api/types.ts";
import { entryKey, mergeRepeats } from "./entries.ts";
import { apiQuery, type Filter, foldsRepeats, foldsTests, includesNow, limitsReads, queryText } from "./filter.ts";
import { follow, type LiveState } from "./live.ts";

const PAGE_SIZE = 100;

/** Entries of reads in a feed that is not narrowed down: there may be one for each person. */
const MAX_READS = 3;

/** Around an exchange, the feed begins with as many newer ones, if all match the filter. */
export const NEWER = 50;

/** New exchanges of this time are shown at once. */
const BATCH_MS = 200;

/** How long counts of entries that are not loaded may be wrong. */
const RECOUNT_MS = 5_000;

/** If more wait to be shown, the feed is loaded again. */
const MAX_WAITING = 500;

/** Older rows are dropped, and loaded again when somebody scrolls to them. */
const MAX_ROWS = 20_000;

export type FeedState = {
  /** The newest first. */
  readonly rows: readonly FeedEntry[];
  /** Exchanges of all rows, shown or not. */
  readonly total: number | undefined;
  /** Reads of so many others are not shown. */
  readonly readsLeftOut: number;
  /** Position of the exchange around which the feed shows the past; undefined: the newest. */
  readonly around: number | undefined;
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
  readsLeftOut: 0,
  around: undefined,
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
  #recount: ReturnType<typeof setTimeout> | undefined;
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

  /**
   * Loads the newest page, then follows what happens.
   * @param around position of an exchange: shows what happened around it instead
   */
  async load(around?: number): Promise<void> {
    this.stop();
    this.#asking = new AbortController();
    const { signal } = this.#asking;
    this.#waiting = [];
    this.#update({
      isLoading: true,
      waiting: 0,
      error: undefined,
      around,
      live: around === undefined ? "none" : "past",
    });
    try {
      // The stream continues after the newest exchange of all, so none is missed between the two requests.
      const newest = await dataOf(api.GET("/api/exchanges", { params: { query: { limit: 1 } }, signal }));
      await this.#loadPage(around === undefined ? undefined : around + NEWER, signal);
      // Whoever saw the page may have asked for another one.
      if (signal.aborted) return;
      if (around === undefined && includesNow(this.#filter)) this.#follow(newest.exchanges[0]?.position ?? 0);
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
      // What repeated meanwhile is among the newer rows.
      const known = new Set(this.#state.rows.map(entryKey));
      const older = (found.exchanges as readonly FeedEntry[]).filter((entry) => !known.has(entryKey(entry)));
      const rows = [...this.#state.rows, ...older];
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
    const fresh = this.#waiting;
    this.#waiting = [];
    const { entries, added, readsLeftOut } = this.#folds ? this.#merge(fresh) : this.#addEach(fresh);
    const rows = entries.slice(0, MAX_ROWS);
    if (rows.length === MAX_ROWS) this.#next = rows.at(-1)?.position ?? this.#next;
    this.#update({
      rows,
      hasOlder: this.#next !== null,
      waiting: 0,
      total: (this.#state.total ?? 0) + added,
      readsLeftOut: this.#state.readsLeftOut + readsLeftOut,
    });
  }

  get #folds(): boolean {
    return foldsRepeats(this.#filter) && this.#state.around === undefined;
  }

  #merge(fresh: readonly ExchangeSummary[]): ReturnType<typeof mergeRepeats> {
    const merged = mergeRepeats(this.#state.rows, fresh, limitsReads(this.#filter) ? MAX_READS : undefined);
    const isPartial = this.#next !== null || this.#state.readsLeftOut > 0;
    if (merged.isUnknown && isPartial) this.#recount ??= setTimeout(() => void this.#countAgain(), RECOUNT_MS);
    return merged;
  }

  #addEach(fresh: readonly ExchangeSummary[]) {
    const { rows } = this.#state;
    const known = new Set(rows.slice(0, MAX_WAITING).map(({ id }) => id));
    const added = fresh.filter(({ id }) => !known.has(id));
    return { entries: [...added, ...rows], added: added.length, readsLeftOut: 0 };
  }

  /** What arrived may repeat exchanges that were not loaded: the server knows how many. */
  async #countAgain(): Promise<void> {
    this.#recount = undefined;
    const { signal } = this.#asking;
    // A failure shows elsewhere, and the next arrival counts again.
    const found = await this.#page(undefined, signal).catch(() => undefined);
    if (found === undefined || signal.aborted) return;
    const counted = new Map(found.exchanges.map((entry) => [entry.outcomeKey, entry]));
    const rows = this.#state.rows.map((row) => {
      const entry = counted.get(row.outcomeKey);
      return entry !== undefined && entry.position === row.position ? (entry as FeedEntry) : row;
    });
    this.#update({ rows, readsLeftOut: found.readsLeftOut ?? 0 });
  }

  /** Ends requests and the stream. */
  stop(): void {
    this.#asking.abort();
    clearTimeout(this.#batch);
    this.#batch = undefined;
    clearTimeout(this.#recount);
    this.#recount = undefined;
    this.#stopFollowing();
  }

  async #loadPage(before: number | undefined, signal: AbortSignal): Promise<void> {
    const found = await this.#page(before, signal);
    this.#next = found.next;
    this.#update({
      rows: found.exchanges as readonly FeedEntry[],
      total: found.requests ?? found.total,
      readsLeftOut: found.readsLeftOut ?? 0,
      hasOlder: found.next !== null,
      isLoading: false,
    });
  }

  #page(before: number | undefined, signal: AbortSignal) {
    const query = {
      ...apiQuery(this.#filter),
      limit: PAGE_SIZE,
      ...(foldsTests(this.#filter) && { probes: "exclude" as const }),
      ...(this.#folds && { repeats: "fold" as const, ...(limitsReads(this.#filter) && { reads: MAX_READS }) }),
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
