import { isAttributeName, isUrn } from "../../filter/lex.ts";
import { describeType, isObject, type Json, type JsonObject } from "../../json.ts";
import { badRequest, within } from "../../message/error.ts";
import {
  type Attribute,
  type AttributeType,
  COMMON_ATTRIBUTES,
  type Mutability,
  type Returned,
  type Schema,
  type Uniqueness,
} from "../attribute.ts";
import { faulty, flagOf, keywordOf, listOf, show, textOf, textsOf } from "./member-values.ts";

const MAX_URN_CHARACTERS = 255;

/** Maximum number of attributes of a schema, including sub-attributes. */
const MAX_ATTRIBUTES = 500;

/**
 * Reads a schema from the JSON of `/Schemas` (RFC 7643 §7). Missing characteristics have the defaults of §2.2.
 * `schemas`, `meta` and unknown members are ignored.
 * @throws ScimError 400 invalidValue whose detail begins with the attribute's path; invalidSyntax if it is not an
 * object
 */
export function readSchema(json: Json): Schema {
  if (!isObject(json)) {
    throw badRequest(
      "invalidSyntax",
      { code: "invalidDefinition" },
      `A schema is a JSON object, but ${describeType(json)} was sent (RFC 7643 §7).`,
    );
  }
  const id = readUrn(textOf(json, "id", MAX_URN_CHARACTERS));
  return within(id, () => {
    const list = listOf(json, "attributes");
    checkCount(list.length);
    const attributes = readAttributes(list, { path: id, kind: "schema" });
    checkCount(countOf(attributes));
    return {
      id,
      name: textOf(json, "name", MAX_NAME_CHARACTERS) ?? id.slice(id.lastIndexOf(":") + 1, MAX_NAME_CHARACTERS),
      description: textOf(json, "description", MAX_DESCRIPTION_CHARACTERS) ?? "",
      attributes,
    };
  });
}

/** RFC 8141 §2, without `?` and `#`, which would end the path of `/Schemas/{urn}`. */
const URN = /^urn:[a-z0-9][a-z0-9-]{0,31}:[^?#]*[^?#:]$/i;

function readUrn(id: string | undefined): string {
  if (id === undefined || id === "") throw faulty("id is required: the URN of the schema (RFC 7643 §7).");
  if (URN.test(id) && isUrn(id)) return id;
  throw faulty(`id must be a URN such as "urn:example:schemas:2.0:Badge", but it is ${show(id)} (RFC 7643 §7).`);
}

function countOf(attributes: readonly Attribute[]): number {
  return attributes.reduce((sum, { subAttributes = [] }) => sum + 1 + subAttributes.length, 0);
}

function checkCount(count: number): void {
  if (count <= MAX_ATTRIBUTES) return;
  throw faulty(`a schema may have ${MAX_ATTRIBUTES} attributes at most, sub-attributes counted, not ${count}.`);
}

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

/** A schema, or a complex attribute. */
type Owner = { readonly path: string; readonly kind: "schema" | "attribute" };

/**
 * Reads the attributes of a schema, or the sub-attributes of one of them.
 * @param owner the schema or complex attribute
 * @throws ScimError 400 whose detail begins with the attribute's path, or with its position in the list
 */
function readAttributes(list: readonly Json[], owner: Owner): Attribute[] {
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

/**
 * "A reference is case exact", "a binary is case exact", and other types than text have no letter case (RFC 7643 §2.3).
 */
function isCaseExact(type: AttributeType, said: boolean): boolean {
  return type === "reference" || type === "binary" || (type === "string" && said);
}

/** Defaults of RFC 7643 §2.2. */
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
    // "Attribute values SHALL NOT be returned" (RFC 7643 §7, writeOnly): the schema shows the actual behaviour.
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

/** A rule for attribute definitions, and the error for a definition that breaks it. */
type Rule = { readonly breaks: (attribute: Attribute, isSub: boolean) => boolean; readonly says: string };

const WITH_UNIQUENESS: ReadonlySet<AttributeType> = new Set(["string", "decimal", "integer", "reference"]);

/** Rules for combinations of characteristics. */
const RULES: readonly Rule[] = [
  {
    breaks: ({ type, subAttributes }) => type === "complex" && subAttributes === undefined,
    says: "a complex attribute needs subAttributes, one or more (RFC 7643 §7).",
  },
  {
    breaks: ({ type, subAttributes }) => type !== "complex" && subAttributes !== undefined,
    says: 'only an attribute of type "complex" has subAttributes (RFC 7643 §7).',
  },
  {
    breaks: ({ type, referenceTypes }) => type === "reference" && referenceTypes === undefined,
    says: 'a reference needs referenceTypes: names of resource types, "external" or "uri" (RFC 7643 §7).',
  },
  {
    breaks: ({ type, referenceTypes }) => type !== "reference" && referenceTypes !== undefined,
    says: 'only an attribute of type "reference" has referenceTypes (RFC 7643 §7).',
  },
  {
    breaks: ({ type, canonicalValues }) => canonicalValues !== undefined && type !== "string" && type !== "reference",
    says: 'canonicalValues are texts, for attributes of type "string" or "reference" (RFC 7643 §2.3.1). Leave them out.',
  },
  {
    breaks: ({ required, mutability }) => required && mutability === "readOnly",
    says: "it cannot be both required and readOnly: no client could send it.",
  },
  {
    breaks: ({ mutability, returned }) => mutability === "writeOnly" && returned === "always",
    says: 'what is writeOnly is never returned (RFC 7643 §7). Let returned be "never".',
  },
  {
    breaks: ({ type, uniqueness }) => uniqueness !== "none" && !WITH_UNIQUENESS.has(type),
    says: `only ${[...WITH_UNIQUENESS].join(", ")} have uniqueness (RFC 7643 §2.3). Use "none".`,
  },
  {
    breaks: ({ returned, uniqueness }) => uniqueness !== "none" && returned === "never",
    says: 'what is never returned is kept nowhere, so nobody can tell whether it is unique. Let uniqueness be "none".',
  },
  {
    breaks: ({ name, type }, isSub) => isSub && name.toLowerCase() === "primary" && type !== "boolean",
    says: 'the sub-attribute "primary" says which value is preferred and is of type "boolean" (RFC 7643 §2.4).',
  },
  {
    breaks: ({ name, type }) => name.toLowerCase() === "$ref" && type !== "reference",
    says: 'the sub-attribute "$ref" is the URI of a resource and of type "reference" (RFC 7643 §2.4).',
  },
];

/**
 * @param isSub whether it is a sub-attribute
 * @returns the violated rule, or undefined
 */
function brokenRule(attribute: Attribute, isSub: boolean): string | undefined {
  return RULES.find(({ breaks }) => breaks(attribute, isSub))?.says;
}
