import type { Json, JsonObject } from "@scimtool/scim";
import { alice, ENTERPRISE, finance, GROUP_URN, USER_URN } from "../testing/exchange.ts";
import { type GoldenWrite, patchBody } from "./golden.ts";

// Every way in which Entra ID writes.

const ADMIN = '{"id":"1","value":"Admin","displayName":"Administrator"}';
const MICROSOFT_GROUP = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group";

/** As it is in circulation. */
function withoutColon(urn: string): string {
  return urn.replace("2.0:", "2.0");
}

type Told = Pick<GoldenWrite, "sentences" | "differences"> & { readonly on?: JsonObject };

/** A PATCH in the default dialect. */
function entra(sends: string, operations: readonly Json[], { on = alice(), ...told }: Told): GoldenWrite {
  return { sends, method: "PATCH", on, body: patchBody(...operations), by: "entra", ...told };
}

/** A PATCH with the flag in the tenant URL. */
function flagged(sends: string, operations: readonly Json[], told: Told): GoldenWrite {
  return { ...entra(sends, operations, told), query: "aadOptscim062020", by: "entra-flagged" };
}

const DEFAULT: readonly GoldenWrite[] = [
  entra("active as a text", [{ op: "Replace", path: "active", value: "False" }], {
    sentences: ["Entra ID deactivated Alice Young"],
    differences: ["active: yes → no"],
  }),
  entra("active as a text for who was inactive", [{ op: "Replace", path: "active", value: "True" }], {
    on: alice({ active: false }),
    sentences: ["Entra ID reactivated Alice Young"],
    differences: ["active: no → yes"],
  }),
  entra(
    "the value of the work address",
    [{ op: "Replace", path: 'emails[type eq "work"].value', value: "n@example.com" }],
    {
      sentences: ["Entra ID changed Alice's work e-mail from alice@example.com to n@example.com"],
      differences: ['emails[type eq "work"].value: alice@example.com → n@example.com'],
    },
  ),
  entra(
    "the value of a work address that is not there yet",
    [{ op: "Add", path: 'emails[type eq "work"].value', value: "n@example.com" }],
    {
      on: alice({ emails: [{ type: "home", value: "h@example.com" }] }),
      sentences: ["Entra ID set Alice's work e-mail to n@example.com"],
      differences: ['emails[type eq "work"].value: - → n@example.com'],
    },
  ),
  entra("a dotted path", [{ op: "Replace", path: "name.familyName", value: "Miller" }], {
    sentences: ["Entra ID changed Alice's family name from Young to Miller"],
    differences: ["name.familyName: Young → Miller"],
  }),
  entra(
    "another name and what goes with it",
    [
      { op: "Replace", path: "displayName", value: "Alice Miller" },
      { op: "Replace", path: "name.familyName", value: "Miller" },
      { op: "Add", path: "title", value: "Lead" },
    ],
    {
      sentences: ["Entra ID renamed Alice Young to Alice Miller", "Entra ID set Alice's title to Lead"],
      differences: ["name.familyName: Young → Miller", "displayName: Alice Young → Alice Miller", "title: - → Lead"],
    },
  ),
  entra("a path with a URN", [{ op: "Add", path: `${ENTERPRISE}:department`, value: "Retail" }], {
    sentences: ["Entra ID changed Alice's department from Sales to Retail"],
    differences: [`${ENTERPRISE}:department: Sales → Retail`],
  }),
  entra(
    "a path with a URN that lacks a colon",
    [{ op: "Add", path: `${withoutColon(ENTERPRISE)}:department`, value: "Retail" }],
    {
      sentences: ["Entra ID changed Alice's department from Sales to Retail"],
      differences: [`${ENTERPRISE}:department: Sales → Retail`],
    },
  ),
  entra(
    "manager without its URN in an array",
    [{ op: "Add", path: "manager", value: [{ $ref: "http://x/Users/00aa", value: "00aa" }] }],
    {
      sentences: ["Entra ID changed Alice's manager from John Smith to 00aa"],
      differences: [`${ENTERPRISE}:manager: John Smith → 00aa`],
    },
  ),
  entra("manager as a string", [{ op: "Replace", path: `${ENTERPRISE}:manager`, value: "00aa" }], {
    sentences: ["Entra ID changed Alice's manager from John Smith to 00aa"],
    differences: [`${ENTERPRISE}:manager: John Smith → 00aa`],
  }),
  entra("manager as an empty string", [{ op: "Replace", path: `${ENTERPRISE}:manager`, value: "" }], {
    sentences: ["Entra ID removed Alice's manager (it was John Smith)"],
    differences: [`${ENTERPRISE}:manager: John Smith → -`],
  }),
  entra("members to add", [{ op: "Add", path: "members", value: [{ $ref: null, value: "u3" }] }], {
    on: finance(),
    sentences: ["Entra ID added u3 to Finance"],
    differences: [],
  }),
  entra(
    "members to remove, with their value",
    [{ op: "Remove", path: "members", value: [{ $ref: null, value: "u1" }] }],
    {
      on: finance(),
      sentences: ["Entra ID removed Alice Young from Finance"],
      differences: [],
    },
  ),
  entra("members that are there already", [{ op: "Add", path: "members", value: [{ $ref: null, value: "u1" }] }], {
    on: finance(),
    sentences: ["Entra ID changed nothing for Finance (the request repeated the current values)"],
    differences: [],
  }),
  entra("another name of a group", [{ op: "Replace", path: "displayName", value: "Finance EU" }], {
    on: finance(),
    sentences: ["Entra ID renamed Finance to Finance EU"],
    differences: ["displayName: Finance → Finance EU"],
  }),
  entra("another externalId of a group", [{ op: "Replace", path: "externalId", value: "7f4b" }], {
    on: finance(),
    sentences: ["Entra ID set Finance's external id to 7f4b"],
    differences: ["externalId: - → 7f4b"],
  }),
  entra("a role as JSON in a text", [{ op: "Add", path: "roles", value: [{ value: ADMIN }] }], {
    sentences: ["Entra ID added Alice's role Administrator"],
    differences: [`roles[value eq ${JSON.stringify(ADMIN)}]: - → Administrator`],
  }),
  entra("the value of the primary role", [{ op: "Add", path: 'roles[primary eq "True"].value', value: "Admin" }], {
    sentences: ["Entra ID added Alice's role Admin"],
    differences: ['roles[value eq "Admin"]: - → Admin'],
  }),
  entra("a primary role as a text", [{ op: "Add", path: "roles", value: [{ value: "Admin", primary: "True" }] }], {
    sentences: ["Entra ID added Alice's role Admin"],
    differences: ['roles[value eq "Admin"]: - → Admin'],
  }),
  entra("empty strings to clear", [{ op: "Replace", path: "displayName", value: "" }], {
    sentences: ["Entra ID removed Alice's display name (it was Alice Young)"],
    differences: ["displayName: Alice Young → -"],
  }),
];

const FLAGGED: readonly GoldenWrite[] = [
  flagged("active as a boolean", [{ op: "replace", path: "active", value: false }], {
    sentences: ["Entra ID deactivated Alice Young"],
    differences: ["active: yes → no"],
  }),
  flagged(
    "dotted names and names with a URN without a path",
    [
      {
        op: "replace",
        value: { title: "Lead", "name.givenName": "Ali", [`${ENTERPRISE}:employeeNumber`]: "A" },
      },
    ],
    {
      sentences: ["Entra ID changed Alice's given name, title and employee number"],
      differences: ["name.givenName: Alice → Ali", "title: - → Lead", `${ENTERPRISE}:employeeNumber: - → A`],
    },
  ),
  flagged("a member to remove by a filter", [{ op: "remove", path: 'members[value eq "u2"]' }], {
    on: finance(),
    sentences: ["Entra ID removed Bob from Finance"],
    differences: [],
  }),
  flagged("a member to remove who is not there", [{ op: "remove", path: 'members[value eq "u7"]' }], {
    on: finance(),
    sentences: ["Entra ID changed nothing for Finance (the request removed what was not there)"],
    differences: [],
  }),
];

function joy(more: JsonObject = {}): JsonObject {
  return {
    schemas: [USER_URN, ENTERPRISE],
    externalId: "0a21f0f2",
    userName: "jyoung@example.com",
    active: true,
    emails: [{ primary: true, type: "work", value: "jyoung@example.com" }],
    meta: { resourceType: "User" },
    name: { formatted: "Joy Young", familyName: "Young", givenName: "Joy" },
    roles: [],
    ...more,
  };
}

/** A creation, and all that the resource begins with. */
function creation(
  sends: string,
  body: JsonObject,
  name: string,
  differences: readonly string[],
  more: Partial<GoldenWrite> = {},
): GoldenWrite {
  const sentences = [`Entra ID created ${name}`];
  return { sends, method: "POST", on: undefined, body, by: "entra", sentences, differences, ...more };
}

const JOY = [
  "externalId: - → 0a21f0f2",
  "userName: - → jyoung@example.com",
  "name.formatted: - → Joy Young",
  "name.familyName: - → Young",
  "name.givenName: - → Joy",
  "active: - → yes",
  'emails[type eq "work"].value: - → jyoung@example.com',
];

const CUSTOM = "urn:ietf:params:scim:schemas:extension:CustomExtensionName:2.0:User";

const CREATIONS: readonly GoldenWrite[] = [
  creation("a user", joy(), "Joy Young", JOY),
  creation("a user with nulls, as formerly", joy({ addresses: null, manager: null, title: null }), "Joy Young", JOY),
  creation(
    "a user with a manager and an extension whose URN lacks a colon",
    joy({ [withoutColon(ENTERPRISE)]: { department: "Sales", manager: "00aa" } }),
    "Joy Young",
    [...JOY, `${ENTERPRISE}:department: - → Sales`, `${ENTERPRISE}:manager: - → 00aa`],
  ),
  creation("a user with an extension that it does not list", joy({ [CUSTOM]: { tag: "701984" } }), "Joy Young", [
    ...JOY,
    `${CUSTOM}:tag: - → 701984`,
  ]),
  creation(
    "a group, without members",
    {
      schemas: [GROUP_URN, MICROSOFT_GROUP],
      externalId: "8aa1",
      displayName: "Finance",
      meta: { resourceType: "Group" },
    },
    "Finance",
    ["externalId: - → 8aa1", "displayName: - → Finance"],
  ),
];

const HARD_DELETE: GoldenWrite = {
  sends: "a deletion, 30 days after the deactivation",
  method: "DELETE",
  on: alice({ active: false }),
  body: undefined,
  query: "aadOptscim062020",
  by: "entra-flagged",
  sentences: ["Entra ID deleted Alice Young"],
  differences: [],
};

export const ENTRA: readonly GoldenWrite[] = [...DEFAULT, ...FLAGGED, ...CREATIONS, HARD_DELETE];
