import { note, type Reading } from "../dialect/tolerance.ts";
import type { ResolvedFilter } from "../filter/ast.ts";
import { evaluateValueFilter } from "../filter/evaluate.ts";
import { type Json, type JsonObject, own } from "../json.ts";

/**
 * An operation on a resource type's `collection` (`members` of Group), for whoever keeps its values: an array
 * in memory or rows in a table. Values are a set keyed by their `value`; adding one that is there or removing
 * one that is not changes nothing.
 */
export type CollectionOperation =
  | { readonly kind: "add"; readonly values: readonly JsonObject[] }
  | { readonly kind: "remove"; readonly values: readonly JsonObject[] }
  /** Removes what the filter over the values' sub-attributes matches. */
  | { readonly kind: "removeWhere"; readonly filter: ResolvedFilter }
  /** Afterwards exactly these values are in the set; none empties it. */
  | { readonly kind: "replace"; readonly values: readonly JsonObject[] };

/** What a collection operation did: the values afterwards, and which of them are new or gone. */
export type CollectionResult = {
  readonly values: readonly JsonObject[];
  readonly added: readonly JsonObject[];
  readonly removed: readonly JsonObject[];
};

/** Applies an operation to values held in an array. Returns the same array where nothing changes. */
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
 * Notes what an operation was to remove and was not there. Who retries a removal is not refused, in no profile:
 * afterwards nobody is there who should not be.
 * @param path of the collection
 * @param removed how many values were removed
 */
export function noteAbsent(path: string, operation: CollectionOperation, removed: number, reading: Reading): void {
  const absent = absentFrom(operation, removed);
  if (absent === 0) return;
  const received =
    absent === 1 ? "a remove of a value that is not there" : `a remove of ${absent} values that are not there`;
  note(reading, "target-absent", path, received, "taken as done already");
}

function absentFrom(operation: CollectionOperation, removed: number): number {
  if (operation.kind === "remove") return operation.values.length - removed;
  return operation.kind === "removeWhere" && removed === 0 ? 1 : 0;
}

/** What identifies a value of a collection. */
export function keyOf(value: JsonObject): Json | undefined {
  return own(value, "value");
}

function keysOf(values: readonly JsonObject[]): Set<Json | undefined> {
  return new Set(values.map(keyOf));
}

/** The values whose keys are not among these, each key once. */
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
