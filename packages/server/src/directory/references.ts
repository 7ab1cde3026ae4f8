import {
  badRequest,
  completeSchemas,
  isObject,
  type Json,
  type JsonObject,
  note,
  own,
  type Reading,
  type ReferenceAttribute,
  type ResourceModel,
  referenceAttributes,
} from "@scimtool/scim";
import { forEachYielding } from "../event-loop.ts";
import { attributesOf } from "../store/resource-body.ts";
import type { FoundResource, Key, Reference, StoredResource } from "../store/store.ts";
import type { Subject, WriteContext } from "./context.ts";

// Attributes that refer to other resources, such as `manager`. Members are stored as rows and not treated here.

const byModel = new WeakMap<ResourceModel, readonly ReferenceAttribute[]>();

/** The attributes of a type that refer to other resources. */
export function referencesOf(model: ResourceModel): readonly ReferenceAttribute[] {
  const known = byModel.get(model);
  if (known !== undefined) return known;
  const references = referenceAttributes(model).filter(({ attribute }) => attribute !== model.collection);
  byModel.set(model, references);
  return references;
}

/**
 * Sets what the server derives from the referenced resources: `$ref`, type and name (RFC 7643 §4.3:
 * `manager.displayName` is "RECOMMENDED" and readOnly). Unknown IDs are kept with a note or rejected, depending on the
 * endpoint's settings. An unknown ID that the resource already had is always kept, so that its other attributes can be
 * changed.
 * @param before the current resource; undefined for a new one
 * @throws ScimError 400 invalidValue
 */
export async function resolveReferences(
  { store, transaction, subject }: WriteContext,
  resource: JsonObject,
  before?: JsonObject,
): Promise<JsonObject> {
  let resolved = resource;
  for (const reference of referencesOf(subject.model)) {
    const ids = referredIds(resolved, reference);
    if (ids.length === 0) continue;
    const found = await store.resources.references(transaction, subject.endpoint.key, ids);
    const known = new Set(before === undefined ? [] : referredIds(before, reference));
    resolved = replaceValues(resolved, reference, (value) => completed(value, reference, found, subject, known));
  }
  return resolved;
}

function completed(
  value: JsonObject,
  { attribute, types, derived }: ReferenceAttribute,
  found: ReadonlyMap<string, Reference>,
  { endpoint, reading }: Subject,
  known: ReadonlySet<string>,
): JsonObject {
  const id = own(value, "value");
  if (typeof id !== "string") return value;
  const target = found.get(id);
  if (target === undefined || !types.includes(target.type)) {
    if (endpoint.settings.danglingReferences === "refuse" && !known.has(id)) {
      throw unknownReference(attribute.path, types, id);
    }
    noteDangling(reading, attribute.path, id);
    // The name belongs to the previously referenced resource. `$ref` and type came from the client.
    const stale = new Set(nameAttributes(derived));
    return Object.fromEntries(Object.entries(value).filter(([name]) => !stale.has(name)));
  }
  const model = endpoint.models.find(({ type }) => type.name === target.type);
  const completion: JsonObject = {};
  for (const { name } of derived) {
    // Relative to the base URI (RFC 7643 §2.3.7), so that it holds under every address of the server.
    if (name === "$ref") completion[name] = `${model?.type.endpoint.slice(1)}/${target.id}`;
    else completion[name] = name === "type" ? target.type : target.label;
  }
  return { ...value, ...completion };
}

/** Sub-attributes that contain the name of the referenced resource. */
function nameAttributes(derived: ReferenceAttribute["derived"]): string[] {
  return derived.map(({ name }) => name).filter((name) => name !== "$ref" && name !== "type");
}

function unknownReference(path: string, types: readonly string[], id: string): Error {
  return badRequest(
    "invalidValue",
    { code: "unknownReference", path, types, ids: [id.slice(0, 80)] },
    `${path}: no ${types.join(" or ")} has the id ${JSON.stringify(id.slice(0, 80))}. Create it first, and send the ID from the response as value.`,
  );
}

/** Notes a reference to an unknown ID, which is kept as sent. */
export function noteDangling(reading: Reading, path: string, id: string): void {
  note(reading, "dangling-reference", path, `the id "${id}" of no resource`, "stored as sent");
}

type Referrer = {
  readonly model: ResourceModel;
  readonly reference: ReferenceAttribute;
  readonly stored: StoredResource;
};

/** The resources that refer to one, once per attribute. */
export async function referrersTo(
  { store, transaction, subject: { endpoint, model } }: WriteContext,
  id: string,
): Promise<Referrer[]> {
  const referrers: Referrer[] = [];
  for (const each of endpoint.models) {
    for (const reference of referencesOf(each)) {
      const value = reference.attribute.children.get("value");
      if (value === undefined || !reference.types.includes(model.type.name)) continue;
      const found = await store.resources.referrers(transaction, endpoint.key, each, value, id);
      for (const stored of found) referrers.push({ model: each, reference, stored });
    }
  }
  return referrers;
}

/**
 * Updates the name of a resource in the resources that refer to it. They keep their version, because a derived value is
 * not a change.
 */
export async function renameInReferrers(context: WriteContext, id: string, label: string): Promise<void> {
  const { store, transaction, subject } = context;
  // A resource may refer by two attributes.
  const renamed = new Map<Key, JsonObject>();
  await forEachYielding(await referrersTo(context, id), async ({ model, reference, stored }) => {
    const names = nameAttributes(reference.derived);
    if (names.length === 0) return;
    const before = renamed.get(stored.key) ?? attributesOf(stored);
    const after = replaceValues(before, reference, (value) =>
      own(value, "value") === id ? { ...value, ...Object.fromEntries(names.map((name) => [name, label])) } : value,
    );
    renamed.set(stored.key, after);
    await store.resources.rewrite(transaction, subject.endpoint.key, model, stored, JSON.stringify(after));
  });
}

/** A resource with and without its references to a deleted one. */
export type DetachedReferrer = {
  readonly model: ResourceModel;
  readonly stored: FoundResource;
  readonly before: JsonObject;
  readonly after: JsonObject;
};

/** The other resources that refer to one that is about to be deleted, without these references. */
export async function detachReferrers(context: WriteContext, { id, key }: StoredResource): Promise<DetachedReferrer[]> {
  // A resource may refer by two attributes.
  const detached = new Map<Key, DetachedReferrer>();
  for (const { model, reference, stored } of await referrersTo(context, id)) {
    if (stored.key === key) continue;
    const earlier = detached.get(stored.key);
    const before = earlier?.before ?? attributesOf(stored);
    const after = replaceValues(earlier?.after ?? before, reference, (value) =>
      own(value, "value") === id ? undefined : value,
    );
    completeSchemas(after, model);
    detached.set(stored.key, { model, stored: { ...stored, groups: [] }, before, after });
  }
  return [...detached.values()];
}

/** The values of a reference attribute, which may be single- or multi-valued. */
export function valuesIn(resource: JsonObject, { attribute }: ReferenceAttribute): JsonObject[] {
  let value: Json | undefined = resource;
  for (const key of attribute.keys) value = isObject(value) ? own(value, key) : undefined;
  return (Array.isArray(value) ? value : [value]).filter((each) => isObject(each));
}

export function referredIds(resource: JsonObject, reference: ReferenceAttribute): string[] {
  return valuesIn(resource, reference)
    .map((value) => own(value, "value"))
    .filter((id) => typeof id === "string");
}

/** A copy with each value replaced, without the attributes that this leaves empty. */
function replaceValues(
  resource: JsonObject,
  { attribute }: ReferenceAttribute,
  replace: (value: JsonObject) => JsonObject | undefined,
): JsonObject {
  return replaceAt(resource, attribute.keys, replace) ?? {};
}

function replaceAt(
  object: JsonObject,
  [key, ...rest]: readonly string[],
  replace: (value: JsonObject) => JsonObject | undefined,
): JsonObject | undefined {
  if (key === undefined) return replace(object);
  const held = own(object, key);
  if (held === undefined) return object;
  const replaced = replaceHeld(held, rest, replace);
  const entries = Object.entries(object).flatMap(([name, value]): [string, Json][] =>
    name !== key ? [[name, value]] : replaced === undefined ? [] : [[name, replaced]],
  );
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

function replaceHeld(
  held: Json,
  keys: readonly string[],
  replace: (value: JsonObject) => JsonObject | undefined,
): Json | undefined {
  if (isObject(held)) return replaceAt(held, keys, replace);
  if (!Array.isArray(held)) return held;
  const left = held.flatMap((element) => replaceHeld(element, keys, replace) ?? []);
  return left.length === 0 ? undefined : left;
}
