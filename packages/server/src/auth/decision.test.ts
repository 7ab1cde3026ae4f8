import assert from "node:assert/strict";
import { test } from "node:test";
import { challengeOf, forbidden, insufficientScope, invalidToken, noToken, unavailable } from "./decision.ts";

const FAILED = { check: "token", expected: "", received: "", remedy: "" } as const;
const ENDPOINT = { key: 1, name: "default" };

test("only 401 and a missing scope have a challenge, with an error code if there was a token", () => {
  assert.equal(challengeOf(noToken("", FAILED), ENDPOINT), 'Bearer realm="SCIM"');
  const unknown = challengeOf(invalidToken("", FAILED), "administration");
  assert.equal(unknown, 'Bearer realm="administration", error="invalid_token"');
  const scope = challengeOf(insufficientScope("", FAILED, "write"), ENDPOINT);
  assert.equal(scope, 'Bearer realm="SCIM", error="insufficient_scope", scope="write"');
  assert.equal(challengeOf(forbidden("", FAILED), ENDPOINT), undefined);
  assert.equal(challengeOf(unavailable("", FAILED, 1), ENDPOINT), undefined);
});
