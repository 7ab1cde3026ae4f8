import type { ChangeSet, JsonObject, PatchOperation, Reading, ResourceModel } from "@scimtool/scim";
import type { ServedEndpoint } from "../endpoint/served-endpoint.ts";
import type { FoundResource, Include, Store, Transaction } from "../store/store.ts";

// What the operations of the directory work with, and what they return.

export type WriteOrigin = {
  /** undefined if no exchange did. */
  readonly exchange: number | undefined;
  readonly actor: { readonly credential: string | undefined; readonly dialect: string };
};

export const NO_ORIGIN: WriteOrigin = { exchange: undefined, actor: { credential: undefined, dialect: "unknown" } };

export type Directory = {
  readonly store: Store;
  /** Milliseconds since 1970. Tests pass their own clock. */
  readonly now: () => number;
};

export type Subject = {
  readonly endpoint: ServedEndpoint;
  readonly model: ResourceModel;
  /** Base URI of resources by type, with a trailing slash: for filters on URIs. */
  readonly locations: ReadonlyMap<string, string>;
  /** Collects notes on what was tolerated. */
  readonly reading: Reading;
  readonly origin: WriteOrigin;
  readonly timing: Timing;
};

/** Where a request's time went, in milliseconds. Steps add to it. */
export type Timing = {
  /** Waiting for the write transaction to begin. */
  queueMs: number;
  databaseMs: number;
};

export function newTiming(): Timing {
  return { queueMs: 0, databaseMs: 0 };
}

/** Adds the time that a call to the store takes to `databaseMs`. */
export async function timed<T>(timing: Timing, call: () => Promise<T>): Promise<T> {
  const startMs = performance.now();
  try {
    return await call();
  } finally {
    timing.databaseMs += performance.now() - startMs;
  }
}

/** Includes neither groups nor members. */
export const NO_ROWS: Include = { groups: false, members: false };

export type WriteContext = {
  readonly store: Store;
  readonly transaction: Transaction;
  readonly subject: Subject;
  readonly nowMs: number;
  /** Rows to return with the written resource. */
  readonly include: Include;
};

/** The same transaction, for a resource of another type. */
export function forModel(context: WriteContext, model: ResourceModel): WriteContext {
  return { ...context, subject: { ...context.subject, model } };
}

/** `recreate` reactivates a deactivated user instead of creating a new one. */
export type WriteAction = "create" | "replace" | "modify" | "recreate" | "delete" | "restore";

/** The result of a write. Without changes, the resource keeps its version. */
export type Written = {
  readonly action: WriteAction;
  /** After the write; for a deletion, before it. */
  readonly stored: FoundResource;
  /** The resource without `meta` and members; `before` is undefined for a new resource. */
  readonly before: JsonObject | undefined;
  readonly after: JsonObject;
  /** For a deletion: every attribute and member. */
  readonly changes: ChangeSet;
};

/** The body of a write request: a resource or PATCH operations; undefined for a deletion. */
export type Sent = JsonObject | readonly PatchOperation[] | undefined;
