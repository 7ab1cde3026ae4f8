import {
  applyPatch,
  type ChangeSet,
  checkImmutables,
  diffResources,
  type Json,
  type JsonObject,
  type QueryParameters,
  type Reading,
  type ResourceModel,
  readPatch,
  readResource,
  withoutNeverReturned,
} from "@scimtool/scim";
import type { ServedEndpoint } from "../endpoint/served-endpoint.ts";
import type { FoundResource, Store, Transaction, Wanted } from "../store/store.ts";
import { findDeactivated } from "./deactivated.ts";
import { readQuery } from "./query.ts";
import { releaseReferrers, resolveReferences } from "./references.ts";
import { resourceNotFound } from "./refusals.ts";
import { newResourceId } from "./resource-id.ts";
import { addMembers, contentOf, loadForWrite, membersChange, refusingConflicts, save, withMembers } from "./save.ts";
import { storedForm, takeCollection } from "./stored-form.ts";

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

const NO_ROWS: Wanted = { groups: false, members: false };

/** What a write did. No changes: the resource is as it was, and so is its version. */
export type Written = { readonly stored: FoundResource; readonly changes: ChangeSet };

export type Page = {
  readonly totalResults: number;
  readonly startIndex: number;
  readonly resources: readonly FoundResource[];
};

/**
 * Creates a resource (RFC 7644 §3.3). Where the endpoint is set so, a deactivated user with the same userName is taken
 * up again instead.
 * @throws ScimError 400 for what the language refuses, 409 uniqueness
 */
export async function createResource(
  { store, now }: Directory,
  subject: Subject,
  body: Json,
  wanted: Wanted = NO_ROWS,
): Promise<Written> {
  const { endpoint, model, reading } = subject;
  const { resource: given, ids } = takeCollection(readResource(body, model, reading), model);
  const id = newResourceId(now());
  const notesBefore = reading.notes.length;
  return store.transaction(async (transaction) => {
    // A transaction may run again, and must not note everything twice.
    reading.notes.length = notesBefore;
    const deactivated = await findDeactivated(store, transaction, subject, given, wanted.groups);
    if (deactivated !== undefined) {
      const after = storedForm({ ...given, active: given["active"] ?? true }, deactivated.id, model);
      return replaceIn(store, transaction, subject, deactivated, after, ids, now(), wanted);
    }
    const resource = await resolveReferences(store, transaction, subject, storedForm(given, id, model));
    const stored = await refusingConflicts(store, transaction, subject, () =>
      store.resources.insert(transaction, endpoint.key, model, id, contentOf(resource, id, now())),
    );
    const added = ids.length === 0 ? [] : await addMembers(store, transaction, subject, stored, ids);
    const changes = [...diffResources({}, resource, model), ...membersChange(model, added, [])];
    return withMembers(store, transaction, subject, { stored: { ...stored, groups: [] }, changes }, wanted);
  });
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
  { store, now }: Directory,
  subject: Subject,
  id: string,
  body: Json,
  ifMatch: string | undefined,
  wanted: Wanted = NO_ROWS,
): Promise<Written> {
  const { model, reading } = subject;
  const { resource: given, ids } = takeCollection(readResource(body, model, reading), model);
  const after = storedForm(given, id, model);
  const notesBefore = reading.notes.length;
  return store.transaction(async (transaction) => {
    // A transaction may run again, and must not note everything twice.
    reading.notes.length = notesBefore;
    const stored = await loadForWrite(store, transaction, subject, id, ifMatch, wanted.groups);
    return replaceIn(store, transaction, subject, stored, after, ids, now(), wanted);
  });
}

/** @param ids of its members, which take the place of those it has */
async function replaceIn(
  store: Store,
  transaction: Transaction,
  subject: Subject,
  stored: FoundResource,
  after: JsonObject,
  ids: readonly string[],
  nowMs: number,
  wanted: Wanted,
): Promise<Written> {
  const { model } = subject;
  const before = JSON.parse(stored.body) as JsonObject;
  checkImmutables(before, after, model);
  const members =
    model.collection === undefined ? [] : [{ kind: "replace", values: ids.map((value) => ({ value })) } as const];
  const written = await save(store, transaction, subject, { stored, before, after, members }, nowMs);
  return withMembers(store, transaction, subject, written, wanted);
}

/**
 * Applies a PatchOp (RFC 7644 §3.5.2), all of it or nothing.
 * @param ifMatch the If-Match header, if there was one
 * @throws ScimError 400, 404, 409 uniqueness, 412
 */
export async function modifyResource(
  { store, now }: Directory,
  subject: Subject,
  id: string,
  body: Json,
  ifMatch: string | undefined,
  wanted: Wanted = NO_ROWS,
): Promise<Written> {
  const { model, reading } = subject;
  const operations = readPatch(body, model, reading);
  const notesBefore = reading.notes.length;
  return store.transaction(async (transaction) => {
    // A transaction may run again, and must not note everything twice.
    reading.notes.length = notesBefore;
    const stored = await loadForWrite(store, transaction, subject, id, ifMatch, wanted.groups);
    const before = JSON.parse(stored.body) as JsonObject;
    const { resource, collectionOperations } = applyPatch(before, operations, model, reading);
    const after = withoutNeverReturned(resource, model);
    const written = await save(
      store,
      transaction,
      subject,
      { stored, before, after, members: collectionOperations },
      now(),
    );
    return withMembers(store, transaction, subject, written, wanted);
  });
}

/**
 * Deletes a resource (RFC 7644 §3.6), takes it out of every group and what refers to it out of other resources.
 * @param ifMatch the If-Match header, if there was one
 * @throws ScimError 404, 412
 */
export async function removeResource(
  { store, now }: Directory,
  subject: Subject,
  id: string,
  ifMatch: string | undefined,
): Promise<void> {
  await store.transaction(async (transaction) => {
    const stored = await loadForWrite(store, transaction, subject, id, ifMatch, false);
    for (const { model, ...released } of await releaseReferrers(store, transaction, subject, stored)) {
      const intended = { ...released, members: [] };
      await save(store, transaction, { ...subject, model }, intended, now());
    }
    await store.resources.remove(transaction, subject.endpoint.key, subject.model, stored.key, now());
  });
}

/**
 * Answers a query (RFC 7644 §3.4.2, §3.4.3).
 * @throws ScimError 400 invalidFilter, invalidPath
 */
export async function searchResources(
  { store }: Directory,
  subject: Subject,
  parameters: QueryParameters,
  wanted: Wanted,
): Promise<Page> {
  const { endpoint, model } = subject;
  const query = readQuery(parameters, subject, wanted);
  const { total, resources } = await store.resources.search(store.committed, endpoint.key, model, query);
  return { totalResults: total, startIndex: parameters.startIndex, resources };
}
