import {
  type AttributeNode,
  type ChangeSet,
  type Json,
  type Reading,
  type ResourceModel,
  readPatch,
  writtenByPatch,
} from "@scimtool/scim";
import type { ServedEndpoint } from "../endpoint/served-endpoint.ts";
import type { FoundResource, Store, Transaction, Wanted } from "../store/store.ts";
import { resourceNotFound } from "./refusals.ts";
import { newResourceId } from "./resource-id.ts";
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
};

export const NO_ROWS: Wanted = { groups: false, members: false };

/** What a write did. No changes: the resource is as it was, and so is its version. */
export type Written = { readonly stored: FoundResource; readonly changes: ChangeSet };

/** What a request wrote, with the attributes that it specifies and that are returned on request (RFC 7643 §7). */
export type WrittenAsAsked = Written & { readonly specified: ReadonlySet<AttributeNode> };

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
    createIn(directory, transaction, subject, id, given, wanted),
  );
  return { ...written, specified: given.specified };
}

/**
 * Reads one resource (RFC 7644 §3.4.1).
 * @throws ScimError 404
 */
export async function getResource(
  { store }: Directory,
  { endpoint, model }: Subject,
  id: string,
  wanted: Wanted,
): Promise<FoundResource> {
  const stored = await store.resources.get(store.committed, endpoint.key, model, id, wanted);
  if (stored === undefined) throw resourceNotFound(model, id);
  return stored;
}

/**
 * Replaces a resource's attributes (RFC 7644 §3.5.1): what the body leaves out is cleared.
 * @param ifMatch the If-Match header, if there was one
 * @throws ScimError 400, 404, 409 uniqueness, 412
 */
export async function replaceResource(
  directory: Directory,
  subject: Subject,
  id: string,
  body: Json,
  ifMatch: string | undefined,
  wanted: Wanted = NO_ROWS,
): Promise<WrittenAsAsked> {
  const given = readGiven(body, subject);
  const written = await write(directory, subject, (transaction) =>
    replaceIn(directory, transaction, subject, id, given, ifMatch, wanted),
  );
  return { ...written, specified: given.specified };
}

/**
 * Applies a PatchOp (RFC 7644 §3.5.2), all of it or nothing.
 * @param ifMatch the If-Match header, if there was one
 * @throws ScimError 400, 404, 409 uniqueness, 412
 */
export async function modifyResource(
  directory: Directory,
  subject: Subject,
  id: string,
  body: Json,
  ifMatch: string | undefined,
  wanted: Wanted = NO_ROWS,
): Promise<WrittenAsAsked> {
  const operations = readPatch(body, subject.model, subject.reading);
  const written = await write(directory, subject, (transaction) =>
    modifyIn(directory, transaction, subject, id, operations, ifMatch, wanted),
  );
  return { ...written, specified: writtenByPatch(operations) };
}

/**
 * Deletes a resource (RFC 7644 §3.6), takes it out of every group and what refers to it out of other resources.
 * @param ifMatch the If-Match header, if there was one
 * @throws ScimError 404, 412
 */
export async function removeResource(
  directory: Directory,
  subject: Subject,
  id: string,
  ifMatch: string | undefined,
): Promise<void> {
  await write(directory, subject, (transaction) => removeIn(directory, transaction, subject, id, ifMatch));
}

/** A transaction of its own for a request. */
function write<T>(
  { store }: Directory,
  { reading }: Subject,
  work: (transaction: Transaction) => Promise<T>,
): Promise<T> {
  const notesBefore = reading.notes.length;
  return store.transaction((transaction) => {
    // A transaction may run again, and must not note everything twice.
    reading.notes.length = notesBefore;
    return work(transaction);
  });
}
