import type { Json, JsonObject } from "../json.ts";

/** One attribute's change: what truly changed, not what was asked for. */
export type Change =
  /**
   * A singular attribute or sub-attribute (`title`, `name.familyName`, `urn:…:User:department`), or a whole
   * multi-valued attribute (`emails`) with its values before and after. An absent side means "unassigned".
   */
  | { readonly kind: "attribute"; readonly path: string; readonly before?: Json; readonly after?: Json }
  /** A resource type's `collection` (`members`): the values added to and removed from the set. */
  | {
      readonly kind: "collection";
      readonly path: string;
      readonly added: readonly JsonObject[];
      readonly removed: readonly JsonObject[];
    };

/** Everything a write changed. Empty: nothing changed, and the resource keeps its version. */
export type ChangeSet = readonly Change[];
