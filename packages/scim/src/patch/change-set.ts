import { isObject, type Json, type JsonObject, jsonEqual, own, setOwn } from "../json.ts";
import { completeSchemas } from "../schema/characteristics.ts";
import type { AttributeNode, ResourceModel } from "../schema/model.ts";
import { applyCollectionOperation } from "./collection.ts";

/** An actual change of one attribute; the request may have asked for more. */
export type Change = AttributeChange | CollectionChange;

/**
 * Of a singular attribute or sub-attribute (`title`, `name.familyName`, `urn:…:User:department`), or of a whole
 * multi-valued attribute (`emails`). A missing side means "unassigned".
 */
export type AttributeChange = {
  readonly kind: "attribute";
  readonly path: string;
  readonly before?: Json;
  readonly after?: Json;
};

/** Values that were added to and removed from a resource type's `collection` (`members`). */
export type CollectionChange = {
  readonly kind: "collection";
  readonly path: string;
  readonly added: readonly JsonObject[];
  readonly removed: readonly JsonObject[];
};

/** All changes of a write. If it is empty, the resource keeps its version. */
export type ChangeSet = readonly Change[];

/** Members that the service provider computes; they are not changes themselves. */
const DERIVED: ReadonlySet<string> = new Set(["schemas", "id", "meta"]);

/**
 * The changes between two states of a resource, in the order of the schemas: core attributes, extensions, then
 * undefined attributes by name. Shared parts are skipped.
 * @param before as stored: names in the letter case of the schemas
 */
export function diffResources(before: JsonObject, after: JsonObject, model: ResourceModel): ChangeSet {
  if (before === after) return [];
  const changes: Change[] = [];
  for (const attribute of model.attributes.values()) {
    if (DERIVED.has(attribute.name)) continue;
    const [held, next] = [own(before, attribute.name), own(after, attribute.name)];
    if (attribute === model.collection) diffCollection(attribute, held, next, changes);
    else diffAttribute(attribute, held, next, changes);
  }
  for (const { schema, attributes } of model.extensions.values()) {
    diffExtension(schema.id, attributes, own(before, schema.id), own(after, schema.id), changes);
  }
  diffUndefined("", before, after, topNames(model), changes);
  return changes;
}

const namesIn = new WeakMap<ReadonlyMap<string, AttributeNode>, ReadonlySet<string>>();

/** The member names of attributes, cached for each set. */
function namesOf(attributes: ReadonlyMap<string, AttributeNode>): ReadonlySet<string> {
  const found = namesIn.get(attributes);
  if (found !== undefined) return found;
  const made = new Set([...attributes.values()].map(({ name }) => name));
  namesIn.set(attributes, made);
  return made;
}

const topNamesOf = new WeakMap<ResourceModel, ReadonlySet<string>>();

function topNames(model: ResourceModel): ReadonlySet<string> {
  const found = topNamesOf.get(model);
  if (found !== undefined) return found;
  const made = new Set([
    ...namesOf(model.attributes),
    ...[...model.extensions.values()].map(({ schema }) => schema.id),
  ]);
  topNamesOf.set(model, made);
  return made;
}

function diffExtension(
  urn: string,
  attributes: ReadonlyMap<string, AttributeNode>,
  before: Json | undefined,
  after: Json | undefined,
  changes: Change[],
): void {
  const [held, next] = [before ?? {}, after ?? {}];
  if (held === next) return;
  if (!isObject(held) || !isObject(next)) {
    diffValue(urn, before, after, changes);
    return;
  }
  for (const attribute of attributes.values()) {
    diffAttribute(attribute, own(held, attribute.name), own(next, attribute.name), changes);
  }
  diffUndefined(`${urn}:`, held, next, namesOf(attributes), changes);
}

function diffAttribute(
  attribute: AttributeNode,
  before: Json | undefined,
  after: Json | undefined,
  changes: Change[],
): void {
  if (before === after) return;
  const [held, next] = [before ?? {}, after ?? {}];
  if (attribute.type !== "complex" || attribute.multiValued || !isObject(held) || !isObject(next)) {
    diffValue(attribute.path, before, after, changes);
    return;
  }
  for (const sub of attribute.children.values()) {
    diffValue(sub.path, own(held, sub.name), own(next, sub.name), changes);
  }
  diffUndefined(`${attribute.path}.`, held, next, namesOf(attribute.children), changes);
}

/** Compares each undefined attribute as a whole. */
function diffUndefined(
  prefix: string,
  before: JsonObject,
  after: JsonObject,
  defined: ReadonlySet<string>,
  changes: Change[],
): void {
  let names: Set<string> | undefined;
  for (const object of [before, after]) {
    for (const name of Object.keys(object)) {
      if (defined.has(name)) continue;
      names ??= new Set();
      names.add(name);
    }
  }
  if (names === undefined) return;
  for (const name of [...names].sort()) diffValue(prefix + name, own(before, name), own(after, name), changes);
}

function diffValue(path: string, before: Json | undefined, after: Json | undefined, changes: Change[]): void {
  if (jsonEqual(before, after)) return;
  changes.push({
    kind: "attribute",
    path,
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
  });
}

function diffCollection(
  attribute: AttributeNode,
  before: Json | undefined,
  after: Json | undefined,
  changes: Change[],
): void {
  if (before === after) return;
  const { added, removed } = applyCollectionOperation(objectsOf(before), { kind: "replace", values: objectsOf(after) });
  if (added.length > 0 || removed.length > 0)
    changes.push({ kind: "collection", path: attribute.path, added, removed });
}

/** The values of a collection in memory. */
export function objectsOf(values: Json | undefined): readonly JsonObject[] {
  return Array.isArray(values) ? values.filter(isObject) : [];
}

/**
 * Applies a change set: `applyChanges(diffResources(a, b), a)` equals `b`, except for the order of members and
 * collection values. The given resource is not changed.
 */
export function applyChanges(changes: ChangeSet, resource: JsonObject, model: ResourceModel): JsonObject {
  if (changes.length === 0) return resource;
  let after: JsonObject = resource;
  for (const change of changes) {
    after =
      change.kind === "attribute"
        ? (withMember(after, keysOf(change.path, model), change.after) ?? {})
        : withCollection(after, change);
  }
  const completed = { ...after };
  completeSchemas(completed, model);
  return completed;
}

export function invertChanges(changes: ChangeSet): ChangeSet {
  return changes.map((change) => {
    if (change.kind === "collection") return { ...change, added: change.removed, removed: change.added };
    const { before, after } = change;
    return {
      kind: "attribute",
      path: change.path,
      ...(after === undefined ? {} : { before: after }),
      ...(before === undefined ? {} : { after: before }),
    };
  });
}

function withCollection(resource: JsonObject, { path, added, removed }: CollectionChange): JsonObject {
  const kept = applyCollectionOperation(objectsOf(own(resource, path)), { kind: "remove", values: removed });
  const { values } = applyCollectionOperation(kept.values, { kind: "add", values: added });
  return withMember(resource, [path], values.length === 0 ? undefined : [...values]) ?? {};
}

/** A copy with the member set or deleted; undefined for an object that becomes empty and so unassigned. */
function withMember(object: JsonObject, keys: readonly string[], value: Json | undefined): JsonObject | undefined {
  const [name, ...deeper] = keys;
  if (name === undefined) return object;
  const copy = { ...object };
  const held = own(copy, name);
  const member = deeper.length === 0 ? value : withMember(isObject(held) ? held : {}, deeper, value);
  if (member === undefined) delete copy[name];
  else setOwn(copy, name, member);
  return Object.keys(copy).length === 0 ? undefined : copy;
}

/** The member names of a change's path, from the resource down. */
function keysOf(path: string, model: ResourceModel): string[] {
  let extension: string | undefined;
  for (const { schema } of model.extensions.values()) {
    if (path.startsWith(`${schema.id}:`) && schema.id.length > (extension?.length ?? 0)) extension = schema.id;
  }
  if (extension === undefined) return keysBelow(path, model.attributes);
  const attributes = model.extensions.get(extension.toLowerCase())?.attributes ?? new Map();
  return [extension, ...keysBelow(path.slice(extension.length + 1), attributes)];
}

function keysBelow(path: string, attributes: ReadonlyMap<string, AttributeNode>): string[] {
  const dot = path.indexOf(".");
  const name = path.slice(0, dot);
  const attribute = dot < 0 ? undefined : attributes.get(name.toLowerCase());
  const isComplex = attribute?.name === name && attribute.type === "complex" && !attribute.multiValued;
  return isComplex ? [name, path.slice(dot + 1)] : [path];
}
