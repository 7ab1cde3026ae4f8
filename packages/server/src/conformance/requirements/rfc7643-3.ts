import { client, deployment, except, must, rule, type Section, section, should } from "./requirement.ts";

const RFC = "RFC 7643";

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
