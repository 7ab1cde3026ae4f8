import assert from "node:assert/strict";
import { test } from "node:test";
import { describeClient, productOf } from "./client.ts";

test("the product of a User-Agent is its name without version and comments", () => {
  const products = [
    ["curl/8.5.0", "curl"],
    ["PostmanRuntime/7.43.0", "PostmanRuntime"],
    ["python-requests/2.31.0", "python-requests"],
    ["Okta SCIM Client 1.0.0", "Okta SCIM Client"],
    ["My Connector (build 7)", "My Connector"],
    ["node", "node"],
    ["Mozilla/5.0 (Windows NT 10.0)", undefined],
    ["", undefined],
    ["x".repeat(100), undefined],
  ] as const;
  for (const [userAgent, product] of products) assert.equal(productOf(userAgent), product, userAgent);
});

test("an unknown client is called by its product, or by its token", () => {
  const credential = "HR token";
  assert.equal(describeClient({ dialect: "rfc-clean", userAgent: "curl/8.5.0", credential }), "curl");
  assert.equal(describeClient({ dialect: "unknown", userAgent: "", credential }), "HR token");
  assert.equal(describeClient({ dialect: "unknown", userAgent: "", credential: undefined }), "unknown client");
  assert.equal(describeClient({ dialect: "okta-catalogue", userAgent: "curl/8", credential }), "Okta (catalog app)");
});
