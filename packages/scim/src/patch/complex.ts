import type { Reading } from "../dialect/tolerance.ts";
import { isObject, type Json, type JsonObject, jsonEqual, own, setOwn } from "../json.ts";
import { badRequest, type ScimError } from "../message/error.ts";
import { checkImmutable } from "../schema/characteristics.ts";
import type { AttributeNode } from "../schema/model.ts";
import { checkNumberOfSent, checkNumberOfValues, readValue } from "../schema/value.ts";
import type { PatchOperation } from "./message.ts";
import { identityOf, readGivenValues, union } from "./values.ts";

/** What an operation does to a complex value. */
export type ComplexChange = {
  /** Sub-attributes that it sets. */
  readonly set: JsonObject;
  /** Names of those that it unassigns. */
  readonly unassign: readonly string[];
  /** A multi-valued one, and which of its values are removed. */
  readonly without?: { readonly sub: AttributeNode; readonly values: readonly Json[] };
};

/**
 * Reads the value of an operation on a singular complex attribute: the sub-attributes given are set, those given
 * as null are unassigned by a replace, the others stay (RFC 7644 §3.5.2.3).
 * @returns undefined where the value means that the attribute as a whole is unassigned
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

/** Names of the members that were sent but have no value (RFC 7643 §2.5). */
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
 * @returns undefined where it changes nothing: adding no value
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

/** One value for a multi-valued sub-attribute needs no array around it (RFC 7644 §3.5.2.1, §3.5.2.3). */
function readSubAttribute(subAttribute: AttributeNode, value: Json, reading: Reading): Json | undefined {
  const isOneOfMany = subAttribute.multiValued && value !== null && !Array.isArray(value);
  return readValue(subAttribute, isOneOfMany ? [value] : value, reading);
}

/**
 * Applies a change to a complex value.
 * @returns the new value, or undefined when nothing is left of it
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

/** Takes values, and no others, out of a multi-valued sub-attribute. */
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
 * `value` and `$ref` name one resource (RFC 7643 §2.4), and readOnly attributes beside them, such as `displayName`
 * of `manager`, is read from it. When `value` changes alone, the rest is of the resource named before.
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

/** What an attribute of the resource itself or of an extension holds. */
export function storedValue(resource: JsonObject, attribute: AttributeNode): Json | undefined {
  const holder = attribute.extension === undefined ? resource : own(resource, attribute.extension);
  return isObject(holder) ? own(holder, attribute.name) : undefined;
}

/**
 * Gives an attribute a value, or unassigns it. Only the draft's own members change; what lies below them is
 * shared with the resource it was copied from.
 * @throws ScimError 400 mutability when the attribute is required or immutable (RFC 7644 §3.5.2)
 */
export function assign(draft: JsonObject, attribute: AttributeNode, after: Json | undefined): void {
  const before = storedValue(draft, attribute);
  // A never-returned attribute is not stored, and may still have a value.
  const hasValue = before !== undefined || attribute.returned === "never";
  if (!hasValue && after === undefined) return;
  if (after === undefined && attribute.required) throw requiredAttribute(attribute);
  checkImmutable(attribute, before, after);
  if (attribute.returned === "never") return;
  setMember(draft, attribute.extension, attribute.name, after);
}

/** Sets or deletes a member of the draft, or of the object under `holder` in it; that one goes when it is empty. */
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
