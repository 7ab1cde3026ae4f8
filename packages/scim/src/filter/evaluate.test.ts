import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { newReading } from "../dialect/tolerance.ts";
import type { Json, JsonObject } from "../json.ts";
import { filterArbitrary, resourceArbitrary } from "./arbitrary.ts";
import { evaluateFilter, evaluateValueFilter } from "./evaluate.ts";
import type { Filter } from "./filter.ts";
import { BARBARA, CORE, ENTERPRISE, MODEL, withAttributes } from "./fixture.ts";
import { parseFilter } from "./parse.ts";
import { resolveFilter } from "./resolve.ts";
import { resolveValueFilter } from "./resolve-value.ts";

function matches(text: string, resource: JsonObject = BARBARA): boolean {
  const reading = newReading("tolerant");
  return evaluateFilter(resolveFilter(parseFilter(text, reading), MODEL, reading), resource);
}

/** Each line is a filter and whether it matches. */
function expectAll(cases: readonly (readonly [string, boolean])[], resource: JsonObject = BARBARA): void {
  for (const [text, expected] of cases) assert.equal(matches(text, resource), expected, text);
}

test("texts compare by every operator, in any letter case unless caseExact", () => {
  expectAll([
    ['userName eq "BJENSEN"', true],
    ['userName eq "bjense"', false],
    ['userName ne "BJENSEN"', false],
    ['userName ne "x"', true],
    ['userName co "JENS"', true],
    ['userName co "xx"', false],
    ['userName sw "BJ"', true],
    ['userName sw "jensen"', false],
    ['userName ew "SEN"', true],
    ['userName ew "bj"', false],
    ['userName gt "Bjensea"', true],
    ['userName gt "BJENSEN"', false],
    ['userName ge "BJENSEN"', true],
    ['userName lt "bjensen "', true],
    ['userName lt "BJENSEN"', false],
    ['userName le "BJENSEN"', true],
    ['externalId eq "abc-1"', true],
    ['externalId eq "ABC-1"', false],
    ['externalId ne "ABC-1"', true],
    ['externalId sw "ABC"', false],
    ['externalId gt "ABC-1"', true],
    ['profileUrl eq "https://example.com/B"', true],
    ['profileUrl eq "https://example.com/b"', false],
    ['certificate eq "aGVsbG8="', true],
    ['certificate eq "AGVSBG8="', false],
    ['certificate ne "AGVSBG8="', true],
  ]);
});

test("SQL wildcards are ordinary characters", () => {
  const resource = withAttributes({ userName: "50%_\\'\"" });
  expectAll(
    [
      ['userName co "%"', true],
      ['userName co "_"', true],
      ['userName co "5%"', false],
      ['userName sw "5_"', false],
      ['userName ew "\\\\\'\\""', true],
    ],
    resource,
  );
});

test("numbers, booleans and instants compare by value", () => {
  expectAll([
    ["logins eq 42", true],
    ["logins eq 42.0", true],
    ["logins ne 42", false],
    ["logins gt 5", true],
    ["logins lt 5", false],
    ["logins ge 42", true],
    ["logins le 41", false],
    ["score eq 1.5", true],
    ["score lt 1.6", true],
    ["active eq true", true],
    ["active ne true", false],
    ['active eq "False"', false],
    ['hired eq "2011-05-13T06:42:34+02:00"', true],
    ['hired ne "2011-05-13T06:42:34+02:00"', false],
    ['hired gt "2011-05-13T04:42:33.999Z"', true],
    ['hired lt "2011-05-13T05:00:00+02:00"', false],
    ['meta.lastModified ge "2011-05-13T04:42:34Z"', true],
    ['meta.created le "2010-01-23T04:56:22Z"', true],
  ]);
});

test("an unassigned singular attribute differs from every value and compares with none", () => {
  for (const resource of [{}, { title: null }, { title: [] }] as JsonObject[]) {
    expectAll(
      [
        ['title ne "x"', true],
        ['title eq "x"', false],
        ['title co ""', false],
        ['title ge ""', false],
        ['not (title eq "x")', true],
        ["title pr", false],
        ["title eq null", true],
        ["title ne null", false],
        ['name.familyName ne "x"', true],
        [`${ENTERPRISE}:manager.displayName ne "x"`, true],
        [`${ENTERPRISE}:department ne "x"`, true],
      ],
      resource,
    );
  }
});

test("a multi-valued attribute matches if any of its values does", () => {
  expectAll([
    ['emails eq "BABS@jensen.org"', true],
    ['emails.type eq "home"', true],
    ['emails.type ne "work"', true],
    ['emails.type ne "other"', true],
    ["emails.primary eq true", true],
    ["emails.primary ne true", true],
    ['tags eq "green"', true],
    ['tags ne "green"', true],
    ['tags co "r"', true],
    ['tags eq "blue"', false],
    ['tags[value eq "GREEN"]', true],
    ['tags[value eq "red" and value eq "green"]', false],
    ['tags eq "red" and tags eq "green"', true],
    [`schemas eq "${ENTERPRISE}"`, true],
    [`schemas eq "${ENTERPRISE.toLowerCase()}"`, false],
  ]);
});

test("a multi-valued attribute without values matches no comparison, ne included", () => {
  for (const stored of [undefined, null, [], [null], "x", { value: "x" }] as (Json | undefined)[]) {
    const resource: JsonObject = stored === undefined ? {} : { tags: stored, emails: stored };
    for (const name of ["tags", "emails.type", "emails"]) {
      expectAll(
        [
          [`${name} eq "x"`, false],
          [`${name} ne "x"`, false],
          [`${name} pr`, false],
        ],
        resource,
      );
    }
    expectAll([['emails[type ne "x"]', false]], resource);
  }
});

test("the conditions in brackets apply to the same value", () => {
  expectAll([
    ['emails[type eq "work" and value co "@example.com"]', true],
    ['emails[type eq "home" and value co "@example.com"]', false],
    ['emails.type eq "home" and emails.value co "@example.com"', true],
    ['emails[type eq "work"].value eq "bjensen@example.com"', true],
    ['emails[type eq "home"].value eq "bjensen@example.com"', false],
    ['emails[not (type eq "work")]', true],
    ['not (emails[type eq "work"])', false],
    ["emails[primary eq true or type eq null]", true],
    ["emails[primary ne true]", true],
    ['name[familyName eq "o\'malley" and givenName sw "b"]', true],
    ['name[familyName eq "o\'malley" and givenName sw "x"]', false],
    [`${ENTERPRISE}:manager[value eq "26118915"]`, true],
  ]);
});

test("brackets after an unassigned singular attribute match nothing", () => {
  for (const resource of [{}, { name: null }, { name: "x" }, { name: [{}] }] as JsonObject[]) {
    expectAll([['name[familyName ne "x"]', false]], resource);
  }
  expectAll([['name[familyName ne "x"]', true]], { name: {} });
});

test("a multi-valued sub-attribute matches if any of its values does", () => {
  const resource: JsonObject = { profile: { labels: ["a", "b"] } };
  expectAll(
    [
      ['profile.labels eq "B"', true],
      ['profile.labels ne "b"', true],
      ['profile.labels eq "c"', false],
      ["profile.labels pr", true],
      ['profile[labels eq "a" and labels eq "b"]', true],
    ],
    resource,
  );
  expectAll([['profile.labels ne "b"', false]], {});
});

test("pr finds values that are not empty", () => {
  expectAll([
    ["title pr", true],
    ["name pr", true],
    ["emails pr", true],
    ["emails.display pr", false],
    ["emails.primary pr", true],
    ["ims pr", false],
    ["active pr", true],
    ["schemas pr", true],
  ]);
  expectAll(
    [
      ["title pr", false],
      ["active pr", true],
      ["logins pr", true],
      ["name pr", false],
      ["emails pr", false],
      ["tags pr", false],
    ],
    { title: "", active: false, logins: 0, name: { familyName: "" }, emails: [{ type: "" }, {}], tags: ["", null] },
  );
});

test("every example of RFC 7644, Figure 2, gives the right result", () => {
  expectAll([
    ['userName eq "bjensen"', true],
    ['name.familyName co "O\'Malley"', true],
    ['userName sw "J"', false],
    [`${CORE}:userName sw "J"`, false],
    ["title pr", true],
    ['meta.lastModified gt "2011-05-13T04:42:34Z"', false],
    ['meta.lastModified ge "2011-05-13T04:42:34Z"', true],
    ['meta.lastModified lt "2011-05-13T04:42:34Z"', false],
    ['meta.lastModified le "2011-05-13T04:42:34Z"', true],
    ['title pr and userType eq "Employee"', true],
    ['title pr or userType eq "Intern"', true],
    [`schemas eq "${ENTERPRISE}"`, true],
    ['userType eq "Employee" and (emails co "example.com" or emails.value co "example.org")', true],
    ['userType ne "Employee" and not (emails co "example.com" or emails.value co "example.org")', false],
    ['userType eq "Employee" and (emails.type eq "work")', true],
    ['userType eq "Employee" and emails[type eq "work" and value co "@example.com"]', true],
    ['emails[type eq "work" and value co "@example.com"] or ims[type eq "xmpp" and value co "@foo.com"]', true],
  ]);
});

test("members that objects inherit are not attributes of a resource", () => {
  const resource = Object.create({ title: "x" }) as JsonObject;
  assert.equal(matches("title pr", resource), false);
});

test("a value filter evaluates one value, and value is the value itself if it is not an object", () => {
  const judge = (attribute: string, text: string, value: Json): boolean => {
    const node = MODEL.attributes.get(attribute);
    assert.ok(node);
    const reading = newReading("strict");
    return evaluateValueFilter(resolveValueFilter(parseFilter(text, reading), node, reading), value);
  };
  assert.equal(judge("emails", 'type eq "WORK"', { type: "work" }), true);
  assert.equal(judge("emails", 'type ne "work"', { value: "x" }), true);
  assert.equal(judge("members", 'value eq "a" or value eq "b"', { value: "b" }), true);
  assert.equal(judge("members", 'value eq "a"', { value: "A" }), false);
  assert.equal(judge("tags", 'value eq "RED"', "red"), true);
  assert.equal(judge("emails", 'value eq "x"', "x"), true);
  assert.equal(judge("emails", "type pr", "x"), false);
});

const resolveStrict = (filter: Filter) => resolveFilter(filter, MODEL, newReading("strict"));

test("not, and, or obey the laws of logic", () => {
  fc.assert(
    fc.property(filterArbitrary(MODEL), filterArbitrary(MODEL), resourceArbitrary(MODEL), (left, right, resource) => {
      const holds = (filter: Filter) => evaluateFilter(resolveStrict(filter), resource);
      const not = (filter: Filter): Filter => ({ kind: "not", filter });
      assert.equal(holds(not(left)), !holds(left));
      assert.equal(
        holds(not({ kind: "and", filters: [left, right] })),
        holds({ kind: "or", filters: [not(left), not(right)] }),
      );
    }),
  );
});

test("a comparison on a sub-attribute of many values equals the same comparison in brackets", () => {
  const operators = fc.constantFrom("eq" as const, "ne" as const, "co" as const, "ge" as const);
  fc.assert(
    fc.property(
      operators,
      fc.constantFrom("a", "A", "", "Σ"),
      resourceArbitrary(MODEL),
      (operator, value, resource) => {
        const path = { attribute: "emails" };
        const plain: Filter = { kind: "compare", path: { ...path, subAttribute: "type" }, operator, value };
        const inner: Filter = { kind: "compare", path: { attribute: "type" }, operator, value };
        assert.equal(
          evaluateFilter(resolveStrict(plain), resource),
          evaluateFilter(resolveStrict({ kind: "valuePath", path, filter: inner }), resource),
        );
      },
    ),
  );
});
