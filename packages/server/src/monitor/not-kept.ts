import {
  type AttributeNode,
  isObject,
  type Json,
  type JsonObject,
  type PatchOperation,
  type ResourceModel,
} from "@scimtool/scim";

// What a write sets and nobody keeps: attributes that are never returned (RFC 7643 §7), such as `password`. A change set
// says nothing of them.

/** Paths of the attributes of a POST or PUT that are not kept. @param resource as `readResource` gives it */
export function notKeptByResource(resource: JsonObject, { neverReturned }: ResourceModel): string[] {
  return neverReturned.filter(({ keys }) => holds(resource, keys)).map(({ path }) => path);
}

/** Paths of the attributes of a PATCH that are not kept. */
export function notKeptByPatch(operations: readonly PatchOperation[], { neverReturned }: ResourceModel): string[] {
  return neverReturned.filter((node) => operations.some((operation) => sets(operation, node))).map(({ path }) => path);
}

function sets({ op, target, value = null }: PatchOperation, node: AttributeNode): boolean {
  if (op === "remove" || target.kind !== "attribute") return false;
  const { attribute, subAttribute } = target;
  if (attribute === node || subAttribute === node) return true;
  return node.parent === attribute && subAttribute === undefined && holds(value, [node.name]);
}

/** Whether something lies below these keys, in one value or in any of several. Names ignore letter case. */
function holds(value: Json, keys: readonly string[]): boolean {
  const [key, ...rest] = keys;
  if (key === undefined) return true;
  if (Array.isArray(value)) return value.some((element) => holds(element, keys));
  if (!isObject(value)) return false;
  const name = Object.keys(value).find((each) => each.toLowerCase() === key.toLowerCase());
  return name !== undefined && holds(value[name] as Json, rest);
}
