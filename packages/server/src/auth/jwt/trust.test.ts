import assert from "node:assert/strict";
import { test } from "node:test";
import { trustOf } from "../testing/database.ts";
import { isIssuer } from "./issuer.ts";
import { trustProblem } from "./trust.ts";

const V1 = "https://sts.windows.net/72f988bf/";
const V2 = "https://login.microsoftonline.com/72f988bf/v2.0";

test("a tenant of Entra ID is one issuer under both of its names, and no other", () => {
  for (const trusted of [V1, V2, V1.slice(0, -1), `${V2}/`]) {
    for (const iss of [V1, V2]) assert.ok(isIssuer(trusted, iss), `${trusted} ${iss}`);
    for (const iss of [
      "https://sts.windows.net/contoso/",
      "https://login.microsoftonline.com/contoso/v2.0",
      "https://login.microsoftonline.com/72f988bf",
      "https://login.microsoftonline.com/72f988bf/v2.0/x",
      "https://sts.windows.net/72f988bf/v2.0",
      "http://sts.windows.net/72f988bf/",
      "https://sts.windows.net.example.com/72f988bf/",
      "https://sts.windows.net//",
      `${V1}/`,
      undefined,
      ["https://sts.windows.net/72f988bf/"],
    ])
      assert.ok(!isIssuer(trusted, iss), `${trusted} ${iss}`);
  }
});

test("an issuer is trusted only where its keys cannot be altered on their way", () => {
  const problemOf = (issuer: string, jwksUri?: string) => trustProblem({ ...trustOf(1), issuer, jwksUri });
  for (const url of [V1, V2, "http://localhost:8080", "http://127.0.0.1/x", "http://[::1]:9"]) {
    assert.equal(problemOf(url), undefined, url);
    assert.equal(problemOf("any name", url), undefined, url);
  }
  for (const url of ["http://example.com", "http://127.0.0.1.example.com", "ftp://127.0.0.1", "example.com", ""])
    assert.ok(problemOf(url), url);
  assert.match(problemOf("http://example.com") ?? "", /^The issuer cannot be used: .*must begin with https:/);
  assert.match(problemOf(V1, "https://user:pass@example.com") ?? "", /^The address of the keys .*without a user/);
});

test("without an audience or scopes nothing is trusted", () => {
  assert.match(trustProblem({ ...trustOf(1), issuer: V1, audience: "" }) ?? "", /audience is missing/);
  assert.match(trustProblem({ ...trustOf(1), issuer: V1, scopes: [] }) ?? "", /scopes are missing/);
});
