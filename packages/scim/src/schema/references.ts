import { type AttributeNode, type ResourceModel, topAttributes } from "./model.ts";

/** A complex attribute whose values refer to resources by their id. */
export type ReferenceAttribute = {
  readonly attribute: AttributeNode;
  /** Names of the resource types that it may refer to. */
  readonly types: readonly string[];
  /**
   * Sub-attributes that follow from the resource referred to, not from what a client sends: `$ref`; `display` or
   * `displayName` where it is readOnly; `type` where it is the name of the resource type.
   */
  readonly derived: readonly AttributeNode[];
};

/**
 * The attributes that refer to resources: complex, with the sub-attributes `value` and `$ref` of RFC 7643 §2.4, of
 * which the latter names resource types and not what is outside (§7). `members` and `manager` (§4.2, §4.3) are such.
 * Those that are readOnly, as `groups` of User, are the service provider's own and not among them.
 */
export function referenceAttributes(model: ResourceModel): ReferenceAttribute[] {
  return topAttributes(model).flatMap(asReference);
}

function asReference(attribute: AttributeNode): ReferenceAttribute[] {
  const { children, mutability } = attribute;
  const types = children.get("$ref")?.referenceTypes ?? [];
  const isOutside = types.length === 0 || types.includes("external") || types.includes("uri");
  if (isOutside || mutability === "readOnly" || !children.has("value")) return [];
  return [{ attribute, types, derived: [...children.values()].filter((sub) => isDerived(sub, types)) }];
}

function isDerived({ name, mutability, canonicalValues }: AttributeNode, types: readonly string[]): boolean {
  switch (name.toLowerCase()) {
    case "$ref":
      return true;
    case "display":
    case "displayname":
      return mutability === "readOnly";
    case "type":
      return canonicalValues?.every((each) => types.includes(each)) === true;
    default:
      return false;
  }
}
