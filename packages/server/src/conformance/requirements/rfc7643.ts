import { client, deployment, except, may, must, rule, type Section, section, should } from "./requirement.ts";

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

const AS_WRITTEN = "on the client: values are kept as they are written";

export const RESOURCES: readonly Section[] = [
  section(RFC, "3", "SCIM Resources", {
    1: must(
      "All representations of SCIM schemas MUST include a non-empty array with the URIs supported by that representation.",
    ),
    2: must(
      'The "schemas" attribute MUST only contain values defined as "schema" and "schemaExtensions" for the resource type.',
    ),
    3: must("Duplicate values MUST NOT be included."),
    4: must("Value order is not specified and MUST NOT impact behavior."),
    5: must(
      'Common attributes SHALL be assumed to be present in every resource, regardless of the value of "schemas".',
    ),
  }),
  section(RFC, "3.1", "Common Attributes", {
    1: must("These attributes MUST be defined for all resources, including any extended resource types."),
    2: must('When accepted by a service provider, "id" and "meta" MUST be assigned values by the service provider.'),
    3: must(
      "The characteristics listed here SHALL take precedence over older definitions that may be included in existing schemas.",
    ),
    4: must('id: each representation of the resource MUST include a non-empty "id" value.'),
    5: must("id: MUST be unique across the SCIM service provider's entire set of resources."),
    6: must("id: MUST be a stable, non-reassignable identifier."),
    7: must("id: is always issued by the service provider and MUST NOT be specified by the client."),
    8: must('id: the string "bulkId" is a reserved keyword and MUST NOT be used within any unique identifier value.'),
    9: must(
      "externalId: is always issued by the provisioning client and MUST NOT be specified by the service provider.",
    ),
    10: must("externalId: the service provider MUST always interpret it as scoped to the provisioning domain."),
    11: must("meta: SHALL be ignored when provided by clients."),
    12: must("meta.created: MUST be a DateTime."),
    13: must('meta.lastModified: if never modified, the value MUST be the same as the value of "created".'),
    14: must('meta.location: MUST be the same as the "Content-Location" HTTP response header.'),
    15: must(
      'meta.version: must be the same as the ETag header; if it is no strong validator, it MUST be marked as weak with "W/".',
    ),
  }),
  section(RFC, "3.3", "Attribute Extensions to Resources", {
    1: must(
      'The "schemas" attribute MUST contain at least one value, which SHALL be the base schema for the resource.',
    ),
    2: deployment(
      "SHOULD",
      "Schema extensions SHOULD avoid redefining attributes and SHOULD follow conventions.",
      "on whoever writes a schema",
    ),
    3: must("The schema extension URI SHALL be used as a JSON container to distinguish attributes of the extension."),
  }),
  section(RFC, "4.1.1", "Singular Attributes", {
    1: must("userName: each User MUST include a non-empty userName value. REQUIRED and case insensitive."),
    2: must("userName: MUST be unique across the service provider's entire set of Users."),
    3: client("SHOULD", "name: if both variants are returned, they SHOULD be describing the same name."),
    4: client("SHOULD", "displayName: SHOULD be the full name and the primary textual label of the User."),
    5: client("SHOULD", "nickName: SHOULD NOT be used to represent a User's username."),
    6: must("password: the cleartext value or the hashed value SHALL NOT be returnable."),
    7: except(
      "SHOULD",
      "password: if a service provider holds the value locally, it SHOULD be hashed.",
      "cannot happen: it is not held at all",
    ),
    8: except(
      "MUST",
      "password: passed to another system, it MUST go over a secured connection; persisted temporarily, it MUST be protected.",
      "cannot happen: it is neither passed on nor persisted",
    ),
    9: must('password: mutability is "writeOnly": the value MUST NOT be returned in any form.'),
  }),
  section(RFC, "4.1.2", "Multi-Valued Attributes", {
    1: client("SHOULD", "emails: SHOULD be specified according to RFC 5321."),
    2: except(
      "SHOULD",
      "emails, phoneNumbers, ims: service providers SHOULD canonicalize the value.",
      "not done: see RFC 7643 §2.4-6",
    ),
    3: client("SHOULD", "phoneNumbers: SHOULD be specified according to RFC 3966."),
    4: except("MUST", "photos: the resource MUST be a file rather than a web page containing an image.", AS_WRITTEN),
    5: except("MUST", 'country: MUST be in ISO 3166-1 "alpha-2" code format.', AS_WRITTEN),
    6: must('groups: the "value" sub-attribute MUST be the "id", and "$ref" the URI of the "Group".'),
    7: must('groups: group membership changes MUST be applied via the "Group" Resource.'),
    8: should('groups: "direct" SHOULD indicate that clients may modify membership through the "Group" resource.'),
    9: must("x509Certificates: each value MUST be base64 encoded."),
    10: except("MUST", "x509Certificates: a single value MUST NOT contain multiple certificates.", AS_WRITTEN),
  }),
  section(RFC, "4.2", "Group Resource Schema", {
    1: must("displayName: a human-readable name for the Group. REQUIRED."),
    2: rule("members: values may be the ids of User or Group resources, and may be added or removed."),
  }),
  section(RFC, "4.3", "Enterprise User Schema Extension", {
    1: should('manager.value: the "id" of the SCIM resource representing the user\'s manager. RECOMMENDED.'),
    2: should("manager.$ref: the URI of the SCIM resource representing the User's manager. RECOMMENDED."),
    3: rule('manager.displayName: the displayName of the user\'s manager; "readOnly".'),
  }),
];

export const SCHEMAS: readonly Section[] = [
  section(RFC, "5", "Service Provider Configuration Schema", {
    1: must("patch, changePassword, sort, etag: supported. REQUIRED."),
    2: must("bulk: supported, maxOperations, maxPayloadSize. REQUIRED."),
    3: must("filter: supported, maxResults. REQUIRED."),
    4: must("authenticationSchemes: type, name, description. REQUIRED."),
    5: except(
      "SHOULD",
      "The service provider SHOULD make the authenticationSchemes attribute publicly accessible without prior authentication.",
      "not done: what an endpoint has, and whether there is one, is told only to who has a token of it; the challenge of a 401 names the scheme",
    ),
  }),
  section(RFC, "6", "ResourceType Schema", {
    1: must('name: service providers MUST specify the name; it is referenced by "meta.resourceType". REQUIRED.'),
    2: must("description: when applicable, service providers MUST specify the description."),
    3: must("endpoint: the resource type's HTTP-addressable endpoint relative to the Base URL. REQUIRED."),
    4: must('schema: MUST be equal to the "id" attribute of the associated "Schema" resource. REQUIRED.'),
    5: must('schemaExtensions.schema: MUST be equal to the "id" attribute of a "Schema" resource. REQUIRED.'),
    6: must(
      "schemaExtensions.required: if true, a resource of this type MUST include this schema extension and any attributes declared as required in it. REQUIRED.",
    ),
  }),
  section(RFC, "7", "Schema Definition", {
    1: must("id: service providers MUST specify the URI. REQUIRED."),
    2: must("name, description: when applicable, service providers MUST specify them."),
    3: must("All attributes of the Schema resource are REQUIRED unless otherwise specified."),
    4: should('When an attribute is of type "complex", there SHOULD be a corresponding "subAttributes".'),
    5: must("attributes.description: when applicable, service providers MUST specify the description."),
    6: rule("required: whether or not the attribute is required."),
    7: must("caseExact: the server SHALL use case sensitivity when evaluating filters."),
    8: must("caseExact: for attributes that are case exact, the server SHALL preserve case for any value submitted."),
    9: must("readOnly: the attribute SHALL NOT be modified."),
    10: rule("readWrite: the attribute MAY be updated and read at any time."),
    11: must("immutable: the attribute MAY be defined at creation or replacement; it SHALL NOT be updated."),
    12: must("writeOnly: attribute values SHALL NOT be returned."),
    13: rule('always: the attribute is always returned, regardless of the contents of the "attributes" parameter.'),
    14: rule("never: the attribute is never returned."),
    15: rule('default: returned by default; if "attributes" is specified, only if named in it.'),
    16: rule(
      'request: returned in response to PUT, POST, or PATCH if specified by the client; in a query only if named in "attributes".',
    ),
    17: should(
      "uniqueness server: the value SHOULD be unique within the context of the current SCIM endpoint (or tenancy).",
    ),
    18: except(
      "SHOULD",
      "uniqueness global: no two resources on any server SHOULD possess the same value.",
      "on the client: other servers are not known here; within an endpoint it is enforced as uniqueness server is",
    ),
    19: rule("uniqueness none: the values are not intended to be unique in any way."),
    20: rule(
      "referenceTypes: a SCIM resource type, external, or uri; only applicable for attributes of type reference.",
    ),
    21: rule('"Schema" resources are not modifiable.'),
  }),
  section(RFC, "8", "JSON Representation", {
    1: rule("The minimal User representation (§8.1) is taken and represented."),
    2: rule("The full User representation (§8.2) is taken and represented."),
    3: rule("The Enterprise User extension representation (§8.3) is taken and represented."),
    4: rule("The Group representation (§8.4) is taken and represented."),
    5: rule("The service provider configuration has the form of §8.5."),
    6: rule("The resource types have the form of §8.6."),
    7: rule("The schemas have the form of §8.7."),
  }),
  section(RFC, "9.2", "Passwords and Other Sensitive Security Data", {
    1: must("Password values MUST NOT be stored in cleartext form."),
    2: except(
      "SHOULD",
      "Administrators SHOULD follow recommendations for the storage of credentials of RFC 6819 §5.1.4.1.",
      "on the deployment",
    ),
  }),
];
