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
  const defined = new Set([...model.attributes.values()].map((attribute) => attribute.name));
  for (const { schema, attributes } of model.extensions.values()) {
    defined.add(schema.id);
    diffExtension(schema.id, attributes, own(before, schema.id), own(after, schema.id), changes);
  }
  diffUndefined("", before, after, defined, changes);
  return changes;
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
  const defined = new Set<string>();
  for (const attribute of attributes.values()) {
    defined.add(attribute.name);
    diffAttribute(attribute, own(held, attribute.name), own(next, attribute.name), changes);
  }
  diffUndefined(`${urn}:`, held, next, defined, changes);
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
  const defined = new Set<string>();
  for (const sub of attribute.children.values()) {
    defined.add(sub.name);
    diffValue(sub.path, own(held, sub.name), own(next, sub.name), changes);
  }
  diffUndefined(`${attribute.path}.`, held, next, defined, changes);
}

/** What no schema defines is compared as a whole. */
function diffUndefined(
  prefix: string,
  before: JsonObject,
  after: JsonObject,
  defined: ReadonlySet<string>,
  changes: Change[],
): void {
  const names = new Set([...Object.keys(before), ...Object.keys(after)].filter((name) => !defined.has(name)));
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
