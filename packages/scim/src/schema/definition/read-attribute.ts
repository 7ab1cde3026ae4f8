import { isAttributeName } from "../../filter/lex.ts";
import { describeType, isObject, type Json, type JsonObject } from "../../json.ts";
import { within } from "../../message/error.ts";
import type { Attribute, AttributeType, Mutability, Returned, Uniqueness } from "../attribute.ts";
import { COMMON_ATTRIBUTES } from "../common.ts";
import { brokenRule } from "./attribute-rules.ts";
import { faulty, flagOf, keywordOf, listOf, show, textOf, textsOf } from "./member-values.ts";

export const MAX_NAME_CHARACTERS = 100;
export const MAX_DESCRIPTION_CHARACTERS = 2_000;
const MAX_CANONICAL_VALUES = 1_000;
const MAX_CANONICAL_VALUE_CHARACTERS = 200;
const MAX_REFERENCE_TYPES = 100;

const TYPES: readonly AttributeType[] = [
  "string",
  "boolean",
  "decimal",
  "integer",
  "dateTime",
  "binary",
  "reference",
  "complex",
];
const MUTABILITIES: readonly Mutability[] = ["readOnly", "readWrite", "immutable", "writeOnly"];
const RETURNED: readonly Returned[] = ["always", "never", "default", "request"];
const UNIQUENESSES: readonly Uniqueness[] = ["none", "server", "global"];

const COMMON_NAMES: ReadonlySet<string> = new Set(COMMON_ATTRIBUTES.map(({ name }) => name.toLowerCase()));

/** The object whose attributes are read: a schema, or a complex attribute. */
type Owner = { readonly path: string; readonly kind: "schema" | "attribute" };

/**
 * Reads the attributes of a schema, or the sub-attributes of one of them.
 * @param owner whose they are: the schema's URN or the attribute's path
 * @throws ScimError 400 whose detail begins with the path of the attribute at fault, or with its place in the list
 */
export function readAttributes(list: readonly Json[], owner: Owner): Attribute[] {
  const isSub = owner.kind === "attribute";
  const seen = new Set<string>();
  return list.map((json, index) => {
    const place = `${owner.path}: ${isSub ? "subAttributes" : "attributes"}[${index}]`;
    const object = within(place, () => readObject(json));
    const name = within(place, () => readName(object, isSub));
    return within(`${owner.path}${isSub ? "." : ":"}${name}`, () => {
      if (seen.has(name.toLowerCase())) throw faulty("this name is given twice; names ignore letter case.");
      seen.add(name.toLowerCase());
      return readAttribute(object, name, owner);
    });
  });
}

function readObject(json: Json): JsonObject {
  if (!isObject(json)) throw faulty(`an attribute is an object, but ${describeType(json)} was sent.`);
  return json;
}

function readName(object: JsonObject, isSub: boolean): string {
  const name = textOf(object, "name", MAX_NAME_CHARACTERS);
  if (name === undefined || name === "") throw faulty("name is required (RFC 7643 §7).");
  if (!isAttributeName(name) || (name.startsWith("$") && !isSub)) {
    throw faulty(
      `${show(name)} is not an attribute name: a letter, then letters, digits, "$", "-" and "_" (RFC 7643 §2.1).`,
    );
  }
  if (!isSub && COMMON_NAMES.has(name.toLowerCase())) {
    throw faulty(`every resource has the attribute ${name} already (RFC 7643 §3.1). Leave it out.`);
  }
  return name;
}

/** "A reference is case exact", "a binary is case exact", and what is no text has no letter case (RFC 7643 §2.3). */
function isCaseExact(type: AttributeType, said: boolean): boolean {
  return type === "reference" || type === "binary" || (type === "string" && said);
}

/** What is not said has the defaults of RFC 7643 §2.2. */
function readAttribute(object: JsonObject, name: string, owner: Owner): Attribute {
  const isSub = owner.kind === "attribute";
  const type = keywordOf(object, "type", TYPES, "string");
  const mutability = keywordOf(object, "mutability", MUTABILITIES, "readWrite");
  const returned = keywordOf(object, "returned", RETURNED, "default");
  const canonicalValues = textsOf(object, "canonicalValues", MAX_CANONICAL_VALUES, MAX_CANONICAL_VALUE_CHARACTERS);
  const referenceTypes = textsOf(object, "referenceTypes", MAX_REFERENCE_TYPES, MAX_NAME_CHARACTERS);
  const parts = listOf(object, "subAttributes");
  if (isSub && (type === "complex" || parts.length > 0)) {
    throw faulty(
      "a sub-attribute cannot be complex itself (RFC 7643 §2.3.8). Make it a string, or an attribute of its own.",
    );
  }
  const subAttributes = readAttributes(parts, { path: `${owner.path}:${name}`, kind: "attribute" });
  const attribute: Attribute = {
    name,
    type,
    multiValued: flagOf(object, "multiValued"),
    description: textOf(object, "description", MAX_DESCRIPTION_CHARACTERS) ?? "",
    required: flagOf(object, "required"),
    caseExact: isCaseExact(type, flagOf(object, "caseExact")),
    mutability,
    // "Attribute values SHALL NOT be returned" (RFC 7643 §7, writeOnly): what a schema tells is what is done.
    returned: mutability === "writeOnly" && returned !== "always" ? "never" : returned,
    uniqueness: keywordOf(object, "uniqueness", UNIQUENESSES, "none"),
    ...(canonicalValues === undefined ? {} : { canonicalValues }),
    ...(referenceTypes === undefined ? {} : { referenceTypes }),
    ...(subAttributes.length === 0 ? {} : { subAttributes }),
  };
  const broken = brokenRule(attribute, isSub);
  if (broken !== undefined) throw faulty(broken);
  return attribute;
}
