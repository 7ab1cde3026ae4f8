import { isObject, type Json, type JsonObject, jsonEqual, own } from "../json.ts";
import { badRequest } from "../message/error.ts";
import type { AttributeNode, ResourceModel } from "./model.ts";

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
      `${attribute.path} is immutable: once set, it can only be sent with the same value.`,
    );
  }
  if (!isObject(before)) return;
  for (const sub of attribute.children.values()) checkMember(sub, before, after);
}
