import {
  type AttributeNode,
  applyPatch,
  type ChangeSet,
  checkImmutables,
  diffResources,
  type Json,
  type JsonObject,
  keepHiddenImmutables,
  type PatchOperation,
  type ResourceModel,
  readResource,
  withoutNeverReturned,
  writtenByResource,
} from "@scimtool/scim";
import { forEachYielding } from "../event-loop.ts";
import { attributesOf } from "../store/resource-body.ts";
import type { FoundResource, Store, StoredResource, Transaction, Wanted } from "../store/store.ts";
import type { Directory, Subject, WriteAction, Written } from "./directory.ts";
import { appendCreation, appendHistory, appendLeavings } from "./history.ts";
import { releaseReferrers, resolveReferences } from "./references.ts";
import { labelOf, storedForm, takeCollection } from "./resource.ts";
import {
  addMembers,
  contentOf,
  loadForWrite,
  membersChange,
  type Preconditions,
  refusingConflicts,
  save,
  withMembers,
} from "./save.ts";

// The directory's writes, each inside a transaction that the caller has begun. Requests have one each; the operations
// of a bulk request share some.

/** A resource as a client sent it, read, and the ids of its members apart. */
export type Given = {
  readonly resource: JsonObject;
  readonly ids: readonly string[];
  /** Attributes returned on request that it specifies (RFC 7643 §7). */
  readonly specified: ReadonlySet<AttributeNode>;
};

/** The transaction that a write runs in, and what it is about. */
export type WriteContext = {
  readonly directory: Directory;
  readonly transaction: Transaction;
  readonly subject: Subject;
  /** Rows to return with the written resource. */
  readonly wanted: Wanted;
};

/** @throws ScimError 400 */
export function readGiven(body: Json, { model, reading }: Subject): Given {
  const resource = readResource(body, model, reading);
  return { ...takeCollection(resource, model), specified: writtenByResource(resource, model) };
}

/** @throws ScimError 400 invalidValue for unknown members, 409 uniqueness */
export async function createIn(context: WriteContext, id: string, given: Given): Promise<Written> {
  const { transaction, subject, wanted } = context;
  const { store } = context.directory;
  const deactivated = await findDeactivated(store, transaction, subject, given.resource, wanted.groups);
  if (deactivated !== undefined) return reactivateIn(context, deactivated, given);
  const resource = await resolveReferences(store, transaction, subject, storedForm(given.resource, id, subject.model));
  const stored = await insert(context, id, resource);
  return withItsMembers(context, stored, resource, given.ids);
}

/**
 * Creates a resource that refers to others which are only about to be created, in two steps.
 * @returns the second step, for when the others are there: what it refers to, and its members
 * @throws ScimError 409 uniqueness; the second step 400 invalidValue for what does not exist even then
 */
export async function insertIn(context: WriteContext, id: string, given: Given): Promise<() => Promise<Written>> {
  const { transaction, subject } = context;
  const { store } = context.directory;
  const unresolved = storedForm(given.resource, id, subject.model);
  const inserted = await insert(context, id, unresolved);
  return async () => {
    const resource = await resolveReferences(store, transaction, subject, unresolved);
    const { endpoint, model } = subject;
    const stored =
      resource === unresolved
        ? inserted
        : await store.resources.rewrite(transaction, endpoint.key, model, inserted, JSON.stringify(resource));
    return withItsMembers(context, stored, resource, given.ids);
  };
}

function insert(
  { directory: { store, now }, transaction, subject }: WriteContext,
  id: string,
  resource: JsonObject,
): Promise<StoredResource> {
  const { endpoint, model } = subject;
  return refusingConflicts(store, transaction, subject, () =>
    store.resources.insert(transaction, endpoint.key, model, id, contentOf(resource, id, now())),
  );
}

/** The end of a creation. @param ids of the members */
async function withItsMembers(
  { directory: { store }, transaction, subject, wanted }: WriteContext,
  stored: StoredResource,
  resource: JsonObject,
  ids: readonly string[],
): Promise<Written> {
  const { model } = subject;
  const added = ids.length === 0 ? [] : await addMembers(store, transaction, subject, stored, ids);
  const members = membersChange(model, added, []);
  await appendCreation(store, transaction, subject, stored, resource, members);
  const written = new Creation(model, stored, resource, members);
  return withMembers(store, transaction, subject, written, wanted);
}

/** Takes a deactivated user up again, as a new one with its userName would be. */
export function reactivateIn(context: WriteContext, deactivated: FoundResource, given: Given): Promise<Written> {
  const { active = true } = given.resource;
  const resource = { ...given.resource, active };
  return writeOver(context, "recreate", deactivated, { ...given, resource });
}

/** @throws ScimError 400, 404, 409 uniqueness, 412 */
export async function replaceIn(
  context: WriteContext,
  id: string,
  given: Given,
  preconditions: Preconditions | undefined,
): Promise<Written> {
  const { directory, transaction, subject, wanted } = context;
  const stored = await loadForWrite(directory.store, transaction, subject, id, preconditions, wanted.groups);
  return writeOver(context, "replace", stored, given);
}

/** The members given take the place of those it has. */
async function writeOver(
  { directory: { store, now }, transaction, subject, wanted }: WriteContext,
  action: WriteAction,
  stored: FoundResource,
  { resource, ids }: Given,
): Promise<Written> {
  const { model } = subject;
  const before = attributesOf(stored);
  const after = keepHiddenImmutables(before, storedForm(resource, stored.id, model), model);
  checkImmutables(before, after, model);
  const members =
    model.collection === undefined ? [] : [{ kind: "replace", values: ids.map((value) => ({ value })) } as const];
  const written = await save(store, transaction, subject, { action, stored, before, after, members }, now());
  return withMembers(store, transaction, subject, written, wanted);
}

/** @throws ScimError 400, 404, 409 uniqueness, 412 */
export async function modifyIn(
  { directory: { store, now }, transaction, subject, wanted }: WriteContext,
  id: string,
  operations: readonly PatchOperation[],
  preconditions: Preconditions | undefined,
): Promise<Written> {
  const { model, reading } = subject;
  const stored = await loadForWrite(store, transaction, subject, id, preconditions, wanted.groups);
  const before = attributesOf(stored);
  const { resource, collectionOperations } = applyPatch(before, operations, model, reading);
  const after = withoutNeverReturned(resource, model);
  const written = await save(
    store,
    transaction,
    subject,
    { action: "modify", stored, before, after, members: collectionOperations },
    now(),
  );
  return withMembers(store, transaction, subject, written, wanted);
}

/** @throws ScimError 404, 412 */
export async function removeIn(
  { directory: { store, now }, transaction, subject }: Omit<WriteContext, "wanted">,
  id: string,
  preconditions: Preconditions | undefined,
): Promise<Written> {
  const { endpoint, model } = subject;
  const nowMs = now();
  const stored = await loadForWrite(store, transaction, subject, id, preconditions, true);
  const released = await releaseReferrers(store, transaction, subject, stored);
  await forEachYielding(released, ({ model: other, ...rest }) => {
    const intended = { action: "modify", ...rest, members: [] } as const;
    return save(store, transaction, { ...subject, model: other }, intended, nowMs, [id]);
  });
  const resource = attributesOf(stored);
  const members = model.collection === undefined ? [] : await store.members.list(transaction, endpoint.key, stored.key);
  await store.resources.remove(transaction, endpoint.key, model, stored.key, nowMs);
  const changes = [...diffResources(resource, {}, model), ...membersChange(model, [], members)];
  const written: Written = { action: "delete", stored, before: resource, after: resource, changes };
  await appendHistory(store, transaction, subject, written, nowMs);
  const leaver = { id, type: model.type.name, label: labelOf(resource, id) };
  await appendLeavings(store, transaction, subject, leaver, stored.groups, nowMs);
  return written;
}

/** A creation. All that the resource has is a change, which is found out when somebody asks: few do. */
export class Creation implements Written {
  readonly action = "create";
  readonly stored: FoundResource;
  readonly before = undefined;
  readonly after: JsonObject;
  readonly #model: ResourceModel;
  readonly #members: ChangeSet;
  #changes: ChangeSet | undefined;

  /** @param members the change of its collection, if it has members */
  constructor(model: ResourceModel, stored: StoredResource, after: JsonObject, members: ChangeSet) {
    this.stored = { ...stored, groups: [] };
    this.after = after;
    this.#model = model;
    this.#members = members;
  }

  /** What is told of a creation in a sentence: whether the account begins switched off, and the members. */
  get told(): ChangeSet {
    const isInactive = this.after["active"] === false;
    return isInactive ? [{ kind: "attribute", path: "active", after: false }, ...this.#members] : this.#members;
  }

  get changes(): ChangeSet {
    this.#changes ??= [...diffResources({}, this.after, this.#model), ...this.#members];
    return this.#changes;
  }
}

/**
 * The deactivated user whose userName a new one would have, where the endpoint takes such users up again. Identity
 * providers that deactivate people who leave send a POST when one of them comes back.
 * @param groups whether its groups are looked up
 */
export async function findDeactivated(
  store: Store,
  transaction: Transaction,
  { endpoint, model }: Subject,
  { userName }: JsonObject,
  groups: boolean,
): Promise<FoundResource | undefined> {
  const isUser = model.attributes.get("username")?.uniqueness === "server" && model.attributes.has("active");
  if (endpoint.settings.recreate !== "reactivate" || !isUser || typeof userName !== "string") return undefined;
  const holder = await store.resources.holderOf(transaction, endpoint.key, model, "userName", userName);
  if (holder === undefined) return undefined;
  const wanted = { groups, members: false };
  const stored = await store.resources.get(transaction, endpoint.key, model, holder.id, wanted);
  if (stored === undefined) return undefined;
  return attributesOf(stored)["active"] === false ? stored : undefined;
}
