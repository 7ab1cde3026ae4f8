import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ToleranceCode } from "../dialect/tolerance.ts";
import type { JsonObject } from "../json.ts";
import { GROUP, refuses, USER } from "../patch/test-support.ts";
import type { ResourceModel } from "./model.ts";
import { CORE, CORE_GROUP, ENTERPRISE, read } from "./test-support.ts";

/** A resource as an identity provider sends it, the result, and the tolerances used. */
type Body = {
  readonly from: string;
  readonly model: ResourceModel;
  readonly sent: JsonObject;
  readonly read: JsonObject;
  readonly codes: readonly ToleranceCode[];
};

const ADSCIM = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group";
const TENANT = "urn:ietf:params:scim:schemas:extension:CustomExtensionName:2.0:User";

const JOY: JsonObject = {
  externalId: "0a21f0f2",
  userName: "jyoung@example.com",
  active: true,
  emails: [{ primary: true, type: "work", value: "jyoung@example.com" }],
  name: { formatted: "Joy Young", familyName: "Young", givenName: "Joy" },
};

const BODIES: readonly Body[] = [
  {
    from: "Entra ID, a user with meta and without roles",
    model: USER,
    sent: { schemas: [CORE, ENTERPRISE], ...JOY, meta: { resourceType: "User" }, roles: [] },
    read: { schemas: [CORE], ...JOY },
    codes: [],
  },
  {
    from: "older Entra ID, nulls, and manager without its URN",
    model: USER,
    sent: { schemas: [CORE, ENTERPRISE], ...JOY, addresses: null, manager: null, title: null, roles: [], meta: null },
    read: { schemas: [CORE], ...JOY },
    codes: ["unqualified-extension-attribute"],
  },
  {
    from: "Entra ID, an extension with a manager who is a text",
    model: USER,
    sent: { schemas: [CORE, ENTERPRISE], ...JOY, [ENTERPRISE]: { department: "Retail", manager: "00aa" } },
    read: { schemas: [CORE, ENTERPRISE], ...JOY, [ENTERPRISE]: { department: "Retail", manager: { value: "00aa" } } },
    codes: ["complex-as-value"],
  },
  {
    from: "Entra ID, an extension with a manager who is empty, and active as a text",
    model: USER,
    sent: { schemas: [CORE, ENTERPRISE], ...JOY, active: "False", [ENTERPRISE]: { manager: "" } },
    read: { schemas: [CORE], ...JOY, active: false },
    codes: ["string-boolean", "empty-complex"],
  },
  {
    from: "a client that empties the manager's value",
    model: USER,
    sent: { schemas: [CORE, ENTERPRISE], ...JOY, [ENTERPRISE]: { manager: { value: "" } } },
    read: { schemas: [CORE], ...JOY },
    codes: ["empty-complex"],
  },
  {
    from: "Entra ID, an extension of its own that schemas does not list",
    model: USER,
    sent: { schemas: [CORE, ENTERPRISE], ...JOY, [TENANT]: { CustomAttribute: "12" } },
    read: { schemas: [CORE, TENANT], ...JOY, [TENANT]: { CustomAttribute: "12" } },
    codes: ["unknown-attribute", "undeclared-schema"],
  },
  {
    from: "Entra ID, the URN in circulation that lacks a colon",
    model: USER,
    sent: { schemas: [CORE, ENTERPRISE], ...JOY, [ENTERPRISE.replace(":User", "User")]: { department: "Retail" } },
    read: { schemas: [CORE, ENTERPRISE], ...JOY, [ENTERPRISE]: { department: "Retail" } },
    codes: ["malformed-urn"],
  },
  {
    from: "Entra ID, a primary role that is JSON text",
    model: USER,
    sent: { schemas: [CORE], ...JOY, roles: [{ primary: "True", value: '{"id":"1","value":"Admin"}' }] },
    read: { schemas: [CORE], ...JOY, roles: [{ primary: true, value: '{"id":"1","value":"Admin"}' }] },
    codes: ["string-boolean"],
  },
  {
    from: "Entra ID, a group with a schema of Microsoft's and without members",
    model: GROUP,
    sent: { schemas: [CORE_GROUP, ADSCIM], externalId: "8aa1a0c0", displayName: "B", meta: { resourceType: "Group" } },
    read: { schemas: [CORE_GROUP], externalId: "8aa1a0c0", displayName: "B" },
    codes: ["unknown-schema"],
  },
  {
    from: "Entra ID, a group with an empty list of members",
    model: GROUP,
    sent: { schemas: [CORE_GROUP], displayName: "B", members: [] },
    read: { schemas: [CORE_GROUP], displayName: "B" },
    codes: [],
  },
  {
    from: "Okta, a user with password, groups and locale",
    model: USER,
    sent: {
      schemas: [CORE],
      userName: "test.user@okta.local",
      name: { givenName: "Test", familyName: "User" },
      emails: [{ primary: true, value: "test.user@okta.local", type: "work" }],
      displayName: "Test User",
      locale: "en-US",
      externalId: "00ujl29u0le5T6Aj10h7",
      groups: [],
      password: "1mz050nq",
      active: true,
    },
    read: {
      schemas: [CORE],
      userName: "test.user@okta.local",
      name: { givenName: "Test", familyName: "User" },
      emails: [{ primary: true, value: "test.user@okta.local", type: "work" }],
      displayName: "Test User",
      locale: "en-US",
      externalId: "00ujl29u0le5T6Aj10h7",
      password: "1mz050nq",
      active: true,
    },
    codes: [],
  },
  {
    from: "Okta, PUT of what it read before, with id, meta and groups",
    model: USER,
    sent: {
      schemas: [CORE],
      id: "23a35c27",
      userName: "test.user@okta.local",
      active: false,
      groups: [{ value: "g1", $ref: "../Groups/g1", display: "G", type: "direct" }],
      meta: { resourceType: "User", version: 'W/"3"', location: "https://example.com/Users/23a35c27" },
    },
    read: { schemas: [CORE], userName: "test.user@okta.local", active: false },
    codes: [],
  },
  {
    from: "Okta, a group with a member's display",
    model: GROUP,
    sent: { schemas: [CORE_GROUP], displayName: "G", members: [{ value: "23a3", display: "u@x" }] },
    read: { schemas: [CORE_GROUP], displayName: "G", members: [{ value: "23a3" }] },
    codes: [],
  },
  {
    from: "OneLogin, PUT with SCIM 1.x schema URNs",
    model: USER,
    sent: {
      schemas: ["urn:scim:schemas:core:1.0", "urn:scim:schemas:extension:enterprise:1.0"],
      userName: "joe",
      name: { givenName: "Joe", familyName: "Ivy" },
      "urn:scim:schemas:extension:enterprise:1.0": { department: "Sales" },
    },
    read: {
      schemas: [CORE, "urn:scim:schemas:extension:enterprise:1.0"],
      userName: "joe",
      name: { givenName: "Joe", familyName: "Ivy" },
      "urn:scim:schemas:extension:enterprise:1.0": { department: "Sales" },
    },
    codes: ["unknown-attribute", "unknown-schema", "undeclared-schema"],
  },
];

describe("a whole resource is read as intended from", () => {
  for (const { from, model, sent, read: expected, codes } of BODIES) {
    test(from, () => {
      const outcome = read(sent, model);
      assert.deepEqual(outcome.resource, expected);
      assert.deepEqual(outcome.codes, codes);
      if (codes.length === 0) assert.deepEqual(read(sent, model, "strict").resource, expected);
      else assert.throws(() => read(sent, model, "strict"), /is refused in the strict profile \(RFC 764[34] §/);
    });
  }
});

test("the result has nothing that a client did not send", () => {
  for (const { model, sent } of BODIES) {
    for (const key of ["id", "meta", "groups"]) {
      assert.equal(Object.hasOwn(read(sent, model).resource, key), false, key);
    }
  }
});

test("an invalid user is rejected in any dialect, naming the first mistake", () => {
  refuses(() => read({ schemas: [CORE], emails: "x" }), "invalidValue", /^userName is required/);
  refuses(() => read({ schemas: [CORE], userName: { a: 1 } }), "invalidValue", /^userName must be a string/);
});
