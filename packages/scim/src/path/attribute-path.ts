/**
 * A name as written in a filter, a PATCH path, `sortBy` or `attributes` (RFC 7644 §3.10, `attrPath`):
 * `[URI ":"] ATTRNAME *1subAttr`. Letter case as written; resolving against a resource model ignores it.
 */
export type AttributePath = {
  /** Schema URN before the last colon, if there was one. */
  readonly schema?: string;
  readonly attribute: string;
  readonly subAttribute?: string;
};

/** Writes the name as a client would: `urn:…:enterprise:2.0:User:manager.displayName`. */
export function printAttributePath(path: AttributePath): string {
  const name = path.subAttribute === undefined ? path.attribute : `${path.attribute}.${path.subAttribute}`;
  return path.schema === undefined ? name : `${path.schema}:${name}`;
}
