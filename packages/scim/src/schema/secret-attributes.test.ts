import assert from "node:assert/strict";
import { test } from "node:test";
import { secretAttributes } from "../dialect/secret-attributes.ts";
import { newReading } from "../dialect/tolerance.ts";
import type { JsonObject } from "../json.ts";
import { babs, ENTERPRISE, patch, USER } from "../patch/test-support.ts";
import { readResource } from "./resource.ts";
import { readUser, user } from "./test-support.ts";

const SECRET = "t1meMa$heen";
const EXTENSION = "urn:example:params:scim:schemas:Token";

/** Locations where clients put secrets without a schema. */
const PLACES: readonly JsonObject[] = [
  { pwd: SECRET },
  { unicodePwd: SECRET },
  { NewPassword: SECRET },
  { ntHash: SECRET },
  { pass_word: SECRET },
  { "api-key": SECRET },
  { token: SECRET },
  { tokens: [SECRET] },
  { token: { value: SECRET } },
  { account: { login: { pwd: SECRET } } },
  { accounts: [{ pwd: SECRET }] },
  { name: { pin: SECRET } },
  { emails: [{ value: "a@example.com", secret: SECRET }] },
  { [ENTERPRISE]: { userPassword: SECRET } },
  { [`${ENTERPRISE}:passwd`]: SECRET },
  { [EXTENSION]: { otp: SECRET } },
  { [`${EXTENSION}:pwd`]: SECRET },
];

for (const sent of PLACES) {
  test(`a secret without a schema is not stored: ${JSON.stringify(sent)}`, () => {
    const { resource, notes } = readUser(sent);
    assert.doesNotMatch(JSON.stringify([resource, notes]), /t1meMa/);
    for (const op of ["add", "replace"]) {
      const { resource: patched } = patch(babs(), { op, value: sent });
      assert.doesNotMatch(JSON.stringify(patched), /t1meMa/);
    }
  });
}

test("a PATCH by path does not store it either", () => {
  for (const path of ["unicodePwd", "pwd.value", "account.pwd", `${ENTERPRISE}:passwd`, `${EXTENSION}:pwd`]) {
    for (const op of ["add", "replace"]) {
      const { resource, changes } = patch(babs(), { op, path, value: SECRET });
      assert.doesNotMatch(JSON.stringify(resource), /t1meMa/, path);
      assert.deepEqual(changes, [], path);
    }
  }
});

test("a note says so", () => {
  const { notes } = readUser({ pwd: SECRET });
  assert.equal(
    notes.find(({ where }) => where === "pwd")?.detail,
    "an attribute that no schema defines was left out, as its name says that it is a secret",
  );
});

test("attributes about secrets, and extensions with such a name, are stored", () => {
  const harmless = {
    passwordLastChanged: "2026-12-02",
    mustChangePassword: true,
    tokenCount: 3,
    [EXTENSION]: { badge: "1" },
  };
  const { resource } = readUser(harmless);
  for (const [name, value] of Object.entries(harmless)) assert.deepEqual(resource[name], value);
});

test("the names can be chosen", () => {
  const reading = newReading("tolerant", secretAttributes(["badge-number"]));
  const { pwd, badgeNumber } = readResource({ ...user(), pwd: "x", badgeNumber: SECRET }, USER, reading);
  assert.deepEqual([pwd, badgeNumber], ["x", undefined]);
});
