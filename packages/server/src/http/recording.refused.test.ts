import { after } from "node:test";
import { startApplication } from "../testing/application.ts";
import { bulkRequest, post } from "../testing/bulk.ts";
import { PATCH_OP } from "../testing/client.ts";
import { type Case, endpointAdminOf, testRecorded } from "../testing/recorded-cases.ts";
import { group, user } from "../testing/scim-bodies.ts";

// Requests of identity providers that were authenticated and then rejected.

const server = await startApplication();
const { make, tokenOf } = endpointAdminOf(server);
after(server.close);

await make("/api/endpoints", { name: "busy", settings: { limits: { requestsPerSecond: 0.1 } } });
const STRICT = { limits: { maxBodyBytes: 1_024 }, requireEtag: true, profile: "strict" };
await make("/api/endpoints", { name: "strict", settings: STRICT });
const idp = await tokenOf("default", "idp");
const busy = await tokenOf("busy", "busy");
const strict = await tokenOf("strict", "strict");

const client = server.connect(idp, "/scim/v2");
const alice = (await client.post("/Users", user("alice", { displayName: "Alice Young" }))).body.id;
const gone = (await client.post("/Users", user("gone", { displayName: "Gone Girl" }))).body.id;
await client.delete(`/Users/${gone}`);

const X = { body: user("x") };
const TITLE = { body: { schemas: [PATCH_OP], Operations: [{ op: "replace", path: "title", value: "x" }] } };
const IDP = '"idp"';

const LET_IN: readonly Case[] = [
  {
    name: "malformed JSON",
    method: "POST",
    url: "/scim/v2/Users",
    secret: idp,
    sent: { body: '{"userName":' },
    recorded: [
      "default POST /Users 400, idp, unknown, error, bad-request.invalidSyntax",
      `failure.create: ${IDP} could not create a user: the body is not valid JSON: Unexpected end of JSON input`,
    ],
  },
  {
    name: "a body of another kind",
    method: "POST",
    url: "/scim/v2/Users",
    secret: idp,
    sent: { body: "<User/>", headers: { "content-type": "text/xml" } },
    recorded: [
      "default POST /Users 415, idp, unknown, error, media-type",
      `failure.create: ${IDP} could not create a user: its Content-Type "text/xml" is not supported`,
    ],
  },
  {
    name: "what the strict profile refuses",
    method: "POST",
    url: "/scim/endpoints/strict/v2/Users",
    secret: strict,
    sent: { body: user("bob", { active: "True" }) },
    recorded: [
      "strict POST /Users 400, strict, rfc-clean, error, profile",
      'failure.create: "strict" could not create bob: active: the text "True" is refused in the strict profile',
    ],
  },
  {
    name: "a body that is too large",
    method: "POST",
    url: "/scim/endpoints/strict/v2/Users",
    secret: strict,
    sent: { body: user("x", { title: "x".repeat(1_024) }) },
    recorded: [
      "strict POST /Users 413, strict, unknown, error, size",
      'failure.create: "strict" could not create a user: the body is larger than 1024 bytes',
    ],
  },
  {
    name: "a change that names no version",
    method: "DELETE",
    url: "/scim/endpoints/strict/v2/Users/u9",
    secret: strict,
    recorded: [
      "strict DELETE /Users/u9 428, strict, unknown, error, version-missing, about u9",
      'failure.delete: "strict" could not delete the user with the ID u9: it does not say which version it changes',
    ],
  },
  {
    name: "a path below the base URI where nothing is",
    method: "GET",
    url: "/scim/v2/Devices/1",
    secret: idp,
    recorded: [
      "default GET /Devices/1 404, idp, unknown, warning, address",
      `failure.other: ${IDP} could not call GET /Devices/1: there is nothing at /Devices/1`,
    ],
  },
  {
    name: "a method that a path does not have",
    method: "PUT",
    url: "/scim/v2/Users",
    secret: idp,
    sent: X,
    recorded: [
      "default PUT /Users 405, idp, unknown, error, method",
      `failure.change: ${IDP} could not change a user: this path does not support the method`,
    ],
  },
  {
    name: "a method that SCIM does not have",
    method: "PROPFIND",
    url: "/scim/v2/Users",
    secret: idp,
    recorded: [
      "default PROPFIND /Users 501, idp, unknown, error, not-implemented",
      `failure.other: ${IDP} could not call PROPFIND /Users: the method PROPFIND is not implemented`,
    ],
  },
  {
    name: "a path behind a base URL with Entra ID's flag",
    method: "POST",
    url: "/scim/v2?aadOptscim062020/Users",
    secret: idp,
    sent: { body: user("bob") },
    recorded: [
      "default POST /?aadOptscim062020/Users 400, idp, unknown, error, base-url",
      `failure.other: ${IDP} could not call POST /: the base URL contains a question mark, so the client added its paths to the query: ?aadOptscim062020/Users`,
    ],
  },
  {
    name: "a userName that is empty",
    method: "POST",
    url: "/scim/v2/Users",
    secret: idp,
    sent: { body: user("", { displayName: "Nameless Nell" }) },
    recorded: [
      "default POST /Users 400, idp, rfc-clean, error, bad-request.invalidValue",
      `failure.create: ${IDP} could not create Nameless Nell: userName is required`,
    ],
  },
  {
    name: "a userName that is taken",
    method: "POST",
    url: "/scim/v2/Users",
    secret: idp,
    sent: { body: user("alice") },
    recorded: [
      "default POST /Users 409, idp, rfc-clean, error, uniqueness, about Alice Young",
      `failure.create: ${IDP} could not create alice: the userName is taken by Alice Young (created on 00:00 UTC)`,
    ],
  },
  {
    name: "another version than the one that is there",
    method: "PATCH",
    url: `/scim/v2/Users/${alice}`,
    secret: idp,
    sent: { ...TITLE, headers: { "if-match": 'W/"999"' } },
    recorded: [
      `default PATCH /Users/${alice} 412, idp, rfc-clean, warning, version, about Alice Young`,
      `failure.change: ${IDP} could not change Alice Young: somebody else changed it in the meantime`,
    ],
  },
  {
    name: "a change of what was deleted",
    method: "PATCH",
    url: `/scim/v2/Users/${gone}`,
    secret: idp,
    sent: TITLE,
    recorded: [
      `default PATCH /Users/${gone} 404, idp, rfc-clean, warning, gone, about Gone Girl`,
      `failure.change: ${IDP} could not change Gone Girl: Gone Girl was deleted on 00:00 UTC`,
    ],
  },
  {
    name: "a change of a group that is a user",
    method: "PATCH",
    url: `/scim/v2/Groups/${alice}`,
    secret: idp,
    sent: TITLE,
    recorded: [
      `default PATCH /Groups/${alice} 404, idp, rfc-clean, warning, elsewhere, about Alice Young`,
      `failure.change: ${IDP} could not change the group with the ID ${alice}: no group has the ID ${alice}: it belongs to the user Alice Young`,
    ],
  },
  {
    name: "a read of what was deleted",
    method: "GET",
    url: `/scim/v2/Users/${gone}`,
    secret: idp,
    recorded: [
      `default GET /Users/${gone} 404, idp, unknown, info, gone, about Gone Girl`,
      'read.missed: "idp" asked for a user that does not exist (Gone Girl, deleted on 00:00 UTC)',
    ],
  },
  {
    name: "a read of a group that is a user",
    method: "GET",
    url: `/scim/v2/Groups/${alice}`,
    secret: idp,
    recorded: [
      `default GET /Groups/${alice} 404, idp, unknown, info, elsewhere, about Alice Young`,
      'read.missed: "idp" asked for a group that does not exist (the ID belongs to the user Alice Young)',
    ],
  },
  {
    name: "a HEAD of what never was",
    method: "HEAD",
    url: "/scim/v2/Users/u9",
    secret: idp,
    recorded: [
      "default HEAD /Users/u9 404, idp, unknown, info, unknown-id.read, about u9",
      'read.missed: "idp" asked for a user that does not exist (ID u9)',
    ],
  },
  {
    name: "/Me of nobody",
    method: "GET",
    url: "/scim/v2/Me",
    secret: idp,
    recorded: [
      "default GET /Me 404, idp, unknown, warning, me",
      `failure.read: ${IDP} could not read a user: the token is not bound to a user`,
    ],
  },
  {
    name: "a filter that cannot be read",
    method: "GET",
    url: "/scim/v2/Users?filter=title%20is%201",
    secret: idp,
    recorded: [
      "default GET /Users?filter=title%20is%201 400, idp, unknown, error, bad-request.invalidFilter",
      `failure.search: ${IDP} could not search users: filter: at character 7, expected one of eq, ne, co, sw, ew, gt, ge, lt, le, pr but found "is"`,
    ],
  },
  {
    name: "a filter of the description",
    method: "GET",
    url: "/scim/v2/Schemas?filter=id%20pr",
    secret: idp,
    recorded: [
      "default GET /Schemas?filter=id%20pr 403, idp, unknown, error, forbidden",
      `failure.other: ${IDP} could not read what this server supports: discovery endpoints cannot be filtered`,
    ],
  },
  {
    name: "the one request that there may be in ten seconds",
    method: "GET",
    url: "/scim/endpoints/busy/v2/Users",
    secret: busy,
    recorded: ["busy GET /Users 200, busy, unknown, info, -", 'search: "busy" counted users: there are 0'],
  },
  {
    name: "one too many",
    method: "GET",
    url: "/scim/endpoints/busy/v2/Users",
    secret: busy,
    recorded: [
      "busy GET /Users 429, busy, unknown, warning, rate",
      'failure.search: "busy" could not search users: too many requests were sent at once',
    ],
  },
];

const BULK = bulkRequest([
  post("1", "/Users", user("carol")),
  post("2", "/Users", user("alice")),
  { method: "DELETE", path: `/Users/${gone}` },
  post("4", "/Groups", group("Guides", { members: [{ value: alice }] })),
]);

const BULKS: readonly Case[] = [
  {
    name: "a bulk request with failures",
    method: "POST",
    url: "/scim/v2/Bulk",
    secret: idp,
    sent: { body: BULK },
    recorded: [
      "default POST /Bulk 200, idp, rfc-clean, error, uniqueness, about carol, Guides, Alice Young",
      'bulk: "idp" sent 4 operations in a bulk request, of which 2 failed',
      'user.created: "idp" created carol',
      `failure.create: ${IDP} could not create alice: the userName is taken by Alice Young (created on 00:00 UTC)`,
      `failure.delete: ${IDP} could not delete Gone Girl: Gone Girl was deleted on 00:00 UTC`,
      'group.created: "idp" created Guides',
      'members.added: "idp" added Alice Young to Guides',
    ],
  },
  {
    name: "a bulk request that is none",
    method: "POST",
    url: "/scim/v2/Bulk",
    secret: idp,
    sent: { body: bulkRequest(7) },
    recorded: [
      "default POST /Bulk 400, idp, rfc-clean, error, bad-request.invalidSyntax",
      `failure.bulk: ${IDP} could not run a bulk request: Operations must be an array of one or more operations, but a number was sent`,
    ],
  },
];

await testRecorded(server, [...LET_IN, ...BULKS], [idp, busy, strict], 8);
