import assert from "node:assert/strict";
import { test } from "node:test";
import { newReading } from "../dialect/tolerance.ts";
import type { Json, JsonObject } from "../json.ts";
import { applyPatch } from "./apply.ts";
import { babs, ENTERPRISE, patch, refuses, USER } from "./test-support.ts";

const URN = "urn:example:custom:2.0:User";

function patchOn(extra: JsonObject, operations: Json | Json[]) {
  return patch({ ...babs(), ...extra }, operations);
}

test("an attribute without a schema is stored as sent, with a note", () => {
  const { resource, codes, changes } = patchOn({}, { op: "add", path: "shoeSize", value: { eu: 42, us: null } });
  assert.deepEqual(resource.shoeSize, { eu: 42 });
  assert.deepEqual(codes, ["unknown-attribute"]);
  assert.deepEqual(changes, [{ kind: "attribute", path: "shoeSize", after: { eu: 42 } }]);
});

test("it is rejected in the strict profile, for any operation", () => {
  for (const op of ["add", "replace", "remove"]) {
    for (const path of ["shoeSize", "shoe.size", "urn:foo:bar"]) {
      const act = () => patch(babs(), { op, path, value: 42 }, USER, "strict");
      refuses(act, "invalidPath", /^Operations\[0\]: [\w.:]+: an attribute that no schema defines/);
    }
  }
  const inValue = () => patch(babs(), { op: "add", value: { shoeSize: 42 } }, USER, "strict");
  refuses(inValue, "invalidSyntax", /^Operations\[0\]: shoeSize: an attribute that no schema defines/);
});

test("the stored value decides: objects are merged, arrays are appended to, other values are replaced", () => {
  const added = (held: Json, value: Json) => patchOn({ x: held }, { op: "add", path: "X", value }).resource.x;
  const replaced = (held: Json, value: Json) => patchOn({ x: held }, { op: "replace", path: "x", value }).resource.x;
  assert.deepEqual(added({ a: 1, b: 2 }, { b: 3, a: null }), { a: 1, b: 3 });
  assert.deepEqual(replaced({ a: 1, b: 2 }, { b: 3, a: null }), { b: 3 });
  assert.deepEqual(added([1, { a: 1 }], [{ a: 1 }, 2]), [1, { a: 1 }, 2]);
  assert.deepEqual(added([1], 2), [1, 2]);
  assert.deepEqual(replaced([1], [2]), [2]);
  assert.equal(added("a", "b"), "b");
  assert.equal(added("a", null), "a");
  assert.equal(replaced("a", null), undefined);
  assert.equal(replaced({ a: 1 }, { a: null }), undefined);
});

test("it is removed by its name in any letter case", () => {
  const { resource, codes } = patchOn({ shoeSize: 42 }, { op: "remove", path: "SHOESIZE" });
  assert.equal(Object.hasOwn(resource, "shoeSize"), false);
  assert.deepEqual(codes, ["unknown-attribute"]);
  assert.deepEqual(patchOn({}, { op: "remove", path: "shoeSize" }).changes, []);
});

test("removing given values of an array keeps the others", () => {
  const held: Json = ["a", { value: "b", type: "x" }, { value: "c" }];
  const removed = (value: Json) => patchOn({ x: held }, { op: "remove", path: "x", value }).resource.x;
  assert.deepEqual(removed("a"), held.slice(1));
  assert.deepEqual(removed(["a", { value: "b" }]), [{ value: "c" }]);
  assert.deepEqual(removed({ value: "b", type: "y" }), held);
  assert.deepEqual(removed([]), held);
  assert.deepEqual(removed({}), held);
  assert.equal(removed(held), undefined);
  assert.equal(removed(null), undefined);
  assert.equal(patchOn({ x: "a" }, { op: "remove", path: "x", value: "a" }).resource.x, undefined);
});

test("a sub-attribute of it is set and removed within its object", () => {
  const { resource } = patchOn({}, { op: "add", path: "shoe.size", value: 42 });
  assert.deepEqual(resource.shoe, { size: 42 });
  const { resource: more } = patch(resource, { op: "replace", path: "SHOE.color", value: "red" });
  assert.deepEqual(more.shoe, { size: 42, color: "red" });
  const { resource: less } = patch(more, { op: "remove", path: "shoe.SIZE" });
  assert.deepEqual(less.shoe, { color: "red" });
  const { resource: none } = patch(less, { op: "remove", path: "shoe.color" });
  assert.deepEqual(none, babs());
  refuses(
    () => patchOn({ shoe: "x" }, { op: "add", path: "shoe.size", value: 1 }),
    "noTarget",
    /shoe is not an object/,
  );
});

test("an attribute of an undefined extension is below its URN", () => {
  const { resource } = patchOn({}, { op: "Add", path: `${URN}:badge`, value: "1" });
  assert.deepEqual(resource[URN], { badge: "1" });
  assert.deepEqual(resource.schemas, [...(babs().schemas as Json[]), URN]);
  const { resource: more } = patch(resource, { op: "Add", path: `${URN.toUpperCase()}:BADGE`, value: "2" });
  assert.deepEqual(more[URN], { badge: "2" });
  const { resource: none } = patch(more, { op: "Remove", path: `${URN}:badge` });
  assert.deepEqual(none, babs());
});

test("an undefined extension is stored under its URN", () => {
  for (const urn of [URN, "urn:example:badges:1.0", "http://example.com/badges"]) {
    const { resource } = patchOn({}, { op: "add", value: { [urn]: { badge: "1", color: "red" } } });
    assert.deepEqual(resource[urn], { badge: "1", color: "red" });
    const { resource: merged } = patch(resource, { op: "replace", value: { [urn]: { color: null } } });
    assert.deepEqual(merged[urn], { badge: "1" });
    const { resource: none } = patch(merged, { op: "replace", value: { [urn]: null } });
    assert.deepEqual(none, babs());
  }
  const { resource: removed } = patchOn({ [URN]: { badge: "1" } }, { op: "remove", path: URN });
  assert.deepEqual(removed, babs());
});

test("an undefined attribute of a known schema is beside that schema's attributes", () => {
  const { resource } = patchOn({}, [
    { op: "add", path: `${ENTERPRISE}:desk`, value: { floor: 1 } },
    { op: "add", path: "urn:ietf:params:scim:schemas:core:2.0:User:desk", value: { floor: 2 } },
    { op: "add", path: ENTERPRISE, value: { chair: "blue" } },
  ]);
  assert.deepEqual(resource[ENTERPRISE], { ...(babs()[ENTERPRISE] as JsonObject), desk: { floor: 1 }, chair: "blue" });
  assert.deepEqual(resource.desk, { floor: 2 });
});

test("a filter on it has no target", () => {
  for (const op of ["add", "replace", "remove"]) {
    refuses(
      () => patchOn({}, { op, path: "shoes[size eq 42].color", value: "x" }),
      "noTarget",
      /no schema defines shoes/,
    );
  }
});

test("names from Object.prototype are normal names", () => {
  for (const path of ["constructor", "toString", "hasOwnProperty", "valueOf"]) {
    assert.deepEqual(patchOn({}, { op: "remove", path }).changes, [], path);
    const { resource } = patchOn({}, { op: "add", path, value: { a: 1 } });
    assert.ok(Object.hasOwn(resource, path));
    const { resource: sub } = patchOn({}, { op: "add", path: `shoe.${path}`, value: 1 });
    assert.deepEqual(Object.keys(sub.shoe as JsonObject), [path]);
  }
});

test("__proto__ is never a name", () => {
  for (const path of ["__proto__", "__proto__.title", "shoe.__proto__", `${URN}:__proto__`, "name.__proto__"]) {
    refuses(() => patchOn({}, { op: "add", path, value: { title: "x" } }), "invalidPath", /^Operations\[0\]/);
  }
  const nested = JSON.parse('{"__proto__":{"polluted":true}}') as JsonObject;
  refuses(() => patchOn({}, { op: "add", path: "name", value: nested }), "invalidSyntax", /not an attribute name/);
  const { resource } = patchOn({}, { op: "add", path: "shoe", value: nested });
  assert.equal(({} as JsonObject).polluted, undefined);
  assert.equal((resource.shoe as JsonObject).polluted, undefined);
  assert.deepEqual(JSON.stringify(resource.shoe), JSON.stringify(nested));
  assert.deepEqual(patch(resource, { op: "replace", path: "shoe", value: { a: 1 } }).changes.length, 1);
});

test("an attribute below a member that is not an object has no target", () => {
  const act = () => patchOn({ "urn:example:x": "text" }, { op: "add", path: "urn:example:x:y", value: 1 });
  refuses(act, "noTarget", /^Operations\[0\]: urn:example:x is not an object, so it has no attribute y/);
});

test("names are checked again when they are stored, whatever created the operation", () => {
  const targets = [
    { attribute: "__proto__" },
    { attribute: "__proto__", subAttribute: "a" },
    { attribute: "a", subAttribute: "__proto__" },
    { schema: "__proto__", attribute: "a" },
  ];
  for (const target of targets) {
    const operation = { op: "add", value: 1, where: "Operations[0]", pathless: false } as const;
    const act = () =>
      applyPatch(babs(), [{ ...operation, target: { kind: "unknown", ...target } }], USER, newReading("tolerant"));
    assert.throws(act, /not an attribute name|not the URN of a schema/, JSON.stringify(target));
  }
});
