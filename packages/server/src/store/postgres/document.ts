import { type AttributeNode, isObject, type Json, type JsonObject, own, type ResourceModel } from "@scimtool/scim";
import { comparable } from "../sql/columns.ts";
import { encodeText } from "./text.ts";

/**
 * The attributes of a resource with all values ready to compare: text is folded unless the attribute is case-exact,
 * booleans are 0 and 1, dateTimes milliseconds. So the database only compares, by the language's own rules.
 */
export function documentOf(resource: JsonObject, model: ResourceModel): JsonObject {
  const document: JsonObject = {};
  add(document, resource, model.attributes.values());
  for (const { schema, attributes } of model.extensions.values()) {
    const part = own(resource, schema.id);
    if (part === undefined) continue;
    const converted: JsonObject = {};
    if (isObject(part)) add(converted, part, attributes.values());
    document[schema.id] = converted;
  }
  return document;
}

/** A value of a type with which its attribute cannot be compared. */
const INCOMPARABLE: JsonObject = { "": 1 };

function add(into: JsonObject, from: JsonObject, attributes: Iterable<AttributeNode>): void {
  for (const attribute of attributes) {
    const value = own(from, attribute.name);
    if (value !== undefined) into[attribute.name] = converted(attribute, value);
  }
}

function converted(attribute: AttributeNode, value: Json): Json {
  if (Array.isArray(value)) return value.map((each) => converted(attribute, each));
  if (value === null) return null;
  if (isObject(value)) {
    const members: JsonObject = {};
    add(members, value, attribute.children.values());
    return members;
  }
  if (attribute.type === "complex") return INCOMPARABLE;
  const compared = comparable(attribute, value);
  if (compared === null) return null;
  if (isNumeric(attribute) !== (typeof compared === "number")) return INCOMPARABLE;
  return typeof compared === "string" ? encodeText(compared) : compared;
}

/** Whether an attribute's values are compared as numbers. */
export function isNumeric({ type }: AttributeNode): boolean {
  return type === "integer" || type === "decimal" || type === "boolean" || type === "dateTime";
}
