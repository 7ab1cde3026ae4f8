import {
  type Change,
  type CollectionOperation,
  conditionsIn,
  diffResources,
  entityTag,
  type JsonObject,
  matchesEntityTag,
  noteAbsent,
  type ResourceModel,
} from "@scimtool/scim";
import {
  type FoundResource,
  type Reference,
  type ResourceContent,
  type Store,
  type StoredResource,
  type Transaction,
  UniquenessConflict,
  UnknownMembers,
  type Wanted,
} from "../store/store.ts";
import type { Subject, WriteAction, Written } from "./directory.ts";
import { appendHistory, memberValue } from "./history.ts";
import { noteDangling, renameInReferrers, resolveReferences } from "./references.ts";
import {
  memberFilterRefusal,
  resourceNotFound,
  unknownMembersRefusal,
  valueTaken,
  versionIsThere,
  versionMismatch,
} from "./refusals.ts";
import { labelOf } from "./resource.ts";

/**
 * Reads a resource that is about to be written, and checks the version the client knows (RFC 7644 §3.14) in the same
 * transaction.
 * @param groups whether the answer will show its groups, which no write to it changes
 * @throws ScimError 404, 412
 */
export async function loadForWrite(
  store: Store,
  transaction: Transaction,
  { endpoint, model }: Subject,
  id: string,
  preconditions: Preconditions | undefined,
  groups: boolean,
): Promise<FoundResource> {
  const stored = await store.resources.get(transaction, endpoint.key, model, id, { groups, members: false });
  if (stored === undefined) throw resourceNotFound(model, id);
  if (preconditions !== undefined) checkPreconditions(preconditions, model, stored.revision);
  return stored;
}

/** A write as computed: the resource before and after, and what is to happen to its members. */
export type Intended = {
  readonly action: WriteAction;
  readonly stored: FoundResource;
  readonly before: JsonObject;
  readonly after: JsonObject;
  readonly members: readonly CollectionOperation[];
};

/**
 * Writes what differs, and what is kept of that. Nothing does: nothing is written, and the version stays (RFC 7644
 * §3.5.2.1).
 * @param concerned ids of resources that the write has to do with, besides those in its changes
 * @throws ScimError 400 invalidValue for unknown members, 409 uniqueness
 */
export async function save(
  store: Store,
  transaction: Transaction,
  subject: Subject,
  { action, stored, before, after: intended, members }: Intended,
  nowMs: number,
  concerned: readonly string[] = [],
): Promise<Written> {
  const { endpoint, model } = subject;
  const after = await resolveReferences(store, transaction, subject, intended, before);
  const { added, removed } = await applyToMembers(store, transaction, subject, stored, members);
  const attributeChanges = diffResources(before, after, model);
  const changes = [...attributeChanges, ...membersChange(model, added, removed)];
  if (changes.length === 0) return { action, stored, before, after, changes };
  const keep = async (saved: StoredResource): Promise<Written> => {
    const written = { action, stored: { ...saved, groups: stored.groups }, before, after, changes };
    await appendHistory(store, transaction, subject, written, nowMs, concerned);
    return written;
  };
  if (attributeChanges.length === 0) {
    return keep(await store.resources.touch(transaction, endpoint.key, model, stored, nowMs));
  }
  const saved = await refusingConflicts(store, transaction, subject, () =>
    store.resources.update(
      transaction,
      endpoint.key,
      model,
      { ...stored, resource: before },
      contentOf(after, stored.id, nowMs),
    ),
  );
  const label = labelOf(after, stored.id);
  if (label !== labelOf(before, stored.id)) await renameInReferrers(store, transaction, subject, stored.id, label);
  return keep(saved);
}

/** What was written, with its members as they are after the write, if the answer will show them. */
export async function withMembers(
  store: Store,
  transaction: Transaction,
  { endpoint, model }: Subject,
  written: Written,
  wanted: Wanted,
): Promise<Written> {
  if (!wanted.members || model.collection === undefined) return written;
  const members = await store.members.list(transaction, endpoint.key, written.stored.key);
  const { action, before, after, changes } = written;
  return { action, stored: { ...written.stored, members }, before, after, changes };
}

/**
 * Conditions of a PATCH that are looked at for each member of a group. They take more than a second of 50,000 members,
 * in which nobody else writes. Members that are named by their value are not searched for.
 */
const MAX_MEMBER_CONDITIONS = 50;

/** @throws ScimError 400 invalidFilter */
function checkMemberConditions(path: string, operations: readonly CollectionOperation[]): void {
  let count = 0;
  for (const operation of operations) if (operation.kind === "removeWhere") count += conditionsIn(operation.filter);
  if (count > MAX_MEMBER_CONDITIONS) throw memberFilterRefusal(path, count, MAX_MEMBER_CONDITIONS);
}

/** @returns the net effect: what was added and removed again in between is in neither */
async function applyToMembers(
  store: Store,
  transaction: Transaction,
  subject: Subject,
  group: StoredResource,
  operations: readonly CollectionOperation[],
): Promise<{ added: Reference[]; removed: Reference[] }> {
  const added = new Map<string, Reference>();
  const removed = new Map<string, Reference>();
  const record = (into: Map<string, Reference>, outOf: Map<string, Reference>, references: readonly Reference[]) => {
    for (const reference of references) if (!outOf.delete(reference.id)) into.set(reference.id, reference);
  };
  const { endpoint, locations, model } = subject;
  const collection = model.collection?.path ?? "";
  checkMemberConditions(collection, operations);
  const place = [transaction, endpoint.key, group.key] as const;
  for (const operation of operations) {
    if (operation.kind === "remove") {
      const gone = await store.members.remove(...place, idsOf(operation));
      noteAbsent(collection, operation, gone.length, subject.reading);
      record(removed, added, gone);
    } else if (operation.kind === "removeWhere") {
      const gone = await store.members.removeWhere(...place, operation.filter, locations);
      noteAbsent(collection, operation, gone.length, subject.reading);
      record(removed, added, gone);
    } else {
      const ids = idsOf(operation);
      if (operation.kind === "replace") record(removed, added, await store.members.retain(...place, ids));
      record(added, removed, await addMembers(store, transaction, subject, group, ids));
    }
  }
  return { added: [...added.values()], removed: [...removed.values()] };
}

function idsOf({ values }: { readonly values: readonly JsonObject[] }): string[] {
  return values.map(({ value }) => String(value));
}

/**
 * Adds members to a group. Ids that no resource has are kept with a note, or refused, as the endpoint is set.
 * @returns those that were not in it
 * @throws ScimError 400 invalidValue
 */
export async function addMembers(
  store: Store,
  transaction: Transaction,
  { endpoint, model, reading }: Subject,
  group: StoredResource,
  ids: readonly string[],
): Promise<Reference[]> {
  const dangling = endpoint.settings.danglingReferences === "accept" ? "keep" : "refuse";
  try {
    const added = await store.members.add(transaction, endpoint.key, model, group.key, ids, dangling);
    for (const { id, type } of added) {
      if (type === "") noteDangling(reading, model.collection?.path ?? "", id);
    }
    return added;
  } catch (error) {
    throw error instanceof UnknownMembers ? unknownMembersRefusal(error.ids) : error;
  }
}

/** @throws ScimError 409 uniqueness, naming the holder, in place of UniquenessConflict */
export async function refusingConflicts<T>(
  store: Store,
  transaction: Transaction,
  { endpoint, model }: Subject,
  write: () => Promise<T>,
): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (!(error instanceof UniquenessConflict)) throw error;
    const { attribute, value } = error;
    const holder = await store.resources.holderOf(transaction, endpoint.key, model, attribute, value);
    throw valueTaken(model, { attribute, value, holder });
  }
}

/** The change of the collection attribute, if there was one. */
export function membersChange(
  model: ResourceModel,
  added: readonly Reference[],
  removed: readonly Reference[],
): Change[] {
  if (model.collection === undefined || (added.length === 0 && removed.length === 0)) return [];
  const { path } = model.collection;
  return [{ kind: "collection", path, added: added.map(memberValue), removed: removed.map(memberValue) }];
}

export function contentOf(resource: JsonObject, id: string, nowMs: number): ResourceContent {
  return { resource, json: JSON.stringify(resource), label: labelOf(resource, id), nowMs };
}

/** What a request demands of the version that a resource has: the headers of these names, as they came. */
export type Preconditions = { readonly ifMatch: string | undefined; readonly ifNoneMatch: string | undefined };

/**
 * Checks what a write demands of the version of a resource that is there, in their order (RFC 9110 §13.2.2).
 * @throws ScimError 412
 */
export function checkPreconditions(
  { ifMatch, ifNoneMatch }: Preconditions,
  model: ResourceModel,
  revision: number,
): void {
  checkIfMatch(ifMatch, model, revision);
  if (ifNoneMatch !== undefined && matchesEntityTag(ifNoneMatch, entityTag(revision))) {
    throw versionIsThere(model, ifNoneMatch, revision);
  }
}

/** @throws ScimError 412 */
export function checkIfMatch(ifMatch: string | undefined, model: ResourceModel, revision: number): void {
  if (ifMatch !== undefined && !matchesEntityTag(ifMatch, entityTag(revision))) {
    throw versionMismatch(model, ifMatch, revision);
  }
}
