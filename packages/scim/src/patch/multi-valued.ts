import { note, type Reading, tolerate } from "../dialect/tolerance.ts";
import { evaluateValueFilter } from "../filter/evaluate.ts";
import { isObject, type Json, type JsonObject, own } from "../json.ts";
import { badRequest } from "../message/error.ts";
import type { AttributeNode } from "../schema/model.ts";
import { checkNumberOfSent, checkValues } from "../schema/value.ts";
import { assign, type ComplexChange, changeComplex, readSubAttributeChange, storedValue } from "./complex.ts";
import type { AttributeOperation } from "./message.ts";
import {
  canonicalText,
  identityOf,
  readGivenValues,
  readSelectedValue,
  readValues,
  significantValue,
  typeOf,
  valueFromFilter,
} from "./values.ts";

/** Applies an operation to all values of a multi-valued attribute, or to those that a filter selects. */
export function applyToValues(draft: JsonObject, operation: AttributeOperation, reading: Reading): void {
  const { attribute, filter, subAttribute } = operation.target;
  if (subAttribute === undefined) checkNumberOfSent(attribute, operation.value);
  const held = storedValue(draft, attribute);
  const values = Array.isArray(held) ? held : [];
  const selects = filter !== undefined || subAttribute !== undefined;
  const after = selects ? changeSelected(values, operation, reading) : changeAll(values, operation, reading);
  checkValues(attribute, after);
  if (after !== values) assign(draft, attribute, after.length === 0 ? undefined : [...after]);
}

function changeAll(values: readonly Json[], operation: AttributeOperation, reading: Reading): readonly Json[] {
  const { attribute } = operation.target;
  switch (operation.op) {
    case "add":
      return addValues(attribute, values, readValues(operation, reading));
    case "replace":
      return readValues(operation, reading).flatMap((value) => withoutHidden(attribute, value));
    case "remove":
      if (operation.value === undefined || operation.value === null) return [];
      return removeGiven(attribute, values, readGivenValues(attribute, operation.value, reading), reading);
  }
}

function withoutHidden(attribute: AttributeNode, value: Json): Json[] {
  if (!isObject(value)) return [value];
  const shown = changeComplex(attribute, "replace", undefined, { set: value, unassign: [] });
  return shown === undefined ? [] : [shown];
}

/** Appends the values that are not present yet. One with the identity of an existing value is merged into it. */
function addValues(attribute: AttributeNode, values: readonly Json[], added: readonly Json[]): readonly Json[] {
  if (added.length === 0) return values;
  const after = [...values];
  const places = new Map(values.map((value, place) => [identityOf(attribute, value), place]));
  let primaryPlace: number | undefined;
  for (const value of added) {
    const identity = identityOf(attribute, value);
    const place = places.get(identity) ?? after.length;
    const known = after[place];
    const next = isObject(value)
      ? changeComplex(attribute, "add", isObject(known) ? known : undefined, { set: value, unassign: [] })
      : (known ?? value);
    if (next === undefined) continue;
    places.set(identity, place);
    after[place] = next;
    if (isPrimary(value)) primaryPlace = place;
  }
  return primaryPlace === undefined ? after : withOnePrimary(after, primaryPlace);
}

function removeGiven(
  attribute: AttributeNode,
  values: readonly Json[],
  given: readonly Json[],
  reading: Reading,
): readonly Json[] {
  const left = removeValues(attribute, values, given);
  if (given.length > 0 && left.length === values.length) {
    note(reading, "target-absent", attribute.path, "a remove of values that are not there", "treated as already done");
  }
  return left;
}

/**
 * Removes the given values: those with the same `value`, and the same `type` if both have one. Values without a `value`
 * must be equal.
 */
function removeValues(attribute: AttributeNode, values: readonly Json[], given: readonly Json[]): readonly Json[] {
  const whole = new Set<string>();
  const typesByValue = new Map<string, Set<Json | undefined>>();
  for (const value of given) {
    const significant = isObject(value) ? significantValue(attribute, value) : undefined;
    if (!isObject(value) || significant === undefined) {
      whole.add(identityOf(attribute, value));
      continue;
    }
    const key = canonicalText(significant);
    const types = typesByValue.get(key) ?? new Set();
    typesByValue.set(key, types.add(typeOf(attribute, value)));
  }
  return values.filter((value) => {
    const significant = isObject(value) ? significantValue(attribute, value) : undefined;
    if (!isObject(value) || significant === undefined) return !whole.has(identityOf(attribute, value));
    const type = typeOf(attribute, value);
    const types = typesByValue.get(canonicalText(significant));
    return types === undefined || !(type === undefined || types.has(undefined) || types.has(type));
  });
}

/** What happens to every value that a filter selects. */
type SelectedChange =
  | { readonly kind: "removed" }
  | { readonly kind: "value"; readonly value: Json }
  /** Sub-attributes change; `replacesAll` unassigns those not given (RFC 7644 §3.5.2.3, "record values"). */
  | { readonly kind: "subAttributes"; readonly change: ComplexChange; readonly replacesAll: boolean };

function changeSelected(values: readonly Json[], operation: AttributeOperation, reading: Reading): readonly Json[] {
  const { attribute, filter } = operation.target;
  const change = readSelectedChange(operation, reading);
  if (change === undefined) return values;
  const selected = values.map((value) => filter === undefined || evaluateValueFilter(filter, value));
  if (!selected.includes(true)) return changeNothingSelected(values, change, operation, reading);

  const changed = values.map((value, index) => (selected[index] ? changeOne(value, change, operation) : value));
  if (change.kind !== "subAttributes" || !isPrimary(change.change.set)) {
    return withoutRepeats(attribute, changed, selected);
  }
  const count = selected.filter(Boolean).length;
  if (count > 1) {
    const received = `primary true for ${count} values`;
    tolerate(reading, "several-primary", attribute.path, received, "stored for the first of them");
  }
  // Each has at least `primary`, so none is undefined.
  return withoutRepeats(attribute, withOnePrimary(changed as Json[], selected.indexOf(true)), selected);
}

/** Omits removed values, and all but the first of values that the operation made equal (RFC 7643 §2.4). */
function withoutRepeats(
  attribute: AttributeNode,
  changed: readonly (Json | undefined)[],
  selected: readonly boolean[],
): Json[] {
  const identities = changed.map((value) => (value === undefined ? undefined : identityOf(attribute, value)));
  const placeOf = new Map<string | undefined, number>();
  identities.forEach((identity, place) => {
    if (selected[place] && !placeOf.has(identity)) placeOf.set(identity, place);
  });
  return changed.filter(
    (value, place): value is Json => value !== undefined && (placeOf.get(identities[place]) ?? place) === place,
  );
}

/** @returns undefined if the operation adds no value */
function readSelectedChange(operation: AttributeOperation, reading: Reading): SelectedChange | undefined {
  const { op, target, value } = operation;
  if (target.subAttribute !== undefined) {
    const change = readSubAttributeChange(target.subAttribute, op, value, reading);
    return change && { kind: "subAttributes", change, replacesAll: false };
  }
  const element = op === "remove" ? undefined : readSelectedValue(operation, reading);
  if (element === undefined) return op === "add" ? undefined : { kind: "removed" };
  if (!isObject(element)) return { kind: "value", value: element };
  return { kind: "subAttributes", change: { set: element, unassign: [] }, replacesAll: op === "replace" };
}

function changeOne(value: Json, change: SelectedChange, { op, target }: AttributeOperation): Json | undefined {
  if (change.kind === "removed") return undefined;
  if (change.kind === "value") return change.value;
  const held = isObject(value) ? value : {};
  const kept = change.replacesAll ? keptByReplace(held, target) : held;
  return changeComplex(target.attribute, op, kept, change.change);
}

/** A replaced value keeps the sub-attributes in its filter and those that a client cannot change. */
function keptByReplace(value: JsonObject, { attribute, filter }: AttributeOperation["target"]): JsonObject {
  const described = (filter && valueFromFilter(filter)) ?? {};
  const kept: JsonObject = {};
  for (const sub of attribute.children.values()) {
    const held = own(value, sub.name);
    const isFixed = sub.mutability === "readOnly" || sub.mutability === "immutable";
    if (held !== undefined && (isFixed || Object.hasOwn(described, sub.name))) kept[sub.name] = held;
  }
  return kept;
}

/**
 * Entra ID replaces `emails[type eq "work"].value` of users without a work address and expects to find one afterwards.
 * RFC 7644 §3.5.2.3 demands noTarget.
 */
function changeNothingSelected(
  values: readonly Json[],
  change: SelectedChange,
  operation: AttributeOperation,
  reading: Reading,
): readonly Json[] {
  const { attribute, filter } = operation.target;
  const unassigns = change.kind === "subAttributes" && Object.keys(change.change.set).length === 0;
  if (change.kind === "removed" || unassigns) {
    if (filter === undefined) return values;
    tolerate(
      reading,
      "target-absent",
      attribute.path,
      `a ${operation.op} whose filter matches no value`,
      "treated as already done",
    );
    return values;
  }
  const described = filter === undefined ? {} : valueFromFilter(filter);
  if (described === undefined) {
    throw badRequest(
      "noTarget",
      { code: "noTarget", path: attribute.path },
      `no value of ${attribute.path} matches the filter, and it does not say what a new one would be. Add the value without a filter.`,
    );
  }
  if (operation.op === "replace" && filter !== undefined) {
    tolerate(
      reading,
      "target-created",
      attribute.path,
      "a replace whose filter matches no value",
      "read as an add of a value as the filter describes it",
    );
  }
  const created = changeOne(described, change, operation);
  return created === undefined ? values : addValues(attribute, values, [created]);
}

function isPrimary(value: Json): boolean {
  return isObject(value) && own(value, "primary") === true;
}

/** Setting `primary` on one value resets the others (RFC 7644 §3.5.2). */
function withOnePrimary(values: readonly Json[], primaryPlace: number): Json[] {
  return values.map((value, place) =>
    place !== primaryPlace && isObject(value) && isPrimary(value) ? { ...value, primary: false } : value,
  );
}
