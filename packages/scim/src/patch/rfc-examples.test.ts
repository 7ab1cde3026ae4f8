import assert from "node:assert/strict";
import { test } from "node:test";
import type { Json, JsonObject } from "../json.ts";
import { babs, GROUP, patch, tourGuides, USER } from "./test-support.ts";

/** The examples of RFC 7644 §3.5.2.1 to §3.5.2.3, in the strict profile by default. */

const BABS = { display: "Babs Jensen", $ref: "https://example.com/v2/Users/2819c223", value: "2819c223" };
const JAMES = { display: "James Smith", $ref: "https://example.com/v2/Users/08e1d05d", value: "08e1d05d" };

/** `display` of a member is readOnly: it comes from the member's resource. */
function stored({ value, $ref }: typeof BABS): JsonObject {
  return { value, $ref };
}

function strictGroup(operations: Json | Json[]) {
  return patch(tourGuides(), operations, GROUP, "strict");
}

function strictUser(operations: Json | Json[], user: JsonObject = babs()) {
  return patch(user, operations, USER, "strict");
}

const ADDRESS = {
  type: "work",
  streetAddress: "911 Universal City Plaza",
  locality: "Hollywood",
  region: "CA",
  postalCode: "91608",
  country: "US",
  formatted: "911 Universal City Plaza\nHollywood, CA 91608 US",
  primary: true,
};

test("adding a member to a group appends it", () => {
  const { resource, changes } = strictGroup({ op: "add", path: "members", value: [BABS] });
  assert.deepEqual(resource.members, [...(tourGuides().members as Json[]), stored(BABS)]);
  assert.deepEqual(changes, [{ kind: "collection", path: "members", added: [stored(BABS)], removed: [] }]);
});

test("adding an existing member changes nothing", () => {
  const group = tourGuides();
  const { resource, changes } = patch(group, { op: "add", path: "members", value: [{ value: "u1" }] }, GROUP, "strict");
  assert.equal(resource, group);
  assert.deepEqual(changes, []);
});

test("adding attributes without a path appends to emails and sets nickName", () => {
  const { resource, changes } = strictUser({
    op: "add",
    value: { emails: [{ value: "babs@example.org", type: "home" }], nickname: "Babs" },
  });
  const before = babs().emails as Json[];
  const after = [...before, { value: "babs@example.org", type: "home" }];
  assert.deepEqual(resource.emails, after);
  assert.equal(resource.nickName, "Babs");
  assert.deepEqual(changes, [
    { kind: "attribute", path: "nickName", after: "Babs" },
    { kind: "attribute", path: "emails", before, after },
  ]);
});

test("removing a single member keeps the others", () => {
  const { resource, changes } = strictGroup({ op: "remove", path: 'members[value eq "u1"]' });
  assert.deepEqual(resource.members, [{ value: "u2" }]);
  assert.deepEqual(changes, [
    { kind: "collection", path: "members", added: [], removed: [{ value: "u1", $ref: "../Users/u1" }] },
  ]);
});

test("removing a non-member succeeds and changes nothing", () => {
  const { changes } = strictGroup({ op: "remove", path: 'members[value eq "nobody"]' });
  assert.deepEqual(changes, []);
});

test("removing members removes all of them", () => {
  const { resource } = strictGroup({ op: "remove", path: "members" });
  assert.equal(Object.hasOwn(resource, "members"), false);
});

test("removing a value selected by type and value keeps the others", () => {
  const { resource } = strictUser({ op: "remove", path: 'emails[type eq "work" and value ew "example.com"]' });
  assert.deepEqual(resource.emails, [{ value: "babs@jensen.org", type: "home" }]);
});

test("removing one member and adding another works in one request, also with the missing space of the RFC's example", () => {
  const { resource, codes } = patch(
    tourGuides(),
    [
      { op: "remove", path: 'members[value eq"u1"]' },
      { op: "add", path: "members", value: [JAMES] },
    ],
    GROUP,
  );
  assert.deepEqual(resource.members, [{ value: "u2" }, stored(JAMES)]);
  assert.deepEqual(codes, ["missing-space"]);
});

test("removing all members and adding two is a replace", () => {
  const { resource } = strictGroup([
    { op: "remove", path: "members" },
    { op: "add", path: "members", value: [BABS, JAMES] },
  ]);
  assert.deepEqual(resource.members, [stored(BABS), stored(JAMES)]);
});

test("replacing members leaves exactly the given members", () => {
  const { resource, changes } = strictGroup({ op: "replace", path: "members", value: [{ value: "u2" }, BABS, JAMES] });
  assert.deepEqual(resource.members, [{ value: "u2" }, stored(BABS), stored(JAMES)]);
  assert.deepEqual(changes, [
    {
      kind: "collection",
      path: "members",
      added: [stored(BABS), stored(JAMES)],
      removed: [{ value: "u1", $ref: "../Users/u1" }],
    },
  ]);
});

test("replacing the work address replaces it entirely and resets primary on the others", () => {
  const user = {
    ...babs(),
    addresses: [
      { type: "work", streetAddress: "Old", locality: "Old" },
      { type: "home", locality: "Home", primary: true },
    ],
  };
  const { resource } = strictUser({ op: "replace", path: 'addresses[type eq "work"]', value: ADDRESS }, user);
  assert.deepEqual(resource.addresses, [ADDRESS, { type: "home", locality: "Home", primary: false }]);
});

test("replacing streetAddress of the work address keeps the rest of it", () => {
  const user = { ...babs(), addresses: [ADDRESS, { type: "home", locality: "Home" }] };
  const { resource } = strictUser(
    { op: "replace", path: 'addresses[type eq "work"].streetAddress', value: "1010 Broadway Ave" },
    user,
  );
  assert.deepEqual(resource.addresses, [
    { ...ADDRESS, streetAddress: "1010 Broadway Ave" },
    { type: "home", locality: "Home" },
  ]);
});

test("replacing without a path replaces the given attributes and keeps the others", () => {
  const emails = [
    { value: "bjensen@example.com", type: "work", primary: true },
    { value: "babs@example.org", type: "home" },
  ];
  const { resource } = strictUser({ op: "replace", value: { emails, nickname: "Babs" } });
  assert.deepEqual(resource, { ...babs(), emails, nickName: "Babs" });
});

test("adding an attribute by its full name adds its schema to schemas", () => {
  const user = { ...babs() };
  delete user["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"];
  user.schemas = ["urn:ietf:params:scim:schemas:core:2.0:User"];
  const path = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber";
  const { resource } = strictUser({ op: "add", path, value: "701984" }, user);
  assert.deepEqual(resource.schemas, babs().schemas);
});
