import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { newReading, type Profile } from "../dialect/tolerance.ts";
import type { JsonObject } from "../json.ts";
import { ScimError } from "../message/error.ts";
import { resourceModel } from "../schema/model.ts";
import { GROUP_TYPE, USER_TYPE } from "../schema/resource-types.ts";
import { filterArbitrary, resourceArbitrary } from "./arbitrary.ts";
import { evaluateFilter } from "./evaluate.ts";
import type { ResolvedFilter } from "./filter.ts";
import { parseFilter } from "./parse.ts";
import { resolveFilter, resolveFilterAcross } from "./resolve.ts";

const USER = resourceModel(USER_TYPE);
const GROUP = resourceModel(GROUP_TYPE);

type Resolved = ResolvedFilter | boolean;

function across(text: string, profile: Profile = "strict"): Resolved[] {
  return resolveFilterAcross(parseFilter(text, newReading("tolerant")), [USER, GROUP], newReading(profile));
}

function refusal(text: string, profile: Profile = "tolerant", scimType = "invalidFilter"): string {
  let detail = "";
  assert.throws(
    () => across(text, profile),
    (error) => {
      assert.ok(error instanceof ScimError, String(error));
      assert.equal(error.scimType, scimType);
      detail = error.detail;
      return true;
    },
  );
  return detail;
}

/** The parts of a filter by their attribute names. */
function show(filter: Resolved | undefined): string {
  if (filter === undefined || typeof filter === "boolean") return String(filter);
  if (filter.kind === "and" || filter.kind === "or") return `(${filter.filters.map(show).join(` ${filter.kind} `)})`;
  if (filter.kind === "not") return `not ${show(filter.filter)}`;
  return filter.attribute.path;
}

const USER_URN = "urn:ietf:params:scim:schemas:core:2.0:User";

test("[RFC 7644 §3.4.2.1] an attribute that a type lacks has no value there", () => {
  const cases: [filter: string, user: string, group: string][] = [
    ['userName eq "x"', "userName", "false"],
    ["userName pr", "userName", "false"],
    ["not (userName pr)", "not userName", "true"],
    ['title ne "x"', "title", "true"],
    ["title eq null", "not title", "true"],
    ["title ne null", "title", "false"],
    ['title lt "x"', "title", "false"],
    ['emails ne "x"', "emails.value", "false"],
    ['emails[type eq "work"]', "emails", "false"],
    ["members pr", "false", "members"],
    [`${USER_URN}:userName eq "x"`, "userName", "false"],
    [`${USER_URN}:displayName eq "x"`, "displayName", "false"],
    ['userName eq "x" or displayName eq "y"', "(userName or displayName)", "displayName"],
    ['userName eq "x" and displayName eq "y"', "(userName and displayName)", "false"],
    ['(title ne "x" and displayName pr) or members pr', "(title and displayName)", "(displayName or members)"],
    [
      'not (userName pr or title pr) and displayName eq "y"',
      "(not (userName or title) and displayName)",
      "displayName",
    ],
    ['displayName pr and (userName pr or (displayName eq "x" and id pr))', "", "(displayName and displayName and id)"],
  ];
  for (const [filter, user, group] of cases) {
    const [ofUser, ofGroup] = across(filter);
    if (user !== "") assert.equal(show(ofUser), user, filter);
    assert.equal(show(ofGroup), group, filter);
  }
});

test("[RFC 7644 §3.4.2.1] meta.resourceType selects the types", () => {
  const cases: [filter: string, user: string, group: string][] = [
    ['meta.resourceType eq "User"', "true", "false"],
    ['meta.resourceType ne "User"', "false", "true"],
    ['(meta.resourceType eq "User") or (meta.resourceType eq "Group")', "true", "true"],
    ['not (meta.resourceType eq "Device")', "true", "true"],
    ["meta.resourceType pr", "true", "true"],
    ["meta.resourceType eq null", "false", "false"],
    ['meta.resourceType eq "Group" and displayName eq "x"', "false", "displayName"],
  ];
  for (const [filter, user, group] of cases) assert.deepEqual(across(filter).map(show), [user, group], filter);
});

test("an attribute that no type has is rejected with a suggestion", () => {
  assert.equal(
    refusal('usrName eq "x"'),
    'filter: none of User, Group has an attribute "usrName". Did you mean userName?',
  );
  assert.match(refusal('displayName pr or membrs eq "x"'), /"membrs"\. Did you mean members\?/);
  assert.match(refusal("some.thing pr"), /none of User, Group has an attribute "some\.thing"/);
  assert.match(refusal("name.givnName pr"), /^filter: name has no sub-attribute "givnName".*Did you mean givenName\?/);
  assert.match(refusal("members.x pr"), /^filter: members has no sub-attribute "x"/);
  assert.match(refusal("emails[x pr]"), /^filter: emails has no sub-attribute "x"/);
});

test("the expected literal is that of the type that has the attribute", () => {
  assert.match(refusal("active gt true"), /active/);
  assert.match(refusal('password eq "x"'), /password is never returned/);
  assert.match(refusal('name eq "x"'), /name is complex/);
  assert.match(refusal('meta.created gt "x"'), /date and time/);
});

test("tolerances are those of a query on one type, noted once", () => {
  const reading = newReading("tolerant");
  const filter = parseFilter('department eq "x" and active eq "true"', reading);
  const [user, group] = resolveFilterAcross(filter, [USER, GROUP], reading);
  assert.match(show(user), /enterprise:2\.0:User:department and active/);
  assert.equal(group, false);
  assert.deepEqual(
    reading.notes.map(({ code }) => code),
    ["unqualified-extension-attribute", "string-boolean"],
  );
  assert.match(refusal('department eq "x"', "strict"), /^(?!.*none of).*department/);
  assert.match(refusal('active eq "true"', "strict", "invalidFilter"), /active/);
});

/** A group as stored, reduced to the attributes that it shares with User. */
function withoutMembers({ members: _, ...rest }: JsonObject): JsonObject {
  return rest;
}

test("[RFC 7644 §3.4.2.1] a filter on User treats a group like a user with the group's attributes", () => {
  fc.assert(
    fc.property(filterArbitrary(USER), resourceArbitrary(GROUP), (filter, resource) => {
      const reading = newReading("tolerant");
      const [, ofGroup = false] = resolveFilterAcross(filter, [USER, GROUP], reading);
      const group = { ...withoutMembers(resource), meta: { resourceType: "Group" } };
      const expected = evaluateFilter(resolveFilter(filter, USER, reading), group);
      assert.equal(typeof ofGroup === "boolean" ? ofGroup : evaluateFilter(ofGroup, group), expected);
    }),
    { numRuns: 2_000 },
  );
});

test("a type with all the attributes gets the same filter as alone", () => {
  fc.assert(
    fc.property(filterArbitrary(USER), resourceArbitrary(USER), (filter, resource) => {
      const reading = newReading("tolerant");
      const [ofUser = false] = resolveFilterAcross(filter, [USER, GROUP], reading);
      const user = { ...resource, meta: { resourceType: "User" } };
      const expected = evaluateFilter(resolveFilter(filter, USER, reading), user);
      assert.equal(typeof ofUser === "boolean" ? ofUser : evaluateFilter(ofUser, user), expected);
    }),
    { numRuns: 1_000 },
  );
});
