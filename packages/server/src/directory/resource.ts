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

/** Random bytes are drawn for this many ids at once. */
const POOL_IDS = 256;
const RANDOM_BYTES = 10;

/** Characters of an id. */
export const RESOURCE_ID_LENGTH = 36;

let pool = Buffer.alloc(0);
let used = 0;

/** The time that the last id begins with: many are made within a millisecond. */
let last = { ms: -1, time: "" };

/**
 * A new resource id: a UUID of version 7 (RFC 9562 §5.7). Its leading time keeps new rows together in the index,
 * so that a commit of many creates writes few pages.
 * @param nowMs milliseconds since 1970
 */
export function newResourceId(nowMs: number): string {
  if (used + RANDOM_BYTES > pool.length) {
    pool = randomBytes(POOL_IDS * RANDOM_BYTES);
    used = 0;
  }
  const random = pool.toString("hex", used, used + RANDOM_BYTES);
  used += RANDOM_BYTES;
  if (last.ms !== nowMs) last = { ms: nowMs, time: timeOf(nowMs) };
  const variant = (8 + (Number.parseInt(random.charAt(3), 16) & 3)).toString(16);
  return `${last.time}-7${random.slice(0, 3)}-${variant}${random.slice(4, 7)}-${random.slice(7, 19)}`;
}

function timeOf(ms: number): string {
  const time = ms.toString(16).padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}`;
}

/**
 * Parts a resource from the values of its collection attribute, which are kept as rows.
 * @throws ScimError 400 invalidValue for a value that names no resource
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

/** What is kept of a resource: `schemas` and `id` first, so that its JSON text can be answered as it lies. */
export function storedForm(given: JsonObject, id: string, model: ResourceModel): JsonObject {
  const { schemas = [], ...attributes } = withoutNeverReturned(given, model);
  return { schemas, id, ...attributes };
}
