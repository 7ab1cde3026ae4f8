import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Json, PATCH_SCHEMA } from "@scimtool/scim";
import { clientName, type Dialect, describeDialect } from "./client.ts";
import { mergeRecognitions, recogniseDialect } from "./recognise.ts";
import type { SentRequest } from "./signs.ts";
import { SIGNS } from "./signs.ts";

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";

function sent(method: string, path: string, more: Partial<SentRequest> = {}): SentRequest {
  return { method, path, query: undefined, userAgent: undefined, body: undefined, ...more };
}

function patch(operation: Json, more: Partial<SentRequest> = {}): SentRequest {
  return sent("PATCH", "/Users/1", { body: { schemas: [PATCH_SCHEMA], Operations: [operation] }, ...more });
}

const ENTRA_CREATE = {
  schemas: [USER],
  userName: "jyoung@example.com",
  meta: { resourceType: "User" },
  roles: [],
};

const RECOGNISED: readonly (readonly [what: string, request: SentRequest, dialect: Dialect])[] = [
  ["a capitalised operation", patch({ op: "Replace", path: "active", value: "False" }), "entra"],
  ["Entra ID's way of creating", sent("POST", "/Users", { body: ENTRA_CREATE }), "entra"],
  [
    "Entra ID's look-up of a group",
    sent("GET", "/Groups", { query: "excludedAttributes=members&filter=displayName+eq+%22F%22" }),
    "entra",
  ],
  [
    "the flag in the tenant URL",
    patch({ op: "replace", path: "active", value: false }, { query: "aadOptscim062020" }),
    "entra-flagged",
  ],
  [
    "the flag before other parameters",
    sent("GET", "/Users", { query: "aadOptscim062020&filter=id+eq+%221%22" }),
    "entra-flagged",
  ],
  ["Okta by its name", sent("GET", "/Users", { userAgent: "Okta SCIM Client 1.0.0" }), "okta"],
  [
    "an application of Okta's catalogue",
    patch({ op: "replace", value: { active: false } }, { userAgent: "Okta SCIM Client 1.0.0" }),
    "okta-catalogue",
  ],
  [
    "an application of Okta's wizard",
    sent("PUT", "/Users/1", { userAgent: "Okta SCIM Client 1.0.0", body: { schemas: [USER], meta: {}, groups: [] } }),
    "okta-wizard",
  ],
  ["OneLogin by old URNs", sent("PUT", "/Users/1", { body: { schemas: ["urn:scim:schemas:core:1.0"] } }), "onelogin"],
  ["OneLogin by the end of its URLs", sent("GET", "/Users/1", { query: "" }), "onelogin"],
  ["JumpCloud", sent("GET", "/Users", { userAgent: "JumpCloud-SCIM" }), "jumpcloud"],
  ["SailPoint", sent("GET", "/Users", { userAgent: "SailPoint/8.3" }), "sailpoint"],
  ["Ping", sent("GET", "/Users", { userAgent: "PingFederate/12" }), "ping"],
  ["Google", sent("GET", "/Users", { userAgent: "Google-Auto-Provisioning" }), "google"],
  ["Entra ID by its name", sent("GET", "/Users", { userAgent: "AzureAD-Provisioning" }), "entra"],
  ["a library of Google's", sent("GET", "/Users", { userAgent: "Google-HTTP-Java-Client/1.4" }), "unknown"],
  ["a shell of Microsoft's", sent("GET", "/Users", { userAgent: "Mozilla/5.0 (Microsoft Windows) Shell" }), "unknown"],
  ["this program", sent("GET", "/Users", { userAgent: "scimtool/1.0" }), "scimtool"],
  ["a clean PATCH", patch({ op: "replace", path: "active", value: false }), "rfc-clean"],
  ["a clean PATCH without a path", patch({ op: "replace", value: { title: "x", [USER]: {} } }), "rfc-clean"],
  ["a clean create", sent("POST", "/Users", { body: { schemas: [USER], userName: "a" } }), "rfc-clean"],
  ["a create without schemas", sent("POST", "/Users", { body: { userName: "a" } }), "unknown"],
  ["dotted names", patch({ op: "replace", value: { "name.givenName": "K" } }), "unknown"],
  ["a text for a boolean alone", patch({ op: "replace", path: "active", value: "False" }), "unknown"],
  ["a read", sent("GET", "/Users/1"), "unknown"],
  ["a body that is none", sent("POST", "/Users", { body: [1] }), "unknown"],
];

describe("one request tells", () => {
  for (const [what, request, dialect] of RECOGNISED) {
    test(`${what}: ${dialect}`, () => assert.equal(recogniseDialect(request).dialect, dialect));
  }
});

test("every dialect is told by some request", () => {
  const told = new Set(RECOGNISED.map(([, , dialect]) => dialect));
  assert.deepEqual(
    new Set(SIGNS.map(({ dialect }) => dialect)),
    new Set([...told].filter((each) => each !== "unknown")),
  );
});

test("the evidence is told in words, the most telling first", () => {
  const operation = { op: "Replace", path: "active", value: "False" };
  const { evidence } = recogniseDialect(patch(operation, { query: "aadOptscim062020" }));
  assert.deepEqual(
    evidence.map(({ text }) => text),
    [
      "the tenant URL carries aadOptscim062020",
      "a PATCH with Add, Replace or Remove in capitals",
      'a boolean as the text "True" or "False"',
    ],
  );
});

describe("several requests of one credential", () => {
  const clean = recogniseDialect(patch({ op: "replace", path: "active", value: false }));
  const capitals = recogniseDialect(patch({ op: "Replace", path: "active", value: false }));
  const okta = recogniseDialect(sent("GET", "/Users", { userAgent: "Okta SCIM Client 1.0.0" }));
  const catalogue = recogniseDialect(patch({ op: "replace", value: { active: false } }));

  test("together tell what the most telling sign does, in any order", () => {
    const many = [...Array.from({ length: 50 }, () => clean), capitals];
    assert.equal(mergeRecognitions(many).dialect, "entra");
    assert.equal(mergeRecognitions(many.toReversed()).dialect, "entra");
    assert.equal(mergeRecognitions([capitals, okta, capitals]).dialect, "okta");
  });

  test("of vendors that tell as much, the one with more signs is meant", () => {
    const created = recogniseDialect(sent("POST", "/Users", { body: ENTRA_CREATE }));
    const oldUrns = recogniseDialect(sent("PUT", "/Users/1", { body: { schemas: ["urn:scim:schemas:core:1.0"] } }));
    const openEnd = recogniseDialect(sent("GET", "/Users/1", { query: "" }));
    assert.equal(mergeRecognitions([created, oldUrns]).dialect, "onelogin");
    assert.equal(mergeRecognitions([capitals, oldUrns]).dialect, "entra");
    assert.equal(mergeRecognitions([capitals, oldUrns, openEnd]).dialect, "onelogin");
  });

  test("refine each other: the name from one, the kind of application from another", () => {
    assert.equal(catalogue.dialect, "rfc-clean");
    assert.equal(mergeRecognitions([okta, catalogue]).dialect, "okta-catalogue");
  });

  test("are no more evidence for having been sent often, and merge again and again to the same", () => {
    const once = mergeRecognitions([okta, capitals, clean]);
    assert.deepEqual(mergeRecognitions([once, okta, capitals, once]), once);
    assert.equal(once.evidence.length, 3);
  });

  test("none tell nothing", () => assert.deepEqual(mergeRecognitions([]), { dialect: "unknown", evidence: [] }));
});

test("clients have names for people", () => {
  assert.equal(clientName("entra-flagged"), "Entra ID");
  assert.equal(clientName("okta-wizard"), "Okta");
  assert.equal(clientName("rfc-clean"), undefined);
  assert.equal(describeDialect("entra"), "Entra ID (default dialect)");
  assert.equal(describeDialect("onelogin"), "OneLogin");
  assert.equal(describeDialect("unknown"), "unknown client");
});
