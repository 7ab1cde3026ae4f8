import { applyChanges, type ChangeSet, invertChanges, type JsonObject, type ResourceModel } from "@scimtool/scim";
import type { Exchange, ExchangeSummary, RecordedExchange, Severity } from "./exchange.ts";
import type { Key, Reference, Scope, Transaction } from "./store.ts";

/** The exchange log, and the history of every resource. */
export type MonitorStore = {
  readonly exchanges: ExchangeStore;
  readonly history: HistoryStore;
  /** How much is stored for each endpoint. */
  readonly sizes: (scope: Scope) => Promise<MonitorSize[]>;
  /** Takes one small step towards returning free space to the file system. */
  readonly giveBackSpace: (transaction: Transaction) => Promise<Pick<RetentionStep, "isDone">>;
  /** Takes one small step towards removing everything that belongs to an endpoint. */
  readonly forget: (transaction: Transaction, endpoint: Key) => Promise<RetentionStep>;
};

export type MonitorSize = {
  /** undefined for exchanges that belong to no endpoint. */
  readonly endpoint: Key | undefined;
  readonly exchanges: number;
  /** Roughly what the exchanges take on disk, without the index of words. */
  readonly exchangeBytes: number;
  readonly historyEntries: number;
};

/** All conditions must hold; an absent condition allows everything. */
export type ExchangeFilter = {
  readonly endpoint?: Key;
  /** When the request arrived: at `fromMs` or later, and before `toMs`. Milliseconds since 1970. */
  readonly fromMs?: number;
  readonly toMs?: number;
  /** The kind of one of its sentences; `user.*` means every kind that begins with `user.`. */
  readonly kinds?: readonly string[];
  /** The kind of one of its findings; `loss.*` means every kind that begins with `loss.`, and `*` any finding. */
  readonly findings?: readonly string[];
  readonly severities?: readonly Severity[];
  /** Ranges, both ends included. */
  readonly statuses?: readonly (readonly [least: number, most: number])[];
  readonly methods?: readonly string[];
  readonly dialects?: readonly string[];
  readonly credentials?: readonly string[];
  /**
   * The ID of one of its resources. Anything but a UUID also matches resources whose name contains it, if each of its
   * words is a prefix of a word of the exchange.
   */
  readonly resource?: string;
  /** The path as recorded; `/Users/*` means every path that begins with `/Users/`. */
  readonly path?: string;
  readonly requestId?: string;
  /** Exchanges that are folded with this one. */
  readonly sameAs?: Omit<Exchange, "request" | "response">;
  readonly probes?: "only" | "exclude";
  /**
   * Words in any order; letter case and accents are ignored. A word of two letters or more also matches words that begin
   * with it. A word is a run of letters and digits, or a UUID, which is found as a whole or by its first group. The search
   * covers sentences, resources, path, query, user agent, credential, client address and request ID, the body of requests
   * other than GET, and the body of responses with status 400 or higher.
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
  /** Matches on all pages. */
  readonly total: number;
  /** The newest first. */
  readonly exchanges: ExchangeSummary[];
  /** `before` of the next page; absent on the last page. */
  readonly next?: number;
};

export type FoldedPage = ExchangePage & {
  /** Entries of successful reads, of which there may be one for each resource; the newest are returned. */
  readonly maxReads?: number;
};

export type FoldedExchanges = {
  /** Entries on all pages, with the reads that were left out. */
  readonly total: number;
  /** Exchanges of all entries. */
  readonly requests: number;
  /** Entries of reads beyond `maxReads`. */
  readonly readsLeftOut: number;
  /** By their newest exchange, the newest first. */
  readonly exchanges: {
    readonly exchange: ExchangeSummary;
    readonly count: number;
    readonly firstMs: number;
    readonly lastMs: number;
  }[];
  readonly next?: number;
};

/** Requests of one client in one span of time with the same outcome. */
export type ClientActivity = {
  /** Label of the accepted credential. */
  readonly credential: string | undefined;
  readonly dialect: string;
  readonly startMs: number;
  readonly status: number;
  /** Kinds of the sentences. */
  readonly kinds: readonly string[];
  readonly isProbe: boolean;
  readonly count: number;
  /** When the last of them came. */
  readonly lastMs: number;
};

export type ExchangeStore = {
  /**
   * Records answered exchanges in their order. A transaction of some hundred costs least. Exchanges of a deleted endpoint
   * are not recorded.
   */
  readonly record: (transaction: Transaction, exchanges: readonly Exchange[]) => Promise<void>;
  /**
   * Records exchanges that are older than all others, the newest first, at positions before theirs. Those that are not
   * older are left out.
   * @returns how many were recorded
   */
  readonly recordEarlier: (transaction: Transaction, exchanges: readonly Exchange[]) => Promise<number>;
  readonly get: (scope: Scope, id: number) => Promise<RecordedExchange | undefined>;
  readonly search: (scope: Scope, filter: ExchangeFilter, page: ExchangePage) => Promise<FoundExchanges>;
  /** Exchanges recorded after a position, the oldest first, to resume a live view. */
  readonly since: (scope: Scope, filter: ExchangeFilter, position: number, limit: number) => Promise<ExchangeSummary[]>;
  /** As `since`, with headers and bodies. */
  readonly readSince: (
    scope: Scope,
    filter: ExchangeFilter,
    position: number,
    limit: number,
  ) => Promise<RecordedExchange[]>;
  /** The last position, where a live view begins; 0 if nothing was recorded. */
  readonly lastPosition: (scope: Scope) => Promise<number>;
  /** As `search`, with exchanges that repeat folded into one: those with the same outcome, client and resource. */
  readonly folded: (scope: Scope, filter: ExchangeFilter, page: FoldedPage) => Promise<FoldedExchanges>;
  /** What the clients of an endpoint did since a moment, counted in spans of time. */
  readonly activity: (scope: Scope, endpoint: Key, fromMs: number, spanMs: number) => Promise<ClientActivity[]>;
  /** @param filter with the time span, `fromMs` to `toMs`. Empty buckets are returned too. */
  readonly statistics: (
    scope: Scope,
    filter: ExchangeFilter & { readonly fromMs: number; readonly toMs: number },
    bucketMs: number,
  ) => Promise<ExchangeStatistics[]>;
  /**
   * The number of resources of each type at the end of each hour in which something was written. The first hour of the
   * span starts with the number before it.
   */
  readonly population: (scope: Scope, endpoint: Key, fromMs: number, toMs: number) => Promise<Population[]>;
  /**
   * Takes one small step towards the limits, the oldest exchanges first. Rejected requests, which anybody can send, get
   * a tenth of the limits and never push out other exchanges. Population numbers of that age are removed too, except
   * the last ones.
   * @param endpoint undefined for exchanges that belong to none
   */
  readonly retain: (
    transaction: Transaction,
    endpoint: Key | undefined,
    limits: ExchangeLimits,
    nowMs: number,
  ) => Promise<RetentionStep>;
};

/** Limits of what is stored; absent: no limit. */
export type ExchangeLimits = {
  readonly maxAgeMs?: number;
  /** Without rejected requests, for which the limit is a tenth of this number. */
  readonly maxCount?: number;
  /** Counted as in {@link MonitorSize}. */
  readonly maxBytes?: number;
};

export type RetentionStep = { readonly removed: number; readonly isDone: boolean };

/** Counts of one time span, a bucket. */
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
  /** How many exchanges had a finding of each kind. */
  readonly findings: ReadonlyMap<string, number>;
};

export type Population = { readonly hourMs: number; readonly type: string; readonly count: number };

export type HistoryAction = "create" | "replace" | "modify" | "recreate" | "delete" | "restore";

/** One version of a resource, or its deletion. */
export type HistoryEntry = {
  /** With its label after the write; before it for `delete`. */
  readonly resource: Reference;
  /** Of the version that the write made; for `delete`, of the last version. */
  readonly revision: number;
  readonly action: HistoryAction;
  /** Milliseconds since 1970. */
  readonly atMs: number;
  /** The exchange that did it; undefined if no exchange did. */
  readonly exchange: number | undefined;
  readonly actor: { readonly credential: string | undefined; readonly dialect: string };
  /**
   * Everything that it changed. A `delete` changes everything, including members, to nothing. A `create` contains only
   * its members: the rest is the current state minus the later changes.
   */
  readonly changes: ChangeSet;
  /** IDs of other resources that it concerns, besides added and removed members. */
  readonly concerns: readonly string[];
};

export type KeptHistoryEntry = HistoryEntry & {
  /** Its number in the order of writing. */
  readonly position: number;
};

/** How an entry of a timeline concerns the resource. */
export type TimelineRole = "self" | "added" | "removed" | "concerned";

export type TimelineEntry = Omit<KeptHistoryEntry, "changes" | "concerns"> & {
  readonly role: TimelineRole;
  /** Only for `self`: for entries of other resources the role is enough, and the change set may be long. */
  readonly changes: ChangeSet;
};

export type HistoryPage = { readonly before?: number; readonly limit: number };

/** Of one resource type, or of all types. */
export type DeletedPage = HistoryPage & { readonly type?: string };

export type FoundHistory<Entry> = {
  readonly total: number;
  /** The newest first. */
  readonly entries: Entry[];
  readonly next?: number;
};

export type HistoryStore = {
  /** Runs in the transaction of the write, so that neither exists without the other. */
  readonly append: (transaction: Transaction, endpoint: Key, entry: HistoryEntry) => Promise<void>;
  readonly versions: (
    scope: Scope,
    endpoint: Key,
    id: string,
    page: HistoryPage,
  ) => Promise<FoundHistory<KeptHistoryEntry>>;
  /** Its versions after a moment, the newest first, as {@link stateBefore} needs them. */
  readonly versionsAfter: (scope: Scope, endpoint: Key, id: string, atMs: number) => Promise<KeptHistoryEntry[]>;
  /** Its versions, and the writes to other resources that concern it, such as groups that added it. */
  readonly timeline: (
    scope: Scope,
    endpoint: Key,
    id: string,
    page: HistoryPage,
  ) => Promise<FoundHistory<TimelineEntry>>;
  /** Deleted resources, each by the entry of its deletion. */
  readonly deleted: (scope: Scope, endpoint: Key, page: DeletedPage) => Promise<FoundHistory<TimelineEntry>>;
  /** The last deletions of resources with a label, the newest first. */
  readonly deletedNamed: (
    scope: Scope,
    endpoint: Key,
    page: { readonly label: string; readonly limit: number },
  ) => Promise<KeptHistoryEntry[]>;
  /** Removes a few entries from before a moment, the oldest first. */
  readonly retain: (transaction: Transaction, endpoint: Key, beforeMs: number) => Promise<RetentionStep>;
};

/**
 * The state of a resource before some of its latest versions.
 * @param current its present state, with its members; empty if it was deleted
 * @param newer the versions to undo, the newest first
 * @returns without `id` and `meta`; empty if it did not exist yet
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
