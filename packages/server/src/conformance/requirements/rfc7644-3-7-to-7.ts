import { client, deployment, except, must, rule, type Section, section, should } from "./requirement.ts";

const RFC = "RFC 7644";

export const BULK: readonly Section[] = [
  section(RFC, "3.7", "Bulk Operations", {
    1: must("Operations: each operation corresponds to a single HTTP request against a resource endpoint. REQUIRED."),
    2: must('method: possible values are "POST", "PUT", "PATCH", or "DELETE". REQUIRED.'),
    3: must('bulkId: unique within a bulk request and created by the client. REQUIRED when "method" is "POST".'),
    4: must("path: a resource type endpoint for POST, else the path to a specific resource. REQUIRED in a request."),
    5: must('data: the resource data. REQUIRED in a request when "method" is "POST", "PUT", or "PATCH".'),
    6: must("location: the resource endpoint URL. REQUIRED in a response, except in the event of a POST failure."),
    7: must("response: with a status other than a 200-series response, the response body MUST be included."),
    8: must('status: when indicating an error, the "response" attribute MUST contain the detail error response.'),
    9: must(
      "If a bulk job is processed successfully, HTTP response code 200 OK MUST be returned; otherwise, an HTTP error code.",
    ),
    10: must(
      "The service provider MUST continue performing as many changes as possible and disregard partial failures.",
    ),
    11: rule('"failOnErrors" defines the number of errors to accept before failing the remaining operations.'),
    12: must('The service provider MUST return the same "bulkId" together with the newly created resource.'),
    13: must(
      "When optimizing the sequence, the service provider MUST ensure that the client's intent is preserved and the same stateful result is achieved.",
    ),
  }),
  section(RFC, "3.7.1", "Circular Reference Processing", {
    1: must(
      "The service provider MUST try to resolve circular cross-references between resources in a single bulk job.",
    ),
  }),
  section(RFC, "3.7.2", "bulkId Temporary Identifiers", {
    1: must(
      'The service provider MUST replace the string "bulkId:qwerty" with the permanent resource id once created.',
    ),
    2: must(
      "Extensions that include references to other resources MUST be handled in the same way by the service provider.",
    ),
  }),
  section(RFC, "3.7.3", "Response and Error Handling", {
    1: must("The service provider response MUST include the result of all processed operations."),
    2: must('A "location" MUST be returned for all operations except for failed POST operations.'),
    3: must(
      "The status attribute MUST include the HTTP response code that a single HTTP request would have been answered with.",
    ),
    4: must("If an error occurred, the status MUST also include a human-readable explanation of the error."),
  }),
  section(RFC, "3.7.4", "Maximum Operations", {
    1: must(
      "The service provider MUST define the maximum number of operations and maximum payload size of a single request.",
    ),
    2: must(
      "If either limit is exceeded, the service provider MUST return HTTP response code 413 (Payload Too Large).",
    ),
    3: must("The returned response MUST specify the limit exceeded in the body of the error response."),
  }),
];

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

const ON_THE_PROXY = "on the deployment: TLS ends at the proxy in front of the server";

export const DISCOVERY: readonly Section[] = [
  section(RFC, "4", "Service Provider Configuration Endpoints", {
    1: must(
      '/ServiceProviderConfig SHALL return responses with "schemas" of "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig".',
    ),
    2: must('An HTTP GET to "/Schemas" SHALL return all supported schemas in ListResponse format.'),
    3: rule("Individual schema definitions can be returned by appending the schema URI to the /Schemas endpoint."),
    4: must("When returning multiple ResourceTypes or Schemas, the ListResponse form SHALL be used."),
    5: must("Query parameters, such as filtering, sorting, and pagination, SHALL be ignored."),
    6: should('If a "filter" is provided, the service provider SHOULD respond with HTTP status code 403 (Forbidden).'),
    7: rule("/ResourceTypes tells the types of resources available, each with its endpoint, schema and extensions."),
  }),
];

export const SECURITY: readonly Section[] = [
  section(RFC, "5", "Preparation and Comparison of Internationalized Strings", {
    1: must(
      'Before comparing or evaluating the uniqueness of a "userName" or "password", service providers MUST use the PRECIS preparation and comparison rules of RFC 7613.',
    ),
  }),
  section(RFC, "6", "Multi-Tenancy", {
    1: rule(
      "Service providers should ensure that access controls are in place to prevent or allow cross-tenant use cases.",
    ),
    2: rule("The externalId is required to be unique ONLY within the resources associated with the associated tenant."),
  }),
  section(RFC, "7.1", "HTTP Considerations", {
    1: client(
      "MUST",
      'A SCIM client MUST NOT generate the "userinfo" component when an "http" URI reference is generated.',
    ),
  }),
  section(RFC, "7.2", "TLS Support Considerations", {
    1: deployment(
      "MUST",
      "SCIM clients and service providers MUST require the use of a transport-layer security mechanism.",
      ON_THE_PROXY,
    ),
    2: deployment("MUST", "The SCIM service provider MUST support TLS 1.2.", ON_THE_PROXY),
    3: client("MUST", "When using TLS, the client MUST perform a TLS/SSL server identity check, per RFC 6125."),
  }),
  section(RFC, "7.3", "Authorization Token Considerations", {
    1: must(
      "When using authorization tokens such as those issued by OAuth 2.0, implementers MUST take into account threats of RFC 7521 §8.",
    ),
  }),
  section(RFC, "7.4", "Bearer Token and Cookie Considerations", {
    1: must("Bearer tokens and cookies MUST contain sufficient entropy to prevent a random guessing attack."),
    2: deployment("MUST", "Bearer tokens and HTTP cookies MUST be exchanged using TLS.", ON_THE_PROXY),
    3: must(
      "Bearer tokens MUST have a limited lifetime that can be determined directly or indirectly by the service provider.",
    ),
    4: except(
      "SHOULD",
      "An HTTP cookie SHOULD last no longer than the lifetime of a browser session.",
      "cannot happen: SCIM uses no cookies",
    ),
  }),
  section(RFC, "7.5.1", "Personal Information", {
    1: deployment(
      "MUST",
      "The privacy considerations in the Security Considerations section of RFC 7643 MUST be considered.",
      "on the deployment: which attributes are sent, and who may read them, is decided at the identity provider",
    ),
  }),
  section(RFC, "7.5.2", "Disclosure of Sensitive Information in URIs", {
    1: client(
      "SHOULD",
      "Clients SHOULD give consideration to the content of filters in URIs, and query using HTTP POST.",
    ),
    2: except(
      "SHOULD",
      "Servers that receive HTTP GET requests using filters that contain sensitive personal information SHOULD respond with 403.",
      "not done: identity providers look users up by user name and address with GET, and have no other way",
    ),
    3: except(
      "MUST",
      "sensitive: personal information SHALL NOT be transmitted over request URIs (RFC 7644 §3.12).",
      "not done, for the same reason; URLs are not logged, and POST …/.search is there for who wants it",
    ),
  }),
  section(RFC, "7.7", "Secure Storage and Handling of Sensitive Data", {
    1: deployment(
      "SHOULD",
      "Administrators SHOULD follow recommendations for the storage of credentials of RFC 6819 §5.1.4.1.",
      "on the deployment; secrets are stored hashed, and that is all that the server keeps of them",
    ),
    2: deployment(
      "SHOULD",
      "Administrators SHOULD take countermeasures to prevent online attacks on secrets.",
      "on the deployment: nobody signs in with a password here",
    ),
    3: should(
      "Service providers SHOULD define an access control model that differentiates between individual client applications and their specific need to access information.",
    ),
  }),
  section(RFC, "7.8", "Case-Insensitive Comparison and International Languages", {
    1: must(
      "When comparing Unicode strings such as those in query filters, strings MUST be appropriately prepared before comparison.",
    ),
  }),
  section(RFC, "8.1", "Media Type Registration", {
    1: should('Applications intending to use the SCIM protocol SHOULD use the "application/scim+json" media type.'),
  }),
];
