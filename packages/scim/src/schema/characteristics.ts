import { isObject, type Json, type JsonObject, jsonEqual, own } from "../json.ts";
import { badRequest, type ScimError } from "../message/error.ts";
import type { AttributeNode, ExtensionNode, ResourceModel } from "./model.ts";
import { isSchemaName } from "./unknown.ts";

type IsExpected = (attribute: AttributeNode) => boolean;

/**
 * Checks a whole resource from a client: required attributes have a value, and every complex value has its required
 * sub-attributes (RFC 7643 §2.2, §7).
 * @throws ScimError 400 invalidValue naming the attribute
 */
export function requireAttributes(resource: JsonObject, model: ResourceModel): void {
  check(resource, model, isClients);
}

/**
 * Checks a stored resource, which lacks never-returned attributes.
 * @throws ScimError 400 invalidValue naming the attribute
 */
export function requireStoredAttributes(resource: JsonObject, model: ResourceModel): void {
  check(resource, model, (attribute) => isClients(attribute) && attribute.returned !== "never");
}

/** The service provider supplies readOnly attributes itself. */
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
    // If no attribute of the extension is checked, it may be present without a trace.
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
 * Checks a PUT against the stored values: immutable attributes must be equal (RFC 7644 §3.5.1).
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
 * Adds immutable values that clients do not see to a PUT, so that the result of a GET can be sent unchanged.
 * @returns the replacement itself if there are none
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

/** A copy with the value, and with the objects above it. */
function withValueAt(object: JsonObject, [key = "", ...rest]: readonly string[], value: Json): JsonObject {
  if (rest.length === 0) return { ...object, [key]: value };
  const held = own(object, key);
  return { ...object, [key]: withValueAt(isObject(held) ? held : {}, rest, value) };
}

function checkMember(attribute: AttributeNode, before: JsonObject, after: Json | undefined): void {
  checkImmutable(attribute, own(before, attribute.name), isObject(after) ? own(after, attribute.name) : undefined);
}

/**
 * An immutable attribute keeps its value (RFC 7643 §7), and so do immutable sub-attributes of a singular complex
 * attribute, even if it is unassigned as a whole. Values of a multi-valued attribute may be replaced by others.
 * @throws ScimError 400 mutability, unless there was no value or it is the same
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
 * The resource to store, without never-returned attributes such as `password`, including those of extensions and
 * sub-attributes: "This may occur because the original attribute value is not retained by the service provider" (RFC
 * 7643 §7). An empty extension is removed, also from `schemas`.
 * @param resource with names in the letter case of the schemas, as `readResource` and `applyPatch` return it
 * @returns the resource itself if nothing is removed
 */
export function withoutNeverReturned(resource: JsonObject, model: ResourceModel): JsonObject {
  let kept: Json | undefined = resource;
  for (const { keys } of model.neverReturned) kept = without(kept ?? {}, keys);
  if (kept === resource) return resource;
  const changed = isObject(kept) ? kept : {};
  if (Object.hasOwn(changed, "schemas")) completeSchemas(changed, model);
  return changed;
}

/** Removes the value at these keys, and objects and arrays that become empty. Unchanged parts are shared. */
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

/** Sets `schemas` to the core schema and every extension with attributes (RFC 7643 §3), whatever the client listed. */
export function completeSchemas(resource: JsonObject, model: ResourceModel): void {
  resource["schemas"] = schemasOf(resource, model);
}

/** In a fixed order: otherwise a PUT of the same content would be a change. */
export function schemasOf(resource: JsonObject, model: ResourceModel): string[] {
  const schemas = [model.type.schema.id];
  for (const { schema } of model.extensions.values()) if (isObject(own(resource, schema.id))) schemas.push(schema.id);
  const isOther = (key: string) => !schemas.includes(key) && isSchemaName(key);
  const others = Object.keys(resource).filter((key) => isOther(key) && isObject(resource[key]));
  return others.length === 0 ? schemas : [...schemas, ...others.sort()];
}
