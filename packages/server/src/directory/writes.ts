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
import type { FoundResource, StoredResource } from "../store/store.ts";
import { forModel, type Subject, type WriteAction, type WriteContext, type Written } from "./context.ts";
import { recordCreation, recordHistory, recordMembershipRemovals } from "./history.ts";
import { detachReferrers, resolveReferences } from "./references.ts";
import { featureOff } from "./refusals.ts";
import { contentOf, labelOf, storedForm, takeCollection } from "./resource.ts";
import {
  addMembers,
  explainingConflicts,
  loadForWrite,
  membersChange,
  type Preconditions,
  save,
  withMembers,
} from "./save.ts";

// Writes inside a transaction. Requests have one each; the operations of a bulk request share some.

/** A resource that a client sent, without its members. */
export type ParsedResource = {
  readonly resource: JsonObject;
  /** IDs of its members. */
  readonly ids: readonly string[];
  /** Attributes with returned=request that it specifies (RFC 7643 §7). */
  readonly specified: ReadonlySet<AttributeNode>;
};

/** @throws ScimError 400 */
export function parseResource(body: Json, { model, reading }: Subject): ParsedResource {
  const resource = readResource(body, model, reading);
  return { ...takeCollection(resource, model), specified: writtenByResource(resource, model) };
}

/** @throws ScimError 400 invalidValue for unknown members, 409 uniqueness */
export async function createIn(context: WriteContext, id: string, parsed: ParsedResource): Promise<Written> {
  const deactivated = await findDeactivated(context, parsed.resource);
  if (deactivated !== undefined) return reactivateIn(context, deactivated, parsed);
  const resource = await resolveReferences(context, storedForm(parsed.resource, id, context.subject.model));
  const stored = await insert(context, id, resource);
  return finishCreation(context, stored, resource, parsed.ids);
}

/**
 * Creates a resource that refers to others which do not exist yet, in two steps.
 * @returns the second step, which resolves its references and adds its members
 * @throws ScimError 409 uniqueness; the second step 400 invalidValue for an ID that is still unknown
 */
export async function insertIn(
  context: WriteContext,
  id: string,
  parsed: ParsedResource,
): Promise<() => Promise<Written>> {
  const { store, transaction } = context;
  const { endpoint, model } = context.subject;
  const unresolved = storedForm(parsed.resource, id, model);
  const inserted = await insert(context, id, unresolved);
  return async () => {
    const resource = await resolveReferences(context, unresolved);
    const stored =
      resource === unresolved
        ? inserted
        : await store.resources.rewrite(transaction, endpoint.key, model, inserted, JSON.stringify(resource));
    return finishCreation(context, stored, resource, parsed.ids);
  };
}

function insert(context: WriteContext, id: string, resource: JsonObject): Promise<StoredResource> {
  const { store, transaction, nowMs } = context;
  const { endpoint, model } = context.subject;
  return explainingConflicts(context, () =>
    store.resources.insert(transaction, endpoint.key, model, id, contentOf(resource, id, nowMs)),
  );
}

/** @param memberIds IDs of its members */
async function finishCreation(
  context: WriteContext,
  stored: StoredResource,
  resource: JsonObject,
  memberIds: readonly string[],
): Promise<Written> {
  const { model } = context.subject;
  const added = memberIds.length === 0 ? [] : await addMembers(context, stored, memberIds);
  const members = membersChange(model, added, []);
  await recordCreation(context, stored, resource, members);
  return withMembers(context, new Creation(model, stored, resource, members));
}

/** A creation. Its changes, which few readers need, are computed on request. */
export class Creation implements Written {
  readonly action = "create";
  readonly stored: FoundResource;
  readonly before = undefined;
  readonly after: JsonObject;
  readonly #model: ResourceModel;
  readonly #members: ChangeSet;
  #changes: ChangeSet | undefined;

  /** @param members the change of its members */
  constructor(model: ResourceModel, stored: StoredResource, after: JsonObject, members: ChangeSet) {
    this.stored = { ...stored, groups: [] };
    this.after = after;
    this.#model = model;
    this.#members = members;
  }

  /** The changes that the exchange's sentence mentions: an inactive account, and the members. */
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
 * The deactivated user with a new user's userName, if the endpoint reactivates such users. Identity providers that
 * deactivate leavers send a POST when one returns.
 */
export async function findDeactivated(
  { store, transaction, subject: { endpoint, model }, include: { groups } }: WriteContext,
  { userName }: JsonObject,
): Promise<FoundResource | undefined> {
  const isUser = model.attributes.get("username")?.uniqueness === "server" && model.attributes.has("active");
  if (endpoint.settings.recreate !== "reactivate" || !isUser || typeof userName !== "string") return undefined;
  const holder = await store.resources.holderOf(transaction, endpoint.key, model, "userName", userName);
  if (holder === undefined) return undefined;
  const include = { groups, members: false };
  const stored = await store.resources.get(transaction, endpoint.key, model, holder.id, include);
  return stored !== undefined && attributesOf(stored)["active"] === false ? stored : undefined;
}

/** Reactivates a deactivated user with the attributes of the new one. */
export function reactivateIn(
  context: WriteContext,
  deactivated: FoundResource,
  parsed: ParsedResource,
): Promise<Written> {
  const { active = true } = parsed.resource;
  return overwrite(context, "recreate", deactivated, { ...parsed, resource: { ...parsed.resource, active } });
}

/** @throws ScimError 400, 404, 409 uniqueness, 412 */
export async function replaceIn(
  context: WriteContext,
  id: string,
  parsed: ParsedResource,
  preconditions: Preconditions | undefined,
): Promise<Written> {
  const stored = await loadForWrite(context, id, preconditions, context.include.groups);
  return overwrite(context, "replace", stored, parsed);
}

async function overwrite(
  context: WriteContext,
  action: WriteAction,
  stored: FoundResource,
  { resource, ids }: ParsedResource,
): Promise<Written> {
  const { model } = context.subject;
  const before = attributesOf(stored);
  const after = keepHiddenImmutables(before, storedForm(resource, stored.id, model), model);
  checkImmutables(before, after, model);
  const members =
    model.collection === undefined ? [] : [{ kind: "replace", values: ids.map((value) => ({ value })) } as const];
  return withMembers(context, await save(context, { action, stored, before, after, members }));
}

/** @throws ScimError 400, 404, 409 uniqueness, 412 */
export async function modifyIn(
  context: WriteContext,
  id: string,
  operations: readonly PatchOperation[],
  preconditions: Preconditions | undefined,
): Promise<Written> {
  const { endpoint, model, reading } = context.subject;
  if (!endpoint.settings.features.patch) throw featureOff("patch", "PATCH");
  const stored = await loadForWrite(context, id, preconditions, context.include.groups);
  const before = attributesOf(stored);
  const { resource, collectionOperations: members } = applyPatch(before, operations, model, reading);
  const after = withoutNeverReturned(resource, model);
  return withMembers(context, await save(context, { action: "modify", stored, before, after, members }));
}

/** @throws ScimError 404, 412 */
export async function removeIn(
  context: WriteContext,
  id: string,
  preconditions: Preconditions | undefined,
): Promise<Written> {
  const { store, transaction, nowMs } = context;
  const { endpoint, model } = context.subject;
  const stored = await loadForWrite(context, id, preconditions, true);
  await forEachYielding(await detachReferrers(context, stored), ({ model: other, ...rest }) =>
    save(forModel(context, other), { action: "modify", ...rest, members: [] }, [id]),
  );
  const resource = attributesOf(stored);
  const members = model.collection === undefined ? [] : await store.members.list(transaction, endpoint.key, stored.key);
  await store.resources.remove(transaction, endpoint.key, model, stored.key, nowMs);
  const changes = [...diffResources(resource, {}, model), ...membersChange(model, [], members)];
  const written: Written = { action: "delete", stored, before: resource, after: resource, changes };
  await recordHistory(context, written);
  const member = { id, type: model.type.name, label: labelOf(resource, id) };
  await recordMembershipRemovals(context, member, stored.groups);
  return written;
}
