import { isObject, type Json, type JsonObject, jsonEqual, own } from "../json.ts";
import { badRequest } from "../message/error.ts";
import type { AttributeNode, ResourceModel } from "./model.ts";
import { completeSchemas } from "./resource.ts";

/**
 * Checks a replacement (PUT) against the values that are set already: an immutable attribute must match them
 * (RFC 7644 §3.5.1).
 * @throws ScimError 400 mutability naming the attribute
 */
export function checkImmutables(before: JsonObject, after: JsonObject, model: ResourceModel): void {
  for (const attribute of model.attributes.values()) checkMember(attribute, before, after);
  for (const { schema, attributes } of model.extensions.values()) {
    const held = own(before, schema.id);
    if (!isObject(held)) continue;
    for (const attribute of attributes.values()) checkMember(attribute, held, own(after, schema.id));
  }
}

/**
 * A replacement (PUT) with the immutable values that it leaves out because a client does not see them: what GET returned
 * can be sent as it is.
 * @returns the replacement itself where there is nothing of the kind
 */
export function keepHiddenImmutables(before: JsonObject, after: JsonObject, model: ResourceModel): JsonObject {
  let kept = after;
  for (const { keys } of model.hiddenImmutable) {
    const value = valueAt(before, keys);
    if (value !== undefined && valueAt(kept, keys) === undefined) kept = withValueAt(kept, keys, value);
  }
  if (kept !== after) completeSchemas(kept, model);
  return kept;
}

function valueAt(object: JsonObject, keys: readonly string[]): Json | undefined {
  let value: Json | undefined = object;
  for (const key of keys) value = isObject(value) ? own(value, key) : undefined;
  return value;
}

/** A copy that has the value, and the objects on the way to it. */
function withValueAt(object: JsonObject, [key = "", ...rest]: readonly string[], value: Json): JsonObject {
  if (rest.length === 0) return { ...object, [key]: value };
  const held = own(object, key);
  return { ...object, [key]: withValueAt(isObject(held) ? held : {}, rest, value) };
}

function checkMember(attribute: AttributeNode, before: JsonObject, after: Json | undefined): void {
  checkImmutable(attribute, own(before, attribute.name), isObject(after) ? own(after, attribute.name) : undefined);
}

/**
 * An immutable attribute keeps the value it has (RFC 7643 §7); so do the immutable sub-attributes of a singular complex
 * attribute, also when it is unassigned as a whole. Values of a multi-valued attribute come and go: another one with
 * other sub-attributes takes the place of one that is gone.
 * @throws ScimError 400 mutability; a value is accepted where there was none, and where it is the same
 */
export function checkImmutable(attribute: AttributeNode, before: Json | undefined, after: Json | undefined): void {
  if (before === undefined) return;
  if (attribute.mutability === "immutable" && !jsonEqual(before, after)) {
    throw badRequest(
      "mutability",
      { code: "immutable", path: attribute.path },
      `${attribute.path} is immutable: once set, it can only be sent with the same value.`,
    );
  }
  if (!isObject(before)) return;
  for (const sub of attribute.children.values()) checkMember(sub, before, after);
}
