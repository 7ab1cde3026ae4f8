import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "@scimtool/scim";
import { compareAttributes } from "./differences.ts";

const URN = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

function differences(expected: JsonObject, found: JsonObject): string[] {
  return compareAttributes("/Users/1", expected, found).map((each) => `${each.path}: ${each.expected} / ${each.found}`);
}

test("names the attribute that differs, is missing or too many, at any depth", () => {
  const expected = { userName: "a", name: { givenName: "A" }, [URN]: { department: "X", manager: { value: "1" } } };
  const found = { name: { givenName: "B" }, title: "T", [URN]: { department: "Y", manager: { value: "2" } } };
  assert.deepEqual(differences(expected, found), [
    'userName: "a" / nothing',
    'name.givenName: "A" / "B"',
    `${URN}:department: "X" / "Y"`,
    `${URN}:manager.value: "1" / "2"`,
    'title: nothing / "T"',
  ]);
});

test("takes false for different from nothing, and text for different from a boolean", () => {
  assert.deepEqual(differences({ active: false }, {}), ["active: false / nothing"]);
  assert.deepEqual(differences({ active: false }, { active: "False" }), ['active: false / "False"']);
});

test("compares values without regard to order, those of one type with each other", () => {
  const work = { type: "work", value: "w", primary: true };
  const home = { type: "home", value: "h" };
  assert.deepEqual(differences({ emails: [work, home] }, { emails: [home, work] }), []);
  assert.deepEqual(differences({ emails: [work, home] }, { emails: [home, { ...work, value: "x" }] }), [
    'emails[type eq "work"].value: "w" / "x"',
  ]);
  assert.deepEqual(differences({ emails: [work] }, { emails: [work, work, home] }), [
    'emails: nothing / {"type":"work","value":"w","primary":true}',
    'emails: nothing / {"type":"home","value":"h"}',
  ]);
});

test("reads an empty string, an empty array and a value without content as nothing", () => {
  assert.deepEqual(differences({ title: "", roles: [] }, {}), []);
  assert.deepEqual(differences({}, { emails: [{ type: "work" }] }), []);
  assert.deepEqual(differences({ title: "" }, { title: "x" }), ['title: "" / "x"']);
});

test("allows the server to name who a reference is, and nothing else of that name", () => {
  const sent = { [URN]: { manager: { value: "1" } } };
  assert.deepEqual(differences(sent, { [URN]: { manager: { value: "1", displayName: "Carol" } } }), []);
  assert.deepEqual(differences({ manager: {} }, { manager: { displayName: "Carol" } }), [
    'manager.displayName: nothing / "Carol"',
  ]);
});

test("allows the server a $ref of its own that ends in the value, and no other", () => {
  const expected = { [URN]: { manager: { value: "1" } } };
  const withRef = ($ref: string) => ({ [URN]: { manager: { value: "1", $ref } } });
  assert.deepEqual(differences(expected, withRef("https://x/Users/1")), []);
  assert.deepEqual(differences(expected, withRef("https://x/Users/2")), [
    `${URN}:manager.$ref: nothing / "https://x/Users/2"`,
  ]);
});
