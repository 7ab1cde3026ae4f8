import { note, type Reading, tolerate } from "../dialect/tolerance.ts";
import { isObject, type Json, type JsonObject, jsonEqual, own } from "../json.ts";
import { badRequest, within } from "../message/error.ts";
import { checkImmutable, completeSchemas, requireStoredAttributes } from "../schema/characteristics.ts";
import type { ExtensionNode, ResourceModel } from "../schema/model.ts";
import { checkUnknownIn } from "../schema/unknown.ts";
import { readValue } from "../schema/value.ts";
import { type ChangeSet, diffResources, objectsOf } from "./change-set.ts";
import {
  applyCollectionOperation,
  type CollectionOperation,
  noteAbsent,
  readCollectionOperation,
} from "./collection.ts";
import { assign, changeComplex, readComplexChange, readSubAttributeChange, setMember, storedValue } from "./complex.ts";
import { type AttributeOperation, type PatchOperation, readPatch } from "./message.ts";
import { applyToValues } from "./multi-valued.ts";
import { applyToUnknown } from "./unknown-target.ts";

/**
 * Applies a PATCH to a resource in memory, including its collection.
 * @param resource as stored. It is not changed, and is returned itself if the PATCH changes nothing
 * @param body the PatchOp message (RFC 7644 §3.5.2)
 * @throws ScimError 400; nothing is changed then
 */
export function patchResource(
  resource: JsonObject,
  body: Json,
  model: ResourceModel,
  reading: Reading,
): { resource: JsonObject; changes: ChangeSet } {
  const operations = readPatch(body, model, reading);
  const { resource: patched, collectionOperations } = applyPatch(resource, operations, model, reading);
  if (model.collection !== undefined && collectionOperations.length > 0) {
    const { name } = model.collection;
    const before = objectsOf(own(resource, name));
    let wanted = before;
    for (const operation of collectionOperations) {
      const done = applyCollectionOperation(wanted, operation);
      noteAbsent(model.collection.path, operation, done.removed.length, reading);
      wanted = done.values;
    }
    // A value that one request removes and adds again has not changed.
    const { values } = applyCollectionOperation(before, { kind: "replace", values: wanted });
    if (values !== before) setMember(patched, undefined, name, values.length === 0 ? undefined : [...values]);
  }
  const changes = diffResources(resource, patched, model);
  return { resource: changes.length === 0 ? resource : patched, changes };
}

/**
 * Applies the operations in order (RFC 7644 §3.5.2). The given resource is not changed; the result shares unchanged
 * parts with it.
 * @returns the new resource, and the operations on the resource type's `collection`, which are not applied here
 * @throws ScimError 400 whose detail names the operation or attribute; nothing is changed then
 */
export function applyPatch(
  resource: JsonObject,
  operations: readonly PatchOperation[],
  model: ResourceModel,
  reading: Reading,
): { resource: JsonObject; collectionOperations: CollectionOperation[] } {
  const draft = { ...resource };
  const collectionOperations: CollectionOperation[] = [];
  reading.unknownMembers = 0;
  for (const operation of operations) {
    const collectionOperation = within(operation.where, () => applyOperation(draft, operation, model, reading));
    if (collectionOperation !== undefined) collectionOperations.push(collectionOperation);
  }
  if (reading.unknownMembers > 0) checkUnknownIn(draft, model);
  completeSchemas(draft, model);
  requireStoredAttributes(draft, model);
  return { resource: draft, collectionOperations };
}

function applyOperation(
  draft: JsonObject,
  operation: PatchOperation,
  model: ResourceModel,
  reading: Reading,
): CollectionOperation | undefined {
  const { target } = operation;
  switch (target.kind) {
    case "unknown":
      applyToUnknown(draft, operation, target, model, reading);
      return undefined;
    case "extension":
      removeExtension(draft, target.extension, reading);
      return undefined;
    case "attribute":
      return applyToAttribute(draft, { ...operation, target }, model, reading);
  }
}

function applyToAttribute(
  draft: JsonObject,
  operation: AttributeOperation,
  model: ResourceModel,
  reading: Reading,
): CollectionOperation | undefined {
  const { attribute, subAttribute } = operation.target;
  // `schemas` is computed from the content, so operations on it have no effect.
  if (attribute === model.attributes.get("schemas")) return undefined;
  if (attribute.mutability === "readOnly" || subAttribute?.mutability === "readOnly") {
    ignoreReadOnly(draft, operation, reading);
    return undefined;
  }
  if (attribute === model.collection) return readCollectionOperation(operation, reading);
  const before = storedValue(draft, attribute);
  if (attribute.multiValued) {
    applyToValues(draft, operation, reading);
  } else if (attribute.type === "complex") {
    applyToComplex(draft, operation, reading);
  } else {
    applyToSimple(draft, operation, reading);
  }
  if (operation.op === "remove") noteAbsence(before, storedValue(draft, attribute), operation, reading);
  return undefined;
}

/** Okta sends `{"id":"abf4","displayName":"G"}` as the value of a replace. */
function ignoreReadOnly(draft: JsonObject, { target, value, pathless }: AttributeOperation, reading: Reading): void {
  const { attribute, subAttribute } = target;
  const { path } = subAttribute ?? attribute;
  if (!pathless)
    throw badRequest(
      "mutability",
      { code: "readOnly", path },
      `${path} is readOnly and cannot be changed by a client.`,
    );
  const whole = storedValue(draft, attribute);
  const held = subAttribute === undefined ? whole : isObject(whole) ? own(whole, subAttribute.name) : undefined;
  if (held === undefined ? isUnassigned(value) : jsonEqual(held, value)) return;
  tolerate(reading, "read-only-ignored", path, "a value for a readOnly attribute", "ignored");
}

/** Removing an absent value is not an error (RFC 7644 §3.5.2.2), but people must learn why nothing changed. */
function noteAbsence(
  before: Json | undefined,
  after: Json | undefined,
  { target, value }: AttributeOperation,
  reading: Reading,
): void {
  const { attribute, subAttribute, filter } = target;
  // Filters and given values are noted where they are applied.
  if (filter !== undefined || (subAttribute === undefined && attribute.multiValued && !isNull(value))) return;
  // A never-returned attribute is not stored, so it may still have had a value.
  if (attribute.returned === "never" || subAttribute?.returned === "never") return;
  const asksForNothing = Array.isArray(value) && value.length === 0;
  if (asksForNothing || !jsonEqual(before, after)) return;
  const { path } = subAttribute ?? attribute;
  note(reading, "target-absent", path, "a remove of what is not there", "treated as already done");
}

function isNull(value: Json | undefined): boolean {
  return value === undefined || value === null;
}

/** RFC 7643 §2.5. */
function isUnassigned(value: Json | undefined): boolean {
  return isNull(value) || (Array.isArray(value) && value.length === 0);
}

function applyToSimple(draft: JsonObject, { op, target, value }: AttributeOperation, reading: Reading): void {
  const { attribute } = target;
  const after = op === "remove" ? undefined : readValue(attribute, value ?? null, reading);
  if (after !== undefined || op !== "add") assign(draft, attribute, after);
}

function applyToComplex(draft: JsonObject, { op, target, value }: AttributeOperation, reading: Reading): void {
  const { attribute, subAttribute } = target;
  if (op === "remove" && subAttribute === undefined) {
    assign(draft, attribute, undefined);
    return;
  }
  const change =
    subAttribute === undefined
      ? readComplexChange(attribute, op, value ?? null, reading)
      : readSubAttributeChange(subAttribute, op, value, reading);
  if (change === undefined) {
    if (op === "replace") assign(draft, attribute, undefined);
    return;
  }
  const held = storedValue(draft, attribute);
  assign(draft, attribute, changeComplex(attribute, op, isObject(held) ? held : undefined, change));
}

/**
 * Unassigns all attributes of an extension that a client may change.
 * @throws ScimError 400 mutability if the extension is required, or one of its attributes immutable
 */
function removeExtension(draft: JsonObject, { schema, required, attributes }: ExtensionNode, reading: Reading): void {
  const held = own(draft, schema.id);
  if (!isObject(held)) {
    note(reading, "target-absent", schema.id, "a remove of what is not there", "treated as already done");
    return;
  }
  if (required)
    throw badRequest(
      "mutability",
      { code: "required", path: schema.id },
      `The extension ${schema.id} is required and cannot be removed.`,
    );
  const kept: JsonObject = {};
  for (const attribute of attributes.values()) {
    const value = own(held, attribute.name);
    if (value === undefined) continue;
    checkImmutable(attribute, value, undefined);
    if (attribute.mutability === "readOnly") kept[attribute.name] = value;
  }
  setMember(draft, undefined, schema.id, Object.keys(kept).length === 0 ? undefined : kept);
}
