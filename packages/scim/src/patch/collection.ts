import type { ResolvedFilter } from "../filter/ast.ts";
import type { JsonObject } from "../json.ts";

/**
 * An operation on a resource type's `collection` (`members` of Group), for whoever keeps its values: an array
 * in memory or rows in a table. Values are a set keyed by their `value`; adding one that is there or removing
 * one that is not changes nothing.
 */
export type CollectionOperation =
  | { readonly kind: "add"; readonly values: readonly JsonObject[] }
  | { readonly kind: "remove"; readonly values: readonly JsonObject[] }
  /** Removes what the filter over the values' sub-attributes matches. */
  | { readonly kind: "removeWhere"; readonly filter: ResolvedFilter }
  /** Afterwards exactly these values are in the set; none empties it. */
  | { readonly kind: "replace"; readonly values: readonly JsonObject[] };
