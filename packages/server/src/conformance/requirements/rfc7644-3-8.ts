import { client, except, must, rule, type Section, section, should } from "./requirement.ts";

const RFC = "RFC 7644";

export const CONVENTIONS: readonly Section[] = [
  section(RFC, "3.8", "Data Input/Output Formats", {
    1: must("Servers MUST accept requests and be able to return JSON-structured responses using UTF-8 encoding."),
    2: must("UTF-8 SHALL be the default encoding format."),
    3: client("MUST", 'Clients using other encodings MUST specify the format via the "Content-Type" header.'),
    4: must('Service providers MUST support the "Accept" header "Accept: application/scim+json".'),
    5: should('Service providers SHOULD support the header "Accept: application/json".'),
    6: rule('The format defaults to "application/scim+json" if no format is specified.'),
  }),
  section(RFC, "3.9", "Additional Operation Response Parameters", {
    1: must("attributes: when specified, the default list of attributes SHALL be overridden."),
    2: must(
      "attributes: each resource returned MUST contain the minimum set of resource attributes and any attributes or sub-attributes explicitly requested.",
    ),
    3: must(
      "excludedAttributes: when specified, each resource returned MUST contain the minimum set of resource attributes.",
    ),
    4: rule("excludedAttributes: the default set of attributes minus those attributes listed is returned."),
  }),
  section(RFC, "3.10", "Attribute Notation", {
    1: rule(
      "Attributes are uniquely identified by prefixing the attribute name with its schema URN separated by a colon.",
    ),
    2: client(
      "SHOULD",
      "Clients SHOULD fully qualify extended attributes with the schema extension URN to avoid naming conflicts.",
    ),
    3: rule(
      "All facets (URN, attribute, and sub-attribute name) of the fully encoded attribute name are case insensitive.",
    ),
  }),
  section(RFC, "3.11", '"/Me" Authenticated Subject Alias', {
    1: except(
      "SHOULD",
      "A service provider that does NOT support this feature SHOULD respond with HTTP status code 501.",
      "cannot happen: the feature is supported",
    ),
    2: must('In any response, the HTTP "Location" header MUST be the permanent location of the aliased resource.'),
  }),
  section(RFC, "3.12", "HTTP Status and Error Response Handling", {
    1: must(
      "In addition to an HTTP response code, implementers MUST return the errors in the body of the response in JSON.",
    ),
    2: must("status: the HTTP status code expressed as a JSON string. REQUIRED."),
    3: rule('Error responses are identified using the "schema" URI "urn:ietf:params:scim:api:messages:2.0:Error".'),
    4: client(
      "SHOULD",
      "307, 308: the client SHOULD (NOT) use the location provided as the permanent reference to the resource.",
    ),
    5: should("400: request is unparsable, syntactically incorrect, or violates schema."),
    6: should("401: the authorization header is invalid or missing."),
    7: should("403: operation is not permitted based on the supplied authorization."),
    8: should("404: specified resource or endpoint does not exist."),
    9: should("409: a service provider refused to create a new, duplicate resource."),
    10: should("412: failed to update; the resource has changed on the server."),
    11: should("413: the payload is too large; the limits are told."),
    12: should("500: an internal error; implementers SHOULD provide descriptive debugging advice."),
    13: should("501: service provider does not support the request operation."),
    14: rule("invalidFilter: the specified filter syntax was invalid, or attribute and operator cannot be compared."),
    15: rule("uniqueness: one or more of the attribute values are already in use or are reserved."),
    16: rule(
      "mutability: the attempted modification is not compatible with the target attribute's mutability or current state.",
    ),
    17: rule("invalidSyntax: the request body message structure was invalid or did not conform to the request schema."),
    18: rule('invalidPath: the "path" attribute was invalid or malformed.'),
    19: rule('noTarget: the "path" did not yield an attribute or attribute value that could be operated on.'),
    20: rule(
      "invalidValue: a required value was missing, or the value was not compatible with operation, type, or schema.",
    ),
    21: except(
      "rule",
      "invalidVers: the specified SCIM protocol version is not supported.",
      "cannot happen: only URLs with the version v2 are served; others are answered 404",
    ),
  }),
  section(RFC, "3.13", "SCIM Protocol Versioning", {
    1: must(
      "If specified, the version identifier MUST appear in the URL path immediately preceding the resource endpoint.",
    ),
    2: must(
      "When specified, service providers MUST perform the operation using the desired version or reject the request.",
    ),
    3: except(
      "SHOULD",
      "When omitted, service providers SHOULD perform the operation using the most recent SCIM protocol version.",
      "cannot happen: the base URL has the version as its last segment",
    ),
  }),
  section(RFC, "3.14", "Versioning Resources", {
    1: must("When supported, SCIM ETags MUST be specified as an HTTP header."),
    2: should("ETags SHOULD be specified within the 'version' attribute contained in the resource's 'meta' attribute."),
    3: rule(
      "If-None-Match: if the resource has not changed, an empty body with a 304 (Not Modified) response code is returned.",
    ),
    4: rule("If-Match: the requested operation succeeds only if the supplied ETag matches the latest resource."),
  }),
];
