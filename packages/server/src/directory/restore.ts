import {
  applyChanges,
  type CollectionOperation,
  diffResources,
  isObject,
  type Json,
  type JsonObject,
  own,
  type ResourceModel,
  requireStoredAttributes,
  ScimError,
} from "@scimtool/scim";
import { checkRevision } from "../endpoint/endpoints.ts";
import { forEachYielding } from "../event-loop.ts";
import type { KeptHistoryEntry, TimelineEntry } from "../store/monitor.ts";
import { attributesOf } from "../store/resource-body.ts";
import type { FoundResource, Reference } from "../store/store.ts";
import { type Directory, forModel, NO_ROWS, type Subject, type WriteContext, type Written } from "./context.ts";
import { recordHistory } from "./history.ts";
import { referencesOf, referredIds, referrersTo, resolveReferences, valuesIn } from "./references.ts";
import { resourceNotFound } from "./refusals.ts";
import { contentOf, storedForm, takeCollection } from "./resource.ts";
import { addMembers, explainingConflicts, membersChange, save, withMembers } from "./save.ts";

/** Timeline entries read at once. */
const TIMELINE_PAGE_SIZE = 200;

const WITH_MEMBERS = { groups: false, members: true };

/**
 * Makes an earlier state of a resource its newest version, in one transaction. A deleted resource returns with its ID,
 * and to those of its groups that still exist. References to deleted resources are omitted, unless the endpoint accepts
 * them.
 * @param state the resource with its members and without `meta`
 * @returns with its members; without changes if it already is in this state
 * @throws ScimError 404 if it neither exists nor was deleted; 409 uniqueness, naming the holder, or if the state lacks
 * attributes that are required now; EndpointChanged
 */
export async function restoreResource(
  { store, now }: Directory,
  subject: Subject,
  id: string,
  state: JsonObject,
): Promise<Written> {
  const { endpoint, model } = subject;
  const { resource } = takeCollection(state, model);
  const former: FormerState = { resource: storedForm(resource, id, model), members: membersOf(state, model) };
  checkRequired(former.resource, model);
  return store.transaction(async (transaction) => {
    await checkRevision(store, transaction, endpoint);
    const context = { store, transaction, subject, nowMs: now(), include: WITH_MEMBERS };
    const stored = await store.resources.get(transaction, endpoint.key, model, id, WITH_MEMBERS);
    const written = stored === undefined ? await undelete(context, id, former) : await revert(context, stored, former);
    return withMembers(context, written);
  });
}

type FormerState = {
  readonly resource: JsonObject;
  /** By ID. Members that no resource had even then have no type and are not known. */
  readonly members: ReadonlyMap<string, { readonly isKnown: boolean }>;
};

function membersOf(state: JsonObject, { collection }: ResourceModel): FormerState["members"] {
  const values = collection === undefined ? [] : (own(state, collection.name) ?? []);
  if (!Array.isArray(values)) return new Map();
  return new Map(
    values
      .filter(isObject)
      .map((value) => [String(own(value, "value")), { isKnown: own(value, "type") !== undefined }]),
  );
}

/** @throws ScimError 409 */
function checkRequired(resource: JsonObject, model: ResourceModel): void {
  try {
    requireStoredAttributes(resource, model);
  } catch (error) {
    if (!(error instanceof ScimError)) throw error;
    const detail = `The endpoint now requires more than this version has: ${error.detail}`;
    throw new ScimError(409, detail, { reason: { code: "versionOutdated" } });
  }
}

async function revert(
  context: WriteContext,
  stored: FoundResource,
  { resource, members }: FormerState,
): Promise<Written> {
  const before = attributesOf(stored);
  const after = await withoutLostReferences(context, resource);
  const current = new Set((stored.members ?? []).map(({ id }) => id));
  const extra = [...current].filter((id) => !members.has(id));
  const missing = new Map([...members].filter(([id]) => !current.has(id)));
  const operations: CollectionOperation[] = [
    { kind: "remove", values: valuesOf(extra) },
    { kind: "add", values: valuesOf(await possibleMembers(context, missing)) },
  ];
  return save(context, { action: "restore", stored, before, after, members: operations });
}

function valuesOf(ids: readonly string[]): JsonObject[] {
  return ids.map((value) => ({ value }));
}

async function undelete(context: WriteContext, id: string, { resource, members }: FormerState): Promise<Written> {
  const { store, transaction, nowMs } = context;
  const { endpoint, model } = context.subject;
  const [deletion] = (await store.monitor.history.versions(transaction, endpoint.key, id, { limit: 1 })).entries;
  if (deletion?.action !== "delete") throw resourceNotFound(model, id);
  const { left, named } = await formerGroups(context, deletion);
  // These groups have the ID as an unknown member. It must go before a resource can have this ID.
  for (const { group } of named) await store.members.remove(transaction, endpoint.key, group.key, [id]);
  const unresolved = await withoutLostReferences(context, resource);
  const inserted = await explainingConflicts(context, () =>
    store.resources.insert(transaction, endpoint.key, model, id, contentOf(unresolved, id, nowMs)),
  );
  // Resolved after the insertion, because it may refer to itself.
  const after = await resolveReferences(context, unresolved);
  // Its versions continue after the deletion; those of a new resource begin at 1.
  const current = { ...inserted, revision: deletion.revision, resource: unresolved };
  const stored = await store.resources.update(transaction, endpoint.key, model, current, contentOf(after, id, nowMs));
  const added = await addMembers(context, stored, await possibleMembers(context, members));
  const changes = [...diffResources({}, after, model), ...membersChange(model, added, [])];
  const found = { ...stored, groups: [] };
  const written: Written = { action: "restore", stored: found, before: undefined, after, changes };
  await recordHistory(context, written);
  for (const { group, model: type } of named) {
    await store.members.add(transaction, endpoint.key, type, group.key, [id], "refuse");
  }
  await forEachYielding(left, ({ group, model: type }) =>
    saveUnchanged(forModel(context, type), group, [{ kind: "add", values: valuesOf([id]) }]),
  );
  // Saving the referrers sets `$ref` and the name again.
  const referrers = await referrersTo(context, id);
  await forEachYielding(new Map(referrers.map((each) => [each.stored.key, each])).values(), ({ model: type, stored }) =>
    saveUnchanged(forModel(context, type), { ...stored, groups: [] }, [], [id]),
  );
  return written;
}

/** Saves a resource with its own attributes, to change its members or what follows from its references. */
function saveUnchanged(
  context: WriteContext,
  stored: FoundResource,
  members: readonly CollectionOperation[],
  related: readonly string[] = [],
): Promise<Written> {
  const before = attributesOf(stored);
  return save(context, { action: "modify", stored, before, after: before, members }, related);
}

type Group = { readonly group: FoundResource; readonly model: ResourceModel };

/**
 * The groups of a deleted resource that still exist.
 * @returns `left`: the deletion removed it from them; `named`: its ID was added to them later as an unknown member
 */
async function formerGroups(
  context: WriteContext,
  deletion: KeptHistoryEntry,
): Promise<{ left: Group[]; named: Group[] }> {
  const [left, named] = [new Map<string, Reference>(), new Map<string, Reference>()];
  for (const { role, resource } of (await timelineAfter(context, deletion)).toReversed()) {
    if (role === "added") named.set(resource.id, resource);
    // Without an addition since, it was a member when it was deleted.
    else if (role === "removed" && !named.delete(resource.id)) left.set(resource.id, resource);
  }
  const existing = async (groups: ReadonlyMap<string, Reference>) =>
    (await Promise.all([...groups.values()].map((group) => findGroup(context, group)))).filter(
      (group) => group !== undefined,
    );
  return { left: await existing(left), named: await existing(named) };
}

/** The timeline of a resource after an entry, newest first. */
async function timelineAfter(
  { store, transaction, subject: { endpoint } }: WriteContext,
  { resource, position }: KeptHistoryEntry,
): Promise<TimelineEntry[]> {
  const after: TimelineEntry[] = [];
  for (let before = Number.MAX_SAFE_INTEGER; ; ) {
    const page = { before, limit: TIMELINE_PAGE_SIZE };
    const { entries, next } = await store.monitor.history.timeline(transaction, endpoint.key, resource.id, page);
    const newer = entries.filter((entry) => entry.position > position);
    after.push(...newer);
    if (next === undefined || newer.length < entries.length) return after;
    before = next;
  }
}

/** A group that exists and accepts resources of the type as members. */
async function findGroup(
  { store, transaction, subject: { endpoint, model } }: WriteContext,
  { id, type: name }: Reference,
): Promise<Group | undefined> {
  const groupModel = endpoint.models.find(({ type }) => type.name === name);
  if (groupModel === undefined || !memberTypes(groupModel).includes(model.type.name)) return undefined;
  const group = await store.resources.get(transaction, endpoint.key, groupModel, id, NO_ROWS);
  return group && { group, model: groupModel };
}

function memberTypes({ collection }: ResourceModel): readonly string[] {
  return collection?.children.get("$ref")?.referenceTypes ?? [];
}

/** The former members that can be members again: existing resources, and IDs that were unknown even then. */
async function possibleMembers(
  { store, transaction, subject: { endpoint, model } }: WriteContext,
  members: FormerState["members"],
): Promise<string[]> {
  const found = await store.resources.references(transaction, endpoint.key, [...members.keys()]);
  const acceptsUnknown = endpoint.settings.danglingReferences === "accept";
  const types = memberTypes(model);
  return [...members].flatMap(([id, { isKnown }]) => {
    const reference = found.get(id);
    const isPossible = reference === undefined ? !isKnown && acceptsUnknown : types.includes(reference.type);
    return isPossible ? [id] : [];
  });
}

/** Without references to resources that no longer exist, if the endpoint rejects them. */
async function withoutLostReferences(
  { store, transaction, subject: { endpoint, model } }: WriteContext,
  resource: JsonObject,
): Promise<JsonObject> {
  if (endpoint.settings.danglingReferences === "accept") return resource;
  let kept = resource;
  for (const reference of referencesOf(model)) {
    const { attribute, types } = reference;
    const values = valuesIn(kept, reference);
    const found = await store.resources.references(transaction, endpoint.key, referredIds(kept, reference));
    const left = values.filter((value) => {
      const id = own(value, "value");
      if (typeof id !== "string") return true;
      const type = id === resource["id"] ? model.type.name : found.get(id)?.type;
      return type !== undefined && types.includes(type);
    });
    if (left.length === values.length) continue;
    const after = left.length === 0 ? {} : { after: attribute.multiValued ? left : (left[0] as Json) };
    kept = applyChanges([{ kind: "attribute", path: attribute.path, ...after }], kept, model);
  }
  return kept;
}
