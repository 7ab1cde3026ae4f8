import assert from "node:assert/strict";
import { test } from "node:test";
import { urlOf } from "./url-of.ts";

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
