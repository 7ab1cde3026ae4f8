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
} from "@scimtool/scim";
import type { Endpoint, FoundResource, Reference, Store, StoredResource } from "../store/store.ts";
import { readQuery } from "./query.ts";
import { resourceNotFound } from "./refusals.ts";
import { newResourceId } from "./resource-id.ts";
import { contentOf, loadForWrite, membersChange, refusingConflicts, refusingUnknownMembers, save } from "./save.ts";
import { storedForm, takeCollection, withoutSecrets } from "./stored-form.ts";

/** What the directory works with; passed in, so that tests have their own clock. */
export type Directory = {
  readonly store: Store;
  /** Milliseconds since 1970. */
  readonly now: () => number;
};

/** What a request is about. */
export type Subject = {
  readonly endpoint: Endpoint;
  readonly model: ResourceModel;
  /** Base URI of resources by type, with a slash at its end: for filters on URIs. */
  readonly locations: ReadonlyMap<string, string>;
  /** Gathers what was tolerated. */
  readonly reading: Reading;
};

/** A resource and, where they were asked for, its members. */
export type View = {
  readonly stored: FoundResource;
  /** Values of the collection attribute; undefined where they were not asked for or the type has none. */
  readonly members: readonly Reference[] | undefined;
};

/** Which of the attributes that are rows an answer will show. */
export type Wanted = { readonly groups: boolean; readonly members: boolean };

/** What a write did. No changes: the resource is as it was, and so is its version. */
export type Written = { readonly stored: FoundResource; readonly changes: ChangeSet };

export type Page = {
  readonly totalResults: number;
  readonly startIndex: number;
  readonly views: readonly View[];
};

/**
 * Creates a resource (RFC 7644 §3.3).
 * @throws ScimError 400 for what the language refuses, 409 uniqueness
 */
export async function createResource({ store, now }: Directory, subject: Subject, body: Json): Promise<Written> {
  const { endpoint, model, reading } = subject;
  const { resource: given, ids } = takeCollection(readResource(body, model, reading), model);
  const id = newResourceId(now());
  const resource = storedForm(given, id, model);
  return store.transaction(async (transaction) => {
    const stored = await refusingConflicts(store, transaction, subject, resource, () =>
      store.resources.insert(transaction, endpoint.key, model, id, contentOf(resource, id, now())),
    );
    const added =
      ids.length === 0
        ? []
        : await refusingUnknownMembers(() => store.members.add(transaction, endpoint.key, stored.key, ids));
    return {
      stored: { ...stored, groups: [] },
      changes: [...diffResources({}, resource, model), ...membersChange(model, added, [])],
    };
  });
}

/**
 * Reads one resource (RFC 7644 §3.4.1).
 * @throws ScimError 404
 */
export async function getResource(directory: Directory, subject: Subject, id: string, wanted: Wanted): Promise<View> {
  const { store } = directory;
  const { endpoint, model } = subject;
  const stored = await store.resources.get(store.committed, endpoint.key, model, id, wanted);
  if (stored === undefined) throw resourceNotFound(model, id);
  return viewOf(directory, subject, stored, wanted);
}

/** What an answer shows of a resource that has just been written. */
export async function viewOf(
  { store }: Directory,
  { endpoint, model }: Subject,
  stored: FoundResource,
  wanted: Wanted,
): Promise<View> {
  return { stored, members: await membersOf(store, endpoint, model, stored, wanted) };
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
): Promise<Written> {
  const { model, reading } = subject;
  const { resource: given, ids } = takeCollection(readResource(body, model, reading), model);
  const after = storedForm(given, id, model);
  return store.transaction(async (transaction) => {
    const stored = await loadForWrite(store, transaction, subject, id, ifMatch);
    const before = JSON.parse(stored.body) as JsonObject;
    checkImmutables(before, after, model);
    const members =
      model.collection === undefined ? [] : [{ kind: "replace", values: ids.map((value) => ({ value })) } as const];
    return save(store, transaction, subject, { stored, before, after, members }, now());
  });
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
): Promise<Written> {
  const { model, reading } = subject;
  const operations = readPatch(body, model, reading);
  return store.transaction(async (transaction) => {
    const stored = await loadForWrite(store, transaction, subject, id, ifMatch);
    const before = JSON.parse(stored.body) as JsonObject;
    const { resource, collectionOperations } = applyPatch(before, operations, model, reading);
    const after = withoutSecrets(resource, model);
    return save(store, transaction, subject, { stored, before, after, members: collectionOperations }, now());
  });
}

/**
 * Deletes a resource (RFC 7644 §3.6) and takes it out of every group.
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
    const stored = await loadForWrite(store, transaction, subject, id, ifMatch);
    await store.resources.remove(transaction, subject.endpoint.key, subject.model, stored.key, now());
  });
}

/**
 * Answers a query (RFC 7644 §3.4.2, §3.4.3).
 * @throws ScimError 400 invalidFilter, invalidPath
 */
export async function searchResources(
  directory: Directory,
  subject: Subject,
  parameters: QueryParameters,
  wanted: Wanted,
): Promise<Page> {
  const { store } = directory;
  const { endpoint, model } = subject;
  const query = readQuery(parameters, subject, wanted.groups);
  const found = await store.resources.search(store.committed, endpoint.key, model, query);
  const views: View[] = [];
  for (const stored of found.resources) {
    const members = membersOf(store, endpoint, model, stored, wanted);
    views.push({ stored, members: members === undefined ? undefined : await members });
  }
  return { totalResults: found.total, startIndex: parameters.startIndex, views };
}

function membersOf(
  store: Store,
  endpoint: Endpoint,
  model: ResourceModel,
  stored: StoredResource,
  wanted: Wanted,
): Promise<readonly Reference[]> | undefined {
  if (!wanted.members || model.collection === undefined) return undefined;
  return store.members.list(store.committed, endpoint.key, stored.key);
}
