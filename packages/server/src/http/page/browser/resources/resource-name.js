/** @import { ScimResource } from "../api/types.d.ts" */

/**
 * What people call a resource.
 * @param {Readonly<Record<string, unknown>>} resource
 * @returns {string}
 */
export function nameOfResource(resource) {
  const { displayName, name, userName, id } = resource;
  const parts = typeof name === "object" && name !== null ? /** @type {Record<string, unknown>} */ (name) : {};
  const full = [parts["givenName"], parts["familyName"]].filter((part) => typeof part === "string").join(" ");
  for (const candidate of [displayName, parts["formatted"], full, userName, id]) {
    if (typeof candidate === "string" && candidate.trim() !== "") return candidate;
  }
  return "(without a name)";
}

/** Up to two letters that stand for somebody. @param {string} name */
export function initialsOf(name) {
  const words = name.split(/[\s.@_-]+/).filter((word) => /^\p{L}/u.test(word));
  const [first = "", last = ""] = [words[0], words.length > 1 ? words.at(-1) : ""];
  return `${[...first][0] ?? "?"}${[...(last ?? "")][0] ?? ""}`.toUpperCase();
}

/** Whether somebody was deactivated. @param {ScimResource} resource */
export function isInactive(resource) {
  return resource["active"] === false;
}

/**
 * Whether a value is another resource, such as a member: its id tells it apart, and its name is read from there.
 * @param {Readonly<Record<string, unknown>>} value
 */
export function isReference({ $ref: reference, type }) {
  return reference !== undefined || type === "User" || type === "Group";
}
