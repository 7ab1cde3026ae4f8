import assert from "node:assert/strict";
import { test } from "node:test";
import { badRequest, ScimError, type ScimType } from "./error.ts";

const SCHEMA = "urn:ietf:params:scim:api:messages:2.0:Error";

test("an error in JSON has its status as a string and no member without a value (RFC 7644 §3.12)", () => {
  assert.deepEqual(JSON.parse(JSON.stringify(new ScimError(404, "Resource 2819c223 not found"))), {
    schemas: [SCHEMA],
    detail: "Resource 2819c223 not found",
    status: "404",
  });
  assert.deepEqual(
    JSON.parse(JSON.stringify(badRequest("mutability", { code: "bodyEmpty" }, "Attribute 'id' is readOnly"))),
    {
      schemas: [SCHEMA],
      scimType: "mutability",
      detail: "Attribute 'id' is readOnly",
      status: "400",
    },
  );
});

test("every keyword of RFC 7644 §3.12, Table 9, and of RFC 9865 §2.1 has status 400", () => {
  const keywords = [
    "invalidFilter",
    "tooMany",
    "uniqueness",
    "mutability",
    "invalidSyntax",
    "invalidPath",
    "noTarget",
    "invalidValue",
    "invalidVers",
    "sensitive",
    "invalidCursor",
    "expiredCursor",
    "invalidCount",
  ] as const satisfies readonly ScimType[];
  for (const keyword of keywords) {
    const error = badRequest(keyword, { code: "bodyEmpty" }, "x");
    assert.equal(error.status, 400);
    assert.equal(error.scimType, keyword);
  }
});

test("a conflict has status 409 and the keyword uniqueness, which clients check", () => {
  const error = new ScimError(409, "userName is taken", { scimType: "uniqueness" });
  assert.deepEqual(error.toJSON(), {
    schemas: [SCHEMA],
    scimType: "uniqueness",
    detail: "userName is taken",
    status: "409",
  });
});

test("an error does not disclose its cause and headers", () => {
  const cause = new Error("disk full: /var/secret");
  const error = new ScimError(401, "Send a token.", { cause, headers: { "WWW-Authenticate": "Bearer" } });
  assert.equal(error.cause, cause);
  assert.deepEqual(error.headers, { "WWW-Authenticate": "Bearer" });
  assert.doesNotMatch(JSON.stringify(error), /secret|WWW/);
  assert.equal(Object.hasOwn(new ScimError(404, "x"), "cause"), false);
  assert.deepEqual(new ScimError(404, "x").headers, {});
});

test("an error is an Error with a message", () => {
  const error = badRequest("invalidValue", { code: "bodyEmpty" }, "userName is required.");
  assert.ok(error instanceof Error);
  assert.equal(error.detail, "userName is required.");
  assert.match(error.stack ?? "", /^.*userName is required\.\n\s+at /);
});

test("an error with any detail is valid JSON", () => {
  for (const detail of ['"', "\u0000\n", "\ud800", "🙂", ""]) {
    const text = JSON.stringify(new ScimError(400, detail));
    assert.equal(Buffer.from(text, "utf8").toString("utf8"), text);
    assert.equal(JSON.parse(text).detail, detail);
  }
});
