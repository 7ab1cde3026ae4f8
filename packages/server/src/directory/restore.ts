import {
  applyChanges,
  type CollectionOperation,
  diffResources,
  isObject,
  type Json,
  type JsonObject,
  own,
  type ReferenceAttribute,
  type ResourceModel,
  requireStoredAttributes,
  ScimError,
} from "@scimtool/scim";
import { checkInForce } from "../endpoint/endpoints.ts";
import { forEachYielding } from "../event-loop.ts";
import type { KeptHistoryEntry, TimelineEntry } from "../store/monitor.ts";
import { attributesOf } from "../store/resource-body.ts";
import type { FoundResource, Reference, Store, Transaction } from "../store/store.ts";
import { type Directory, NO_ROWS, type Subject, type Written } from "./directory.ts";
import { appendHistory } from "./history.ts";
import { referencesOf, referrersTo, resolveReferences } from "./references.ts";
import { resourceNotFound } from "./refusals.ts";
import { storedForm, takeCollection } from "./resource.ts";
import { addMembers, contentOf, membersChange, refusingConflicts, save, withMembers } from "./save.ts";

/** Entries of a timeline that are looked through at once. */
const ENTRIES_AT_ONCE = 200;

const WITH_MEMBERS = { groups: false, members: true };

/**
 * Makes a former state of a resource its newest version, in one transaction. One that was deleted comes back under its
 * id, and into the groups that its deletion took it out of and that are still there. What the state refers to and is not
 * there any more is left out, unless the endpoint accepts such references.
 * @param state as a resource is read, with its members and without `meta`
 * @returns with its members; no changes where it is so already
 * @throws ScimError 404 for a resource that is not there and was not deleted; 409 uniqueness, naming the holder, and
 * where the endpoint requires what the state lacks; EndpointChanged
 */
export async function restoreResource(
  directory: Directory,
  subject: Subject,
  id: string,
  state: JsonObject,
): Promise<Written> {
  const { endpoint, model } = subject;
  const { resource } = takeCollection(state, model);
  const former: Former = { resource: storedForm(resource, id, model), members: membersOf(state, model) };
  checkRequired(former.resource, model);
  return directory.store.transaction(async (transaction) => {
    const { resources } = directory.store;
    await checkInForce(directory.store, transaction, endpoint);
    const stored = await resources.get(transaction, endpoint.key, model, id, WITH_MEMBERS);
    return stored === undefined
      ? bringBack(directory, transaction, subject, id, former)
      : takeBack(directory, transaction, subject, stored, former);
  });
}

/** What is to be again. */
type Former = {
  readonly resource: JsonObject;
  /** By id; one that no resource had has no type. */
  readonly members: ReadonlyMap<string, { readonly isKnown: boolean }>;
};

function membersOf(state: JsonObject, { collection }: ResourceModel): Former["members"] {
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
    const detail = `The endpoint has come to ask for more than this version has: ${error.detail}`;
    throw new ScimError(409, detail, { reason: { code: "versionOutdated" } });
  }
}

/** A resource that is there becomes what it was. */
async function takeBack(
  { store, now }: Directory,
  transaction: Transaction,
  subject: Subject,
  stored: FoundResource,
  { resource, members }: Former,
): Promise<Written> {
  const before = attributesOf(stored);
  const after = await withoutLost(store, transaction, subject, resource);
  const current = new Set((stored.members ?? []).map(({ id }) => id));
  const gone = [...current].filter((id) => !members.has(id));
  const missing = new Map([...members].filter(([id]) => !current.has(id)));
  const come = await membersThatCanBe(store, transaction, subject, missing);
  const operations: CollectionOperation[] = [
    { kind: "remove", values: valuesOf(gone) },
    { kind: "add", values: valuesOf(come) },
  ];
  const intended = { action: "restore", stored, before, after, members: operations } as const;
  const written = await save(store, transaction, subject, intended, now());
  return withMembers(store, transaction, subject, written, WITH_MEMBERS);
}

function valuesOf(ids: readonly string[]): JsonObject[] {
  return ids.map((value) => ({ value }));
}

/** A resource that was deleted is there again. */
async function bringBack(
  { store, now }: Directory,
  transaction: Transaction,
  subject: Subject,
  id: string,
  { resource, members }: Former,
): Promise<Written> {
  const { endpoint, model } = subject;
  const [end] = (await store.monitor.history.versions(transaction, endpoint.key, id, { limit: 1 })).entries;
  if (end?.action !== "delete") throw resourceNotFound(model, id);
  const nowMs = now();
  const { left, named } = await groupsSince(store, transaction, subject, end);
  // The id is one resource's: what stands for it where it is known by nothing else goes first.
  for (const { group } of named) await store.members.remove(transaction, endpoint.key, group.key, [id]);
  const unresolved = await withoutLost(store, transaction, subject, resource);
  const inserted = await refusingConflicts(store, transaction, subject, () =>
    store.resources.insert(transaction, endpoint.key, model, id, contentOf(unresolved, id, nowMs)),
  );
  // It may refer to itself.
  const after = await resolveReferences(store, transaction, subject, unresolved);
  // Its versions go on where they ended; a new resource begins at 1.
  const ended = { ...inserted, revision: end.revision, resource: unresolved };
  const stored = await store.resources.update(transaction, endpoint.key, model, ended, contentOf(after, id, nowMs));
  const come = await membersThatCanBe(store, transaction, subject, members);
  const added = await addMembers(store, transaction, subject, stored, come);
  const changes = [...diffResources({}, after, model), ...membersChange(model, added, [])];
  const found = { ...stored, groups: [] };
  const written: Written = { action: "restore", stored: found, before: undefined, after, changes };
  await appendHistory(store, transaction, subject, written, nowMs);
  for (const { group, model: type } of named) {
    await store.members.add(transaction, endpoint.key, type, group.key, [id], "refuse");
  }
  await forEachYielding(left, ({ group, model: type }) =>
    join(store, transaction, { ...subject, model: type }, group, id, nowMs),
  );
  await completeReferrers(store, transaction, subject, id, nowMs);
  return withMembers(store, transaction, subject, written, WITH_MEMBERS);
}

/** What refers to a resource that is there again comes to know where it is and its name, which is a change of it. */
async function completeReferrers(
  store: Store,
  transaction: Transaction,
  subject: Subject,
  id: string,
  nowMs: number,
): Promise<void> {
  const referrers = await referrersTo(store, transaction, subject, id);
  await forEachYielding(new Map(referrers.map((each) => [each.stored.key, each])).values(), ({ model, stored }) => {
    const before = attributesOf(stored);
    const unchanged = {
      action: "modify",
      stored: { ...stored, groups: [] },
      before,
      after: before,
      members: [],
    } as const;
    return save(store, transaction, { ...subject, model }, unchanged, nowMs, [id]);
  });
}

/** Something takes a member in, which is a change of it. */
async function join(
  store: Store,
  transaction: Transaction,
  subject: Subject,
  group: FoundResource,
  id: string,
  nowMs: number,
): Promise<void> {
  const before = attributesOf(group);
  const members: CollectionOperation[] = [{ kind: "add", values: valuesOf([id]) }];
  await save(store, transaction, subject, { action: "modify", stored: group, before, after: before, members }, nowMs);
}

type Group = { readonly group: FoundResource; readonly model: ResourceModel };

/**
 * The groups that are there of those which a resource was in at its end.
 * @returns `left`: its end took it out of them; `named`: they have been given its id since, which nothing has
 */
async function groupsSince(
  store: Store,
  transaction: Transaction,
  subject: Subject,
  end: KeptHistoryEntry,
): Promise<{ left: Group[]; named: Group[] }> {
  const [left, named] = [new Map<string, Reference>(), new Map<string, Reference>()];
  const entries = await timelineBehind(store, transaction, subject, end);
  for (const { role, resource } of entries.toReversed()) {
    if (role === "added") named.set(resource.id, resource);
    // What was not added since had it at its end.
    else if (role === "removed" && !named.delete(resource.id)) left.set(resource.id, resource);
  }
  const thereOf = async (groups: ReadonlyMap<string, Reference>) =>
    (await Promise.all([...groups.values()].map((group) => groupThere(store, transaction, subject, group)))).filter(
      (group) => group !== undefined,
    );
  return { left: await thereOf(left), named: await thereOf(named) };
}

/** What touched a resource after its end, the newest first. */
async function timelineBehind(
  store: Store,
  transaction: Transaction,
  { endpoint }: Subject,
  { resource, position }: KeptHistoryEntry,
): Promise<TimelineEntry[]> {
  const behind: TimelineEntry[] = [];
  for (let before = Number.MAX_SAFE_INTEGER; ; ) {
    const page = { before, limit: ENTRIES_AT_ONCE };
    const { entries, next } = await store.monitor.history.timeline(transaction, endpoint.key, resource.id, page);
    const some = entries.filter((entry) => entry.position > position);
    behind.push(...some);
    if (next === undefined || some.length < entries.length) return behind;
    before = next;
  }
}

/** A group that is there and may have resources of the type as members. */
async function groupThere(
  store: Store,
  transaction: Transaction,
  { endpoint, model: { type } }: Subject,
  { id, type: name }: Reference,
): Promise<Group | undefined> {
  const model = endpoint.models.find((each) => each.type.name === name);
  if (model === undefined || !memberTypes(model).includes(type.name)) return undefined;
  const group = await store.resources.get(transaction, endpoint.key, model, id, NO_ROWS);
  return group && { group, model };
}

function memberTypes({ collection }: ResourceModel): readonly string[] {
  return collection?.children.get("$ref")?.referenceTypes ?? [];
}

/** Those of former members that can be members again: resources that are there, and ids that were none even then. */
async function membersThatCanBe(
  store: Store,
  transaction: Transaction,
  { endpoint, model }: Subject,
  members: Former["members"],
): Promise<string[]> {
  const found = await store.resources.references(transaction, endpoint.key, [...members.keys()]);
  const acceptsUnknown = endpoint.settings.danglingReferences === "accept";
  const types = memberTypes(model);
  return [...members].flatMap(([id, { isKnown }]) => {
    const reference = found.get(id);
    const canBe = reference === undefined ? !isKnown && acceptsUnknown : types.includes(reference.type);
    return canBe ? [id] : [];
  });
}

/** Without references to what is not there any more, where the endpoint would refuse them. */
async function withoutLost(
  store: Store,
  transaction: Transaction,
  { endpoint, model }: Subject,
  resource: JsonObject,
): Promise<JsonObject> {
  if (endpoint.settings.danglingReferences === "accept") return resource;
  let kept = resource;
  for (const reference of referencesOf(model)) {
    const { attribute } = reference;
    const held = valueAt(kept, reference);
    const values = (Array.isArray(held) ? held : [held]).filter(isObject);
    const ids = values.map((value) => own(value, "value")).filter((id) => typeof id === "string");
    const found = await store.resources.references(transaction, endpoint.key, ids);
    const isLost = (value: JsonObject) => {
      const id = own(value, "value");
      if (typeof id !== "string") return false;
      const type = id === resource["id"] ? model.type.name : found.get(id)?.type;
      return type === undefined || !reference.types.includes(type);
    };
    const left = values.filter((value) => !isLost(value));
    if (left.length === values.length) continue;
    const after = left.length === 0 ? {} : { after: attribute.multiValued ? left : (left[0] as Json) };
    kept = applyChanges([{ kind: "attribute", path: attribute.path, ...after }], kept, model);
  }
  return kept;
}

function valueAt(resource: JsonObject, { attribute }: ReferenceAttribute): Json | undefined {
  let value: Json | undefined = resource;
  for (const key of attribute.keys) value = isObject(value) ? own(value, key) : undefined;
  return value;
}
