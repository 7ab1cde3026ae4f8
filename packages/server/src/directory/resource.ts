import { randomBytes } from "node:crypto";
import {
  badRequest,
  isObject,
  type Json,
  type JsonObject,
  own,
  type ResourceModel,
  withoutNeverReturned,
} from "@scimtool/scim";
import type { ResourceContent } from "../store/store.ts";

/** Deleted resources are found by their label, so it has an index, whose entries are limited. */
const MAX_LABEL_CHARACTERS = 700;

/** A resource's display name, possibly shortened. */
export function labelOf(resource: JsonObject, id: string): string {
  const name = nameOf(resource, id);
  return name.length > MAX_LABEL_CHARACTERS ? name.slice(0, MAX_LABEL_CHARACTERS).toWellFormed() : name;
}

/** The first of these attributes that has a value, or the ID. */
function nameOf(resource: JsonObject, id: string): string {
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

export const RESOURCE_ID_LENGTH = 36;

/**
 * A new resource ID: a UUID of version 7 (RFC 9562 §5.7). Its leading time keeps new rows together in the index, so that
 * a commit of many creates writes few pages.
 * @param nowMs milliseconds since 1970
 */
export function newResourceId(nowMs: number): string {
  const time = nowMs.toString(16).padStart(12, "0");
  const random = randomBytes(10).toString("hex");
  const variant = (8 + (Number.parseInt(random.charAt(3), 16) & 3)).toString(16);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(0, 3)}-${variant}${random.slice(4, 7)}-${random.slice(7, 19)}`;
}

/**
 * Separates a resource from its members, which are stored as rows.
 * @throws ScimError 400 invalidValue for a member without an ID
 */
export function takeCollection(resource: JsonObject, model: ResourceModel): { resource: JsonObject; ids: string[] } {
  const { collection } = model;
  if (collection === undefined) return { resource, ids: [] };
  const { [collection.name]: values, ...rest } = resource;
  return { resource: rest, ids: Array.isArray(values) ? values.map((value) => idIn(value, collection.path)) : [] };
}

function idIn(value: Json, path: string): string {
  const id = isObject(value) ? own(value, "value") : undefined;
  if (typeof id === "string" && id !== "") return id;
  throw badRequest(
    "invalidValue",
    { code: "missing", path: `${path}.value` },
    `every value of ${path} needs a "value": the id of a resource.`,
  );
}

/** A resource as it is stored: `schemas` and `id` first, because its JSON text is returned as it is. */
export function storedForm(parsed: JsonObject, id: string, model: ResourceModel): JsonObject {
  const { schemas = [], ...attributes } = withoutNeverReturned(parsed, model);
  return { schemas, id, ...attributes };
}

export function contentOf(resource: JsonObject, id: string, nowMs: number): ResourceContent {
  return { resource, json: JSON.stringify(resource), label: labelOf(resource, id), nowMs };
}
