import { type Attribute, attribute, type Schema } from "./attribute.ts";

// The schemas of the discovery resources, RFC 7643 §5–§7, with the characteristics of §8.7.2. Where they differ, §5–§7
// applies: §8.7.2 lacks `etag` and the `type` and `primary` of authentication schemes, makes `schemaExtensions`
// required and singular, and omits the type `binary` of §2.3.6. `pagination` is from RFC 9865 §4.

const SUPPORTED = attribute("supported", "A Boolean value specifying whether or not the operation is supported.", {
  type: "boolean",
  required: true,
  mutability: "readOnly",
});

export const SERVICE_PROVIDER_CONFIG_SCHEMA: Schema = {
  id: "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig",
  name: "Service Provider Configuration",
  description: "Schema for representing the service provider's configuration",
  attributes: [
    attribute(
      "documentationUri",
      "An HTTP-addressable URL pointing to the service provider's human-consumable help documentation.",
      { type: "reference", caseExact: true, mutability: "readOnly", referenceTypes: ["external"] },
    ),
    attribute("patch", "A complex type that specifies PATCH configuration options.", {
      type: "complex",
      required: true,
      mutability: "readOnly",
      subAttributes: [SUPPORTED],
    }),
    attribute("bulk", "A complex type that specifies bulk configuration options.", {
      type: "complex",
      required: true,
      mutability: "readOnly",
      subAttributes: [
        SUPPORTED,
        attribute("maxOperations", "An integer value specifying the maximum number of operations.", {
          type: "integer",
          required: true,
          mutability: "readOnly",
        }),
        attribute("maxPayloadSize", "An integer value specifying the maximum payload size in bytes.", {
          type: "integer",
          required: true,
          mutability: "readOnly",
        }),
      ],
    }),
    attribute("filter", "A complex type that specifies FILTER options.", {
      type: "complex",
      required: true,
      mutability: "readOnly",
      subAttributes: [
        SUPPORTED,
        attribute("maxResults", "An integer value specifying the maximum number of resources returned in a response.", {
          type: "integer",
          required: true,
          mutability: "readOnly",
        }),
      ],
    }),
    attribute("changePassword", "A complex type that specifies configuration options related to changing a password.", {
      type: "complex",
      required: true,
      mutability: "readOnly",
      subAttributes: [SUPPORTED],
    }),
    attribute("sort", "A complex type that specifies sort result options.", {
      type: "complex",
      required: true,
      mutability: "readOnly",
      subAttributes: [SUPPORTED],
    }),
    attribute("etag", "A complex type that specifies ETag configuration options.", {
      type: "complex",
      required: true,
      mutability: "readOnly",
      subAttributes: [SUPPORTED],
    }),
    attribute("pagination", "A complex type that indicates pagination configuration options.", {
      type: "complex",
      mutability: "readOnly",
      subAttributes: [
        attribute("cursor", "A Boolean value specifying support of cursor-based pagination.", {
          type: "boolean",
          required: true,
          mutability: "readOnly",
        }),
        attribute("index", "A Boolean value specifying support of index-based pagination.", {
          type: "boolean",
          required: true,
          mutability: "readOnly",
        }),
        attribute(
          "defaultPaginationMethod",
          "The type of pagination that the service provider defaults to when the client has not specified which method it wishes to use.",
          { mutability: "readOnly", canonicalValues: ["cursor", "index"] },
        ),
        attribute(
          "defaultPageSize",
          "A positive integer specifying the default number of results returned in a page when a count is not specified in the query.",
          { type: "integer", mutability: "readOnly" },
        ),
        attribute(
          "maxPageSize",
          "A positive integer specifying the maximum number of results returned in a page regardless of what is specified for the count in a query.",
          { type: "integer", mutability: "readOnly" },
        ),
        attribute(
          "cursorTimeout",
          "A positive integer specifying the minimum number of seconds that a cursor is valid between page requests.",
          { type: "integer", mutability: "readOnly" },
        ),
      ],
    }),
    attribute("authenticationSchemes", "A complex type that specifies supported authentication scheme properties.", {
      type: "complex",
      multiValued: true,
      required: true,
      mutability: "readOnly",
      subAttributes: [
        attribute("type", "The authentication scheme.", {
          required: true,
          mutability: "readOnly",
          canonicalValues: ["oauth", "oauth2", "oauthbearertoken", "httpbasic", "httpdigest"],
        }),
        attribute("name", "The common authentication scheme name, e.g., HTTP Basic.", {
          required: true,
          mutability: "readOnly",
        }),
        attribute("description", "A description of the authentication scheme.", {
          required: true,
          mutability: "readOnly",
        }),
        attribute("specUri", "An HTTP-addressable URL pointing to the authentication scheme's specification.", {
          type: "reference",
          caseExact: true,
          mutability: "readOnly",
          referenceTypes: ["external"],
        }),
        attribute(
          "documentationUri",
          "An HTTP-addressable URL pointing to the authentication scheme's usage documentation.",
          { type: "reference", caseExact: true, mutability: "readOnly", referenceTypes: ["external"] },
        ),
        attribute("primary", "A Boolean value indicating the preferred authentication scheme.", {
          type: "boolean",
          mutability: "readOnly",
        }),
      ],
    }),
  ],
};

export const RESOURCE_TYPE_SCHEMA: Schema = {
  id: "urn:ietf:params:scim:schemas:core:2.0:ResourceType",
  name: "ResourceType",
  description: "Specifies the schema that describes a SCIM resource type",
  attributes: [
    attribute("id", "The resource type's server unique id. May be the same as the 'name' attribute.", {
      mutability: "readOnly",
    }),
    attribute(
      "name",
      "The resource type name. When applicable, service providers MUST specify the name, e.g., 'User'.",
      { required: true, mutability: "readOnly" },
    ),
    attribute(
      "description",
      "The resource type's human-readable description. When applicable, service providers MUST specify the description.",
      { mutability: "readOnly" },
    ),
    attribute("endpoint", "The resource type's HTTP-addressable endpoint relative to the Base URL, e.g., '/Users'.", {
      type: "reference",
      required: true,
      caseExact: true,
      mutability: "readOnly",
      referenceTypes: ["uri"],
    }),
    attribute("schema", "The resource type's primary/base schema URI.", {
      type: "reference",
      required: true,
      caseExact: true,
      mutability: "readOnly",
      referenceTypes: ["uri"],
    }),
    attribute("schemaExtensions", "A list of URIs of the resource type's schema extensions.", {
      type: "complex",
      multiValued: true,
      mutability: "readOnly",
      subAttributes: [
        attribute("schema", "The URI of a schema extension.", {
          type: "reference",
          required: true,
          caseExact: true,
          mutability: "readOnly",
          referenceTypes: ["uri"],
        }),
        attribute(
          "required",
          "A Boolean value that specifies whether or not the schema extension is required for the resource type. If true, a resource of this type MUST include this schema extension and also include any attributes declared as required in this schema extension. If false, a resource of this type MAY omit this schema extension.",
          { type: "boolean", required: true, mutability: "readOnly" },
        ),
      ],
    }),
  ],
};

/** The characteristics of attributes and sub-attributes in a schema. */
const CHARACTERISTICS: readonly Attribute[] = [
  attribute("name", "The attribute's name.", { required: true, caseExact: true, mutability: "readOnly" }),
  attribute(
    "type",
    "The attribute's data type. Valid values include 'string', 'complex', 'boolean', 'decimal', 'integer', 'dateTime', 'reference'.",
    {
      required: true,
      mutability: "readOnly",
      canonicalValues: ["string", "complex", "boolean", "decimal", "integer", "dateTime", "reference", "binary"],
    },
  ),
  attribute("multiValued", "A Boolean value indicating an attribute's plurality.", {
    type: "boolean",
    required: true,
    mutability: "readOnly",
  }),
  attribute("description", "A human-readable description of the attribute.", {
    caseExact: true,
    mutability: "readOnly",
  }),
  attribute("required", "A boolean value indicating whether or not the attribute is required.", {
    type: "boolean",
    mutability: "readOnly",
  }),
  attribute(
    "canonicalValues",
    "A collection of canonical values. When applicable, service providers MUST specify the canonical types, e.g., 'work', 'home'.",
    { multiValued: true, caseExact: true, mutability: "readOnly" },
  ),
  attribute("caseExact", "A Boolean value indicating whether or not a string attribute is case sensitive.", {
    type: "boolean",
    mutability: "readOnly",
  }),
  attribute("mutability", "Indicates whether or not an attribute is modifiable.", {
    caseExact: true,
    mutability: "readOnly",
    canonicalValues: ["readOnly", "readWrite", "immutable", "writeOnly"],
  }),
  attribute("returned", "Indicates when an attribute is returned in a response (e.g., to a query).", {
    caseExact: true,
    mutability: "readOnly",
    canonicalValues: ["always", "never", "default", "request"],
  }),
  attribute("uniqueness", "Indicates how unique a value must be.", {
    caseExact: true,
    mutability: "readOnly",
    canonicalValues: ["none", "server", "global"],
  }),
  attribute(
    "referenceTypes",
    "Used only with an attribute of type 'reference'. Specifies a SCIM resourceType that a reference attribute MAY refer to, e.g., 'User'.",
    { multiValued: true, caseExact: true, mutability: "readOnly" },
  ),
];

export const SCHEMA_SCHEMA: Schema = {
  id: "urn:ietf:params:scim:schemas:core:2.0:Schema",
  name: "Schema",
  description: "Specifies the schema that describes a SCIM schema",
  attributes: [
    attribute("id", "The unique URI of the schema. When applicable, service providers MUST specify the URI.", {
      required: true,
      mutability: "readOnly",
    }),
    attribute(
      "name",
      "The schema's human-readable name. When applicable, service providers MUST specify the name, e.g., 'User'.",
      { required: true, mutability: "readOnly" },
    ),
    attribute(
      "description",
      "The schema's human-readable name. When applicable, service providers MUST specify the name, e.g., 'User'.",
      { mutability: "readOnly" },
    ),
    attribute("attributes", "A complex attribute that includes the attributes of a schema.", {
      type: "complex",
      multiValued: true,
      required: true,
      mutability: "readOnly",
      subAttributes: [
        ...CHARACTERISTICS,
        attribute("subAttributes", "Used to define the sub-attributes of a complex attribute.", {
          type: "complex",
          multiValued: true,
          mutability: "readOnly",
          subAttributes: CHARACTERISTICS,
        }),
      ],
    }),
  ],
};
