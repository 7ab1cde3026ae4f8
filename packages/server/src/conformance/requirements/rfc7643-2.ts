import { deployment, except, may, must, rule, type Section, section } from "./requirement.ts";

const RFC = "RFC 7643";

export const ATTRIBUTES: readonly Section[] = [
  section(RFC, "2.1", "Attributes", {
    1: rule("Attribute names are case insensitive."),
    2: must('SCIM resources MUST specify schema via the "schemas" attribute.'),
    3: must("Attribute names MUST conform to the ABNF rules: ATTRNAME = ALPHA *(nameChar)."),
  }),
  section(RFC, "2.2", "Attribute Characteristics", {
    1: rule(
      'If not otherwise stated, "required" is false, "caseExact" is false, "mutability" is readWrite, "returned" is default, "uniqueness" is none, "type" is string.',
    ),
  }),
  section(RFC, "2.3", "Attribute Data Types", {
    1: deployment(
      "SHOULD",
      "SCIM extensions SHOULD NOT introduce new data types.",
      "on whoever writes a schema; other types are refused",
    ),
    2: rule(
      "String, Boolean, Decimal, Integer, DateTime, Binary, Reference and Complex have the JSON types of Table 1.",
    ),
  }),
  section(RFC, "2.3.1", "String", {
    1: may(
      'When "canonicalValues" is specified, service providers MAY restrict accepted values to the specified values.',
    ),
  }),
  section(RFC, "2.3.2", "Boolean", { 1: rule('The literal "true" or "false".') }),
  section(RFC, "2.3.3", "Decimal", { 1: rule("A real number; the JSON format is a number.") }),
  section(RFC, "2.3.4", "Integer", { 1: must("The value MUST NOT contain fractional or exponent parts.") }),
  section(RFC, "2.3.5", "DateTime", {
    1: must("The attribute value MUST be encoded as a valid xsd:dateTime and MUST include both a date and a time."),
    2: must("Values represented in JSON format MUST conform to the XML constraints and are JSON strings."),
  }),
  section(RFC, "2.3.6", "Binary", {
    1: must("The attribute value MUST be base64 encoded."),
    2: may("Trailing padding characters MAY be omitted."),
    3: rule("A binary is case exact and has no uniqueness."),
  }),
  section(RFC, "2.3.7", "Reference", {
    1: must("The value MUST be the absolute or relative URI of the target resource."),
    2: must(
      "The base URI for relative URI resolution MUST include all URI components up to, but not including, the Endpoint URI.",
    ),
    3: must("A reference URI MUST be to an HTTP-addressable resource."),
    4: must(
      "A GET operation on a reference URI MUST receive the target resource or an appropriate HTTP response code.",
    ),
    5: rule("A reference is case exact."),
    6: may("A SCIM service provider MAY choose to enforce referential integrity for reference types."),
  }),
  section(RFC, "2.3.8", "Complex", {
    1: must("Servers and clients MUST NOT require or expect attributes to be in any specific order."),
    2: must("A complex attribute MUST NOT contain sub-attributes that have sub-attributes."),
  }),
  section(RFC, "2.4", "Multi-Valued Attributes", {
    1: must("Objects in a multi-valued attribute SHALL be considered to be complex attributes."),
    2: must(
      "The predefined sub-attributes type, primary, display, value and $ref MUST be used with the meanings defined here.",
    ),
    3: must('The primary attribute value "true" MUST appear no more than once.'),
    4: must('If not specified, the value of "primary" SHALL be assumed to be "false".'),
    5: except(
      "MUST",
      "$ref: URIs for SCIM resources with an API version SHALL be considered comparable to URIs without a version.",
      "cannot happen: references are compared by the id in value; $ref follows from it",
    ),
    6: except(
      "SHOULD",
      "When returning multi-valued attributes, service providers SHOULD canonicalize the value returned when appropriate.",
      "not done: identity providers compare what they read with what they wrote, and write it again where it differs",
    ),
    7: except(
      "SHOULD",
      "Service providers SHOULD NOT return the same (type, value) combination more than once per attribute.",
      "on the client: what it writes twice, it reads twice; a value that is added once more by PATCH changes nothing",
    ),
  }),
  section(RFC, "2.5", "Unassigned and Null Values", {
    1: must(
      'Unassigned attributes, the null value, or an empty array SHALL be considered to be equivalent in "state".',
    ),
    2: rule('Assigning "null" or an empty array has the effect of making the attribute "unassigned".'),
    3: may("Unassigned attributes MAY be omitted for compactness."),
  }),
];
