import { labelText } from "./value-text.ts";

/** What a resource of a type is called in a sentence: "user", "group", and others by the name of their type. */
export function typeNoun(type: string | undefined): string {
  if (type === undefined) return "resource";
  return type === "User" || type === "Group" ? type.toLowerCase() : labelText(type);
}

/** "users", "resources of the type Device"; of no type in particular, "resources of every type". */
export function typeNounOfMany(type: string | undefined): string {
  if (type === undefined) return "resources of every type";
  return type === "User" || type === "Group" ? `${type.toLowerCase()}s` : `resources of the type ${labelText(type)}`;
}
