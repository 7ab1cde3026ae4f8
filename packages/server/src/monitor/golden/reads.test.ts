import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { recogniseDialect } from "../dialect/recognise.ts";
import type { Outcome } from "../happening.ts";
import { told } from "../testing/exchange.ts";
import { ALICE, FINANCE, happening, searched } from "../testing/happening.ts";

// What identity providers read, with what people are told of it.

const GUID = "7f3c1d2e-93a1-4a54-9a3e-3b5f0f4bb0a1";
const OKTA = "Okta SCIM Client 1.0.0";

type Golden = readonly [query: string, userAgent: string | undefined, path: string, outcome: Outcome, text: string];

const GOLDEN: readonly Golden[] = [
  [
    `filter=userName+eq+%22${GUID}%22&aadOptscim062020`,
    undefined,
    "/Users",
    searched(`userName eq "${GUID}"`),
    "Entra ID tested the connection",
  ],
  [
    `excludedAttributes=members&filter=displayName+eq+%22${GUID}%22`,
    undefined,
    "/Groups",
    searched(`displayName eq "${GUID}"`, { type: "Group" }),
    "Entra ID tested the connection",
  ],
  [
    "excludedAttributes=members&filter=displayName+eq+%22Finance%22",
    undefined,
    "/Groups",
    searched('displayName eq "Finance"', { type: "Group", total: 1, returned: 1, only: FINANCE }),
    "Entra ID looked for the display name Finance and found Finance",
  ],
  [
    "aadOptscim062020&filter=emails%5Btype+eq+%22work%22%5D.value+eq+%22a%40example.com%22",
    undefined,
    "/Users",
    searched('emails[type eq "work"].value eq "a@example.com"', { total: 1, returned: 1, only: ALICE }),
    "Entra ID looked for the work e-mail a@example.com and found Alice Young",
  ],
  [
    "aadOptscim062020&filter=externalId+eq+jyoung",
    undefined,
    "/Users",
    searched("externalId eq jyoung"),
    "Entra ID looked for the external id jyoung and found nobody",
  ],
  [
    `aadOptscim062020&filter=externalId+eq+%22${GUID}%22`,
    undefined,
    "/Users",
    searched(`externalId eq "${GUID}"`),
    `Entra ID looked for the external id ${GUID} and found nobody`,
  ],
  [
    "aadOptscim062020&filter=id+eq+%22u1%22+and+manager+eq+%22u2%22&attributes=id",
    undefined,
    "/Users",
    searched('id eq "u1" and manager eq "u2"'),
    'Entra ID searched users by id eq "u1" and manager eq "u2" and found nobody',
  ],
  [
    "aadOptscim062020&startIndex=101&count=100",
    undefined,
    "/Users",
    searched(undefined, { total: 250_000, returned: 100, paging: { kind: "index", startIndex: 101, count: 100 } }),
    "Entra ID listed users 101 to 200 of 250,000",
  ],
  [
    "aadOptscim062020&excludedAttributes=members",
    undefined,
    "/Groups/g1",
    { kind: "read", type: "Group", id: "g1", label: "Finance", found: true, former: undefined },
    "Entra ID read Finance",
  ],
  [
    "startIndex=1&count=2",
    OKTA,
    "/Users",
    searched(undefined, { total: 7, returned: 2, paging: { kind: "index", startIndex: 1, count: 2 } }),
    "Okta tested the connection",
  ],
  [
    "filter=userName%20eq%20%22alice%40example.com%22&startIndex=1&count=100",
    OKTA,
    "/Users",
    searched('userName eq "alice@example.com"', { total: 1, returned: 1, only: ALICE }),
    "Okta looked for the user name alice@example.com and found Alice Young",
  ],
  [
    "",
    OKTA,
    "/ResourceTypes",
    { kind: "discovered", what: "ResourceTypes", name: undefined },
    "Okta read the resource types",
  ],
  [
    "filter=userName%20eq%20%22alice%40example.com%22&",
    "",
    "/Users",
    searched('userName eq "alice@example.com"'),
    "OneLogin looked for the user name alice@example.com and found nobody",
  ],
];

describe("a read is told", () => {
  for (const [query, userAgent, path, outcome, text] of GOLDEN) {
    test(text, () => {
      const { dialect } = recogniseDialect({ method: "GET", path, query, userAgent, body: undefined });
      assert.deepEqual(told(happening(outcome, { path, query, dialect })).sentences, [text]);
    });
  }
});
