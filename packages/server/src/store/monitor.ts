import { applyChanges, type ChangeSet, invertChanges, type JsonObject, type ResourceModel } from "@scimtool/scim";
import type { Exchange, ExchangeSummary, RecordedExchange, Severity } from "./exchange.ts";
import type { Key, Reference, Scope, Transaction } from "./store.ts";

/** What happened: the exchange log, and the history of every resource. */
export type MonitorStore = {
  readonly exchanges: ExchangeStore;
  readonly history: HistoryStore;
  /** How much is stored of each endpoint. */
  readonly sizes: (scope: Scope) => Promise<MonitorSize[]>;
  /** Takes one small step towards returning free space to the file system. */
  readonly giveBackSpace: (transaction: Transaction) => Promise<Pick<RetentionStep, "isDone">>;
  /** Takes one small step towards removing everything of an endpoint. */
  readonly forget: (transaction: Transaction, endpoint: Key) => Promise<RetentionStep>;
};

export type MonitorSize = {
  /** undefined for exchanges that belong to no endpoint. */
  readonly endpoint: Key | undefined;
  readonly exchanges: number;
  /** About what the exchanges take on disk, without their words. */
  readonly exchangeBytes: number;
  readonly historyEntries: number;
};

/** All conditions must hold; an absent one allows everything. */
export type ExchangeFilter = {
  readonly endpoint?: Key;
  /** When the request came: from this time on, and before that time. Milliseconds since 1970. */
  readonly fromMs?: number;
  readonly toMs?: number;
  /** The kind of one of its sentences; `user.*` stands for all kinds that begin with `user.`. */
  readonly kinds?: readonly string[];
  readonly severities?: readonly Severity[];
  /** Ranges, both ends included. */
  readonly statuses?: readonly (readonly [least: number, most: number])[];
  readonly methods?: readonly string[];
  readonly dialects?: readonly string[];
  readonly credentials?: readonly string[];
  /** The id of one of its resources. */
  readonly resource?: string;
  readonly requestId?: string;
  readonly probes?: "only" | "exclude";
  /**
   * Words in any order, without regard to letter case and accents; two letters or more match words that begin with them.
   * A word is a run of letters and digits, or a UUID, which is found as a whole or by its first group. Searched are the
   * sentences, resources, path, query, user agent, credential, client address and request id, the body of a request
   * other than GET, and the body of a response of status 400 or higher.
   */
  readonly text?: string;
};

export type ExchangePage = {
  /** Only exchanges recorded before this position. */
  readonly before?: number;
  readonly limit: number;
  /** `false` skips counting: the total is then the length of the page. */
  readonly counted?: boolean;
};

export type FoundExchanges = {
  /** How many match the filter, on all pages. */
  readonly total: number;
  /** The newest first. */
  readonly exchanges: ExchangeSummary[];
  /** `before` of the next page; absent where there is none. */
  readonly next?: number;
};

export type ExchangeStore = {
  /**
   * Records answered exchanges in their order. A transaction of some hundred costs least. Exchanges of an endpoint that
   * is gone are not recorded.
   */
  readonly record: (transaction: Transaction, exchanges: readonly Exchange[]) => Promise<void>;
  readonly get: (scope: Scope, id: number) => Promise<RecordedExchange | undefined>;
  readonly search: (scope: Scope, filter: ExchangeFilter, page: ExchangePage) => Promise<FoundExchanges>;
  /** What was recorded after a position, the oldest first: a live view resumes with it. */
  readonly since: (scope: Scope, filter: ExchangeFilter, position: number, limit: number) => Promise<ExchangeSummary[]>;
  /** As `since`, with headers and bodies. */
  readonly readSince: (
    scope: Scope,
    filter: ExchangeFilter,
    position: number,
    limit: number,
  ) => Promise<RecordedExchange[]>;
  /** The last position, 0 if nothing was recorded: a live view begins there. */
  readonly lastPosition: (scope: Scope) => Promise<number>;
  /** @param filter its `fromMs` and `toMs` are the span. Empty buckets are returned too. */
  readonly statistics: (
    scope: Scope,
    filter: ExchangeFilter & { readonly fromMs: number; readonly toMs: number },
    bucketMs: number,
  ) => Promise<ExchangeStatistics[]>;
  /**
   * How many resources of each type there were at the end of each hour in which something was written. The number before
   * the span is returned for its first hour.
   */
  readonly population: (scope: Scope, endpoint: Key, fromMs: number, toMs: number) => Promise<Population[]>;
  /**
   * Takes one small step towards the limits, the oldest exchanges first. Rejected requests, which anybody can send, get a
   * tenth of the limits and never push out other exchanges. Population numbers of that age go too, except the last.
   * @param endpoint undefined for exchanges that belong to none
   */
  readonly retain: (
    transaction: Transaction,
    endpoint: Key | undefined,
    limits: ExchangeLimits,
    nowMs: number,
  ) => Promise<RetentionStep>;
};

/** How much is stored; absent: no limit. */
export type ExchangeLimits = {
  readonly maxAgeMs?: number;
  /** Without rejected requests, of which a tenth of this number stays. */
  readonly maxCount?: number;
  /** As {@link MonitorSize} counts them. */
  readonly maxBytes?: number;
};

export type RetentionStep = { readonly removed: number; readonly isDone: boolean };

/** What happened in one span of time, a bucket. */
export type ExchangeStatistics = {
  readonly startMs: number;
  readonly requests: number;
  readonly probes: number;
  /** Answered with 400 to 499, and with 500 or more. */
  readonly refused: number;
  readonly failed: number;
  /** Percentiles of the duration in microseconds, to within 4 %; undefined for an empty bucket. */
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
