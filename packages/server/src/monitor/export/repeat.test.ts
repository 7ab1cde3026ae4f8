import assert from "node:assert/strict";
import { test } from "node:test";
import { placeholder } from "../redact/placeholder.ts";
import { unrepeatable } from "./repeat.ts";
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
  assert.match(reasonFor({ request: message([], '{"a":"b', 70_000) }) ?? "", /only 7 of 70000 bytes were recorded/);
  const secret = message([], JSON.stringify({ password: SECRET }));
  assert.match(reasonFor({ request: secret }) ?? "", /^Its body held secrets, .* curl command/);
  assert.match(reasonFor({ query: `filter=password eq ${SECRET}` }) ?? "", /^Its URL held secrets/);
  assert.match(reasonFor({ path: `/Users/token/${SECRET}` }) ?? "", /^Its URL held secrets/);
  assert.match(reasonFor({ query: `filter=${"x".repeat(7_000)}…` }) ?? "", /^Its URL was too long/);
  assert.match(reasonFor({ path: "/api/endpoints/okta/credentials" }) ?? "", /^This was a request to administration/);
  for (const path of ["/oauth/token", "/scim/endpoints/okta/oauth/token"]) {
    assert.match(reasonFor({ path }) ?? "", /^This was a request for an access token/);
  }
});
