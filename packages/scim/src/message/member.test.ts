import assert from "node:assert/strict";
import { test } from "node:test";
import type { Json, JsonObject } from "../json.ts";
import { refuses } from "../patch/test-support.ts";
import { member, namesMessage } from "./member.ts";

test("a member is found in any letter case (RFC 7643 §2.1)", () => {
  for (const name of ["Operations", "operations", "OPERATIONS"]) assert.equal(member({ [name]: 1 }, "Operations"), 1);
  assert.equal(member({ other: 1 }, "Operations"), undefined);
  assert.equal(member({}, "constructor"), undefined);
});

test("two members with the same name are rejected", () => {
  refuses(() => member({ op: "add", OP: "remove" }, "op"), "invalidSyntax", /^op is given twice/);
});

test("a message is identified by its URN in schemas, in any letter case (RFC 7644 §3.1)", () => {
  const urn = "urn:example:Message";
  const names = (schemas: Json) => namesMessage({ schemas } as JsonObject, urn);
  assert.equal(names([urn]), true);
  assert.equal(names(["urn:other", urn.toUpperCase()]), true);
  for (const schemas of [[], urn, null, ["urn:other"], [[urn]], [1]] as Json[]) assert.equal(names(schemas), false);
  assert.equal(namesMessage({}, urn), false);
});
