import {
  type Change,
  type CollectionOperation,
  diffResources,
  entityTag,
  type JsonObject,
  matchesEntityTag,
  noteAbsent,
  type ResolvedFilter,
  type ResourceModel,
} from "@scimtool/scim";
import { forEachYielding } from "../event-loop.ts";
import {
  type FoundResource,
  ReadTooLong,
  type Reference,
  type StoredResource,
  UniquenessConflict,
  UnknownMembers,
  ValueTooLong,
} from "../store/store.ts";
import type { WriteAction, WriteContext, Written } from "./context.ts";
import { memberValue, recordHistory } from "./history.ts";
import { noteDangling, renameInReferrers, resolveReferences } from "./references.ts";
import {
  memberSearchRefusal,
  resourceNotFound,
  unknownMembersRefusal,
  valueTaken,
  valueTooLong,
  versionIsThere,
  versionMismatch,
} from "./refusals.ts";
import { contentOf, labelOf } from "./resource.ts";

/** The headers If-Match and If-None-Match, as the client sent them. */
export type Preconditions = { readonly ifMatch: string | undefined; readonly ifNoneMatch: string | undefined };

/**
 * Reads a resource before a write, and checks the version that the client expects (RFC 7644 §3.14) in the same
 * transaction.
 * @param groups whether to include its groups, which writing it never changes
 * @throws ScimError 404, 412
 */
export async function loadForWrite(
  { store, transaction, subject: { endpoint, model } }: WriteContext,
  id: string,
  preconditions: Preconditions | undefined,
  groups: boolean,
): Promise<FoundResource> {
  const stored = await store.resources.get(transaction, endpoint.key, model, id, { groups, members: false });
  if (stored === undefined) throw resourceNotFound(model, id);
  if (preconditions !== undefined) checkPreconditions(preconditions, model, stored.revision);
  return stored;
}

/** In the order of RFC 9110 §13.2.2. @throws ScimError 412 */
function checkPreconditions({ ifMatch, ifNoneMatch }: Preconditions, model: ResourceModel, revision: number): void {
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

/** The resource before and after a write, and the operations on its members. */
export type PlannedWrite = {
  readonly action: WriteAction;
  readonly stored: FoundResource;
  readonly before: JsonObject;
  readonly after: JsonObject;
  readonly members: readonly CollectionOperation[];
};

/**
 * Writes the differences and records them in the history. Without differences, nothing is written and the version stays
 * (RFC 7644 §3.5.2.1).
 * @param related IDs of resources in whose timeline the write also appears, besides those in its changes
 * @throws ScimError 400 invalidValue for unknown members, 409 uniqueness
 */
export async function save(
  context: WriteContext,
  { action, stored, before, after: unresolved, members }: PlannedWrite,
  related: readonly string[] = [],
): Promise<Written> {
  const { store, transaction, nowMs } = context;
  const { endpoint, model } = context.subject;
  const after = await resolveReferences(context, unresolved, before);
  const { added, removed } = await applyToMembers(context, stored, members);
  const attributeChanges = diffResources(before, after, model);
  const changes = [...attributeChanges, ...membersChange(model, added, removed)];
  if (changes.length === 0) return { action, stored, before, after, changes };
  let saved: StoredResource;
  if (attributeChanges.length === 0) {
    saved = await store.resources.touch(transaction, endpoint.key, model, stored, nowMs);
  } else {
    const [current, content] = [{ ...stored, resource: before }, contentOf(after, stored.id, nowMs)];
    saved = await explainingConflicts(context, () =>
      store.resources.update(transaction, endpoint.key, model, current, content),
    );
    const label = labelOf(after, stored.id);
    if (label !== labelOf(before, stored.id)) await renameInReferrers(context, stored.id, label);
  }
  const written = { action, stored: { ...saved, groups: stored.groups }, before, after, changes };
  await recordHistory(context, written, related);
  return written;
}

/** Adds the members after the write, if the response includes them. */
export async function withMembers(
  { store, transaction, subject: { endpoint, model }, include }: WriteContext,
  written: Written,
): Promise<Written> {
  if (!include.members || model.collection === undefined) return written;
  const members = await store.members.list(transaction, endpoint.key, written.stored.key);
  // A spread would omit the getters of Creation.
  const { action, before, after, changes } = written;
  return { action, stored: { ...written.stored, members }, before, after, changes };
}

/** How long the operations of one write may search the members of a group: nobody else can write meanwhile. */
const MAX_MEMBER_SEARCH_MS = 2_000;

/** Removes the members that a filter matches. @throws ScimError 400 tooMany */
async function removeMembersWhere(
  { store, transaction, subject: { endpoint, model, locations } }: WriteContext,
  group: StoredResource,
  filter: ResolvedFilter,
  maxMs: number,
): Promise<Reference[]> {
  try {
    return await store.members.removeWhere(transaction, endpoint.key, group.key, filter, { locations, maxMs });
  } catch (error) {
    if (!(error instanceof ReadTooLong)) throw error;
    throw memberSearchRefusal(model.collection?.path ?? "", MAX_MEMBER_SEARCH_MS);
  }
}

/** @returns the net effect: a member that was added and then removed is in neither list */
async function applyToMembers(
  context: WriteContext,
  group: StoredResource,
  operations: readonly CollectionOperation[],
): Promise<{ added: Reference[]; removed: Reference[] }> {
  const added = new Map<string, Reference>();
  const removed = new Map<string, Reference>();
  const count = (into: Map<string, Reference>, outOf: Map<string, Reference>, references: readonly Reference[]) =>
    forEachYielding(references, (reference) => {
      if (!outOf.delete(reference.id)) into.set(reference.id, reference);
    });
  const { store, transaction } = context;
  const { endpoint, model, reading } = context.subject;
  const path = model.collection?.path ?? "";
  let searchMs = MAX_MEMBER_SEARCH_MS;
  const ofGroup = [transaction, endpoint.key, group.key] as const;
  for (const operation of operations) {
    if (operation.kind === "remove" || operation.kind === "removeWhere") {
      const startMs = performance.now();
      const gone =
        operation.kind === "remove"
          ? await store.members.remove(...ofGroup, idsOf(operation))
          : await removeMembersWhere(context, group, operation.filter, searchMs);
      if (operation.kind === "removeWhere") searchMs -= performance.now() - startMs;
      noteAbsent(path, operation, gone.length, reading);
      await count(removed, added, gone);
      continue;
    }
    const ids = idsOf(operation);
    if (operation.kind === "replace") await count(removed, added, await store.members.retain(...ofGroup, ids));
    await count(added, removed, await addMembers(context, group, ids));
  }
  return { added: [...added.values()], removed: [...removed.values()] };
}

function idsOf({ values }: { readonly values: readonly JsonObject[] }): string[] {
  return values.map(({ value }) => String(value));
}

/** IDs made here are shorter. PostgreSQL limits what an index contains. */
const MAX_UNKNOWN_ID_CHARACTERS = 700;

/**
 * Adds members to a group. Unknown IDs are kept with a note or rejected, depending on the endpoint's settings.
 * @returns those that were not members before
 * @throws ScimError 400 invalidValue
 */
export async function addMembers(
  { store, transaction, subject: { endpoint, model, reading } }: WriteContext,
  group: StoredResource,
  ids: readonly string[],
): Promise<Reference[]> {
  const impossible = ids.filter(({ length }) => length > MAX_UNKNOWN_ID_CHARACTERS);
  if (impossible.length > 0) throw unknownMembersRefusal(impossible);
  const dangling = endpoint.settings.danglingReferences === "accept" ? "keep" : "refuse";
  try {
    const added = await store.members.add(transaction, endpoint.key, model, group.key, ids, dangling);
    for (const { id, type } of added) if (type === "") noteDangling(reading, model.collection?.path ?? "", id);
    return added;
  } catch (error) {
    throw error instanceof UnknownMembers ? unknownMembersRefusal(error.ids) : error;
  }
}

/** Replaces errors of the store about values. @throws ScimError 400 invalidValue, 409 uniqueness with the holder */
export async function explainingConflicts<T>(
  { store, transaction, subject: { endpoint, model } }: WriteContext,
  write: () => Promise<T>,
): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (error instanceof ValueTooLong) throw valueTooLong(error);
    if (!(error instanceof UniquenessConflict)) throw error;
    const { attribute, value } = error;
    const holder = await store.resources.holderOf(transaction, endpoint.key, model, attribute, value);
    throw valueTaken(model, { attribute, value, holder });
  }
}

/** The change of the members, if any. */
export function membersChange(
  model: ResourceModel,
  added: readonly Reference[],
  removed: readonly Reference[],
): Change[] {
  if (model.collection === undefined || (added.length === 0 && removed.length === 0)) return [];
  const { path } = model.collection;
  return [{ kind: "collection", path, added: added.map(memberValue), removed: removed.map(memberValue) }];
}
