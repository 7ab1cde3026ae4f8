import { isObject, type Json, type JsonObject } from "../json.ts";
import type { ResourceModel } from "./model.ts";
import { completeSchemas } from "./resource.ts";

/**
 * The resource as it is kept: without what is never returned, such as `password`, of extensions and sub-attributes too.
 * "This may occur because the original attribute value is not retained by the service provider" (RFC 7643 §7): nobody
 * could read it again, so it is kept nowhere. An extension of which nothing is left goes, and its URN from `schemas`.
 * @param resource with names in the letter case of the schemas, as `readResource` and `applyPatch` give it
 * @returns the resource itself if it has nothing of the kind
 */
export function withoutNeverReturned(resource: JsonObject, model: ResourceModel): JsonObject {
  let kept: Json | undefined = resource;
  for (const { keys } of model.neverReturned) kept = without(kept ?? {}, keys);
  if (kept === resource) return resource;
  const changed = isObject(kept) ? kept : {};
  if (Object.hasOwn(changed, "schemas")) completeSchemas(changed, model);
  return changed;
}

/** Without what lies below these keys. An object or array of which nothing is left goes too; what is left stays itself. */
function without(value: Json, keys: readonly string[]): Json | undefined {
  const [key, ...rest] = keys;
  if (key === undefined) return undefined;
  if (Array.isArray(value)) {
    const elements = value.map((element) => without(element, keys));
    if (elements.every((element, index) => element === value[index])) return value;
    const left = elements.filter((element) => element !== undefined);
    return left.length === 0 ? undefined : left;
  }
  if (!isObject(value) || !Object.hasOwn(value, key)) return value;
  const inner = without(value[key] as Json, rest);
  if (inner === value[key]) return value;
  const entries = Object.entries(value).flatMap(([name, each]): [string, Json][] =>
    name !== key ? [[name, each]] : inner === undefined ? [] : [[name, inner]],
  );
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}
