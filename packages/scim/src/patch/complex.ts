import type { Reading } from "../dialect/tolerance.ts";
import { isObject, type Json, type JsonObject, jsonEqual, own, setOwn } from "../json.ts";
import { badRequest, type ScimError } from "../message/error.ts";
import { checkImmutable } from "../schema/characteristics.ts";
import type { AttributeNode } from "../schema/model.ts";
import { checkNumberOfSent, checkNumberOfValues, readValue } from "../schema/value.ts";
import type { PatchOperation } from "./message.ts";
import { identityOf, readGivenValues, union } from "./values.ts";

/** The effect of an operation on a complex value. */
export type ComplexChange = {
  /** Sub-attributes to set. */
  readonly set: JsonObject;
  /** Names of sub-attributes to unassign. */
  readonly unassign: readonly string[];
  /** Values to remove from a multi-valued sub-attribute. */
  readonly without?: { readonly sub: AttributeNode; readonly values: readonly Json[] };
};

/**
 * Reads the value of an operation on a singular complex attribute. Given sub-attributes are set; a replace unassigns
 * those that are null; the others stay (RFC 7644 §3.5.2.3).
 * @returns undefined if the whole attribute becomes unassigned
 * @throws ScimError 400 invalidValue naming the attribute
 */
export function readComplexChange(
  attribute: AttributeNode,
  op: PatchOperation["op"],
  value: Json,
  reading: Reading,
): ComplexChange | undefined {
  const read = readValue(attribute, value, reading);
  const sent = Array.isArray(value) ? value[0] : value;
  if (!isObject(sent)) return isObject(read) ? { set: read, unassign: [] } : undefined;
  const set = isObject(read) ? read : {};
  return { set, unassign: op === "replace" ? emptied(attribute, sent, set) : [] };
}

/** Names of members that were sent without a value (RFC 7643 §2.5). */
function emptied(attribute: AttributeNode, sent: JsonObject, set: JsonObject): string[] {
  const names: string[] = [];
  for (const name of Object.keys(sent)) {
    const sub = attribute.children.get(name.toLowerCase());
    if (sub?.mutability === "readOnly") continue;
    const canonical = sub?.name ?? name;
    if (!Object.hasOwn(set, canonical)) names.push(canonical);
  }
  return names;
}

/**
 * Reads the value of an operation on one sub-attribute.
 * @returns undefined if it adds no value
 * @throws ScimError 400 invalidValue naming the sub-attribute
 */
export function readSubAttributeChange(
  subAttribute: AttributeNode,
  op: PatchOperation["op"],
  value: Json | undefined,
  reading: Reading,
): ComplexChange | undefined {
  if (op === "remove" && subAttribute.multiValued && value !== undefined && value !== null) {
    checkNumberOfSent(subAttribute, value);
    const values = readGivenValues(subAttribute, value, reading);
    return { set: {}, unassign: [], without: { sub: subAttribute, values } };
  }
  const read = op === "remove" ? undefined : readSubAttribute(subAttribute, value ?? null, reading);
  if (read !== undefined) return { set: { [subAttribute.name]: read }, unassign: [] };
  return op === "add" ? undefined : { set: {}, unassign: [subAttribute.name] };
}

/** A single value of a multi-valued sub-attribute needs no array (RFC 7644 §3.5.2.1, §3.5.2.3). */
function readSubAttribute(subAttribute: AttributeNode, value: Json, reading: Reading): Json | undefined {
  const isOneOfMany = subAttribute.multiValued && value !== null && !Array.isArray(value);
  return readValue(subAttribute, isOneOfMany ? [value] : value, reading);
}

/**
 * Applies a change to a complex value.
 * @returns the new value, or undefined if it is empty
 * @throws ScimError 400 mutability for a required or immutable sub-attribute
 */
export function changeComplex(
  attribute: AttributeNode,
  op: PatchOperation["op"],
  before: JsonObject | undefined,
  change: ComplexChange,
): JsonObject | undefined {
  const after: JsonObject = { ...before };
  for (const name of change.unassign) {
    const sub = attribute.children.get(name.toLowerCase());
    if (sub !== undefined && Object.hasOwn(after, name)) {
      if (sub.required) throw requiredAttribute(sub);
      checkImmutable(sub, after[name], undefined);
    }
    delete after[name];
  }
  if (change.without !== undefined) removeGiven(after, change.without);
  for (const name of Object.keys(change.set)) {
    const sub = attribute.children.get(name.toLowerCase());
    if (sub?.returned === "never") continue;
    const value = change.set[name] as Json;
    const held = own(after, name);
    const next = op === "add" && sub?.multiValued === true ? union(held, value) : value;
    if (sub !== undefined) checkImmutable(sub, held, next);
    if (sub !== undefined && Array.isArray(next)) checkNumberOfValues(sub, next.length);
    setOwn(after, name, next);
  }
  if (before !== undefined) dropStaleReference(attribute, before, after, change);
  return Object.keys(after).length === 0 ? undefined : after;
}

function removeGiven(after: JsonObject, { sub, values }: NonNullable<ComplexChange["without"]>): void {
  const held = own(after, sub.name);
  if (!Array.isArray(held)) return;
  const given = new Set(values.map((value) => identityOf(sub, value)));
  const left = held.filter((value) => !given.has(identityOf(sub, value)));
  if (left.length === held.length) return;
  checkImmutable(sub, held, left);
  if (left.length > 0) setOwn(after, sub.name, left);
  else if (sub.required) throw requiredAttribute(sub);
  else delete after[sub.name];
}

/**
 * `value` and `$ref` identify one resource (RFC 7643 §2.4); readOnly attributes beside them, such as `displayName` of
 * `manager`, come from it. If only `value` changes, the others belong to the previous resource.
 */
function dropStaleReference(
  attribute: AttributeNode,
  before: JsonObject,
  after: JsonObject,
  { set }: ComplexChange,
): void {
  if (!attribute.children.has("$ref") || own(before, "value") === undefined) return;
  if (jsonEqual(own(before, "value"), own(after, "value"))) return;
  for (const sub of attribute.children.values()) {
    const isDerived = sub.name === "$ref" || sub.mutability === "readOnly";
    if (isDerived && !Object.hasOwn(set, sub.name)) delete after[sub.name];
  }
}

/** The stored value of an attribute of the resource or of an extension. */
export function storedValue(resource: JsonObject, attribute: AttributeNode): Json | undefined {
  const holder = attribute.extension === undefined ? resource : own(resource, attribute.extension);
  return isObject(holder) ? own(holder, attribute.name) : undefined;
}

/**
 * Sets or unassigns an attribute. Only the draft's own members change; nested values are shared with the original.
 * @throws ScimError 400 mutability if the attribute is required or immutable (RFC 7644 §3.5.2)
 */
export function assign(draft: JsonObject, attribute: AttributeNode, after: Json | undefined): void {
  const before = storedValue(draft, attribute);
  // A never-returned attribute is not stored, so it may have had a value.
  const hasValue = before !== undefined || attribute.returned === "never";
  if (!hasValue && after === undefined) return;
  if (after === undefined && attribute.required) throw requiredAttribute(attribute);
  checkImmutable(attribute, before, after);
  if (attribute.returned === "never") return;
  setMember(draft, attribute.extension, attribute.name, after);
}

/** Sets or deletes a member of the draft, or of its member `holder`, which is deleted when it is empty. */
export function setMember(draft: JsonObject, holder: string | undefined, name: string, after: Json | undefined): void {
  if (holder === undefined) {
    if (after === undefined) delete draft[name];
    else setOwn(draft, name, after);
    return;
  }
  const held = own(draft, holder);
  const copy: JsonObject = isObject(held) ? { ...held } : {};
  setMember(copy, undefined, name, after);
  setMember(draft, undefined, holder, Object.keys(copy).length === 0 ? undefined : copy);
}

function requiredAttribute(attribute: AttributeNode): ScimError {
  return badRequest(
    "mutability",
    { code: "required", path: attribute.path },
    `${attribute.path} is required and cannot be removed; replace its value instead.`,
  );
}
