import assert from "node:assert/strict";
import { test } from "node:test";
import type { Json } from "@scimtool/scim";
import { PATCH_SCHEMA } from "@scimtool/scim";
import type { SentRequest } from "../dialect/signs.ts";
import { Actors } from "./actors.ts";

function request(more: Partial<SentRequest> = {}): SentRequest {
  return { method: "GET", path: "/Users", query: undefined, userAgent: undefined, body: undefined, ...more };
}

function patch(op: string): SentRequest {
  const body: Json = { schemas: [PATCH_SCHEMA], Operations: [{ op, path: "title", value: "x" }] };
  return request({ method: "PATCH", path: "/Users/2819c223-7f76-453a-919d-413861904646", body });
}

test("what one request tells is known of those that come after it with the same credential, and of no others", () => {
  const actors = new Actors();
  assert.equal(actors.whoSent(request(), "a").dialect, "unknown");
  assert.equal(actors.whoSent(patch("Replace"), "a").dialect, "entra");
  assert.equal(actors.whoSent(request(), "a").dialect, "entra");
  assert.equal(actors.whoSent(request(), "b").dialect, "unknown");
  assert.equal(actors.whoSent(request(), undefined).dialect, "unknown");
});

test("clients that share a credential are told apart by their User-Agent", () => {
  const actors = new Actors();
  const okta = "Okta SCIM Client 1.0.0";
  assert.equal(actors.whoSent(request({ userAgent: okta }), "a").dialect, "okta");
  assert.equal(actors.whoSent(patch("Replace"), "a").dialect, "entra");
  const { dialect, evidence } = actors.whoSent(request({ method: "DELETE" }), "a");
  assert.deepEqual(
    [dialect, evidence.map(({ text }) => text)],
    ["entra", ["a PATCH with Add, Replace or Remove in capitals"]],
  );
  assert.equal(actors.whoSent(request({ method: "DELETE", userAgent: okta }), "a").dialect, "okta");
});

test("Entra ID with its flag is told from Entra ID without it, also where the flag is taken away", () => {
  const actors = new Actors();
  const query = "aadOptscim062020";
  assert.equal(actors.whoSent(request({ query }), "a").dialect, "entra-flagged");
  assert.equal(actors.whoSent(patch("Replace"), "a").dialect, "entra");
  assert.equal(actors.whoSent(request(), "a").dialect, "entra");
  assert.equal(actors.whoSent(request({ query: `${query}&count=1` }), "a").dialect, "entra-flagged");
});

test("of one client what tells more counts more, whenever it comes, and all evidence is kept", () => {
  const actors = new Actors();
  const userAgent = "Okta SCIM Client 1.0.0";
  actors.whoSent(request({ userAgent }), "a");
  const { dialect, evidence } = actors.whoSent({ ...patch("Replace"), userAgent }, "a");
  assert.deepEqual([dialect, evidence.length], ["okta", 2]);
});

test("who was let in by no credential stands for itself", () => {
  const actors = new Actors();
  assert.equal(actors.whoSent(patch("Replace"), undefined).dialect, "entra");
  assert.equal(actors.whoSent(request(), undefined).dialect, "unknown");
});

test("ways of reading that differ in what tells are told apart", () => {
  const actors = new Actors();
  const ask = (more: Partial<SentRequest>) => actors.whoSent(request(more), undefined).dialect;
  const long = "/Users/2819c223-7f76-453a-919d-413861904646";
  assert.equal(ask({ path: long }), "unknown");
  assert.equal(ask({ path: long, query: "aadOptscim062020" }), "entra-flagged");
  assert.equal(ask({ path: long, userAgent: "OneLogin SCIM" }), "onelogin");
  assert.equal(ask({ path: long, query: "" }), "onelogin");
  assert.equal(ask({ path: long }), "unknown");
});

test("of very many clients the first are forgotten", () => {
  const actors = new Actors();
  actors.whoSent(patch("Replace"), "first");
  for (let number = 0; number < 999; number++) actors.whoSent(request(), `c${number}`);
  assert.equal(actors.whoSent(request(), "first").dialect, "entra");
  actors.whoSent(request(), "one more");
  assert.equal(actors.whoSent(request(), "first").dialect, "unknown");
});
