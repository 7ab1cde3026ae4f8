import { isObject, type Json, type JsonObject, own } from "../json.ts";
import { badRequest, type ScimError } from "../message/error.ts";
import type { AttributeNode, ExtensionNode, ResourceModel } from "./model.ts";

/** Whether an attribute that must have a value is looked for. */
type IsExpected = (attribute: AttributeNode) => boolean;

/**
 * Checks a resource as a client sends it whole: required attributes have a value, and every value of a complex
 * attribute has its required sub-attributes (RFC 7643 §2.2, §7).
 * @throws ScimError 400 invalidValue naming the attribute
 */
export function requireAttributes(resource: JsonObject, model: ResourceModel): void {
  check(resource, model, isClients);
}

/**
 * Checks a resource as it is kept, which lacks what is never returned: that was there when the client sent it.
 * @throws ScimError 400 invalidValue naming the attribute
 */
export function requireStoredAttributes(resource: JsonObject, model: ResourceModel): void {
  check(resource, model, (attribute) => isClients(attribute) && attribute.returned !== "never");
}

/** What is readOnly is the service provider's own to supply. */
function isClients({ mutability }: AttributeNode): boolean {
  return mutability !== "readOnly";
}

function check(resource: JsonObject, model: ResourceModel, isExpected: IsExpected): void {
  for (const attribute of model.required) {
    if (!isExpected(attribute) || hasValue(own(resource, attribute.name))) continue;
    throw badRequest(
      "invalidValue",
      { code: "missing", path: attribute.path },
      `${attribute.path} is required. Send a ${model.type.name} with a ${attribute.name}.`,
    );
  }
  for (const extension of model.extensions.values()) checkExtension(resource, extension, isExpected);
  for (const attribute of model.withRequiredParts) checkParts(resource, attribute, isExpected);
}

/** "If true, a resource of this type MUST include this schema extension" (RFC 7643 §6). */
function checkExtension(resource: JsonObject, extension: ExtensionNode, isExpected: IsExpected): void {
  const { schema, required, attributes } = extension;
  const held = own(resource, schema.id);
  if (held === undefined) {
    // One whose attributes may all be among those not looked for may be there without a trace.
    if (required && [...attributes.values()].every((each) => !isClients(each) || isExpected(each))) {
      throw badRequest("invalidValue", { code: "missing", path: schema.id }, `The extension ${schema.id} is required.`);
    }
    return;
  }
  if (!isObject(held)) return;
  for (const attribute of attributes.values()) {
    if (!attribute.required || !isExpected(attribute) || hasValue(own(held, attribute.name))) continue;
    throw missing(attribute);
  }
}

function checkParts(resource: JsonObject, attribute: AttributeNode, isExpected: IsExpected): void {
  const holder = attribute.extension === undefined ? resource : own(resource, attribute.extension);
  const held = isObject(holder) ? own(holder, attribute.name) : undefined;
  for (const value of Array.isArray(held) ? held : [held]) {
    if (!isObject(value)) continue;
    for (const sub of attribute.children.values()) {
      if (sub.required && isExpected(sub) && !hasValue(own(value, sub.name))) throw missing(sub);
    }
  }
}

function hasValue(value: Json | undefined): boolean {
  return value !== undefined && value !== "";
}

function missing(attribute: AttributeNode): ScimError {
  const whole = attribute.parent === undefined ? "" : ` in every value of ${attribute.parent.path}`;
  return badRequest(
    "invalidValue",
    { code: "missing", path: attribute.path },
    `${attribute.path} is required${whole}.`,
  );
}
