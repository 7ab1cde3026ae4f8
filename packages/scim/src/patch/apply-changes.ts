import { isObject, type Json, type JsonObject, own, setOwn } from "../json.ts";
import type { AttributeNode, ResourceModel } from "../schema/model.ts";
import { completeSchemas } from "../schema/resource.ts";
import type { Change, ChangeSet } from "./change.ts";
import { applyCollectionOperation } from "./collection.ts";
import { objectsOf } from "./diff.ts";

/**
 * Does to a resource what a change set says: `applyChanges(diffResources(a, b), a)` equals `b`, but for the order
 * of members and of a collection's values. The resource given is not changed.
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

/** The change set that undoes this one. */
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

function withCollection(
  resource: JsonObject,
  { path, added, removed }: Extract<Change, { kind: "collection" }>,
): JsonObject {
  const kept = applyCollectionOperation(objectsOf(own(resource, path)), { kind: "remove", values: removed });
  const { values } = applyCollectionOperation(kept.values, { kind: "add", values: added });
  return withMember(resource, [path], values.length === 0 ? undefined : [...values]) ?? {};
}

/** A copy with the member set or deleted; objects that become empty are unassigned, so undefined for such a one. */
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

/** The member names, from the resource down, that a change's path stands for. */
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
