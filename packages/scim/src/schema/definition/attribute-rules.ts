import type { Attribute, AttributeType } from "../attribute.ts";

/** What may not be, and what the person who defines the attribute is told. */
type Rule = { readonly breaks: (attribute: Attribute, isSub: boolean) => boolean; readonly says: string };

const WITH_UNIQUENESS: ReadonlySet<AttributeType> = new Set(["string", "decimal", "integer", "reference"]);

/** Rules between the characteristics of an attribute. Each characteristic alone is right already. */
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
    says: `only ${[...WITH_UNIQUENESS].join(", ")} have uniqueness (RFC 7643 §2.3). Let it be "none".`,
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
 * @returns what is wrong, or undefined
 */
export function brokenRule(attribute: Attribute, isSub: boolean): string | undefined {
  return RULES.find(({ breaks }) => breaks(attribute, isSub))?.says;
}
