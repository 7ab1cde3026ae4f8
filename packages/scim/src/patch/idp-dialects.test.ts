import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ToleranceCode } from "../dialect/tolerance.ts";
import type { Json, JsonObject } from "../json.ts";
import type { ResourceModel } from "../schema/model.ts";
import { babs, ENTERPRISE, GROUP, patch, patchGroup, patchUser, tourGuides, USER } from "./test-support.ts";

/** A body of an identity provider, the change it makes, and the tolerances it needs. */
type Case = {
  readonly sends: string;
  readonly operation: Json;
  readonly to?: JsonObject;
  readonly codes: ToleranceCode[];
};

const [WORK, HOME] = babs().emails as [JsonObject, JsonObject];
const EXTENSION = babs()[ENTERPRISE] as JsonObject;

const ON_A_USER: Case[] = [
  {
    sends: "active as the text False",
    operation: { op: "Replace", path: "active", value: "False" },
    to: { active: false },
    codes: ["operation-case", "string-boolean"],
  },
  {
    sends: "the value of the work address",
    operation: { op: "Replace", path: 'emails[type eq "work"].value', value: "n@example.com" },
    to: { emails: [{ ...WORK, value: "n@example.com" }, HOME] },
    codes: ["operation-case"],
  },
  {
    sends: "a dotted path",
    operation: { op: "Replace", path: "name.familyName", value: "F" },
    to: { name: { givenName: "Barbara", familyName: "F" } },
    codes: ["operation-case"],
  },
  {
    sends: "a path with a URN",
    operation: { op: "Add", path: `${ENTERPRISE}:department`, value: "Retail" },
    to: { [ENTERPRISE]: { ...EXTENSION, department: "Retail" } },
    codes: ["operation-case"],
  },
  {
    sends: "manager without its URN in an array",
    operation: { op: "Add", path: "manager", value: [{ $ref: "http://x/Users/00aa", value: "00aa" }] },
    to: { [ENTERPRISE]: { ...EXTENSION, manager: { value: "00aa", $ref: "http://x/Users/00aa" } } },
    codes: ["operation-case", "unqualified-extension-attribute", "single-value-as-array"],
  },
  {
    sends: "manager as a string, whose $ref and displayName are then of the manager before",
    operation: { op: "Replace", path: `${ENTERPRISE}:manager`, value: "00aa" },
    to: { [ENTERPRISE]: { ...EXTENSION, manager: { value: "00aa" } } },
    codes: ["operation-case", "complex-as-value"],
  },
  {
    sends: "manager as an empty string",
    operation: { op: "Replace", path: `${ENTERPRISE}:manager`, value: "" },
    to: { [ENTERPRISE]: { department: "Tours" } },
    codes: ["operation-case", "empty-complex"],
  },
  {
    sends: "manager with an empty value",
    operation: { op: "replace", path: `${ENTERPRISE}:manager`, value: { value: "" } },
    to: { [ENTERPRISE]: { department: "Tours" } },
    codes: ["empty-complex"],
  },
  {
    sends: "manager with an empty value in an array",
    operation: { op: "replace", path: `${ENTERPRISE}:manager`, value: [{ value: "" }] },
    to: { [ENTERPRISE]: { department: "Tours" } },
    codes: ["single-value-as-array", "empty-complex"],
  },
  {
    sends: "an empty manager.value",
    operation: { op: "replace", path: `${ENTERPRISE}:manager.value`, value: "" },
    to: { [ENTERPRISE]: { department: "Tours" } },
    codes: ["empty-complex"],
  },
  {
    sends: "an empty manager.value in an array",
    operation: { op: "replace", path: `${ENTERPRISE}:manager.value`, value: [""] },
    to: { [ENTERPRISE]: { department: "Tours" } },
    codes: ["single-value-as-array", "empty-complex"],
  },
  {
    sends: "manager with an empty value, without a path",
    operation: { op: "replace", value: { [ENTERPRISE]: { manager: { value: "" } } } },
    to: { [ENTERPRISE]: { department: "Tours" } },
    codes: ["empty-complex"],
  },
  {
    sends: "manager behind a URN without its last colon",
    operation: {
      op: "Remove",
      path: "urn:ietf:params:scim:schemas:extension:enterprise:2.0User:manager",
    },
    to: { [ENTERPRISE]: { department: "Tours" } },
    codes: ["malformed-urn", "operation-case"],
  },
  {
    sends: "a role that is JSON text",
    operation: { op: "Add", path: "roles", value: [{ value: '{"id":"1","value":"Admin","displayName":"Admin"}' }] },
    to: { roles: [{ value: '{"id":"1","value":"Admin","displayName":"Admin"}' }] },
    codes: ["operation-case"],
  },
  {
    sends: "the value of the primary role, of which there is none",
    operation: { op: "Add", path: 'roles[primary eq "True"].value', value: "Admin" },
    to: { roles: [{ primary: true, value: "Admin" }] },
    codes: ["operation-case", "string-boolean"],
  },
  {
    sends: "a primary role as text",
    operation: { op: "Add", path: "roles", value: [{ value: "Admin", primary: "True" }] },
    to: { roles: [{ value: "Admin", primary: true }] },
    codes: ["operation-case", "string-boolean"],
  },
  {
    sends: "active as false, with the flag",
    operation: { op: "replace", path: "active", value: false },
    to: { active: false },
    codes: [],
  },
  {
    sends: "dotted names and names with a URN without a path, with the flag",
    operation: {
      op: "replace",
      value: { displayName: "B", "name.givenName": "K", [`${ENTERPRISE}:employeeNumber`]: "A" },
    },
    to: {
      displayName: "B",
      name: { givenName: "K", familyName: "Jensen" },
      [ENTERPRISE]: { ...EXTENSION, employeeNumber: "A" },
    },
    codes: ["dotted-name", "qualified-name"],
  },
  {
    sends: "a value filter as a name",
    operation: { op: "Add", value: { 'emails[type eq "home"].value': "n@jensen.org", "manager.value": "26118915" } },
    to: { emails: [WORK, { ...HOME, value: "n@jensen.org" }] },
    codes: ["operation-case", "value-filter-name", "dotted-name", "unqualified-extension-attribute"],
  },
  {
    sends: "the extension as a whole without a path",
    operation: { op: "replace", value: { [ENTERPRISE]: { department: "Retail", costCenter: null } } },
    to: { [ENTERPRISE]: { ...EXTENSION, department: "Retail" } },
    codes: [],
  },
  {
    sends: "Okta's deactivation",
    operation: { op: "replace", value: { active: false } },
    to: { active: false },
    codes: [],
  },
  {
    sends: "Okta's new password",
    operation: { op: "replace", value: { password: "t1meMa$heen" } },
    codes: [],
  },
];

describe("a user changes as intended when an identity provider sends", () => {
  for (const { sends, operation, to, codes } of ON_A_USER) {
    test(sends, () => {
      const outcome = patchUser(operation);
      assert.deepEqual(outcome.resource, { ...babs(), ...to });
      assert.equal(outcome.changes.length > 0, to !== undefined);
      assert.deepEqual(outcome.codes.toSorted(), codes.toSorted());
    });
  }

  test("the value of the work address of a user without one", () => {
    const user = { ...babs(), emails: [HOME] };
    const replaced = patch(user, { op: "Replace", path: 'emails[type eq "work"].value', value: "n@example.com" });
    assert.deepEqual(replaced.resource.emails, [HOME, { type: "work", value: "n@example.com" }]);
    assert.deepEqual(replaced.codes, ["operation-case", "target-created"]);
    const added = patch(user, { op: "add", path: 'emails[type eq "work"].value', value: "n@example.com" });
    assert.deepEqual(added.resource, replaced.resource);
    assert.deepEqual(added.codes, []);
  });

  test("the value of the work address of a user without any", () => {
    const user = babs();
    delete user.emails;
    const { resource } = patch(user, { op: "Add", path: 'emails[type eq "work"].value', value: "n@example.com" });
    assert.deepEqual(resource.emails, [{ type: "work", value: "n@example.com" }]);
  });

  test("the first attribute of an extension, and the removal of its last", () => {
    const user: JsonObject = { ...babs(), schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"] };
    delete user[ENTERPRISE];
    const { resource } = patch(user, { op: "Add", path: `${ENTERPRISE}:department`, value: "Retail" });
    assert.deepEqual(resource.schemas, babs().schemas);
    const { resource: back } = patch(resource, { op: "Remove", path: `${ENTERPRISE}:department` });
    assert.deepEqual(back, user);
  });

  test("several operations on one attribute, each after the effect of the previous one", () => {
    const { resource } = patchUser([
      { op: "Replace", path: "title", value: "Guide" },
      { op: "Add", path: 'emails[type eq "other"].value', value: "o@example.com" },
      { op: "Replace", path: 'emails[type eq "other"].value', value: "p@example.com" },
      { op: "Remove", path: "title" },
    ]);
    assert.equal(Object.hasOwn(resource, "title"), false);
    assert.deepEqual(resource.emails, [WORK, HOME, { type: "other", value: "p@example.com" }]);
  });
});

const [U1, U2] = tourGuides().members as [JsonObject, JsonObject];

const ON_A_GROUP: Case[] = [
  {
    sends: "a member to add",
    operation: { op: "Add", path: "members", value: [{ $ref: null, value: "u3" }] },
    to: { members: [U1, U2, { value: "u3" }] },
    codes: ["operation-case"],
  },
  {
    sends: "a member to remove, with a value",
    operation: { op: "Remove", path: "members", value: [{ $ref: null, value: "u1" }] },
    to: { members: [U2] },
    codes: ["operation-case", "remove-with-value"],
  },
  {
    sends: "an id to remove as a plain string",
    operation: { op: "Remove", path: "members", value: "u1" },
    to: { members: [U2] },
    codes: ["operation-case", "remove-with-value", "complex-as-value"],
  },
  {
    sends: "ids to remove as strings",
    operation: { op: "remove", path: "members", value: ["u1", "u9"] },
    to: { members: [U2] },
    codes: ["remove-with-value", "complex-as-value", "complex-as-value", "target-absent"],
  },
  {
    sends: "no members to remove",
    operation: { op: "Remove", path: "members", value: [] },
    codes: ["operation-case", "remove-with-value"],
  },
  {
    sends: "the id of a member who is none to remove",
    operation: { op: "Remove", path: "members", value: [{ value: "u9" }] },
    codes: ["operation-case", "remove-with-value", "target-absent"],
  },
  {
    sends: "a member to remove by a filter, with the flag",
    operation: { op: "remove", path: 'members[value eq "u1"]' },
    to: { members: [U2] },
    codes: [],
  },
  {
    sends: "another attribute only, and members stay",
    operation: { op: "Replace", path: "displayName", value: "Guides" },
    to: { displayName: "Guides" },
    codes: ["operation-case"],
  },
  {
    sends: "Okta's member with its display, which is readOnly",
    operation: { op: "add", path: "members", value: [{ value: "23a3", display: "u@x" }] },
    to: { members: [U1, U2, { value: "23a3" }] },
    codes: [],
  },
  {
    sends: "Okta's replacement of members",
    operation: { op: "replace", path: "members", value: [{ value: "u2" }, { value: "u4" }] },
    to: { members: [U2, { value: "u4" }] },
    codes: [],
  },
  {
    sends: "Okta's new name together with the id the group has",
    operation: { op: "replace", value: { id: "e9e30dba", displayName: "G" } },
    to: { displayName: "G" },
    codes: [],
  },
  {
    sends: "a new name together with the id of another group",
    operation: { op: "replace", value: { id: "abf4", displayName: "G" } },
    to: { displayName: "G" },
    codes: ["read-only-ignored"],
  },
  {
    sends: "members without a path",
    operation: { op: "add", value: { members: [{ value: "u3" }] } },
    to: { members: [U1, U2, { value: "u3" }] },
    codes: [],
  },
];

describe("a group changes as intended when an identity provider sends", () => {
  for (const { sends, operation, to, codes } of ON_A_GROUP) {
    test(sends, () => {
      const outcome = patchGroup(operation);
      assert.deepEqual(outcome.resource, { ...tourGuides(), ...to });
      assert.equal(outcome.changes.length > 0, to !== undefined);
      assert.deepEqual(outcome.codes.toSorted(), codes.toSorted());
    });
  }
});

test("anything that an identity provider sends twice changes nothing the second time", () => {
  for (const { operation, sends } of ON_A_USER) {
    const once = patch(babs(), operation, USER).resource;
    const twice = patch(once, operation, USER);
    assert.deepEqual(twice.changes, [], sends);
    assert.equal(twice.resource, once, sends);
  }
});

test("the strict profile rejects exactly the bodies that need a tolerance", () => {
  const cases: [Case[], JsonObject, ResourceModel][] = [
    [ON_A_USER, babs(), USER],
    [ON_A_GROUP, tourGuides(), GROUP],
  ];
  for (const [bodies, resource, model] of cases) {
    for (const { sends, operation, codes } of bodies) {
      const act = () => patch(resource, operation, model, "strict");
      if (codes.length > 0) assert.throws(act, /is refused in the strict profile/, sends);
      else assert.doesNotThrow(act, sends);
    }
  }
});
