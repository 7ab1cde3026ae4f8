import { isObject, type JsonObject } from "@scimtool/scim";

/**
 * Applies a JSON Merge Patch (RFC 7396 §2) to an object: null removes a member, an object is merged, anything else takes
 * the place of what was there.
 */
export function mergePatch(target: JsonObject, patch: JsonObject): JsonObject {
  const merged = new Map(Object.entries(target));
  for (const [name, value] of Object.entries(patch)) {
    const current = merged.get(name);
    if (value === null) merged.delete(name);
    else if (isObject(value)) merged.set(name, mergePatch(isObject(current) ? current : {}, value));
    else merged.set(name, value);
  }
  return Object.fromEntries(merged);
}
