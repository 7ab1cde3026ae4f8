import { client, deployment, except, must, type Section, section, should } from "./requirement.ts";

const RFC = "RFC 7644";

export const AUTHENTICATION: readonly Section[] = [
  section(RFC, "2", "Authentication and Authorization", {
    1: must(
      'A SCIM service provider SHALL indicate supported HTTP authentication schemes via the "WWW-Authenticate" header.',
    ),
    2: must(
      "The SCIM service provider MUST be able to map the authenticated client to an access control policy in order to determine the client's authorization to retrieve and update SCIM resources.",
    ),
    3: should(
      "When processing requests, the service provider SHOULD consider the subject performing the request and whether or not the action is appropriate given the subject and the resource affected.",
    ),
    4: deployment(
      "SHOULD",
      "Tokens that are issued based on weak or no authentication of authorizing users and/or OAuth clients SHOULD NOT be used.",
      "on whoever hands out tokens: each is made by an administrator, or got with a client's secret or a signed assertion",
    ),
    5: except(
      "SHOULD",
      "Implementers SHOULD combine the use of basic authentication with other factors.",
      "cannot happen: resources are not opened by basic authentication",
    ),
  }),
  section(RFC, "2.1", "Use of Tokens as Authorizations", {
    1: should(
      "When using bearer tokens that represent an authorization grant, implementers SHOULD consider the type of authorization granted, any authorized scopes, and the security subjects that SHOULD be mapped from the authorization.",
    ),
    2: must(
      "When using OAuth authorization tokens, implementers MUST take into account the threats and countermeasures related to the use of client authorizations (RFC 7521 §8).",
    ),
    3: client(
      "MUST",
      "When using other token formats or frameworks, implementers MUST take into account similar threats.",
    ),
  }),
];
