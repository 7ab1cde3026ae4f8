import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { JsonObject } from "@scimtool/scim";
import {
  alice,
  created,
  ENTERPRISE,
  finance,
  GROUP,
  GROUP_URN,
  patched,
  replaced,
  type Told,
  USER,
  USER_URN,
} from "../testing/exchange.ts";

// How Okta, OneLogin and JumpCloud write, with what people are told of it.

const OKTA = { userAgent: "Okta SCIM Client 1.0.0" };

function okta(person: JsonObject = {}): JsonObject {
  return {
    schemas: [USER_URN],
    userName: "maya@example.com",
    name: { givenName: "Maya", middleName: "", familyName: "Okafor" },
    emails: [{ primary: true, value: "maya@example.com", type: "work" }],
    displayName: "Maya Okafor",
    locale: "en-US",
    externalId: "00u1",
    active: true,
    ...person,
  };
}

const MAYA = { ...okta(), id: "u5", name: { givenName: "Maya", familyName: "Okafor" } };

const GOLDEN: readonly (readonly [sends: string, told: () => Told, expected: Told])[] = [
  [
    "Okta's catalogue: active",
    () => patched(alice(), [{ op: "replace", value: { active: false } }], OKTA),
    { by: "okta-catalogue", sentences: ["Alice Young was deactivated"], differences: ["active: yes → no"] },
  ],
  [
    "Okta's catalogue: a password",
    () => patched(alice(), [{ op: "replace", value: { password: "pl4nted" } }], OKTA),
    {
      by: "okta-catalogue",
      sentences: ["Nothing changed for Alice Young (the request has a password, which is not kept here)"],
      differences: [],
    },
  ],
  [
    "Okta's catalogue: the name of a group, with its id",
    () => patched(finance(), [{ op: "replace", value: { id: "g1", displayName: "Finance EU" } }], OKTA),
    {
      by: "okta-catalogue",
      sentences: ["Finance was renamed to Finance EU"],
      differences: ["displayName: Finance → Finance EU"],
    },
  ],
  [
    "Okta's catalogue: members to add, whose display is not ours",
    () => patched(finance(), [{ op: "add", path: "members", value: [{ value: "23a3", display: "u@x" }] }], OKTA),
    { by: "okta", sentences: ["23a3 was added to Finance"], differences: [] },
  ],
  [
    "Okta's catalogue: all members",
    () => patched(finance(), [{ op: "replace", path: "members", value: [{ value: "u2" }, { value: "u3" }] }], OKTA),
    { by: "okta", sentences: ["u3 was added to Finance", "Alice Young was removed from Finance"], differences: [] },
  ],
  [
    "Okta's catalogue: a member to remove",
    () => patched(finance(), [{ op: "remove", path: 'members[value eq "u1"]' }], OKTA),
    { by: "okta", sentences: ["Alice Young was removed from Finance"], differences: [] },
  ],
  [
    "Okta's wizard: the whole user, read before",
    () => replaced(MAYA, okta({ id: "u5", meta: {}, groups: [], title: "Engineer" }), OKTA),
    {
      by: "okta-wizard",
      sentences: ["Maya's title was set to Engineer"],
      differences: ["title: - → Engineer"],
    },
  ],
  [
    "Okta's wizard: a deactivation",
    () => replaced(MAYA, okta({ id: "u5", meta: {}, groups: [], active: false }), OKTA),
    { by: "okta-wizard", sentences: ["Maya Okafor was deactivated"], differences: ["active: yes → no"] },
  ],
  [
    "Okta: a create with a password, groups and a locale",
    () => created(USER, okta({ password: "pl4nted", groups: [] }), OKTA),
    {
      by: "okta",
      sentences: ["Maya Okafor was created"],
      differences: [
        "externalId: - → 00u1",
        "userName: - → maya@example.com",
        "name.familyName: - → Okafor",
        "name.givenName: - → Maya",
        "displayName: - → Maya Okafor",
        "locale: - → en-US",
        "active: - → yes",
        'emails[type eq "work"].value: - → maya@example.com',
      ],
    },
  ],
  [
    "OneLogin: a PUT with URNs of SCIM 1",
    () => replaced(MAYA, okta({ schemas: ["urn:scim:schemas:core:1.0"], title: "Lead" }), { query: "" }),
    { by: "onelogin", sentences: ["Maya's title was set to Lead"], differences: ["title: - → Lead"] },
  ],
  [
    "JumpCloud: the test group of an activation",
    () => created(GROUP, { schemas: [GROUP_URN], displayName: "Test group", members: [] }),
    { by: "rfc-clean", sentences: ["Test group was created"], differences: ["displayName: - → Test group"] },
  ],
  [
    "a PUT that leaves things out",
    () => replaced(alice(), { schemas: [USER_URN], userName: "alice@example.com", displayName: "Alice Young" }),
    {
      by: "rfc-clean",
      sentences: [
        "Alice's family name, given name and 3 other attributes changed",
        "Manager of Alice Young was removed (it was John Smith)",
      ],
      differences: [
        "name.familyName: Young → -",
        "name.givenName: Alice → -",
        "active: yes → -",
        'emails[type eq "work"].value: alice@example.com → -',
        `${ENTERPRISE}:department: Sales → -`,
        `${ENTERPRISE}:manager: John Smith → -`,
      ],
    },
  ],
];

describe("others send", () => {
  for (const [sends, told, expected] of GOLDEN) {
    test(sends, () => {
      const actual = told();
      assert.deepEqual(actual, expected);
      assert.doesNotMatch(JSON.stringify(actual), /pl4nted/);
    });
  }
});

test("the enterprise extension is a part of the user", () => {
  const { sentences } = patched(alice(), [{ op: "remove", path: ENTERPRISE }]);
  assert.deepEqual(sentences, [
    "Alice's department was removed (it was Sales)",
    "Manager of Alice Young was removed (it was John Smith)",
  ]);
});
