import { type AttributeNode, type ResourceModel, topAttributes } from "./model.ts";

/**
 * The attributes whose values two resources must not share: `uniqueness` is `server` or `global` (RFC 7643 §7), which
 * is the same for a single server. Extensions and sub-attributes are among them, in the order of the schemas; `id` is
 * not, for the service provider makes it.
 */
export function uniqueAttributes(model: ResourceModel): AttributeNode[] {
  return topAttributes(model)
    .flatMap((attribute) => [attribute, ...attribute.children.values()])
    .filter((attribute) => attribute.uniqueness !== "none" && attribute !== model.attributes.get("id"));
}
