import { entityTag, formatDateTime, type JsonObject } from "@scimtool/scim";
import type { StoredResource } from "./store.ts";

// The body that is kept of a resource is the JSON text that is answered: `meta` is put into it with each write, so that
// no read has to put it together. Two things it cannot have yet: the address it is served at, and what is rows.

type Kept = Pick<StoredResource, "body">;

/** What `meta` is made of (RFC 7643 §3.1). */
type MetaOf = Pick<StoredResource, "id" | "revision" | "createdMs" | "modifiedMs">;

/** `meta` is last in a body, and nothing in it can look like its own beginning: names of types have no quotes. */
const META_HEAD = ',"meta":{"resourceType":"';

/** An entity tag as a JSON string, around the revision. */
const [TAG_HEAD, TAG_TAIL] = JSON.stringify(entityTag(0)).split("0");

/** Around the revision, and around the id, which stands where the location will. */
const VERSION_HEAD = `,"version":${TAG_HEAD}`;
const LOCATION_HEAD = `${TAG_TAIL},"location":"`;
const LOCATION_TAIL = '"}}';

/**
 * The body of a resource.
 * @param json its attributes, of which there are some, as JSON text
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

/** The body of the same attributes under another version. */
export function ofVersion({ body }: Kept, type: string, meta: MetaOf): string {
  return withMeta(withoutMeta(body), type, meta);
}

/** A resource's attributes: everything kept of it but `meta`. */
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

/** How far before a body's end the id in its location begins, before which the address goes. */
export function locationFromEnd(idLength: number): number {
  return idLength + LOCATION_TAIL.length;
}
