import { except, must, rule, type Section, section, should } from "./requirement.ts";

const RFC = "RFC 7643";

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
