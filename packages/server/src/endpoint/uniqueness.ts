import type { Attribute, ResourceType, Schema } from "@scimtool/scim";

/** Where the endpoint decides, and not the schema alone: it is unique unless the setting leaves it out. */
const DECIDED_BY_SETTING: ReadonlySet<string> = new Set(["Group:displayName"]);

/**
 * A resource type with the uniqueness of its attributes (RFC 7643 §7) as an endpoint wants it, so that discovery tells
 * what is enforced.
 * @param unique paths of attributes that are unique, beyond what the schemas declare
 */
export function withUniqueness(type: ResourceType, unique: readonly string[]): ResourceType {
  const change = (schema: Schema, prefix: string): Schema => ({
    ...schema,
    attributes: schema.attributes.map((attribute) => changed(type.name, attribute, prefix, unique)),
  });
  return {
    ...type,
    ...(unique.includes("externalId") && { externalIdUniqueness: "server" as const }),
    schema: change(type.schema, ""),
    schemaExtensions: type.schemaExtensions.map(({ schema, required }) => ({
      schema: change(schema, `${schema.id}:`),
      required,
    })),
  };
}

function changed(type: string, attribute: Attribute, prefix: string, unique: readonly string[]): Attribute {
  const path = prefix + attribute.name;
  const isUnique = unique.includes(path);
  const { uniqueness, subAttributes } = attribute;
  return {
    ...attribute,
    uniqueness: isUnique ? declared(uniqueness) : DECIDED_BY_SETTING.has(`${type}:${path}`) ? "none" : uniqueness,
    ...(subAttributes && {
      subAttributes: subAttributes.map((sub) => changed(type, sub, `${path}.`, unique)),
    }),
  };
}

/** `global` says more than `server`, and stays. */
function declared(uniqueness: Attribute["uniqueness"]): Attribute["uniqueness"] {
  return uniqueness === "none" ? "server" : uniqueness;
}
