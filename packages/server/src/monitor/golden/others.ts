import type { Json, JsonObject } from "@scimtool/scim";
import type { Dialect } from "../dialect/client.ts";
import { alice, ENTERPRISE, finance, GROUP_URN, USER_URN } from "../testing/exchange.ts";
import { type GoldenWrite, patchBody } from "./golden.ts";

// How Okta, OneLogin, JumpCloud and others write.

const OKTA = "Okta SCIM Client 1.0.0";

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

type Told = Pick<GoldenWrite, "sentences" | "differences"> & { readonly on?: JsonObject; readonly by?: Dialect };

/** A PATCH of an application of the catalogue. */
function catalogue(sends: string, operation: Json, { on = alice(), by = "okta-catalogue", ...told }: Told) {
  const body = patchBody(operation);
  return { sends: `Okta's catalogue: ${sends}`, method: "PATCH", on, body, userAgent: OKTA, by, ...told } as const;
}

/** A PUT of an application made with the wizard, which gives back what it read. */
function wizard(sends: string, person: JsonObject, told: Pick<GoldenWrite, "sentences" | "differences">) {
  const body = okta({ id: "u5", meta: {}, groups: [], ...person });
  const by = "okta-wizard";
  return { sends: `Okta's wizard: ${sends}`, method: "PUT", on: MAYA, body, userAgent: OKTA, by, ...told } as const;
}

export const OTHERS: readonly GoldenWrite[] = [
  catalogue(
    "active",
    { op: "replace", value: { active: false } },
    {
      sentences: ["Okta deactivated Alice Young"],
      differences: ["active: yes → no"],
    },
  ),
  catalogue(
    "a password",
    { op: "replace", value: { password: "pl4nted" } },
    {
      sentences: ["Okta changed nothing for Alice Young (the request sets the password, which is never stored)"],
      differences: [],
    },
  ),
  catalogue(
    "the name of a group, with its id",
    { op: "replace", value: { id: "g1", displayName: "Finance EU" } },
    {
      on: finance(),
      sentences: ["Okta renamed Finance to Finance EU"],
      differences: ["displayName: Finance → Finance EU"],
    },
  ),
  catalogue(
    "members to add, whose display is not ours",
    { op: "add", path: "members", value: [{ value: "23a3", display: "u@x" }] },
    { on: finance(), by: "okta", sentences: ["Okta added 23a3 to Finance"], differences: [] },
  ),
  catalogue(
    "all members",
    { op: "replace", path: "members", value: [{ value: "u2" }, { value: "u3" }] },
    {
      on: finance(),
      by: "okta",
      sentences: ["Okta added u3 to Finance", "Okta removed Alice Young from Finance"],
      differences: [],
    },
  ),
  catalogue(
    "a member to remove",
    { op: "remove", path: 'members[value eq "u1"]' },
    {
      on: finance(),
      by: "okta",
      sentences: ["Okta removed Alice Young from Finance"],
      differences: [],
    },
  ),
  wizard(
    "the whole user, read before",
    { title: "Engineer" },
    { sentences: ["Okta set Maya's title to Engineer"], differences: ["title: - → Engineer"] },
  ),
  wizard(
    "a deactivation",
    { active: false },
    { sentences: ["Okta deactivated Maya Okafor"], differences: ["active: yes → no"] },
  ),
  {
    sends: "Okta: a creation with a password, groups and a locale",
    method: "POST",
    on: undefined,
    body: okta({ password: "pl4nted", groups: [] }),
    userAgent: OKTA,
    by: "okta",
    sentences: ["Okta created Maya Okafor"],
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
  {
    sends: "OneLogin: a PUT with URNs of SCIM 1",
    method: "PUT",
    on: MAYA,
    body: okta({ schemas: ["urn:scim:schemas:core:1.0"], title: "Lead" }),
    query: "",
    by: "onelogin",
    sentences: ["OneLogin set Maya's title to Lead"],
    differences: ["title: - → Lead"],
  },
  {
    sends: "OneLogin: members of a group",
    method: "PATCH",
    on: finance(),
    body: patchBody({ op: "add", path: "members", value: [{ value: "u3" }] }),
    query: "",
    by: "onelogin",
    sentences: ["OneLogin added u3 to Finance"],
    differences: [],
  },
  {
    sends: "JumpCloud: the test group of an activation",
    method: "POST",
    on: undefined,
    body: { schemas: [GROUP_URN], displayName: "Test group", members: [] },
    by: "rfc-clean",
    sentences: ['"provisioning" created Test group'],
    differences: ["displayName: - → Test group"],
  },
  {
    sends: "JumpCloud: the end of the test user of an activation",
    method: "PUT",
    on: MAYA,
    body: okta({ active: false }),
    by: "rfc-clean",
    sentences: ['"provisioning" deactivated Maya Okafor'],
    differences: ["active: yes → no"],
  },
  {
    sends: "a PUT that leaves things out",
    method: "PUT",
    on: alice(),
    body: { schemas: [USER_URN], userName: "alice@example.com", displayName: "Alice Young" },
    by: "rfc-clean",
    sentences: [
      `"provisioning" changed Alice's family name, given name and 3 other attributes`,
      `"provisioning" removed Alice's manager (it was John Smith)`,
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
  {
    sends: "the removal of the enterprise extension, which is a part of the user",
    method: "PATCH",
    on: alice(),
    body: patchBody({ op: "remove", path: ENTERPRISE }),
    by: "rfc-clean",
    sentences: [
      `"provisioning" removed Alice's department (it was Sales)`,
      `"provisioning" removed Alice's manager (it was John Smith)`,
    ],
    differences: [`${ENTERPRISE}:department: Sales → -`, `${ENTERPRISE}:manager: John Smith → -`],
  },
  {
    sends: "the deletion of a group",
    method: "DELETE",
    on: finance(),
    body: undefined,
    by: "unknown",
    sentences: ['"provisioning" deleted Finance'],
    differences: [],
  },
];
