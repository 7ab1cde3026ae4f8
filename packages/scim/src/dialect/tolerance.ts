import { badRequest, type ScimType } from "../message/error.ts";
import { SECRET_ATTRIBUTES, type SecretAttributes, secretAttributes } from "./secret-attributes.ts";

/**
 * How strictly a client must follow RFC 7643 and RFC 7644. `tolerant` accepts deviations with a note, `strict` rejects
 * them. `interop` also rejects PATCH operations without a path, as the draft interoperability profile requires.
 */
export type Profile = "tolerant" | "strict" | "interop";

/**
 * Deviations from the RFCs that the tolerant profile accepts: code, the scimType with which other profiles reject it,
 * and the violated rule.
 */
export const TOLERANCES = {
  "operation-case": {
    scimType: "invalidSyntax",
    rule: "RFC 7644 §3.5.2: op is one of add, remove, replace, in lower case",
  },
  "message-schema": { scimType: "invalidSyntax", rule: "RFC 7644 §3.5.2, §3.7: schemas names the message" },
  "operations-shape": {
    scimType: "invalidSyntax",
    rule: "RFC 7644 §3.5.2, §3.7: Operations is an array of operations",
  },
  "string-boolean": { scimType: "invalidValue", rule: "RFC 7643 §2.3.2: a boolean is true or false, not a string" },
  "string-number": { scimType: "invalidValue", rule: "RFC 7643 §2.3.3, §2.3.4: a number is not a string" },
  "scalar-as-string": { scimType: "invalidValue", rule: "RFC 7643 §2.3.1: a string is sent as a string" },
  "single-value-as-array": { scimType: "invalidValue", rule: "RFC 7643 §2.4: a singular attribute has no array" },
  "array-as-single-value": {
    scimType: "invalidValue",
    rule: "RFC 7643 §2.4: values of a multi-valued attribute come in an array",
  },
  "complex-as-value": { scimType: "invalidValue", rule: "RFC 7643 §2.3.8: a complex value is an object" },
  "empty-complex": {
    scimType: "invalidValue",
    rule: "RFC 7643 §2.5: null, not an empty string, unassigns a complex attribute",
  },
  "several-primary": { scimType: "invalidValue", rule: "RFC 7643 §2.4: primary is true for one value at most" },
  "undeclared-schema": { scimType: "invalidValue", rule: "RFC 7643 §3: schemas lists every schema in use" },
  "missing-schemas": { scimType: "invalidSyntax", rule: "RFC 7643 §3: schemas is required" },
  "unknown-schema": { scimType: "invalidValue", rule: "RFC 7643 §3: schemas lists schemas of the resource type" },
  "unknown-attribute": { scimType: "invalidSyntax", rule: "RFC 7643 §2.1: attributes are defined by a schema" },
  "malformed-urn": {
    scimType: "invalidPath",
    rule: "RFC 7643 §8.3: urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
  },
  "unqualified-extension-attribute": {
    scimType: "invalidPath",
    rule: "RFC 7644 §3.10: extension attributes carry their schema's URN",
  },
  "dotted-name": {
    scimType: "invalidSyntax",
    rule: "RFC 7643 §2.1: an attribute name has no dots; sub-attributes are nested",
  },
  "qualified-name": {
    scimType: "invalidSyntax",
    rule: "RFC 7643 §3.3: extension attributes are nested below their schema's URN",
  },
  "value-filter-name": {
    scimType: "invalidSyntax",
    rule: "RFC 7644 §3.5.2: a value filter belongs in path, not in a name",
  },
  "remove-with-value": {
    scimType: "invalidSyntax",
    rule: "RFC 7644 §3.5.2.2: remove selects values by a filter in its path",
  },
  "target-created": { scimType: "noTarget", rule: "RFC 7644 §3.5.2.3: a filter that matches nothing is an error" },
  "target-absent": { scimType: "noTarget", rule: "RFC 7644 §3.5.2.2: remove needs a target" },
  "read-only-ignored": {
    scimType: "mutability",
    rule: "RFC 7643 §2.2: a readOnly attribute cannot be changed by a client",
  },
  "dangling-reference": {
    scimType: "invalidValue",
    rule: "RFC 7643 §2.3.7: a reference identifies a resource",
  },
  "empty-filter": {
    scimType: "invalidFilter",
    rule: "RFC 7644 §3.4.2.2: a filter has at least one expression",
  },
  "unquoted-value": {
    scimType: "invalidFilter",
    rule: "RFC 7644 §3.4.2.2: a string in a filter stands in double quotes",
  },
  "value-path-comparison": {
    scimType: "invalidFilter",
    rule: "RFC 7644 §3.4.2.2: the comparison stands inside the brackets",
  },
  "missing-space": {
    scimType: "invalidFilter",
    rule: "RFC 7644 §3.4.2.2: operator and value are separated by a space",
  },
} as const satisfies Record<string, { scimType: ScimType; rule: string }>;

export type ToleranceCode = keyof typeof TOLERANCES;

export type Note = {
  readonly code: ToleranceCode;
  /** Attribute path, `Operations[1].op`, or `filter`. */
  readonly where: string;
  /** What was received and how it was read: `the text "False" was read as the boolean false`. */
  readonly detail: string;
};

/** Maximum number of notes per request. A body may contain tens of thousands of deviations. */
const MAX_NOTES = 200;

/** Maximum length of client text in a note or error; names and values can be as long as the body. */
const MAX_REPEATED_CHARACTERS = 200;

/** Carries the profile through parsing and validation, and collects notes. One per request. */
export type Reading = {
  readonly profile: Profile;
  readonly notes: Note[];
  /** Members and values without a schema that this resource or PATCH keeps. */
  unknownMembers: number;
  /** Attributes without a schema whose values are not stored. */
  readonly secrets: SecretAttributes;
};

const DEFAULT_SECRETS = secretAttributes(SECRET_ATTRIBUTES);

export function newReading(profile: Profile, secrets = DEFAULT_SECRETS): Reading {
  return { profile, notes: [], unknownMembers: 0, secrets };
}

/**
 * Whether the client must follow the RFCs to the letter. For deviations that the tolerant profile accepts without a
 * note.
 */
export function isStrict({ profile }: Reading): boolean {
  return profile !== "tolerant";
}

/**
 * Accepts a deviation with a note in the tolerant profile; rejects it in the others.
 * @param where attribute path, `Operations[1].op`, or `filter`
 * @param received the deviation as a noun phrase: `the text "False"`
 * @param done how it was handled, after "was": `read as the boolean false`
 * @param scimType if it differs from the tolerance's, because the deviation is in a path or filter instead of the body
 * (RFC 7644 §3.12, Table 9)
 * @throws ScimError 400, in the other profiles
 */
export function tolerate(
  reading: Reading,
  code: ToleranceCode,
  where: string,
  received: string,
  done: string,
  scimType: ScimType = TOLERANCES[code].scimType,
): void {
  if (isStrict(reading)) {
    const { rule } = TOLERANCES[code];
    throw badRequest(
      scimType,
      { code: "notInProfile", profile: reading.profile, tolerance: code, path: shorten(where) },
      `${shorten(where)}: ${shorten(received)} is refused in the ${reading.profile} profile (${rule}).`,
    );
  }
  note(reading, code, where, received, done);
}

/** Notes a deviation that every profile accepts; parameters as for {@link tolerate}. */
export function note(reading: Reading, code: ToleranceCode, where: string, received: string, done: string): void {
  if (reading.notes.length >= MAX_NOTES) return;
  reading.notes.push({ code, where: shorten(where), detail: `${shorten(received)} was ${shorten(done)}` });
}

function shorten(text: string): string {
  return text.length > MAX_REPEATED_CHARACTERS ? `${text.slice(0, MAX_REPEATED_CHARACTERS).toWellFormed()}…` : text;
}
