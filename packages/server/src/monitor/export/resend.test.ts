import assert from "node:assert/strict";
import { test } from "node:test";
import { placeholder } from "../redact/text.ts";
import { unrepeatable, urlOf } from "./resend.ts";
import { exchange, message } from "./testing/exchange.ts";

const reasonFor = (own: Parameters<typeof exchange>[0]) => unrepeatable(exchange(own));
const SECRET = placeholder("hush");

test("what was recorded as it was can be sent again", () => {
  for (const own of [
    {},
    { path: "/scim/v2/oauth/token" },
    { request: message([], "{}") },
    { query: "filter=a%20eq%20%22b%22" },
    { method: "DELETE" },
  ]) {
    assert.equal(reasonFor(own), undefined);
  }
  // The credential is another one in any case.
  assert.equal(reasonFor({ request: message(["Authorization", `Bearer ${SECRET}`], "") }), undefined);
});

test("what is not as it was cannot, and the reason is said", () => {
  assert.match(
    reasonFor({ request: message([], '{"a":"b', 70_000) }) ?? "",
    /Only 7 of 70000 bytes of its body were recorded/,
  );
  const secret = message([], JSON.stringify({ password: SECRET }));
  assert.match(reasonFor({ request: secret }) ?? "", /^Its body contained secrets, .* curl command/);
  assert.match(reasonFor({ query: `filter=password eq ${SECRET}` }) ?? "", /^Its URL contained secrets/);
  assert.match(reasonFor({ path: `/Users/token/${SECRET}` }) ?? "", /^Its URL contained secrets/);
  assert.match(reasonFor({ query: `filter=${"x".repeat(7_000)}…` }) ?? "", /^Its URL was too long/);
  assert.match(reasonFor({ path: "/api/endpoints/okta/credentials" }) ?? "", /^This was an administration request/);
  for (const path of ["/oauth/token", "/scim/endpoints/okta/oauth/token"]) {
    assert.match(reasonFor({ path }) ?? "", /^This was a request for an access token/);
  }
});

const ORIGIN = "https://scim.example.com";
const at = (path: string, query = "", endpoint: string | null = "okta") => urlOf({ path, query }, endpoint, ORIGIN);

test("a path is below the base URI of its endpoint", () => {
  assert.equal(at("/Users/u1", "count=2", "default"), `${ORIGIN}/scim/v2/Users/u1?count=2`);
  assert.equal(at("/Users"), `${ORIGIN}/scim/endpoints/okta/v2/Users`);
  assert.equal(at("/nothing", "", null), `${ORIGIN}/nothing`);
});

test("what is about an endpoint and not below its base URI is where it is", () => {
  assert.equal(at("/oauth/token"), `${ORIGIN}/scim/endpoints/okta/oauth/token`);
  assert.equal(at("/scim/endpoints/okta/oauth/token"), `${ORIGIN}/scim/endpoints/okta/oauth/token`);
  assert.equal(at("/oauth/token", "", "default"), `${ORIGIN}/oauth/token`);
  assert.equal(at("/scim/v2/scim/v2/Users"), `${ORIGIN}/scim/v2/scim/v2/Users`);
});

test("what no URL has is encoded, and what is encoded stays", () => {
  const filter = 'filter=emails[type eq "work"].value eq "a%20b" and x eq [secret, 5 characters]';
  const encoded =
    "filter=emails[type%20eq%20%22work%22].value%20eq%20%22a%20b%22%20and%20x%20eq%20[secret,%205%20characters]";
  assert.equal(at("/Users", filter), `${ORIGIN}/scim/endpoints/okta/v2/Users?${encoded}`);
  assert.match(
    at("/100%/a%zz#\n\\<>`^{|}é\u212A\uD800"),
    /v2\/100%\/a%zz%23%0A%5C%3C%3E%60%5E%7B%7C%7D%C3%A9%E2%84%AA%EF%BF%BD$/,
  );
});
