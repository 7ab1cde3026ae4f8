import { isObject, type JsonObject } from "@scimtool/scim";

/** A resource's name for people, as `display` of a reference shows it: the first of these that there is. */
export function labelOf(resource: JsonObject, id: string): string {
  const { displayName, name, userName } = resource;
  if (isText(displayName)) return displayName;
  if (isObject(name)) {
    if (isText(name["formatted"])) return name["formatted"];
    const parts = [name["givenName"], name["familyName"]].filter(isText);
    if (parts.length > 0) return parts.join(" ");
  }
  return isText(userName) ? userName : id;
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value.trim() !== "";
}
