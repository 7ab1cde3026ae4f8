import { isObject, type JsonObject, jsonEqual, own } from "../json.ts";
import { badRequest } from "../message/error.ts";
import type { AttributeNode, ResourceModel } from "./model.ts";

/**
 * Checks a replacement (PUT) against the values that are set already: an immutable attribute must match them
 * (RFC 7644 §3.5.1).
 * @throws ScimError 400 mutability naming the attribute
 */
export function checkImmutables(before: JsonObject, after: JsonObject, model: ResourceModel): void {
  checkAll(before, after, model.attributes.values());
  for (const extension of model.extensions.values()) {
    const held = own(before, extension.schema.id);
    const given = own(after, extension.schema.id);
    if (isObject(held)) checkAll(held, isObject(given) ? given : {}, extension.attributes.values());
  }
}

function checkAll(before: JsonObject, after: JsonObject, attributes: Iterable<AttributeNode>): void {
  for (const attribute of attributes) {
    const held = own(before, attribute.name);
    if (held === undefined) continue;
    const given = own(after, attribute.name);
    if (attribute.mutability === "immutable" && !jsonEqual(held, given)) {
      throw badRequest(
        "mutability",
        `${attribute.path} is immutable: once set, it can only be sent with the same value.`,
      );
    }
    if (isObject(held) && isObject(given)) checkAll(held, given, attribute.children.values());
  }
}
