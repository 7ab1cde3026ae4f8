import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { newReading, type Profile } from "../dialect/tolerance.ts";
import { ScimError } from "../message/error.ts";
import { filterArbitrary } from "./arbitrary.ts";
import type { ResolvedFilter } from "./filter.ts";
import { CORE, CUSTOM, ENTERPRISE, MODEL } from "./fixture.ts";
import { parseFilter } from "./parse.ts";
import { resolveFilter } from "./resolve.ts";

function resolve(text: string, profile: Profile = "strict"): ResolvedFilter {
  return resolveFilter(parseFilter(text, newReading("tolerant")), MODEL, newReading(profile));
}

/** The filter as text, with the paths of the attributes found. */
function show(filter: ResolvedFilter): string {
  switch (filter.kind) {
    case "and":
    case "or":
      return `(${filter.filters.map(show).join(` ${filter.kind} `)})`;
    case "not":
      return `not ${show(filter.filter)}`;
    case "present":
      return `${filter.attribute.path} pr`;
    case "compare":
      return `${filter.attribute.path} ${filter.operator} ${JSON.stringify(filter.value)}`;
    case "valuePath":
      return `${filter.attribute.path}[${show(filter.filter)}]`;
  }
}

function refusal(text: string, profile: Profile = "tolerant", scimType = "invalidFilter"): string {
  let detail = "";
  assert.throws(
    () => resolve(text, profile),
    (error) => {
      assert.ok(error instanceof ScimError, String(error));
      assert.equal(error.scimType, scimType, error.detail);
      detail = error.detail;
      return true;
    },
    text,
  );
  return detail;
}

function tolerated(text: string, strictType = "invalidFilter"): { shown: string; codes: string[] } {
  refusal(text, "strict", strictType);
  const reading = newReading("tolerant");
  const filter = resolveFilter(parseFilter(text, newReading("tolerant")), MODEL, reading);
  return { shown: show(filter), codes: reading.notes.map((note) => note.code) };
}

test("names are found in any letter case, with or without the core schema's URN", () => {
  for (const name of ["userName", "USERNAME", `${CORE}:username`, `${CORE.toUpperCase()}:userName`]) {
    assert.equal(show(resolve(`${name} eq "x"`)), 'userName eq "x"');
  }
  assert.equal(show(resolve("Name.FamilyName pr")), "name.familyName pr");
  assert.equal(show(resolve("members.$REF pr")), "members.$ref pr");
  assert.equal(show(resolve(`${ENTERPRISE}:Manager.displayName pr`)), `${ENTERPRISE}:manager.displayName pr`);
  assert.equal(show(resolve(`${CUSTOM}:not pr`)), `${CUSTOM}:not pr`);
  assert.equal(show(resolve(`${CORE}:id eq "x"`)), 'id eq "x"');
});

test("a complex attribute stands for its value sub-attribute in comparisons, for itself in pr", () => {
  assert.equal(show(resolve('emails co "x"')), 'emails.value co "x"');
  assert.equal(show(resolve(`${ENTERPRISE}:manager eq "x"`)), `${ENTERPRISE}:manager.value eq "x"`);
  assert.equal(show(resolve("emails pr")), "emails pr");
  assert.equal(show(resolve("name pr")), "name pr");
  assert.match(refusal('name eq "x"'), /complex; compare one of its sub-attributes: name.formatted, name.familyName/);
});

test("null is the unassigned state", () => {
  assert.equal(show(resolve("title eq null")), "not title pr");
  assert.equal(show(resolve("title ne null")), "title pr");
  assert.equal(show(resolve("name eq null")), "not name pr");
  assert.equal(show(resolve("emails[type eq null]")), "emails[not emails.type pr]");
  assert.match(refusal("title gt null"), /eq and ne only/);
});

test("names inside brackets are sub-attributes of the attribute before them", () => {
  assert.equal(
    show(resolve('emails[type eq "work" and not (value pr)]')),
    'emails[(emails.type eq "work" and not emails.value pr)]',
  );
  assert.equal(show(resolve('name[familyName eq "x"]')), 'name[name.familyName eq "x"]');
  assert.equal(show(resolve('tags[value eq "x"]')), 'tags[tags.value eq "x"]');
  assert.match(refusal("tags[type pr]"), /tags has no sub-attributes, so "type" names nothing/);
  assert.match(
    refusal('emails[tipe eq "x"]'),
    /emails has no sub-attribute "tipe", only value, type, display, primary. Did you mean type\?/,
  );
  assert.match(refusal("emails[userName pr]"), /emails has no sub-attribute "userName"/);
  assert.match(refusal("emails[emails[type pr]]"), /brackets behind "emails" within the brackets of emails/);
  assert.match(refusal("userName[value pr]"), /no parts that brackets could select/);
  assert.match(refusal("profile.labels[value pr]"), /no parts that brackets could select/);
  assert.match(refusal("emails.type[value pr]"), /no parts that brackets could select/);
});

test("an unknown name is rejected with a suggestion", () => {
  const cases: [string, string][] = [
    ["usrName pr", 'User has no attribute "usrName". Did you mean userName?'],
    ["user_name pr", 'User has no attribute "user_name". Did you mean userName?'],
    ["email pr", 'User has no attribute "email". Did you mean emails?'],
    ["departmnt pr", `User has no attribute "departmnt". Did you mean ${ENTERPRISE}:department?`],
    ["frobnicate pr", 'User has no attribute "frobnicate".'],
    ["xy pr", 'User has no attribute "xy".'],
    ["urn:x:userName pr", 'User has no attribute "urn:x:userName". Did you mean userName?'],
    [
      "name.givnName pr",
      'name has no sub-attribute "givnName", only formatted, familyName, givenName. Did you mean givenName?',
    ],
    ["userName.x pr", 'userName has no sub-attributes, so "x" names nothing.'],
    ["constructor pr", 'User has no attribute "constructor".'],
    ["name.constructor pr", 'name has no sub-attribute "constructor", only formatted, familyName, givenName.'],
  ];
  for (const [text, detail] of cases) assert.equal(refusal(text), `filter: ${detail}`);
});

test("an extension's attribute is found without its URN in the tolerant profile, if only one extension has it", () => {
  const codes = ["unqualified-extension-attribute"];
  assert.deepEqual(tolerated('department eq "x"'), { shown: `${ENTERPRISE}:department eq "x"`, codes });
  assert.deepEqual(tolerated('manager eq "x"'), { shown: `${ENTERPRISE}:manager.value eq "x"`, codes });
  assert.deepEqual(tolerated("manager.displayName pr"), { shown: `${ENTERPRISE}:manager.displayName pr`, codes });
  refusal("shared pr");
});

test("a URN with missing separators is found in the tolerant profile", () => {
  const codes = ["malformed-urn"];
  const malformed = "urn:ietf:params:scim:schemas:extension:enterprise:2.0User";
  assert.deepEqual(tolerated(`${malformed}:department pr`), { shown: `${ENTERPRISE}:department pr`, codes });
  assert.deepEqual(tolerated("urn:ietf:params:scim:schemas:core:2:0:User:title pr"), { shown: "title pr", codes });
  refusal(`${malformed}:departments pr`);
});

test("operators that do not suit an attribute's type are rejected", () => {
  const usable: Record<string, string[]> = {
    'userName "x"': ["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"],
    'profileUrl "x"': ["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"],
    'hired "2011-05-13T04:42:34Z"': ["eq", "ne", "gt", "ge", "lt", "le"],
    "logins 1": ["eq", "ne", "gt", "ge", "lt", "le"],
    "score 1.5": ["eq", "ne", "gt", "ge", "lt", "le"],
    "active true": ["eq", "ne"],
    'certificate "x"': ["eq", "ne"],
  };
  for (const [subject, operators] of Object.entries(usable)) {
    for (const operator of ["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"]) {
      const text = subject.replace(" ", ` ${operator} `);
      if (operators.includes(operator)) assert.equal(resolve(text).kind, "compare", text);
      else assert.match(refusal(text), /does not apply to .*, which is of type .*; use one of eq, ne/);
    }
  }
});

test("literals of another JSON type are converted in the tolerant profile", () => {
  const cases: [string, string, string, string][] = [
    ['active eq "False"', "active eq false", "string-boolean", "invalidFilter"],
    ['roles[primary eq "True"]', "roles[roles.primary eq true]", "string-boolean", "invalidFilter"],
    ['logins eq "42"', "logins eq 42", "string-number", "invalidFilter"],
    ['score lt "-1.5e1"', "score lt -15", "string-number", "invalidFilter"],
    ["externalId eq 42", 'externalId eq "42"', "unquoted-value", "invalidFilter"],
    ["externalId eq true", 'externalId eq "true"', "unquoted-value", "invalidFilter"],
  ];
  for (const [text, shown, code, strictType] of cases) {
    assert.deepEqual(tolerated(text, strictType), { shown, codes: [code] });
  }
});

test("unsuitable literals are rejected", () => {
  for (const text of [
    'active eq "yes"',
    "active eq 1",
    'logins eq "0x10"',
    'logins eq ""',
    'logins eq "1e999"',
    "logins eq true",
    'hired gt "2011-05-13"',
    'hired gt "2011-02-31T00:00:00Z"',
    "hired gt 5",
  ]) {
    assert.match(refusal(text), /is of type .* and is compared with/);
  }
  assert.match(refusal("externalId eq 12345678901234567890"), /a string in quotes/);
  assert.match(refusal("externalId eq 1.5"), /a string in quotes/);
});

test("a dateTime literal becomes an instant", () => {
  assert.equal(show(resolve('hired gt "1970-01-01T01:00:01+01:00"')), "hired gt 1000");
});

test("secrets cannot be filtered by, not even for presence", () => {
  for (const text of ["password pr", 'password eq "x"', "password eq null", `not (${CORE}:PASSWORD sw "a")`]) {
    assert.match(refusal(text), /password is never returned and cannot be filtered by/);
  }
  for (const text of ["token pr", "token.value pr", 'token eq "x"', "token[value pr]"]) {
    assert.match(refusal(text), /token.* is never returned/);
  }
});

test("the tolerant profile accepts every filter of identity providers", () => {
  for (const text of [
    'userName eq "6e0f0a4c-7f4b-4ea5-9f5d-2f1a7fbe7f5c"',
    'emails[type eq "work"].value eq "x"',
    'externalId eq "x"',
    "externalId eq x",
    'id eq "1" and manager eq "2"',
    'userName eq "a@b.c" and active eq "True"',
    `id eq "1" and ${ENTERPRISE}:manager eq "2"`,
  ]) {
    assert.ok(resolve(text, "tolerant"), text);
  }
});

test("every generated filter resolves in the strict profile", () => {
  fc.assert(
    fc.property(filterArbitrary(MODEL), (filter) => {
      const reading = newReading("strict");
      resolveFilter(filter, MODEL, reading);
      assert.deepEqual(reading.notes, []);
    }),
  );
});
