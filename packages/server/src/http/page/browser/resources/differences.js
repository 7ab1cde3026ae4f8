/** @import { Change, Json } from "../api/types.d.ts" */

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
  return [
    {
      kind: "attribute",
      path,
      ...(before !== undefined && { before: /** @type {Json} */ (before) }),
      ...(after !== undefined && { after: /** @type {Json} */ (after) }),
    },
  ];
}

/** @param {object} one @param {object} other */
function namesOf(one, other) {
  return [...new Set([...Object.keys(one), ...Object.keys(other)])];
}

/** @param {unknown} value @returns {value is Record<string, unknown>} */
function isComplex(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Members come in any order, and their names are read from others. @param {unknown} value */
function comparable(value) {
  if (!Array.isArray(value)) return JSON.stringify(value);
  const texts = value.map((each) =>
    isComplex(each) && each["$ref"] !== undefined ? String(each["value"]) : JSON.stringify(each),
  );
  return JSON.stringify(texts.sort());
}
