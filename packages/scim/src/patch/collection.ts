import { note, type Reading } from "../dialect/tolerance.ts";
import { evaluateValueFilter } from "../filter/evaluate.ts";
import type { ResolvedFilter } from "../filter/filter.ts";
import { isObject, type Json, type JsonObject, own } from "../json.ts";
import { badRequest } from "../message/error.ts";
import type { AttributeNode } from "../schema/model.ts";
import type { AttributeOperation } from "./message.ts";
import { readGivenValues, readValues } from "./values.ts";

/**
 * An operation on a resource type's `collection` (`members` of Group), whose values are an array in memory or rows of a
 * table. Values are a set keyed by their `value`; adding an existing or removing an absent one changes nothing.
 */
export type CollectionOperation =
  | { readonly kind: "add"; readonly values: readonly JsonObject[] }
  | { readonly kind: "remove"; readonly values: readonly JsonObject[] }
  /** Removes the values that match a filter on sub-attributes. */
  | { readonly kind: "removeWhere"; readonly filter: ResolvedFilter }
  /** Makes these values the whole set. */
  | { readonly kind: "replace"; readonly values: readonly JsonObject[] };

/** The values after an operation, and which of them were added or removed. */
export type CollectionResult = {
  readonly values: readonly JsonObject[];
  readonly added: readonly JsonObject[];
  readonly removed: readonly JsonObject[];
};

/** Applies an operation to an array. Returns the same array if nothing changes. */
export function applyCollectionOperation(
  values: readonly JsonObject[],
  operation: CollectionOperation,
): CollectionResult {
  switch (operation.kind) {
    case "add":
      return result(values, values, missing(operation.values, keysOf(values)), []);
    case "remove": {
      const keys = keysOf(operation.values);
      return without(values, (value) => keys.has(keyOf(value)));
    }
    case "removeWhere":
      return without(values, (value) => evaluateValueFilter(operation.filter, value));
    case "replace": {
      const keys = keysOf(operation.values);
      const { values: kept, removed } = without(values, (value) => !keys.has(keyOf(value)));
      return result(values, kept, missing(operation.values, keysOf(values)), removed);
    }
  }
}

/**
 * Notes absent values of a removal. Every profile accepts a repeated removal, because the result is the same.
 * @param path of the collection
 * @param removed number of removed values
 */
export function noteAbsent(path: string, operation: CollectionOperation, removed: number, reading: Reading): void {
  const absent = absentFrom(operation, removed);
  if (absent === 0) return;
  const received =
    absent === 1 ? "a remove of a value that is not there" : `a remove of ${absent} values that are not there`;
  note(reading, "target-absent", path, received, "treated as already done");
}

function absentFrom(operation: CollectionOperation, removed: number): number {
  if (operation.kind === "remove") return operation.values.length - removed;
  return operation.kind === "removeWhere" && removed === 0 ? 1 : 0;
}

/** The key of a collection's value. */
function keyOf(value: JsonObject): Json | undefined {
  return own(value, "value");
}

function keysOf(values: readonly JsonObject[]): Set<Json | undefined> {
  return new Set(values.map(keyOf));
}

/** The values whose keys are not in this set, each key once. */
function missing(values: readonly JsonObject[], keys: ReadonlySet<Json | undefined>): JsonObject[] {
  const seen = new Set(keys);
  return values.filter((value) => {
    const key = keyOf(value);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

function without(values: readonly JsonObject[], isRemoved: (value: JsonObject) => boolean): CollectionResult {
  const kept: JsonObject[] = [];
  const removed: JsonObject[] = [];
  for (const value of values) (isRemoved(value) ? removed : kept).push(value);
  return result(values, kept, [], removed);
}

function result(
  before: readonly JsonObject[],
  kept: readonly JsonObject[],
  added: readonly JsonObject[],
  removed: readonly JsonObject[],
): CollectionResult {
  const isSame = added.length === 0 && removed.length === 0;
  return { values: isSame ? before : [...kept, ...added], added, removed };
}

/**
 * Converts a PATCH operation on a resource type's `collection` (`members`) to an operation on its values.
 * @returns undefined if it does nothing, such as adding no values
 * @throws ScimError 400 mutability for a part of a value: values are added and removed as a whole
 */
export function readCollectionOperation(
  operation: AttributeOperation,
  reading: Reading,
): CollectionOperation | undefined {
  const { op, target, value } = operation;
  const { attribute, filter, subAttribute } = target;
  if (subAttribute !== undefined || (filter !== undefined && op !== "remove")) {
    throw badRequest(
      "mutability",
      { code: "immutable", path: attribute.path },
      `the values of ${attribute.path} are immutable; remove the value and add the new one.`,
    );
  }
  switch (op) {
    case "add": {
      const values = keyed(attribute, readValues(operation, reading));
      return values.length === 0 ? undefined : { kind: "add", values };
    }
    case "replace":
      return { kind: "replace", values: keyed(attribute, readValues(operation, reading)) };
    case "remove": {
      if (filter !== undefined) return removeSelected(attribute, filter);
      if (value === undefined || value === null) return { kind: "replace", values: [] };
      const values = keyed(attribute, readGivenValues(attribute, value, reading));
      return values.length === 0 ? undefined : { kind: "remove", values };
    }
  }
}

/** `members[value eq "2819c223"]` names its values, also several joined by `or`, and needs no search. */
function removeSelected(attribute: AttributeNode, filter: ResolvedFilter): CollectionOperation {
  const key = attribute.children.get("value");
  const alternatives = filter.kind === "or" ? filter.filters : [filter];
  const values = new Set<Json>();
  for (const each of alternatives) {
    const isKey = each.kind === "compare" && each.operator === "eq" && each.attribute === key && key.caseExact;
    if (!isKey) return { kind: "removeWhere", filter };
    values.add(each.value);
  }
  return { kind: "remove", values: [...values].map((value) => ({ value })) };
}

/** The values as a set keyed by `value`; the first of equal ones counts. */
function keyed(attribute: AttributeNode, values: readonly Json[]): JsonObject[] {
  const byKey = new Map<string, JsonObject>();
  for (const value of values) {
    const key = isObject(value) ? own(value, "value") : undefined;
    if (!isObject(value) || typeof key !== "string" || key === "") {
      throw badRequest(
        "invalidValue",
        { code: "missing", path: `${attribute.path}.value` },
        `every value of ${attribute.path} needs a "value": the id of a resource.`,
      );
    }
    if (!byKey.has(key)) byKey.set(key, value);
  }
  return [...byKey.values()];
}
