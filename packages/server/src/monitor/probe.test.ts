import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Outcome } from "./exchange-facts.ts";
import { lookUpOf, type Purpose, purposeOf } from "./probe.ts";
import { ALICE, exchangeFacts, searched, written } from "./testing/exchange-facts.ts";

const GUID = "7f3c1d2e-93a1-4a54-9a3e-3b5f0f4bb0a1";
const FIRST_TWO = { kind: "index", startIndex: 1, count: 2 } as const;
const OF_SEVEN = searched(undefined, { total: 7, returned: 2, paging: FIRST_TWO });

const EXCHANGES: readonly (readonly [what: string, outcome: Outcome, purpose: Purpose, query?: string])[] = [
  ["a userName that is a GUID and nobody's", searched(`userName eq "${GUID}"`), "test"],
  ["one in capitals", searched(`USERNAME EQ "${GUID.toUpperCase()}"`), "test"],
  ["a group's name that is a GUID and nobody's", searched(`displayName eq "${GUID}"`, { type: "Group" }), "test"],
  ["a work address that is a GUID", searched(`emails[type eq "work"].value eq "${GUID}"`), "test"],
  ["a GUID without its quotes", searched(`userName eq ${GUID}`), "test"],
  ["Okta's first two users", OF_SEVEN, "test", "startIndex=1&count=2"],
  ["two users that somebody lists", OF_SEVEN, "other", "count=2"],
  ["some of the first two users", OF_SEVEN, "other", "startIndex=1&count=2&sortBy=userName"],
  ["a userName of a person", searched('userName eq "alice@example.com"'), "look-up"],
  ["a work address of a person", searched('emails[type eq "work"].value eq "a@example.com"'), "look-up"],
  ["a GUID that somebody is called", searched(`userName eq "${GUID}"`, { total: 1, only: ALICE }), "look-up"],
  ["an externalId, which is a GUID in earnest", searched(`externalId eq "${GUID}"`), "look-up"],
  ["an id", searched(`id eq "${GUID}"`), "look-up"],
  ["a manager", searched(`manager eq "${GUID}"`), "look-up"],
  ["a GUID among devices", searched(`displayName eq "${GUID}"`, { type: "Device" }), "look-up"],
  ["a GUID among everything", searched(`displayName eq "${GUID}"`, { type: undefined }), "look-up"],
  ["another comparison", searched(`userName co "${GUID}"`), "other"],
  ["a check of a reference", searched(`id eq "${GUID}" and manager eq "${GUID}"`), "other"],
  ["a list", searched(undefined, { total: 7, returned: 7 }), "other"],
  [
    "the first two of some",
    searched('title eq "x" or title eq "y"', { paging: FIRST_TWO }),
    "other",
    "filter=title+eq+%22x%22+or+title+eq+%22y%22&startIndex=1&count=2",
  ],
  ["a filter that cannot be read", searched('userName eq "'), "other"],
  ["a write", written(ALICE), "other"],
];

describe("an exchange is a connection test, a look-up, or something else", () => {
  for (const [what, outcome, purpose, query = ""] of EXCHANGES) {
    test(`${what}: ${purpose}`, () => assert.equal(purposeOf(exchangeFacts(outcome, { query })), purpose));
  }

  test("a probe sent as a POST is a search of somebody who means it", () => {
    const probe = searched(`userName eq "${GUID}"`);
    assert.equal(purposeOf(exchangeFacts(probe, { method: "POST", path: "/Users/.search" })), "look-up");
    assert.equal(purposeOf(exchangeFacts(OF_SEVEN, { path: "/Groups", query: "startIndex=1&count=2" })), "other");
  });
});

test("a look-up tells what is looked for", () => {
  assert.deepEqual(lookUpOf(searched('emails[type eq "work"].value eq "x"')), {
    attribute: 'emails[type eq "work"].value',
    value: "x",
  });
  assert.deepEqual(lookUpOf(searched('emails[value eq "x"]')), { attribute: "emails.value", value: "x" });
  assert.equal(lookUpOf(searched('emails[type eq "work"]')), undefined);
  assert.deepEqual(lookUpOf(searched('name.familyName eq "F"')), { attribute: "name.familyName", value: "F" });
  assert.equal(lookUpOf(searched("active eq true")), undefined);
});
