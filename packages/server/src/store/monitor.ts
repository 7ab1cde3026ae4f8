import { applyChanges, type ChangeSet, invertChanges, type JsonObject, type ResourceModel } from "@scimtool/scim";
import type { Exchange, ExchangeSummary, RecordedExchange, Severity } from "./exchange.ts";
import type { FormedExchange } from "./exchange-form.ts";
import type { Key, Reference, Scope, Transaction } from "./store.ts";

/** What happened: exchanges for people to look through, and the history of every resource. */
export type MonitorStore = {
  readonly exchanges: ExchangeStore;
  readonly history: HistoryStore;
  /** What is kept of each endpoint; exchanges that belong to none stand under undefined. */
  readonly sizes: (scope: Scope) => Promise<MonitorSize[]>;
  /** Takes one small step towards giving back to the file system what is free. */
  readonly giveBackSpace: (transaction: Transaction) => Promise<Pick<RetentionStep, "isDone">>;
  /** Takes one small step towards removing everything of an endpoint. */
  readonly forget: (transaction: Transaction, endpoint: Key) => Promise<RetentionStep>;
};

export type MonitorSize = {
  readonly endpoint: Key | undefined;
  readonly exchanges: number;
  /** What the exchanges take, compressed and with what they are searched by, without the database's own overhead. */
  readonly exchangeBytes: number;
  readonly historyEntries: number;
};

/** Conditions that all hold; what is absent allows everything. */
export type ExchangeFilter = {
  readonly endpoint?: Key;
  /** When the request came: from, and before. Milliseconds since 1970. */
  readonly fromMs?: number;
  readonly toMs?: number;
  /** One of these among its sentences; `user.*` for all that begin so. */
  readonly kinds?: readonly string[];
  readonly severities?: readonly Severity[];
  /** Ranges, both ends included. */
  readonly statuses?: readonly (readonly [least: number, most: number])[];
  readonly methods?: readonly string[];
  readonly dialects?: readonly string[];
  readonly credentials?: readonly string[];
  /** Id of one of its resources. */
  readonly resource?: string;
  readonly requestId?: string;
  readonly probes?: "only" | "exclude";
  /**
   * Words that it has, in any order and letter case, each whole or by two of its first letters or more. A word is a run
   * of letters and digits, or a UUID, which must be whole. They are looked for in sentences, ids, types and labels of
   * resources, path, query, user agent, credential and client address; in the body of a request that is no GET, and in
   * that of an answer that refuses.
   */
  readonly text?: string;
};

export type ExchangePage = {
  /** Only what was recorded before this position. */
  readonly before?: number;
  readonly limit: number;
  /** `false` saves counting: then the total is that of the page. */
  readonly counted?: boolean;
};

export type FoundExchanges = {
  /** How many match the filter, on whichever page they are. */
  readonly total: number;
  /** The newest first. */
  readonly exchanges: ExchangeSummary[];
  /** `before` of the next page; absent where there is none. */
  readonly next?: number;
};

/**
 * Exchanges that are to be recorded together. Each is made ready as it comes, while everything about it is at hand:
 * that costs a third of what it costs later, and what waits is bytes, not objects.
 */
export type ExchangeBatch = {
  readonly count: number;
  /** @throws Error for an exchange that lacks a text that it must have */
  readonly add: (exchange: Exchange) => void;
  readonly addFormed: (exchange: FormedExchange) => void;
  /** Gives its room to the next one, once nothing is to be done with it any more. */
  readonly release: () => void;
};

/** A batch of these exchanges. */
export function batchOf({ batch }: Pick<ExchangeStore, "batch">, exchanges: Iterable<Exchange>): ExchangeBatch {
  const made = batch();
  for (const exchange of exchanges) made.add(exchange);
  return made;
}

export type ExchangeStore = {
  readonly batch: () => ExchangeBatch;
  /**
   * Records exchanges that have been answered. Some hundreds at once cost least; with fewer, one call in so many holds
   * the event loop for about 10 ms, to put small blocks together. They keep their order; those of an endpoint that is
   * gone are not kept. Nothing is added to the batch afterwards; where the transaction was undone, it
   * may be recorded again.
   */
  readonly record: (transaction: Transaction, batch: ExchangeBatch) => Promise<void>;
  readonly get: (scope: Scope, id: number) => Promise<RecordedExchange | undefined>;
  /** On `committed` it lets others run in between. */
  readonly search: (scope: Scope, filter: ExchangeFilter, page: ExchangePage) => Promise<FoundExchanges>;
  /** What was recorded behind a position, the oldest first: for live views that were cut off. */
  readonly since: (scope: Scope, filter: ExchangeFilter, position: number, limit: number) => Promise<ExchangeSummary[]>;
  /** As `since`, with headers and bodies: of those in order, much quicker than `get` for each. */
  readonly readSince: (
    scope: Scope,
    filter: ExchangeFilter,
    position: number,
    limit: number,
  ) => Promise<RecordedExchange[]>;
  /** The last position given, 0 for none: where a live view begins. */
  readonly lastPosition: (scope: Scope) => Promise<number>;
  /** @param filter its `fromMs` and `toMs` are the span; buckets that nothing happened in are there as well */
  readonly statistics: (
    scope: Scope,
    filter: ExchangeFilter & { readonly fromMs: number; readonly toMs: number },
    bucketMs: number,
  ) => Promise<ExchangeStatistics[]>;
  /**
   * How many resources of each type there were at the end of each hour in which something was written. What it was before
   * stands at the first hour.
   */
  readonly population: (scope: Scope, endpoint: Key, fromMs: number, toMs: number) => Promise<Population[]>;
  /**
   * Takes one small step towards the limits: the oldest exchanges go first. Requests that were turned away, which anybody
   * can send, take a tenth of them at most and push out nothing else. What was told of the population goes with those of
   * its time, but for the last.
   * @param endpoint undefined for the exchanges of none
   */
  readonly retain: (
    transaction: Transaction,
    endpoint: Key | undefined,
    limits: ExchangeLimits,
    nowMs: number,
  ) => Promise<RetentionStep>;
};

/** What is kept; absent: no limit. Exchanges may go, and stay, about a thousand together. */
export type ExchangeLimits = {
  /** At most, and an hour more. */
  readonly maxAgeMs?: number;
  /**
   * At least so many of the newest, besides those that were turned away, of which there is a tenth of it; some more stay
   * until there are enough of them.
   */
  readonly maxCount?: number;
  /** At most, as {@link MonitorSize} counts them. */
  readonly maxBytes?: number;
};

export type RetentionStep = { readonly removed: number; readonly isDone: boolean };

/** What happened in one span of time. */
export type ExchangeStatistics = {
  readonly startMs: number;
  readonly requests: number;
  readonly probes: number;
  /** Answered with 400 to 499, and with 500 or more. */
  readonly refused: number;
  readonly failed: number;
  /** Percentiles of the duration, to within 4 %; undefined where nothing happened. Microseconds. */
  readonly latencyUs: { readonly p50: number; readonly p95: number; readonly p99: number } | undefined;
  /** How many exchanges had a sentence of each kind. */
  readonly kinds: ReadonlyMap<string, number>;
};

export type Population = { readonly hourMs: number; readonly type: string; readonly count: number };

export type HistoryAction = "create" | "replace" | "modify" | "recreate" | "delete" | "restore";

/** One version of a resource, or its end. */
export type HistoryEntry = {
  /** With its label after the write; before it for `delete`. */
  readonly resource: Reference;
  /** Of the version that the write made; for `delete` of the last one. */
  readonly revision: number;
  readonly action: HistoryAction;
  /** Milliseconds since 1970. */
  readonly atMs: number;
  /** Which exchange did it; undefined where none did. */
  readonly exchange: number | undefined;
  readonly actor: { readonly credential: string | undefined; readonly dialect: string };
  /**
   * All that it changed; for `delete` to nothing, its members included. Of a `create` its members alone: all else is what
   * there is after it with the versions since taken back.
   */
  readonly changes: ChangeSet;
  /** Ids of other resources that it concerns, besides the values of a collection that were added and removed. */
  readonly concerns: readonly string[];
};

export type KeptHistoryEntry = HistoryEntry & {
  /** Its place in the order of writing. */
  readonly position: number;
};

/** What an entry of a timeline is to the resource whose timeline it is. */
export type TimelineRole = "self" | "added" | "removed" | "concerned";

export type TimelineEntry = Omit<KeptHistoryEntry, "changes" | "concerns"> & {
  readonly role: TimelineRole;
  /** For `self`; of other resources' entries the role says all, and the change set may be long. */
  readonly changes: ChangeSet;
};

export type HistoryPage = { readonly before?: number; readonly limit: number };

/** Of one resource type, or of all. */
export type DeletedPage = HistoryPage & { readonly type?: string };

export type FoundHistory<Entry> = {
  readonly total: number;
  /** The newest first. */
  readonly entries: Entry[];
  readonly next?: number;
};

export type HistoryStore = {
  /** In the transaction of the write itself, so that neither is without the other. */
  readonly append: (transaction: Transaction, endpoint: Key, entry: HistoryEntry) => Promise<void>;
  readonly versions: (
    scope: Scope,
    endpoint: Key,
    id: string,
    page: HistoryPage,
  ) => Promise<FoundHistory<KeptHistoryEntry>>;
  /** Its versions after a moment, the newest first: what {@link stateBefore} takes back. */
  readonly versionsAfter: (scope: Scope, endpoint: Key, id: string, atMs: number) => Promise<KeptHistoryEntry[]>;
  /** Its versions, and the writes to others that it had part in, such as groups that took it in. */
  readonly timeline: (
    scope: Scope,
    endpoint: Key,
    id: string,
    page: HistoryPage,
  ) => Promise<FoundHistory<TimelineEntry>>;
  /** Resources that were deleted, by the entry of their end. */
  readonly deleted: (scope: Scope, endpoint: Key, page: DeletedPage) => Promise<FoundHistory<TimelineEntry>>;
  /** Removes entries before some moment, the oldest first and not many at once. */
  readonly retain: (transaction: Transaction, endpoint: Key, beforeMs: number) => Promise<RetentionStep>;
};

/**
 * What a resource was before some of its latest versions.
 * @param current what it is now, with the values of its collection; empty for one that was deleted
 * @param newer the versions to take back, the newest first
 * @returns without `id` and `meta`; empty where it did not exist yet
 */
export function stateBefore(
  current: JsonObject,
  newer: readonly Pick<HistoryEntry, "changes">[],
  model: ResourceModel,
): JsonObject {
  let state = current;
  for (const { changes } of newer) state = applyChanges(invertChanges(changes), state, model);
  return state;
}
