import assert from "node:assert/strict";
import { test } from "node:test";
import { attribute, newReading, PATCH_SCHEMA, readPatch, resourceModel, USER_TYPE } from "@scimtool/scim";
import { notKeptByPatch, notKeptByResource } from "./not-kept.ts";

const KEY_URN = "urn:example:Key:2.0:User";
const SCHEMA = {
  id: KEY_URN,
  name: "Key",
  description: "",
  attributes: [
    attribute("badge", "", {
      type: "complex",
      multiValued: true,
      subAttributes: [attribute("value", ""), attribute("pin", "", { returned: "never" })],
    }),
  ],
};
const MODEL = resourceModel({ ...USER_TYPE, schemaExtensions: [{ schema: SCHEMA, required: false }] });

function byPatch(operation: object): string[] {
  const body = { schemas: [PATCH_SCHEMA], Operations: [operation] } as never;
  return notKeptByPatch(readPatch(body, MODEL, newReading("tolerant")), MODEL);
}

test("what a resource sets and nobody keeps is told by its path", () => {
  assert.deepEqual(notKeptByResource({ userName: "a", password: "x" }, MODEL), ["password"]);
  assert.deepEqual(notKeptByResource({ [KEY_URN]: { badge: [{ value: "1" }, { pin: "x" }] } }, MODEL), [
    `${KEY_URN}:badge.pin`,
  ]);
  assert.deepEqual(notKeptByResource({ userName: "a", title: "password" }, MODEL), []);
});

test("what a PATCH sets and nobody keeps is told by its path", () => {
  assert.deepEqual(byPatch({ op: "replace", path: "PassWord", value: "x" }), ["password"]);
  assert.deepEqual(byPatch({ op: "replace", value: { password: "x", title: "y" } }), ["password"]);
  assert.deepEqual(byPatch({ op: "add", path: `${KEY_URN}:badge`, value: [{ value: "1", PIN: "x" }] }), [
    `${KEY_URN}:badge.pin`,
  ]);
  assert.deepEqual(byPatch({ op: "replace", path: `${KEY_URN}:badge.pin`, value: "x" }), [`${KEY_URN}:badge.pin`]);
  assert.deepEqual(byPatch({ op: "remove", path: "password" }), []);
  assert.deepEqual(byPatch({ op: "replace", path: "title", value: "x" }), []);
});
