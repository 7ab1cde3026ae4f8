import type { Json, JsonObject } from "../api/types.ts";
import type { TypeDefinition } from "./definition.ts";

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** An object with another value of a member; undefined removes the member. */
export function withMember(object: JsonObject, name: string, value: Json | undefined): JsonObject {
  if (value !== undefined) return { ...object, [name]: value };
  const { [name]: _, ...others } = object;
  return others;
}

/** A resource with another value of an attribute, of an extension if it has a URN; `schemas` names what has values. */
export function withAttribute(
  resource: JsonObject,
  { urn: core, extensions }: TypeDefinition,
  urn: string,
  name: string,
  value: Json | undefined,
): JsonObject {
  if (urn === core) return withMember(resource, name, value);
  const before = resource[urn];
  const extension = withMember(isObject(before) ? before : {}, name, value);
  const next = withMember(resource, urn, Object.keys(extension).length === 0 ? undefined : extension);
  const used = extensions.map((each) => each.urn).filter((each) => each in next);
  return withMember(next, "schemas", [core, ...used]);
}

/** Nothing is left of a complex value whose last part was removed. */
export function unlessEmpty(object: JsonObject): JsonObject | undefined {
  return Object.keys(object).length === 0 ? undefined : object;
}
