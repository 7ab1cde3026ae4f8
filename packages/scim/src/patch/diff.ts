import { isObject, type Json, type JsonObject, jsonEqual, own } from "../json.ts";
import type { AttributeNode, ResourceModel } from "../schema/model.ts";
import type { Change, ChangeSet } from "./change.ts";
import { applyCollectionOperation } from "./collection.ts";

/** Members the service provider computes: they follow from a change and are none of their own. */
const DERIVED: ReadonlySet<string> = new Set(["schemas", "id", "meta"]);

/**
 * What turns one state of a resource into another, in the order of the schemas: core attributes, extensions, then
 * what no schema defines by name. Parts that the two states share are not looked into.
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

/** The names of attributes as a resource has them. Worked out once for each set of attributes. */
function namesOf(attributes: ReadonlyMap<string, AttributeNode>): ReadonlySet<string> {
  const found = namesIn.get(attributes);
  if (found !== undefined) return found;
  const made = new Set([...attributes.values()].map(({ name }) => name));
  namesIn.set(attributes, made);
  return made;
}

const topNamesOf = new WeakMap<ResourceModel, ReadonlySet<string>>();

/** The names of core attributes and extensions. */
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

/** What no schema defines is compared as a whole. */
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

/** The values of a collection that a resource in memory holds. */
export function objectsOf(values: Json | undefined): readonly JsonObject[] {
  return Array.isArray(values) ? values.filter(isObject) : [];
}
