import { entityTag, formatDateTime, type JsonObject } from "@scimtool/scim";
import type { StoredResource } from "./store.ts";

// The stored body of a resource is the JSON text of responses, with `meta`, so that reads need not assemble it. Only the
// base URI and the attributes that are stored as rows are added later.

type Kept = Pick<StoredResource, "body">;

/** The content of `meta` (RFC 7643 §3.1). */
type MetaOf = Pick<StoredResource, "id" | "revision" | "createdMs" | "modifiedMs">;

/** `meta` comes last in a body. It cannot contain this text again, because type names have no quotes. */
const META_HEAD = ',"meta":{"resourceType":"';

/** An entity tag as a JSON string, around the revision. */
const [TAG_HEAD, TAG_TAIL] = JSON.stringify(entityTag(0)).split("0");

/** The text around the revision, and around the ID, which is at the place of the location. */
const VERSION_HEAD = `,"version":${TAG_HEAD}`;
const LOCATION_HEAD = `${TAG_TAIL},"location":"`;
const LOCATION_TAIL = '"}}';

/**
 * The body of a resource.
 * @param json its attributes, at least one, as JSON text
 * @param type name of its resource type
 */
export function withMeta(json: string, type: string, { id, revision, createdMs, modifiedMs }: MetaOf): string {
  const created = formatDateTime(createdMs);
  const lastModified = modifiedMs === createdMs ? created : formatDateTime(modifiedMs);
  return (
    `${json.slice(0, -1)}${META_HEAD}${type}","created":"${created}","lastModified":"${lastModified}"` +
    `${VERSION_HEAD}${revision}${LOCATION_HEAD}${id}${LOCATION_TAIL}`
  );
}

/** The body with the same attributes and another version. */
export function ofVersion({ body }: Kept, type: string, meta: MetaOf): string {
  return withMeta(withoutMeta(body), type, meta);
}

/** A resource's attributes: its body without `meta`. */
export function attributesOf({ body }: Kept): JsonObject {
  return JSON.parse(withoutMeta(body)) as JsonObject;
}

function withoutMeta(body: string): string {
  return `${body.slice(0, body.lastIndexOf(META_HEAD))}}`;
}

export function idOf({ body }: Kept): string {
  return body.slice(body.lastIndexOf(LOCATION_HEAD) + LOCATION_HEAD.length, -LOCATION_TAIL.length);
}

export function revisionOf({ body }: Kept): number {
  const at = body.lastIndexOf(VERSION_HEAD) + VERSION_HEAD.length;
  return Number(body.slice(at, body.lastIndexOf(LOCATION_HEAD)));
}

/** Characters from the ID in `meta.location`, where the base URI is inserted, to the end of a body. */
export function locationFromEnd(idLength: number): number {
  return idLength + LOCATION_TAIL.length;
}
