/** @import { Change, Json } from "../api/types.d.ts" */
import { isReference } from "./resource-name.js";

/** Derived, or about the version itself. */
const LEFT_OUT = new Set(["meta", "id", "schemas", "groups"]);

/**
 * What is different between two states of a resource, sub-attribute by sub-attribute.
 * @param {Readonly<Record<string, unknown>>} current
 * @param {Readonly<Record<string, unknown>>} other
 * @returns {Change[]} from the current one to the other
 */
export function differencesOf(current, other) {
  return namesOf(current, other)
    .filter((name) => !LEFT_OUT.has(name))
    .flatMap((name) => differencesAt(name, name.startsWith("urn:") ? ":" : ".", current[name], other[name]));
}

/**
 * @param {string} path
 * @param {string} separator between it and what is below
 * @param {unknown} before
 * @param {unknown} after
 * @returns {Change[]}
 */
function differencesAt(path, separator, before, after) {
  if (comparable(before) === comparable(after)) return [];
  if (isComplex(before) && isComplex(after)) {
    return namesOf(before, after).flatMap((name) =>
      differencesAt(`${path}${separator}${name}`, ".", before[name], after[name]),
    );
  }
  const [own = [], others = []] = [before, after];
  if (Array.isArray(own) && Array.isArray(others)) {
    return [{ kind: "collection", path, removed: without(own, others), added: without(others, own) }];
  }
  return [
    {
      kind: "attribute",
      path,
      ...(before !== undefined && { before: /** @type {Json} */ (before) }),
      ...(after !== undefined && { after: /** @type {Json} */ (after) }),
    },
  ];
}

/** Those that are not among the others. @param {readonly Json[]} values @param {readonly Json[]} others */
function without(values, others) {
  /** How often each is still there. @type {Map<string, number>} */
  const left = new Map();
  for (const key of others.map(keyOf)) left.set(key, (left.get(key) ?? 0) + 1);
  return values.filter((value) => {
    const key = keyOf(value);
    const times = left.get(key) ?? 0;
    left.set(key, times - 1);
    return times < 1;
  });
}

/** @param {object} one @param {object} other */
function namesOf(one, other) {
  return [...new Set([...Object.keys(one), ...Object.keys(other)])].filter((name) => name !== "$ref");
}

/** @param {unknown} value @returns {value is Record<string, unknown>} */
function isComplex(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Values come in any order. @param {unknown} value */
function comparable(value) {
  return JSON.stringify(Array.isArray(value) ? value.map(keyOf).sort() : value);
}

/** What one of several values is known again by. @param {unknown} value */
function keyOf(value) {
  if (!isComplex(value)) return JSON.stringify(value);
  return isReference(value) ? String(value["value"]) : JSON.stringify(Object.entries(value).sort());
}
