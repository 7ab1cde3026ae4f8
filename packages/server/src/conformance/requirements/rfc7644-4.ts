import { client, deployment, except, must, rule, type Section, section, should } from "./requirement.ts";

const RFC = "RFC 7644";

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
