import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "../json.ts";
import { attribute } from "../schema/attribute.ts";
import { resourceModel } from "../schema/model.ts";
import { USER_TYPE } from "../schema/resource-types.ts";
import { applyChanges, diffResources, invertChanges } from "./change-set.ts";
import { babs, ENTERPRISE, GROUP, tourGuides, USER } from "./test-support.ts";

test("changes have the order of the schemas, whatever the order of members", () => {
  const after: JsonObject = {
    zebra: 1,
    ...babs(),
    [ENTERPRISE]: { desk: 1, department: "Retail", costCenter: "9" },
    name: { familyName: "J", givenName: "Barbara", nick: "B" },
    "urn:example:x": { a: 1 },
    aardvark: 2,
    emails: [{ value: "n@x" }],
  };
  delete after.title;
  assert.deepEqual(diffResources(babs(), after, USER), [
    { kind: "attribute", path: "name.familyName", before: "Jensen", after: "J" },
    { kind: "attribute", path: "name.nick", after: "B" },
    { kind: "attribute", path: "title", before: "Tour Guide" },
    { kind: "attribute", path: "emails", before: babs().emails, after: [{ value: "n@x" }] },
    { kind: "attribute", path: `${ENTERPRISE}:costCenter`, after: "9" },
    { kind: "attribute", path: `${ENTERPRISE}:department`, before: "Tours", after: "Retail" },
    { kind: "attribute", path: `${ENTERPRISE}:manager.value`, before: "26118915" },
    { kind: "attribute", path: `${ENTERPRISE}:manager.$ref`, before: "../Users/26118915" },
    { kind: "attribute", path: `${ENTERPRISE}:manager.displayName`, before: "John Smith" },
    { kind: "attribute", path: `${ENTERPRISE}:desk`, after: 1 },
    { kind: "attribute", path: "aardvark", after: 2 },
    { kind: "attribute", path: "urn:example:x", after: { a: 1 } },
    { kind: "attribute", path: "zebra", after: 1 },
  ]);
});

test("values computed by the service provider are not changes", () => {
  assert.deepEqual(diffResources(babs(), { ...babs(), id: "x", schemas: [], meta: { version: "2" } }, USER), []);
});

test("a collection's change lists added and removed values, not their order", () => {
  const group = tourGuides();
  const after = { ...group, members: [{ value: "u3" }, { value: "u2" }] };
  assert.deepEqual(diffResources(group, after, GROUP), [
    { kind: "collection", path: "members", added: [{ value: "u3" }], removed: [{ value: "u1", $ref: "../Users/u1" }] },
  ]);
  assert.deepEqual(diffResources(group, { ...group, members: [{ value: "u2" }, { value: "u1" }] }, GROUP), []);
});

test("shared parts are skipped", () => {
  const emails = new Proxy([], {
    get() {
      throw new Error("looked into");
    },
  });
  const before = { ...babs(), emails };
  assert.deepEqual(diffResources(before, { ...before, title: "x" }, USER).length, 1);
});

test("a change of any shape can be applied and undone", () => {
  const after: JsonObject = {
    ...babs(),
    name: { honorificPrefix: "Ms.", "x.y": 1 },
    "a.b": 1,
    "urn:example:x:1.0": { c: 1 },
    [ENTERPRISE]: { manager: { value: "9" }, desk: { floor: 1 } },
    schemas: [...(babs().schemas as string[]), "urn:example:x:1.0"],
  };
  delete after.emails;
  const changes = diffResources(babs(), after, USER);
  assert.deepEqual(applyChanges(changes, babs(), USER), after);
  assert.deepEqual(applyChanges(invertChanges(changes), after, USER), babs());
});

test("applying no changes returns the resource itself", () => {
  const user = babs();
  assert.equal(applyChanges([], user, USER), user);
});

test("the first extension attribute adds the schema, removing the last one removes it", () => {
  const bare: JsonObject = { ...babs(), schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"] };
  delete bare[ENTERPRISE];
  const changes = diffResources(bare, babs(), USER);
  assert.deepEqual(applyChanges(changes, bare, USER), babs());
  assert.deepEqual(applyChanges(invertChanges(changes), babs(), USER), bare);
});

test("of two extensions the one with the longer URN is meant", () => {
  const extension = (id: string) => ({
    required: false,
    schema: { id, name: id, description: id, attributes: [attribute("y", "An attribute.")] },
  });
  for (const ids of [
    ["urn:x", "urn:x:a"],
    ["urn:x:a", "urn:x"],
  ]) {
    const model = resourceModel({ ...USER_TYPE, schemaExtensions: ids.map(extension) });
    const after: JsonObject = { ...babs(), "urn:x": { y: "1" }, "urn:x:a": { y: "2" } };
    const { schemas: _, ...rest } = applyChanges(diffResources(babs(), after, model), babs(), model);
    const { schemas: __, ...expected } = after;
    assert.deepEqual(rest, expected);
  }
});
