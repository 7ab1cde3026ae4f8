import {
  type AttributeNode,
  type ChangeSet,
  type Json,
  type JsonObject,
  type PatchOperation,
  type Reading,
  type ResourceModel,
  readPatch,
  writtenByPatch,
} from "@scimtool/scim";
import { checkInForce } from "../endpoint/endpoints.ts";
import type { ServedEndpoint } from "../endpoint/served-endpoint.ts";
import type { FoundResource, Store, Transaction, Wanted } from "../store/store.ts";
import type { Origin } from "./history.ts";
import { resourceNotFound } from "./refusals.ts";
import { newResourceId } from "./resource.ts";
import type { Preconditions } from "./save.ts";
import { createIn, modifyIn, readGiven, removeIn, replaceIn } from "./writes.ts";

/** What the directory works with; passed in, so that tests have their own clock. */
export type Directory = {
  readonly store: Store;
  /** Milliseconds since 1970. */
  readonly now: () => number;
};

/** What a request is about. */
export type Subject = {
  readonly endpoint: ServedEndpoint;
  readonly model: ResourceModel;
  /** Base URI of resources by type, with a slash at its end: for filters on URIs. */
  readonly locations: ReadonlyMap<string, string>;
  /** Gathers what was tolerated. */
  readonly reading: Reading;
  /** By what it was asked for. */
  readonly origin: Origin;
  readonly timing: Timing;
};

/** Where the time of a request went, added to as it goes on. Milliseconds. */
export type Timing = {
  /** Until it was its turn to write. */
  queueMs: number;
  databaseMs: number;
};

export function newTiming(): Timing {
  return { queueMs: 0, databaseMs: 0 };
}

/** Counts what a call on the store takes as time of the database. */
export async function timed<T>(timing: Timing, call: () => Promise<T>): Promise<T> {
  const startMs = performance.now();
  try {
    return await call();
  } finally {
    timing.databaseMs += performance.now() - startMs;
  }
}

export const NO_ROWS: Wanted = { groups: false, members: false };

/** What a write does; `recreate` takes a deactivated user up again where a new one was to be created. */
export type WriteAction = "create" | "replace" | "modify" | "recreate" | "delete" | "restore";

/** What a write did. No changes: the resource is as it was, and so is its version. */
export type Written = {
  readonly action: WriteAction;
  /** After the write; of a deletion, as it was last. */
  readonly stored: FoundResource;
  /** The resource, without `meta` and its collection, before and after the write; a new one was undefined before. */
  readonly before: JsonObject | undefined;
  readonly after: JsonObject;
  /** All of what the resource was, and its members, for a deletion. */
  readonly changes: ChangeSet;
};

/** What a request wrote. */
export type WrittenAsAsked = {
  readonly written: Written;
  /** Attributes that it specifies and that are returned on request (RFC 7643 §7). */
  readonly specified: ReadonlySet<AttributeNode>;
  readonly sent: Sent;
};

/** What a write was asked by, read: a resource, or the operations of a PATCH; nothing for a deletion. */
export type Sent = JsonObject | readonly PatchOperation[] | undefined;

/**
 * Creates a resource (RFC 7644 §3.3). Where the endpoint is set so, a deactivated user with the same userName is taken
 * up again instead.
 * @throws ScimError 400 for what the language refuses, 409 uniqueness
 */
export async function createResource(
  directory: Directory,
  subject: Subject,
  body: Json,
  wanted: Wanted = NO_ROWS,
): Promise<WrittenAsAsked> {
  const given = readGiven(body, subject);
  const id = newResourceId(directory.now());
  const written = await write(directory, subject, (transaction) =>
    createIn({ directory, transaction, subject, wanted }, id, given),
  );
  return { written, specified: given.specified, sent: given.resource };
}

/**
 * Reads one resource (RFC 7644 §3.4.1).
 * @throws ScimError 404
 */
export async function getResource(
  { store }: Directory,
  { endpoint, model, timing }: Subject,
  id: string,
  wanted: Wanted,
): Promise<FoundResource> {
  const startMs = performance.now();
  const stored = await store.resources.get(store.committed, endpoint.key, model, id, wanted);
  timing.databaseMs += performance.now() - startMs;
  if (stored === undefined) throw resourceNotFound(model, id);
  return stored;
}

/**
 * Replaces a resource's attributes (RFC 7644 §3.5.1): what the body leaves out is cleared.
 * @param preconditions undefined where there are none
 * @throws ScimError 400, 404, 409 uniqueness, 412
 */
export async function replaceResource(
  directory: Directory,
  subject: Subject,
  id: string,
  body: Json,
  preconditions: Preconditions | undefined,
  wanted: Wanted = NO_ROWS,
): Promise<WrittenAsAsked> {
  const given = readGiven(body, subject);
  const written = await write(directory, subject, (transaction) =>
    replaceIn({ directory, transaction, subject, wanted }, id, given, preconditions),
  );
  return { written, specified: given.specified, sent: given.resource };
}

/**
 * Applies a PatchOp (RFC 7644 §3.5.2), all of it or nothing.
 * @param preconditions undefined where there are none
 * @throws ScimError 400, 404, 409 uniqueness, 412
 */
export async function modifyResource(
  directory: Directory,
  subject: Subject,
  id: string,
  body: Json,
  preconditions: Preconditions | undefined,
  wanted: Wanted = NO_ROWS,
): Promise<WrittenAsAsked> {
  const operations = readPatch(body, subject.model, subject.reading);
  const written = await write(directory, subject, (transaction) =>
    modifyIn({ directory, transaction, subject, wanted }, id, operations, preconditions),
  );
  return { written, specified: writtenByPatch(operations), sent: operations };
}

/**
 * Deletes a resource (RFC 7644 §3.6), takes it out of every group and what refers to it out of other resources.
 * @param preconditions undefined where there are none
 * @throws ScimError 404, 412
 */
export async function removeResource(
  directory: Directory,
  subject: Subject,
  id: string,
  preconditions: Preconditions | undefined,
): Promise<Written> {
  return write(directory, subject, (transaction) => removeIn({ directory, transaction, subject }, id, preconditions));
}

/** A transaction of its own for a request. @throws EndpointChanged */
async function write<T>(
  { store }: Directory,
  { endpoint, reading, timing }: Subject,
  work: (transaction: Transaction) => Promise<T>,
): Promise<T> {
  const notesBefore = reading.notes.length;
  const askedMs = performance.now();
  let begunMs = askedMs;
  try {
    return await store.transaction((transaction) => {
      // A transaction may run again, and must not note everything twice.
      reading.notes.length = notesBefore;
      if (begunMs === askedMs) begunMs = performance.now();
      return checkInForce(store, transaction, endpoint).then(() => work(transaction));
    });
  } finally {
    timing.queueMs += begunMs - askedMs;
    timing.databaseMs += performance.now() - begunMs;
  }
}
