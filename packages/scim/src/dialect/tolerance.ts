import { badRequest, type ScimType } from "../message/error.ts";
import { SECRET_ATTRIBUTES, type SecretAttributes, secretAttributes } from "./secret-attributes.ts";

/**
 * How closely a client is held to RFC 7643 and RFC 7644: departures are understood and noted, or refused. `interop` is
 * strict, and refuses besides what the draft of an interoperability profile rules out: a PATCH operation without a path.
 */
export type Profile = "tolerant" | "strict" | "interop";

/**
 * What clients send beyond the RFCs and is understood nevertheless in the tolerant profile: a code, the
 * scimType with which the other profiles refuse it, and the rule it departs from.
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

/** One tolerance applied: which, where, and in words what was done. */
export type Note = {
  readonly code: ToleranceCode;
  /** Attribute path, `Operations[1].op`, or `filter`. */
  readonly where: string;
  /** What was received and how it was read: `the text "False" was read as the boolean false`. */
  readonly detail: string;
};

/** Notes kept for one request; a body may hold tens of thousands of departures, and the first ones tell the story. */
const MAX_NOTES = 200;

/** Characters of a client's text that a note or refusal repeats, for names and values may be as long as the body. */
const MAX_REPEATED_CHARACTERS = 200;

/** Carries the profile through parsing and validation, and gathers the notes. One per request. */
export type Reading = {
  readonly profile: Profile;
  readonly notes: Note[];
  /** Members and values without a schema that were kept of the resource or PATCH that is being read. */
  unknownMembers: number;
  /** Attributes that no schema defines and whose values are not kept. */
  readonly secrets: SecretAttributes;
};

const DEFAULT_SECRETS = secretAttributes(SECRET_ATTRIBUTES);

export function newReading(profile: Profile, secrets = DEFAULT_SECRETS): Reading {
  return { profile, notes: [], unknownMembers: 0, secrets };
}

/** Whether a client is held to the letter of the RFCs, for what the tolerant profile takes without a word about it. */
export function isStrict({ profile }: Reading): boolean {
  return profile !== "tolerant";
}

/**
 * Accepts a departure from the RFCs with a note in the tolerant profile, or refuses it.
 * @param where attribute path, `Operations[1].op`, or `filter`
 * @param received what came, as a noun: `the text "False"`
 * @param done what was done with it, after "was": `read as the boolean false`
 * @param scimType where it is another one than the tolerance's: for what is mostly in a body, but came in a path or a
 *   filter (RFC 7644 §3.12, Table 9)
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

/** Notes a departure that is accepted in any profile, with the parameters of {@link tolerate}. */
export function note(reading: Reading, code: ToleranceCode, where: string, received: string, done: string): void {
  if (reading.notes.length >= MAX_NOTES) return;
  reading.notes.push({ code, where: shorten(where), detail: `${shorten(received)} was ${shorten(done)}` });
}

function shorten(text: string): string {
  return text.length > MAX_REPEATED_CHARACTERS ? `${text.slice(0, MAX_REPEATED_CHARACTERS).toWellFormed()}…` : text;
}
