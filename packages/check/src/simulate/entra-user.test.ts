import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "@scimtool/scim";
import { assignTarget, printTarget, type TargetAttribute } from "./entra-user.ts";

const URN = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

const TARGETS: [TargetAttribute, string, JsonObject][] = [
  [{ attribute: "title" }, "title", { title: "x" }],
  [{ attribute: "name", subAttribute: "givenName" }, "name.givenName", { name: { givenName: "x" } }],
  [{ schema: URN, attribute: "department" }, `${URN}:department`, { [URN]: { department: "x" } }],
  [
    { attribute: "emails", select: { type: "work" }, subAttribute: "value" },
    'emails[type eq "work"].value',
    { emails: [{ type: "work", value: "x" }] },
  ],
  [
    { attribute: "roles", select: { primary: true }, subAttribute: "value" },
    'roles[primary eq "True"].value',
    { roles: [{ primary: true, value: "x" }] },
  ],
];

test("a target is printed as identity providers write it, and assigned where it says", () => {
  for (const [target, text, resource] of TARGETS) {
    assert.equal(printTarget(target), text);
    const made: JsonObject = {};
    assignTarget(made, target, "x");
    assert.deepEqual(made, resource);
  }
});

test("assigning leaves what is beside the target, and unassigning what is not", () => {
  const resource: JsonObject = { emails: [{ type: "home", value: "h" }], name: { givenName: "g" } };
  const work = { attribute: "emails", select: { type: "work" }, subAttribute: "value" };
  assignTarget(resource, work, "w");
  assignTarget(resource, work, "x");
  assert.deepEqual(resource["emails"], [
    { type: "home", value: "h" },
    { type: "work", value: "x" },
  ]);
  assignTarget(resource, { attribute: "name", subAttribute: "givenName" }, undefined);
  assignTarget(resource, { schema: URN, attribute: "department" }, undefined);
  assert.deepEqual(Object.keys(resource), ["emails"]);
});
