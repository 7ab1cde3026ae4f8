import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Json, JsonObject } from "@scimtool/scim";
import {
  alice,
  created,
  ENTERPRISE,
  finance,
  GROUP,
  GROUP_URN,
  patched,
  type Told,
  USER,
  USER_URN,
} from "../testing/exchange.ts";

// Every way in which Entra ID writes, with what people are told of it.

const FLAG = { query: "aadOptscim062020" };
const ADMIN = '{"id":"1","value":"Admin","displayName":"Administrator"}';

type Golden = {
  readonly sends: string;
  readonly operations: readonly Json[];
  readonly on?: JsonObject;
  readonly by?: string;
  readonly sentences: readonly string[];
  readonly differences: readonly string[];
};

const DEFAULT: readonly Golden[] = [
  {
    sends: "active as a text",
    operations: [{ op: "Replace", path: "active", value: "False" }],
    sentences: ["Alice Young was deactivated"],
    differences: ["active: yes → no"],
  },
  {
    sends: "active as a text for who was inactive",
    operations: [{ op: "Replace", path: "active", value: "True" }],
    on: alice({ active: false }),
    sentences: ["Alice Young was reactivated"],
    differences: ["active: no → yes"],
  },
  {
    sends: "the value of the work address",
    operations: [{ op: "Replace", path: 'emails[type eq "work"].value', value: "n@example.com" }],
    sentences: ["Alice's work e-mail changed from alice@example.com to n@example.com"],
    differences: ['emails[type eq "work"].value: alice@example.com → n@example.com'],
  },
  {
    sends: "the value of a work address that is not there yet",
    operations: [{ op: "Add", path: 'emails[type eq "work"].value', value: "n@example.com" }],
    on: alice({ emails: [{ type: "home", value: "h@example.com" }] }),
    sentences: ["Alice's work e-mail was set to n@example.com"],
    differences: ['emails[type eq "work"].value: - → n@example.com'],
  },
  {
    sends: "a dotted path",
    operations: [{ op: "Replace", path: "name.familyName", value: "Miller" }],
    sentences: ["Alice's family name changed from Young to Miller"],
    differences: ["name.familyName: Young → Miller"],
  },
  {
    sends: "another name and what goes with it",
    operations: [
      { op: "Replace", path: "displayName", value: "Alice Miller" },
      { op: "Replace", path: "name.familyName", value: "Miller" },
      { op: "Add", path: "title", value: "Lead" },
    ],
    sentences: ["Alice Young was renamed to Alice Miller", "Alice's title was set to Lead"],
    differences: ["name.familyName: Young → Miller", "displayName: Alice Young → Alice Miller", "title: - → Lead"],
  },
  {
    sends: "a path with a URN",
    operations: [{ op: "Add", path: `${ENTERPRISE}:department`, value: "Retail" }],
    sentences: ["Alice's department changed from Sales to Retail"],
    differences: [`${ENTERPRISE}:department: Sales → Retail`],
  },
  {
    sends: "a path with a URN that lacks a colon",
    operations: [{ op: "Add", path: `${ENTERPRISE.replace("2.0:", "2.0")}:department`, value: "Retail" }],
    sentences: ["Alice's department changed from Sales to Retail"],
    differences: [`${ENTERPRISE}:department: Sales → Retail`],
  },
  {
    sends: "manager without its URN in an array",
    operations: [{ op: "Add", path: "manager", value: [{ $ref: "http://x/Users/00aa", value: "00aa" }] }],
    sentences: ["Manager of Alice Young is now 00aa"],
    differences: [`${ENTERPRISE}:manager: John Smith → 00aa`],
  },
  {
    sends: "manager as a string",
    operations: [{ op: "Replace", path: `${ENTERPRISE}:manager`, value: "00aa" }],
    sentences: ["Manager of Alice Young is now 00aa"],
    differences: [`${ENTERPRISE}:manager: John Smith → 00aa`],
  },
  {
    sends: "manager as an empty string",
    operations: [{ op: "Replace", path: `${ENTERPRISE}:manager`, value: "" }],
    sentences: ["Manager of Alice Young was removed (it was John Smith)"],
    differences: [`${ENTERPRISE}:manager: John Smith → -`],
  },
  {
    sends: "members to add",
    operations: [{ op: "Add", path: "members", value: [{ $ref: null, value: "u3" }] }],
    on: finance(),
    sentences: ["u3 was added to Finance"],
    differences: [],
  },
  {
    sends: "members to remove, with their value",
    operations: [{ op: "Remove", path: "members", value: [{ $ref: null, value: "u1" }] }],
    on: finance(),
    sentences: ["Alice Young was removed from Finance"],
    differences: [],
  },
  {
    sends: "members that are there already",
    operations: [{ op: "Add", path: "members", value: [{ $ref: null, value: "u1" }] }],
    on: finance(),
    sentences: ["Nothing changed for Finance (the request repeated what was there)"],
    differences: [],
  },
  {
    sends: "another name of a group",
    operations: [{ op: "Replace", path: "displayName", value: "Finance EU" }],
    on: finance(),
    sentences: ["Finance was renamed to Finance EU"],
    differences: ["displayName: Finance → Finance EU"],
  },
  {
    sends: "another externalId of a group",
    operations: [{ op: "Replace", path: "externalId", value: "7f4b" }],
    on: finance(),
    sentences: ["Finance's external id was set to 7f4b"],
    differences: ["externalId: - → 7f4b"],
  },
  {
    sends: "a role as JSON in a text",
    operations: [{ op: "Add", path: "roles", value: [{ value: ADMIN }] }],
    sentences: ["Alice's role Administrator was added"],
    differences: [`roles[value eq ${JSON.stringify(ADMIN)}]: - → Administrator`],
  },
  {
    sends: "the value of the primary role",
    operations: [{ op: "Add", path: 'roles[primary eq "True"].value', value: "Admin" }],
    sentences: ["Alice's role Admin was added"],
    differences: ['roles[value eq "Admin"]: - → Admin'],
  },
  {
    sends: "a primary role as a text",
    operations: [{ op: "Add", path: "roles", value: [{ value: "Admin", primary: "True" }] }],
    sentences: ["Alice's role Admin was added"],
    differences: ['roles[value eq "Admin"]: - → Admin'],
  },
  {
    sends: "empty strings to clear",
    operations: [{ op: "Replace", path: "displayName", value: "" }],
    sentences: ["Alice's display name was removed (it was Alice Young)"],
    differences: ["displayName: Alice Young → -"],
  },
];

const FLAGGED: readonly Golden[] = [
  {
    sends: "active as a boolean",
    operations: [{ op: "replace", path: "active", value: false }],
    sentences: ["Alice Young was deactivated"],
    differences: ["active: yes → no"],
  },
  {
    sends: "dotted names and names with a URN without a path",
    operations: [
      {
        op: "replace",
        value: { title: "Lead", "name.givenName": "Ali", [`${ENTERPRISE}:employeeNumber`]: "A" },
      },
    ],
    sentences: ["Alice's given name, title and employee number changed"],
    differences: ["name.givenName: Alice → Ali", "title: - → Lead", `${ENTERPRISE}:employeeNumber: - → A`],
  },
  {
    sends: "a member to remove by a filter",
    operations: [{ op: "remove", path: 'members[value eq "u2"]' }],
    on: finance(),
    sentences: ["Bob was removed from Finance"],
    differences: [],
  },
  {
    sends: "a member to remove who is not there",
    operations: [{ op: "remove", path: 'members[value eq "u7"]' }],
    on: finance(),
    sentences: ["Nothing changed for Finance (the request repeated what was there)"],
    differences: [],
  },
];

function check(golden: Golden, actual: Told, by: string): void {
  assert.deepEqual(actual, { by, sentences: golden.sentences, differences: golden.differences });
}

describe("Entra ID in its default dialect sends", () => {
  for (const golden of DEFAULT) {
    test(golden.sends, () => check(golden, patched(golden.on ?? alice(), golden.operations), "entra"));
  }
});

describe("Entra ID with its flag sends", () => {
  for (const golden of FLAGGED) {
    test(golden.sends, () => check(golden, patched(golden.on ?? alice(), golden.operations, FLAG), "entra-flagged"));
  }
});

describe("Entra ID creates", () => {
  const joy = {
    schemas: [USER_URN, ENTERPRISE],
    externalId: "0a21f0f2",
    userName: "jyoung@example.com",
    active: true,
    emails: [{ primary: true, type: "work", value: "jyoung@example.com" }],
    meta: { resourceType: "User" },
    name: { formatted: "Joy Young", familyName: "Young", givenName: "Joy" },
    roles: [],
  };
  const differences = [
    "externalId: - → 0a21f0f2",
    "userName: - → jyoung@example.com",
    "name.formatted: - → Joy Young",
    "name.familyName: - → Young",
    "name.givenName: - → Joy",
    "active: - → yes",
    'emails[type eq "work"].value: - → jyoung@example.com',
  ];

  test("a user", () => {
    assert.deepEqual(created(USER, joy), { by: "entra", sentences: ["Joy Young was created"], differences });
  });

  test("a user with nulls, as formerly", () => {
    const withNulls = { ...joy, addresses: null, manager: null, title: null };
    assert.deepEqual(created(USER, withNulls), { by: "entra", sentences: ["Joy Young was created"], differences });
  });

  test("a user with an extension that it does not list", () => {
    const urn = "urn:ietf:params:scim:schemas:extension:CustomExtensionName:2.0:User";
    const { differences: shown } = created(USER, { ...joy, [urn]: { tag: "701984" } });
    assert.deepEqual(shown, [...differences, `${urn}:tag: - → 701984`]);
  });

  test("a user with a manager and an extension whose URN lacks a colon", () => {
    const urn = ENTERPRISE.replace("2.0:", "2.0");
    const { differences: shown } = created(USER, { ...joy, [urn]: { department: "Sales", manager: "00aa" } });
    assert.deepEqual(shown, [...differences, `${ENTERPRISE}:department: - → Sales`, `${ENTERPRISE}:manager: - → 00aa`]);
  });

  test("a group, without members", () => {
    const schemas = [GROUP_URN, "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"];
    const body = { schemas, externalId: "8aa1", displayName: "Finance", meta: { resourceType: "Group" } };
    assert.deepEqual(created(GROUP, body), {
      by: "entra",
      sentences: ["Finance was created"],
      differences: ["externalId: - → 8aa1", "displayName: - → Finance"],
    });
  });
});
