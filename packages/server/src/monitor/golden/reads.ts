import type { Outcome, Searched } from "../exchange-facts.ts";
import { ALICE, FINANCE, searched } from "../testing/exchange-facts.ts";
import type { GoldenRead } from "./golden.ts";

// What identity providers read.

const GUID = "7f3c1d2e-93a1-4a54-9a3e-3b5f0f4bb0a1";
const OKTA = "Okta SCIM Client 1.0.0";
const FLAG = "aadOptscim062020";

/** Of Entra ID. */
function entra(path: string, query: string, outcome: Outcome, sentence: string): GoldenRead {
  return { path, query, outcome, by: query.includes(FLAG) ? "entra-flagged" : "entra", sentence };
}

function okta(path: string, query: string, outcome: Outcome, sentence: string): GoldenRead {
  return { path, query, userAgent: OKTA, outcome, by: "okta", sentence };
}

function sailPoint(path: string, what: "ServiceProviderConfig" | "ResourceTypes" | "Schemas", name?: string) {
  return { path, userAgent: "SailPoint/8.4", outcome: { kind: "discovered", what, name }, by: "sailpoint" } as const;
}

function found(only: Searched["only"], type = only?.type): Partial<Searched> {
  return { total: 1, returned: 1, only, ...(type !== undefined && { type }) };
}

export const READS: readonly GoldenRead[] = [
  entra(
    "/Users",
    `filter=userName+eq+%22${GUID}%22&${FLAG}`,
    searched(`userName eq "${GUID}"`),
    "Entra ID tested the connection",
  ),
  entra(
    "/Groups",
    `excludedAttributes=members&filter=displayName+eq+%22${GUID}%22`,
    searched(`displayName eq "${GUID}"`, { type: "Group" }),
    "Entra ID tested the connection",
  ),
  entra(
    "/Groups",
    "excludedAttributes=members&filter=displayName+eq+%22Finance%22",
    searched('displayName eq "Finance"', found(FINANCE)),
    "Entra ID looked for the display name Finance and found Finance",
  ),
  entra(
    "/Users",
    `${FLAG}&filter=emails%5Btype+eq+%22work%22%5D.value+eq+%22alice%40example.com%22`,
    searched('emails[type eq "work"].value eq "alice@example.com"', found(ALICE)),
    "Entra ID looked for the work e-mail alice@example.com and found Alice Young",
  ),
  entra(
    "/Users",
    `${FLAG}&filter=externalId+eq+jyoung`,
    searched("externalId eq jyoung"),
    "Entra ID looked for the external id jyoung and found nobody",
  ),
  entra(
    "/Users",
    `${FLAG}&filter=externalId+eq+%22${GUID}%22`,
    searched(`externalId eq "${GUID}"`),
    `Entra ID looked for the external id ${GUID} and found nobody`,
  ),
  entra(
    "/Users",
    `${FLAG}&filter=id+eq+%22u1%22+and+manager+eq+%22u2%22&attributes=id`,
    searched('id eq "u1" and manager eq "u2"'),
    'Entra ID searched users by id eq "u1" and manager eq "u2" and found nobody',
  ),
  entra(
    "/Users",
    `${FLAG}&startIndex=101&count=100`,
    searched(undefined, { total: 1_250, returned: 100, paging: { kind: "index", startIndex: 101, count: 100 } }),
    "Entra ID listed users 101 to 200 of 1,250",
  ),
  entra(
    "/Groups/g1",
    `${FLAG}&excludedAttributes=members`,
    { kind: "read", type: "Group", id: "g1", label: "Finance", found: true, former: undefined },
    "Entra ID read Finance",
  ),
  okta(
    "/Users",
    "startIndex=1&count=2",
    searched(undefined, { total: 1_250, returned: 2, paging: { kind: "index", startIndex: 1, count: 2 } }),
    "Okta tested the connection",
  ),
  okta(
    "/Users",
    "filter=userName%20eq%20%22alice%40example.com%22&startIndex=1&count=100",
    searched('userName eq "alice@example.com"', found(ALICE)),
    "Okta looked for the user name alice@example.com and found Alice Young",
  ),
  okta(
    "/ResourceTypes",
    "",
    { kind: "discovered", what: "ResourceTypes", name: undefined },
    "Okta read the resource types",
  ),
  {
    path: "/Users",
    query: "filter=userName%20eq%20%22nobody%40example.com%22&",
    userAgent: "",
    outcome: searched('userName eq "nobody@example.com"'),
    by: "onelogin",
    sentence: "OneLogin looked for the user name nobody@example.com and found nobody",
  },
  {
    ...sailPoint("/ServiceProviderConfig", "ServiceProviderConfig"),
    sentence: "SailPoint read what this server supports",
  },
  { ...sailPoint("/Schemas", "Schemas"), sentence: "SailPoint read the schemas" },
  { ...sailPoint("/ResourceTypes/User", "ResourceTypes", "User"), sentence: "SailPoint read the resource type User" },
  {
    path: "/Users/nobody",
    outcome: { kind: "read", type: "User", id: "nobody", label: undefined, found: false, former: undefined },
    by: "unknown",
    sentence: '"provisioning" asked for a user that does not exist (ID nobody)',
  },
];
