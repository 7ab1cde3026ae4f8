import { after } from "node:test";
import { setTimeout } from "node:timers/promises";
import { startApplication, TEST_ADMIN_SECRET } from "../testing/application.ts";
import type { Sent } from "../testing/client.ts";
import { type Case, endpointAdminOf, testRecorded } from "../testing/recorded-cases.ts";
import { searchRequest, user } from "../testing/scim-bodies.ts";

// Requests that were not authenticated or lead nowhere, and requests that do not come from identity providers.

const VIEWER_SECRET = "viewer-secret-of-the-test";
const GUESS = "nobody-has-this-secret";

const server = await startApplication({ viewerSecret: VIEWER_SECRET });
const { admin } = server;
const { make, tokenOf } = endpointAdminOf(server);
after(server.close);

await make("/api/endpoints", { name: "other" });
const idp = await tokenOf("default", "idp");
const other = await tokenOf("other", "other");
const reader = await tokenOf("other", "reader", { scopes: ["read"] });
const expired = await tokenOf("other", "expired", { expires: new Date(Date.now() + 500).toISOString() });
const app = (await make("/api/endpoints/other/credentials", { kind: "client", label: "app", clientId: "app-1" }))
  .secret;
const alice = (await make("/api/endpoints/default/scim/v2/Users", user("alice", { displayName: "Alice Young" }))).id;
await setTimeout(500);

const REFUSED = "failure.authentication: An unknown client was rejected:";
const X = { body: user("x") };

const NOT_LET_IN: readonly Case[] = [
  {
    name: "no token",
    method: "GET",
    url: "/scim/v2/Users",
    recorded: [
      "default GET /Users 401, nobody, unknown, error, authentication.header",
      `${REFUSED} it has no bearer token`,
    ],
  },
  {
    name: "a wrong token",
    method: "GET",
    url: "/scim/v2/Users?count=1",
    secret: GUESS,
    recorded: [
      "default GET /Users?count=1 401, nobody, unknown, error, authentication.token",
      `${REFUSED} its token is unknown here`,
    ],
  },
  {
    name: "a wrong token, about somebody who is here",
    method: "DELETE",
    url: `/scim/v2/Users/${alice}`,
    secret: GUESS,
    recorded: [
      `default DELETE /Users/${alice} 401, nobody, unknown, error, authentication.token, about ${alice}`,
      `${REFUSED} its token is unknown here`,
    ],
  },
  {
    name: "another endpoint's token",
    method: "GET",
    url: "/scim/v2/Users",
    secret: other,
    recorded: [
      "default GET /Users 403, nobody, unknown, error, authentication.endpoint",
      `${REFUSED} its token belongs to another endpoint`,
    ],
  },
  {
    name: "an expired token",
    method: "GET",
    url: "/scim/endpoints/other/v2/Users",
    secret: expired,
    recorded: [
      "other GET /Users 401, nobody, unknown, error, authentication.expiry",
      `${REFUSED} its token has expired`,
    ],
  },
  {
    name: "a token that may only read",
    method: "POST",
    url: "/scim/endpoints/other/v2/Users",
    secret: reader,
    sent: X,
    recorded: [
      "other POST /Users 403, nobody, unknown, error, authentication.scope",
      `${REFUSED} its token may not do this`,
    ],
  },
  {
    name: "the secret of administration",
    method: "GET",
    url: "/scim/v2/Users",
    secret: TEST_ADMIN_SECRET,
    recorded: [
      "default GET /Users 403, nobody, unknown, error, authentication.purpose",
      `${REFUSED} its secret is for something else`,
    ],
  },
  {
    name: "an endpoint that there is not",
    method: "GET",
    url: "/scim/endpoints/nope/v2/Users",
    secret: GUESS,
    recorded: [
      "- GET /scim/endpoints/nope/v2/Users 401, nobody, unknown, error, authentication.token",
      `${REFUSED} its token is unknown here`,
    ],
  },
  {
    name: "a wrong secret of administration",
    method: "GET",
    url: "/api/endpoints/default/scim/v2/Users",
    secret: GUESS,
    recorded: [
      "default GET /Users 401, nobody, unknown, error, authentication.token",
      `${REFUSED} its token is unknown here`,
    ],
  },
  {
    name: "a viewer who writes",
    method: "POST",
    url: "/api/endpoints/default/scim/v2/Users",
    secret: VIEWER_SECRET,
    sent: X,
    recorded: [
      "default POST /Users 403, nobody, unknown, error, authentication.scope",
      `${REFUSED} its token may not do this`,
    ],
  },
];

const NOWHERE: readonly Case[] = [
  {
    name: "the root, without the base path",
    method: "GET",
    url: "/Users?filter=x",
    recorded: [
      "- GET /Users?filter=x 404, nobody, unknown, warning, address",
      "failure.other: An unknown client could not call GET /Users: there is nothing at /Users",
    ],
  },
  {
    name: "a URL that cannot be decoded",
    method: "GET",
    url: "/scim/v2/Users/%zz",
    recorded: [
      "- GET /scim/v2/Users/%zz 400, nobody, unknown, error, bad-request.invalidSyntax",
      "failure.other: An unknown client could not call GET /scim/v2/Users/%zz: the URL is not valid percent-encoded UTF-8",
    ],
  },
  {
    name: "an id that is too long",
    method: "GET",
    url: `/scim/v2/Users/${"x".repeat(401)}`,
    secret: idp,
    recorded: [
      `- GET /scim/v2/Users/${"x".repeat(401)} 404, nobody, unknown, warning, address`,
      `failure.other: An unknown client could not call GET /scim/v2/Users/${"x".repeat(65)}…: there is nothing at /scim/v2/Users/${"x".repeat(65)}…`,
    ],
  },
  {
    name: "a path of administration that there is not",
    method: "POST",
    url: "/api/nothing",
    secret: TEST_ADMIN_SECRET,
    recorded: [
      "- POST /api/nothing 404, nobody, unknown, warning, address",
      "failure.other: An unknown client could not call POST /api/nothing: there is nothing at /api/nothing",
    ],
  },
  {
    name: "by an administrator, an endpoint that there is not",
    method: "POST",
    url: "/api/endpoints/nope/scim/v2/Users",
    secret: TEST_ADMIN_SECRET,
    recorded: [
      "- POST /api/endpoints/nope/scim/v2/Users 404, admin secret, manual, warning, address",
      "failure.other: An administrator could not call POST /api/endpoints/nope/scim/v2/Users: there is nothing at /api/endpoints/nope/scim/v2/Users",
    ],
  },
];

const BY_HAND: readonly Case[] = [
  {
    name: "a write by hand",
    method: "POST",
    url: "/api/endpoints/default/scim/v2/Users",
    secret: TEST_ADMIN_SECRET,
    sent: { body: user("dora") },
    recorded: [
      "default POST /Users 201, admin secret, manual, info, -, about dora",
      "user.created: An administrator created dora",
    ],
  },
  {
    name: "a search by hand",
    method: "POST",
    url: "/api/endpoints/default/scim/v2/Users/.search",
    secret: VIEWER_SECRET,
    sent: { body: searchRequest({ filter: 'userName eq "alice"' }) },
    recorded: [
      "default POST /Users/.search 200, viewer secret, manual, info, -, about Alice Young",
      "look-up.found: An administrator looked for the user name alice and found Alice Young",
    ],
  },
  {
    name: "a write by hand that fails",
    method: "POST",
    url: "/api/endpoints/default/scim/v2/Users",
    secret: TEST_ADMIN_SECRET,
    sent: { body: user("alice") },
    recorded: [
      "default POST /Users 409, admin secret, manual, error, uniqueness, about Alice Young",
      "failure.create: An administrator could not create alice: the userName is taken by Alice Young (created on 00:00 UTC)",
    ],
  },
];

function tokenRequest(secret: string, more: Readonly<Record<string, string>> = {}): Sent {
  const parameters = { grant_type: "client_credentials", client_id: "app-1", client_secret: secret, ...more };
  const body = new URLSearchParams(parameters).toString();
  return { body, headers: { "content-type": "application/x-www-form-urlencoded" } };
}

const NO_TOKEN = "failure.token: An unknown client got no access token:";

const OAUTH: readonly Case[] = [
  {
    name: "an access token",
    method: "POST",
    url: "/scim/endpoints/other/oauth/token",
    sent: tokenRequest(app),
    recorded: [
      "other POST /oauth/token 200, nobody, unknown, info, -",
      "token.issued: The client app-1 got an access token (valid until 00:00 UTC)",
    ],
  },
  {
    name: "a wrong client secret",
    method: "POST",
    url: "/scim/endpoints/other/oauth/token",
    sent: tokenRequest(GUESS),
    recorded: [
      "other POST /oauth/token 401, nobody, unknown, error, authentication.client_secret",
      `${NO_TOKEN} its client secret is wrong`,
    ],
  },
  {
    name: "a client that there is not",
    method: "POST",
    url: "/scim/endpoints/other/oauth/token",
    sent: tokenRequest(GUESS, { client_id: "app-2" }),
    recorded: [
      "other POST /oauth/token 401, nobody, unknown, error, authentication.client_id",
      `${NO_TOKEN} its client ID is unknown here`,
    ],
  },
  {
    name: "another grant",
    method: "POST",
    url: "/oauth/token",
    sent: tokenRequest(GUESS, { grant_type: "password", password: GUESS }),
    recorded: [
      "default POST /oauth/token 400, nobody, unknown, error, authentication.grant_type",
      `${NO_TOKEN} its grant type is not supported`,
    ],
  },
  {
    name: "the token endpoint of an endpoint that there is not",
    method: "POST",
    url: "/scim/endpoints/nope/oauth/token",
    sent: tokenRequest(GUESS),
    recorded: [
      "- POST /scim/endpoints/nope/oauth/token 401, nobody, unknown, error, authentication.client_id",
      `${NO_TOKEN} its client ID is unknown here`,
    ],
  },
  {
    name: "a token request by GET",
    method: "GET",
    url: "/oauth/token",
    recorded: [
      "default GET /oauth/token 405, nobody, unknown, error, method",
      "failure.other: An unknown client could not call GET /oauth/token: this path does not support the method",
    ],
  },
];

const CASES = [...NOT_LET_IN, ...NOWHERE, ...BY_HAND, ...OAUTH];
const SECRETS = [VIEWER_SECRET, GUESS, TEST_ADMIN_SECRET, idp, other, reader, expired, app];
// Views of an administrator are not recorded.
for (const path of ["/Users", `/Users/${alice}`, "/Users/nobody"]) {
  await admin.get(`/api/endpoints/default/scim/v2${path}`);
}
await testRecorded(server, CASES, SECRETS, 7);
