import type { Filter, ResolvedFilter } from "../filter/ast.ts";
import type { AttributeNode, ExtensionNode } from "../schema/model.ts";
import type { AttributePath } from "./attribute-path.ts";

/** A PATCH path as written (RFC 7644 §3.5.2, `PATH = attrPath / valuePath [subAttr]`). */
export type Path = AttributePath & { readonly filter?: Filter };

/** What a PATCH path points at, once looked up in a resource model. */
export type Target =
  /** `emails[type eq "work"].value`: the attribute, which of its values, and which sub-attribute of them. */
  | {
      readonly kind: "attribute";
      readonly attribute: AttributeNode;
      readonly filter?: ResolvedFilter;
      readonly subAttribute?: AttributeNode;
    }
  /** `urn:…:enterprise:2.0:User`: all attributes of an extension. */
  | { readonly kind: "extension"; readonly extension: ExtensionNode }
  /** An attribute that no schema of the resource type defines; kept as sent in the tolerant profile. */
  | {
      readonly kind: "unknown";
      readonly schema?: string;
      readonly attribute: string;
      readonly subAttribute?: string;
      readonly filter?: Filter;
    };
