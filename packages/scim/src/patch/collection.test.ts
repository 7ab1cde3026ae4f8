import assert from "node:assert/strict";
import { test } from "node:test";
import { newReading } from "../dialect/tolerance.ts";
import type { Json } from "../json.ts";
import { attribute } from "../schema/attribute.ts";
import { resourceModel } from "../schema/model.ts";
import { GROUP_TYPE } from "../schema/resource-types.ts";
import { applyPatch } from "./apply.ts";
import { applyCollectionOperation } from "./collection.ts";
import { readPatch } from "./message.ts";
import { GROUP, message, patch, patchGroup, refuses, tourGuides } from "./test-support.ts";

function operationsOf(...operations: Json[]) {
  const reading = newReading("tolerant");
  const read = readPatch(message(...operations), GROUP, reading);
  return applyPatch(tourGuides(), read, GROUP, reading).collectionOperations;
}

test("operations on members are returned in order, and members stay unchanged", () => {
  const reading = newReading("tolerant");
  const operations = [
    { op: "add", path: "members", value: [{ value: "u3" }, { value: "u3", type: "User" }] },
    { op: "replace", path: "displayName", value: "G" },
    { op: "remove", path: 'members[value eq "u1"]' },
    { op: "replace", path: "members", value: [{ value: "u4", type: "User" }] },
    { op: "remove", path: "members", value: { value: "u4" } },
    { op: "remove", path: "members" },
  ];
  const read = readPatch(message(...operations), GROUP, reading);
  const { resource, collectionOperations } = applyPatch(tourGuides(), read, GROUP, reading);
  assert.deepEqual(resource.members, tourGuides().members);
  assert.equal(resource.displayName, "G");
  assert.deepEqual(collectionOperations, [
    { kind: "add", values: [{ value: "u3" }] },
    { kind: "remove", values: [{ value: "u1" }] },
    { kind: "replace", values: [{ value: "u4", type: "User" }] },
    { kind: "remove", values: [{ value: "u4" }] },
    { kind: "replace", values: [] },
  ]);
});

test("adding or removing nothing is no operation, replacing by nothing empties", () => {
  assert.deepEqual(operationsOf({ op: "add", path: "members", value: [] }), []);
  assert.deepEqual(operationsOf({ op: "add", path: "members", value: null }), []);
  assert.deepEqual(operationsOf({ op: "remove", path: "members", value: [] }), []);
  assert.deepEqual(operationsOf({ op: "replace", path: "members", value: [] }), [{ kind: "replace", values: [] }]);
  assert.deepEqual(operationsOf({ op: "replace", value: { members: null } }), [{ kind: "replace", values: [] }]);
});

test("values named one by one need no search", () => {
  const named = operationsOf({ op: "remove", path: 'members[value eq "u1" or (value eq "u2" or value eq "u1")]' });
  assert.deepEqual(named, [{ kind: "remove", values: [{ value: "u1" }, { value: "u2" }] }]);
  assert.deepEqual(operationsOf({ op: "remove", path: 'members[value eq "" or value eq "u2"]' }), [
    { kind: "remove", values: [{ value: "" }, { value: "u2" }] },
  ]);
});

test("a filter other than on the value is returned as a filter", () => {
  const [operation] = operationsOf({ op: "remove", path: 'members[type eq "User" or value eq "u2"]' });
  assert.equal(operation?.kind, "removeWhere");
  const { resource } = patchGroup({ op: "remove", path: 'members[type eq "User" or value eq "u2"]' });
  assert.deepEqual(resource.members, [{ value: "u1", $ref: "../Users/u1" }]);
});

test("parts of a member cannot be changed", () => {
  const cases: Json[] = [
    { op: "replace", path: 'members[value eq "u1"].type', value: "User" },
    { op: "add", path: 'members[value eq "u1"].display', value: "x" },
    { op: "remove", path: 'members[value eq "u1"].$ref' },
    { op: "replace", path: 'members[value eq "u1"]', value: { value: "u9" } },
    { op: "remove", path: "members.value" },
    { op: "add", value: { "members.value": "u9" } },
  ];
  for (const operation of cases) refuses(() => patchGroup(operation), "mutability", /^Operations\[0\]: .*members/);
});

test("a member without a value is rejected", () => {
  for (const value of [[{ $ref: "../Users/u1" }], [{ value: "" }], [{ type: "User" }]]) {
    for (const op of ["add", "replace", "remove"]) {
      refuses(
        () => patchGroup({ op, path: "members", value }),
        "invalidValue",
        /^Operations\[0\]: every value of members/,
      );
    }
  }
});

test("IDs of members are case-exact", () => {
  assert.deepEqual(patchGroup({ op: "remove", path: 'members[value eq "U1"]' }).changes, []);
  assert.deepEqual(patchGroup({ op: "remove", path: "members", value: [{ value: "U1" }] }).changes, []);
});

test("replacing keeps unchanged values", () => {
  const values = [{ value: "a", type: "User" }, { value: "b" }];
  assert.deepEqual(applyCollectionOperation(values, { kind: "replace", values: [{ value: "c" }, { value: "a" }] }), {
    values: [{ value: "a", type: "User" }, { value: "c" }],
    added: [{ value: "c" }],
    removed: [{ value: "b" }],
  });
});

test("an operation that changes nothing returns the same values", () => {
  const values = [{ value: "a" }];
  for (const operation of [
    { kind: "add", values: [{ value: "a" }] },
    { kind: "remove", values: [{ value: "b" }] },
    { kind: "replace", values: [{ value: "a" }] },
  ] as const) {
    assert.equal(applyCollectionOperation(values, operation).values, values);
  }
});

test("a member removed and added again in one request stays unchanged", () => {
  const { changes } = patchGroup([
    { op: "remove", path: "members" },
    { op: "add", path: "members", value: [{ value: "u2" }, { value: "u1" }] },
  ]);
  assert.deepEqual(changes, []);
});

test("of two values with one key the first is added", () => {
  const values = [{ value: "a" }, { value: "a", type: "User" }];
  assert.deepEqual(applyCollectionOperation([], { kind: "add", values }).values, [{ value: "a" }]);
});

test("if IDs ignore letter case, a filter on the value is a search", () => {
  const [members] = GROUP_TYPE.schema.attributes.filter((each) => each.name === "members");
  assert.ok(members);
  const folding = { ...members, subAttributes: [attribute("value", "Identifier in any letter case.")] };
  const model = resourceModel({
    ...GROUP_TYPE,
    schema: { ...GROUP_TYPE.schema, attributes: [attribute("displayName", "Name."), folding] },
  });
  const { resource } = patch(tourGuides(), { op: "remove", path: 'members[value eq "U1"]' }, model);
  assert.deepEqual(resource.members, [{ value: "u2" }]);
});
