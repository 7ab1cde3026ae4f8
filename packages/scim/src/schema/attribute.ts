/** Data types of RFC 7643 §2.3. */
export type AttributeType =
  | "string"
  | "boolean"
  | "decimal"
  | "integer"
  | "dateTime"
  | "binary"
  | "reference"
  | "complex";

export type Mutability = "readOnly" | "readWrite" | "immutable" | "writeOnly";
export type Returned = "always" | "never" | "default" | "request";
export type Uniqueness = "none" | "server" | "global";

/** An attribute's definition with every characteristic of RFC 7643 §7, as `/Schemas` shows it. */
export type Attribute = {
  readonly name: string;
  readonly type: AttributeType;
  readonly multiValued: boolean;
  readonly description: string;
  readonly required: boolean;
  readonly caseExact: boolean;
  readonly mutability: Mutability;
  readonly returned: Returned;
  readonly uniqueness: Uniqueness;
  /**
   * "Suggested canonical values that MAY be used" (RFC 7643 §7). No profile enforces them, because clients send others
   * even for built-in attributes (`emails.type` "private").
   */
  readonly canonicalValues?: readonly string[];
  readonly referenceTypes?: readonly string[];
  readonly subAttributes?: readonly Attribute[];
};

/** A schema definition (RFC 7643 §7). */
export type Schema = {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly attributes: readonly Attribute[];
};

/** A resource type (RFC 7643 §6) with its schemas. */
export type ResourceType = {
  readonly name: string;
  readonly description: string;
  /** Path below the base URI, with its slash: `/Users`. */
  readonly endpoint: string;
  readonly schema: Schema;
  readonly schemaExtensions: readonly { readonly schema: Schema; readonly required: boolean }[];
  /**
   * Name of a multi-valued reference attribute whose values are a set keyed by `value`, possibly hundreds of thousands
   * (`members` of Group). The patch engine returns operations on it instead of loading it, and change sets contain
   * added and removed values instead of before and after.
   */
  readonly collection?: string;
  /** Uniqueness of `externalId`, which no schema declares (RFC 7643 §3.1); default: none. */
  readonly externalIdUniqueness?: Uniqueness;
  /** Whether `meta.version` is returned; default: true. */
  readonly hasVersions?: boolean;
  /** Paths of attributes that a store should index because filters use them often. */
  readonly indexed?: readonly string[];
};

/**
 * Fills in the defaults of RFC 7643 §2.2 (string, singular, optional, case-insensitive, readWrite, returned by default,
 * not unique).
 */
export function attribute(
  name: string,
  description: string,
  characteristics: Partial<Omit<Attribute, "name" | "description">> = {},
): Attribute {
  return {
    name,
    type: "string",
    multiValued: false,
    description,
    required: false,
    caseExact: false,
    mutability: "readWrite",
    returned: "default",
    uniqueness: "none",
    ...characteristics,
  };
}

/**
 * The attributes of every resource (RFC 7643 §3, §3.1). They belong to no schema and are not in `/Schemas`. `schemas`
 * is included because filters may name it (RFC 7644 §3.4.2.2).
 */
export const COMMON_ATTRIBUTES: readonly Attribute[] = [
  attribute("schemas", "URIs of the schemas that this resource uses.", {
    type: "reference",
    referenceTypes: ["uri"],
    multiValued: true,
    required: true,
    caseExact: true,
    returned: "always",
  }),
  attribute("id", "Unique identifier of the resource, issued by the service provider.", {
    required: true,
    caseExact: true,
    mutability: "readOnly",
    returned: "always",
    uniqueness: "server",
  }),
  attribute("externalId", "Identifier of the resource as the provisioning client knows it.", { caseExact: true }),
  attribute("meta", "Metadata of the resource, kept by the service provider.", {
    type: "complex",
    mutability: "readOnly",
    subAttributes: [
      attribute("resourceType", "Name of the resource type.", { caseExact: true, mutability: "readOnly" }),
      attribute("created", "When the resource was added.", { type: "dateTime", mutability: "readOnly" }),
      attribute("lastModified", "When the resource was last changed.", { type: "dateTime", mutability: "readOnly" }),
      attribute("location", "URI of the resource.", {
        type: "reference",
        referenceTypes: ["uri"],
        caseExact: true,
        mutability: "readOnly",
      }),
      attribute("version", "Version of the resource: its entity tag (RFC 7644 §3.14).", {
        caseExact: true,
        mutability: "readOnly",
      }),
    ],
  }),
];
