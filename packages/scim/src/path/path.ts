import type { Filter, ResolvedFilter } from "../filter/filter.ts";
import type { AttributeNode, ExtensionNode } from "../schema/model.ts";

/**
 * A name in a filter, a PATCH path, `sortBy` or `attributes` (RFC 7644 §3.10, `attrPath`): `[URI ":"] ATTRNAME
 * *1subAttr`. It keeps its letter case; resolving ignores it.
 */
export type AttributePath = {
  /** Schema URN before the last colon, if any. */
  readonly schema?: string;
  readonly attribute: string;
  readonly subAttribute?: string;
};

/** Prints the name as a client would: `urn:…:enterprise:2.0:User:manager.displayName`. */
export function printAttributePath(path: AttributePath): string {
  const name = path.subAttribute === undefined ? path.attribute : `${path.attribute}.${path.subAttribute}`;
  return path.schema === undefined ? name : `${path.schema}:${name}`;
}

/** A PATCH path as written (RFC 7644 §3.5.2, `PATH = attrPath / valuePath [subAttr]`). */
export type Path = AttributePath & { readonly filter?: Filter };

export type Target =
  /** `emails[type eq "work"].value`: the attribute, a filter on its values, and their sub-attribute. */
  | {
      readonly kind: "attribute";
      readonly attribute: AttributeNode;
      readonly filter?: ResolvedFilter;
      readonly subAttribute?: AttributeNode;
    }
  /** `urn:…:enterprise:2.0:User`: all attributes of an extension. */
  | { readonly kind: "extension"; readonly extension: ExtensionNode }
  /** An attribute without a schema; the tolerant profile stores it. */
  | {
      readonly kind: "unknown";
      readonly schema?: string;
      readonly attribute: string;
      readonly subAttribute?: string;
      readonly filter?: Filter;
    };
