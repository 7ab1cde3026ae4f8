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
import type { FoundResource, Key, Reference, Store, StoredResource, Transaction } from "../store/store.ts";
import type { Subject } from "./directory.ts";

// Attributes that refer to other resources, such as `manager`. Members are rows, and not among them.

const known = new WeakMap<ResourceModel, readonly ReferenceAttribute[]>();

/** Attributes of a type that refer to other resources; made once. */
export function referencesOf(model: ResourceModel): readonly ReferenceAttribute[] {
  const found = known.get(model);
  if (found !== undefined) return found;
  const made = referenceAttributes(model).filter(({ attribute }) => attribute !== model.collection);
  known.set(model, made);
  return made;
}

/**
 * Completes what refers to other resources by what follows from them: `$ref`, the name (RFC 7643 §4.3:
 * `manager.displayName` is "RECOMMENDED" and readOnly), the type. Ids that no resource has are kept with a note, or
 * refused, as the endpoint is set; those that are there already are kept in any case, as it may not always have refused
 * them, and other attributes are to be changed nevertheless.
 * @param before the resource as it is; undefined for a new one
 * @throws ScimError 400 invalidValue
 */
export async function resolveReferences(
  store: Store,
  transaction: Transaction,
  subject: Subject,
  resource: JsonObject,
  before?: JsonObject,
): Promise<JsonObject> {
  let resolved = resource;
  for (const reference of referencesOf(subject.model)) {
    const values = valuesIn(resolved, reference);
    if (values.length === 0) continue;
    const ids = values.map((value) => own(value, "value")).filter((id) => typeof id === "string");
    const found = await store.resources.references(transaction, subject.endpoint.key, ids);
    const isHeld = (id: string) =>
      before !== undefined && valuesIn(before, reference).some((value) => own(value, "value") === id);
    resolved = replaceValues(resolved, reference, (value) => completed(value, reference, found, subject, isHeld));
  }
  return resolved;
}

function completed(
  value: JsonObject,
  { attribute, types, derived }: ReferenceAttribute,
  found: ReadonlyMap<string, Reference>,
  { endpoint, reading }: Subject,
  isHeld: (id: string) => boolean,
): JsonObject {
  const id = own(value, "value");
  if (typeof id !== "string") return value;
  const target = found.get(id);
  if (target === undefined || !types.includes(target.type)) {
    if (endpoint.settings.danglingReferences === "refuse" && !isHeld(id))
      throw unknownReference(attribute.path, types, id);
    noteDangling(reading, attribute.path, id);
    // Where a client says that it is may stay; its name would be that of whoever was there before.
    return withoutNames(value, derived);
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

function withoutNames(value: JsonObject, derived: ReferenceAttribute["derived"]): JsonObject {
  const names = new Set(derived.map(({ name }) => name).filter((name) => name !== "$ref" && name !== "type"));
  return Object.fromEntries(Object.entries(value).filter(([name]) => !names.has(name)));
}

function unknownReference(path: string, types: readonly string[], id: string): Error {
  return badRequest(
    "invalidValue",
    { code: "unknownReference", path, types, ids: [id.slice(0, 80)] },
    `${path}: no ${types.join(" or ")} has the id ${JSON.stringify(id.slice(0, 80))}. Create it first, and send the ID from the response as value.`,
  );
}

/** Which resources refer to one, and by what. */
type Referrer = {
  readonly model: ResourceModel;
  readonly reference: ReferenceAttribute;
  readonly stored: StoredResource;
};

/** A resource is among them once for each attribute by which it refers. */
export async function referrersTo(
  store: Store,
  transaction: Transaction,
  { endpoint, model }: Subject,
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
 * Brings the name of a resource that has another one now to where it stands in others. They keep their version: what
 * follows from elsewhere is no change of theirs.
 */
export async function renameInReferrers(
  store: Store,
  transaction: Transaction,
  subject: Subject,
  id: string,
  label: string,
): Promise<void> {
  // One resource may refer twice, by two attributes.
  const renamed = new Map<Key, JsonObject>();
  await forEachYielding(await referrersTo(store, transaction, subject, id), async ({ model, reference, stored }) => {
    const names = reference.derived.map(({ name }) => name).filter((name) => name !== "$ref" && name !== "type");
    if (names.length === 0) return;
    const before = renamed.get(stored.key) ?? attributesOf(stored);
    const after = replaceValues(before, reference, (value) =>
      own(value, "value") === id ? { ...value, ...Object.fromEntries(names.map((name) => [name, label])) } : value,
    );
    renamed.set(stored.key, after);
    await store.resources.rewrite(transaction, subject.endpoint.key, model, stored, JSON.stringify(after));
  });
}

/** A resource from which what referred to another is gone. */
export type Released = {
  readonly model: ResourceModel;
  readonly stored: FoundResource;
  readonly before: JsonObject;
  readonly after: JsonObject;
};

/** The resources that refer to one that goes, without that. A reference to nobody would help nobody. */
export async function releaseReferrers(
  store: Store,
  transaction: Transaction,
  subject: Subject,
  { id, key }: StoredResource,
): Promise<Released[]> {
  // One resource may refer twice, by two attributes.
  const released = new Map<Key, Released>();
  for (const { model, reference, stored } of await referrersTo(store, transaction, subject, id)) {
    if (stored.key === key) continue;
    const earlier = released.get(stored.key);
    const before = earlier?.before ?? attributesOf(stored);
    const after = replaceValues(earlier?.after ?? before, reference, (value) =>
      own(value, "value") === id ? undefined : value,
    );
    completeSchemas(after, model);
    released.set(stored.key, { model, stored: { ...stored, groups: [] }, before, after });
  }
  return [...released.values()];
}

/** The values of a reference attribute: one, or those of a multi-valued one. */
export function valuesIn(resource: JsonObject, { attribute }: ReferenceAttribute): JsonObject[] {
  let value: Json | undefined = resource;
  for (const key of attribute.keys) value = isObject(value) ? own(value, key) : undefined;
  return (Array.isArray(value) ? value : [value]).filter((each) => isObject(each));
}

/** A copy with each value replaced; what is left empty is left out. */
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

/** Notes a reference to an id that no resource has, which is kept as it came. */
export function noteDangling(reading: Reading, where: string, id: string): void {
  note(reading, "dangling-reference", where, `the id "${id}" of no resource`, "kept as it came");
}
