import { isObject, type Json, type JsonObject, jsonEqual, own } from "../json.ts";
import { badRequest, type ScimError } from "../message/error.ts";
import type { AttributeNode, ExtensionNode, ResourceModel } from "./model.ts";
import { isSchemaName } from "./unknown.ts";

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
 * Checks a stored resource. It lacks attributes that are never returned, which were present when the client sent it.
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

/**
 * The resource to store: without attributes that are never returned, such as `password`, in extensions and sub-attributes too.
 * "This may occur because the original attribute value is not retained by the service provider" (RFC 7643 §7): nobody
 * could read it again, so it is kept nowhere. An extension of which nothing is left goes, and its URN from `schemas`.
 * @param resource with names in the letter case of the schemas, as `readResource` and `applyPatch` give it
 * @returns the resource itself if it has nothing of the kind
 */
export function withoutNeverReturned(resource: JsonObject, model: ResourceModel): JsonObject {
  let kept: Json | undefined = resource;
  for (const { keys } of model.neverReturned) kept = without(kept ?? {}, keys);
  if (kept === resource) return resource;
  const changed = isObject(kept) ? kept : {};
  if (Object.hasOwn(changed, "schemas")) completeSchemas(changed, model);
  return changed;
}

/** Without what lies below these keys. An object or array of which nothing is left goes too; what is left stays itself. */
function without(value: Json, keys: readonly string[]): Json | undefined {
  const [key, ...rest] = keys;
  if (key === undefined) return undefined;
  if (Array.isArray(value)) {
    const elements = value.map((element) => without(element, keys));
    if (elements.every((element, index) => element === value[index])) return value;
    const left = elements.filter((element) => element !== undefined);
    return left.length === 0 ? undefined : left;
  }
  if (!isObject(value) || !Object.hasOwn(value, key)) return value;
  const inner = without(value[key] as Json, rest);
  if (inner === value[key]) return value;
  const entries = Object.entries(value).flatMap(([name, each]): [string, Json][] =>
    name !== key ? [[name, each]] : inner === undefined ? [] : [[name, inner]],
  );
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

/**
 * Sets `schemas` to the core schema and every extension of which the resource has attributes (RFC 7643 §3),
 * whatever the client listed; so it never disagrees with the content.
 */
export function completeSchemas(resource: JsonObject, model: ResourceModel): void {
  resource["schemas"] = schemasOf(resource, model);
}

/** In one order, wherever the extensions stand in the resource: else a PUT of the same content would be a change. */
export function schemasOf(resource: JsonObject, model: ResourceModel): string[] {
  const schemas = [model.type.schema.id];
  for (const { schema } of model.extensions.values()) if (isObject(own(resource, schema.id))) schemas.push(schema.id);
  const isOther = (key: string) => !schemas.includes(key) && isSchemaName(key);
  const others = Object.keys(resource).filter((key) => isOther(key) && isObject(resource[key]));
  return others.length === 0 ? schemas : [...schemas, ...others.sort()];
}
