import type { Change, Json, JsonObject } from "../api/types.ts";
import { isReference } from "./resource-name.ts";

/** Derived, or about the version itself. */
const LEFT_OUT = new Set(["meta", "id", "schemas", "groups"]);

/** The differences between two states of a resource, sub-attribute by sub-attribute. */
export function differencesOf(current: JsonObject, other: JsonObject): Change[] {
  return namesOf(current, other)
    .filter((name) => !LEFT_OUT.has(name))
    .flatMap((name) => differencesAt(name, name.startsWith("urn:") ? ":" : ".", current[name], other[name]));
}

/** @param separator between the path and what is below it */
function differencesAt(path: string, separator: string, before?: Json, after?: Json): Change[] {
  if (comparable(before) === comparable(after)) return [];
  if (isComplex(before) && isComplex(after)) {
    return namesOf(before, after).flatMap((name) =>
      differencesAt(`${path}${separator}${name}`, ".", before[name], after[name]),
    );
  }
  const [own = [], others = []] = [before, after];
  if (Array.isArray(own) && Array.isArray(others)) {
    const [removed, added] = [without(own, others), without(others, own)];
    return [{ kind: "collection", path, removed, added } as unknown as Change];
  }
  return [{ kind: "attribute", path, ...(before !== undefined && { before }), ...(after !== undefined && { after }) }];
}

/** Those values that are not among the others. */
function without(values: readonly Json[], others: readonly Json[]): Json[] {
  /** How often each is still there. */
  const left = new Map<string, number>();
  for (const key of others.map(keyOf)) left.set(key, (left.get(key) ?? 0) + 1);
  return values.filter((value) => {
    const key = keyOf(value);
    const times = left.get(key) ?? 0;
    left.set(key, times - 1);
    return times < 1;
  });
}

function namesOf(one: JsonObject, other: JsonObject): string[] {
  return [...new Set([...Object.keys(one), ...Object.keys(other)])].filter((name) => name !== "$ref");
}

function isComplex(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Values may be in any order. */
function comparable(value: Json | undefined): string | undefined {
  return JSON.stringify(Array.isArray(value) ? value.map(keyOf).sort() : value);
}

/** What identifies one of several values. */
function keyOf(value: Json): string {
  if (!isComplex(value)) return JSON.stringify(value);
  return isReference(value) ? String(value["value"]) : JSON.stringify(Object.entries(value).sort());
}
