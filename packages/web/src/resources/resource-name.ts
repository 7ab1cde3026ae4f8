import type { Json, JsonObject } from "../api/types.ts";

/** What people call a resource. @param attribute that has its name, if its type has one of its own */
export function nameOfResource(resource: JsonObject, attribute = "displayName"): string {
  const { displayName, name, userName, id } = resource;
  const parts = typeof name === "object" && name !== null && !Array.isArray(name) ? (name as JsonObject) : {};
  const full = [parts["givenName"], parts["familyName"]].filter((part) => typeof part === "string").join(" ");
  const candidates: (Json | undefined)[] = [resource[attribute], displayName, parts["formatted"], full, userName, id];
  for (const candidate of candidates) {
    if (typeof candidate === "string" && candidate.trim() !== "") return candidate;
  }
  return "(without a name)";
}

/** Whether a value refers to another resource, such as a member. */
export function isReference({ $ref, type }: JsonObject): boolean {
  return $ref !== undefined || type === "User" || type === "Group";
}
