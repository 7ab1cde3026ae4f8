import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { newReading } from "../dialect/tolerance.ts";
import { ScimError } from "../message/error.ts";
import { parsePath } from "../path/parse.ts";
import type { Filter } from "./filter.ts";
import { CORE, ENTERPRISE } from "./fixture.ts";
import { MAX_FILTER_CHARACTERS } from "./lex.ts";
import { MAX_FILTER_DEPTH, MAX_FILTER_TERMS, parseFilter } from "./parse.ts";

function parse(text: string): Filter {
  const reading = newReading("strict");
  return parseFilter(text, reading);
}

function refusal(text: string): string {
  let detail = "";
  assert.throws(
    () => parse(text),
    (error) => {
      assert.ok(error instanceof ScimError);
      assert.equal(error.status, 400);
      assert.equal(error.scimType, "invalidFilter");
      detail = error.detail;
      return true;
    },
  );
  return detail;
}

/** Reads the text in the tolerant profile, checks that the strict profile rejects it, and returns the noted codes. */
function tolerated(text: string): { filter: Filter; codes: string[] } {
  assert.match(refusal(text), /refused in the strict profile/);
  const reading = newReading("tolerant");
  const filter = parseFilter(text, reading);
  assert.ok(reading.notes.every((note) => note.where === "filter"));
  return { filter, codes: reading.notes.map((note) => note.code) };
}

const a: Filter = { kind: "present", path: { attribute: "a" } };
const b: Filter = { kind: "present", path: { attribute: "b" } };
const c: Filter = { kind: "present", path: { attribute: "c" } };

function equal(attribute: string, value: string | number | boolean | null): Filter {
  return { kind: "compare", path: { attribute }, operator: "eq", value };
}

test("every operator is read, in any letter case", () => {
  for (const operator of ["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"] as const) {
    for (const written of [operator, operator.toUpperCase(), operator[0]?.toUpperCase() + operator.slice(1)]) {
      assert.deepEqual(parse(`userName ${written} "x"`), {
        kind: "compare",
        path: { attribute: "userName" },
        operator,
        value: "x",
      });
    }
  }
  assert.deepEqual(parse("a PR"), a);
});

test("literals are JSON values, words in any letter case", () => {
  assert.deepEqual(parse("a eq true"), equal("a", true));
  assert.deepEqual(parse("a eq False"), equal("a", false));
  assert.deepEqual(parse("a eq NULL"), equal("a", null));
  assert.deepEqual(parse("a eq 42"), equal("a", 42));
  assert.deepEqual(parse("a eq -1.5e2"), equal("a", -150));
  assert.deepEqual(parse("a eq -0"), equal("a", 0));
  assert.deepEqual(parse('a eq ""'), equal("a", ""));
  assert.deepEqual(parse('a eq "\\"\\\\\\/\\n\\u00e9 \\ud83d\\ude00 and ) ]"'), equal("a", '"\\/\né 😀 and ) ]'));
});

test("not has precedence over and, and over or", () => {
  assert.deepEqual(parse("a pr or b pr and c pr"), { kind: "or", filters: [a, { kind: "and", filters: [b, c] }] });
  assert.deepEqual(parse("a pr and b pr or c pr"), { kind: "or", filters: [{ kind: "and", filters: [a, b] }, c] });
  assert.deepEqual(parse("(a pr or b pr) and c pr"), { kind: "and", filters: [{ kind: "or", filters: [a, b] }, c] });
  assert.deepEqual(parse("NOT (a pr) AND b pr"), { kind: "and", filters: [{ kind: "not", filter: a }, b] });
  assert.deepEqual(parse("not(a pr OR b pr)"), { kind: "not", filter: { kind: "or", filters: [a, b] } });
});

test("and and or are flat, with any brackets", () => {
  const flat = { kind: "and", filters: [a, b, c] };
  for (const text of ["a pr and b pr and c pr", "(a pr and b pr) and c pr", "a pr and ((b pr and c pr))"]) {
    assert.deepEqual(parse(text), flat);
  }
});

test("a URN ends at the last colon, and only later dots count", () => {
  assert.deepEqual(parse(`${ENTERPRISE}:manager.displayName eq "x"`), {
    kind: "compare",
    path: { schema: ENTERPRISE, attribute: "manager", subAttribute: "displayName" },
    operator: "eq",
    value: "x",
  });
  assert.deepEqual(parse("http://example.com/2.0/Group:display-Name_1 pr"), {
    kind: "present",
    path: { schema: "http://example.com/2.0/Group", attribute: "display-Name_1" },
  });
});

test("names of operators may be attribute names, and $ref is one", () => {
  assert.deepEqual(parse("not pr"), { kind: "present", path: { attribute: "not" } });
  assert.deepEqual(parse("and pr and or pr"), {
    kind: "and",
    filters: ["and", "or"].map((attribute) => ({ kind: "present", path: { attribute } })),
  });
  assert.deepEqual(parse("members.$ref pr"), {
    kind: "present",
    path: { attribute: "members", subAttribute: "$ref" },
  });
});

test("every example of RFC 7644, Figure 2, is accepted by the strict profile", () => {
  for (const text of [
    'userName eq "bjensen"',
    `name.familyName co "O'Malley"`,
    'userName sw "J"',
    `${CORE}:userName sw "J"`,
    "title pr",
    'meta.lastModified gt "2011-05-13T04:42:34Z"',
    'meta.lastModified ge "2011-05-13T04:42:34Z"',
    'meta.lastModified lt "2011-05-13T04:42:34Z"',
    'meta.lastModified le "2011-05-13T04:42:34Z"',
    'title pr and userType eq "Employee"',
    'title pr or userType eq "Intern"',
    `schemas eq "${ENTERPRISE}"`,
    'userType eq "Employee" and (emails co "example.com" or\n  emails.value co "example.org")',
    'userType ne "Employee" and not (emails co "example.com" or\n  emails.value co "example.org")',
    'userType eq "Employee" and (emails.type eq "work")',
    'userType eq "Employee" and emails[type eq "work" and\n  value co "@example.com"]',
    'emails[type eq "work" and value co "@example.com"] or\n  ims[type eq "xmpp" and value co "@foo.com"]',
  ]) {
    assert.ok(parse(text), text);
  }
  assert.deepEqual(parse('emails[type eq "work" and not (value pr)]'), {
    kind: "valuePath",
    path: { attribute: "emails" },
    filter: {
      kind: "and",
      filters: [equal("type", "work"), { kind: "not", filter: { kind: "present", path: { attribute: "value" } } }],
    },
  });
});

test("an unquoted value is read as text in the tolerant profile", () => {
  const readings: [string, Filter][] = [
    ["externalId eq abc-1", equal("externalId", "abc-1")],
    ["externalId eq 00123", equal("externalId", "00123")],
    ["(externalId eq abc)", equal("externalId", "abc")],
    ["emails[type eq work]", { kind: "valuePath", path: { attribute: "emails" }, filter: equal("type", "work") }],
    ["externalId eq 2011-05-13T04:42:34Z", equal("externalId", "2011-05-13T04:42:34Z")],
  ];
  for (const [text, filter] of readings) assert.deepEqual(tolerated(text), { filter, codes: ["unquoted-value"] });
  assert.equal(tolerated("meta.resourceType eq User").filter.kind, "compare");
});

test("a comparison after the brackets is read as one inside them in the tolerant profile", () => {
  const inside = (condition: Filter): Filter => ({
    kind: "valuePath",
    path: { attribute: "emails" },
    filter: { kind: "and", filters: [equal("type", "work"), condition] },
  });
  const codes = ["value-path-comparison"];
  const value = equal("value", "x");
  assert.deepEqual(tolerated('emails[type eq "work"].value eq "x"'), { filter: inside(value), codes });
  const present: Filter = { kind: "present", path: { attribute: "value" } };
  assert.deepEqual(tolerated('emails[type eq "work"].value pr'), { filter: inside(present), codes });
  assert.deepEqual(tolerated('emails[type eq "work"].value eq "x" and a pr').filter, {
    kind: "and",
    filters: [inside(value), a],
  });
});

test("a missing space beside an operator is ignored in the tolerant profile", () => {
  const codes = ["missing-space"];
  assert.deepEqual(tolerated('a eq"x"'), { filter: equal("a", "x"), codes });
  assert.deepEqual(tolerated("(a pr)and b pr"), { filter: { kind: "and", filters: [a, b] }, codes });
  assert.deepEqual(tolerated("a pr or(b pr)"), { filter: { kind: "or", filters: [a, b] }, codes });
});

test("an error names the position, what was expected and what was found", () => {
  const operators = "one of eq, ne, co, sw, ew, gt, ge, lt, le, pr";
  const value = "a value: a string in double quotes, a number, true, false or null";
  const name = "an attribute name such as userName or name.givenName";
  const cases: [string, string][] = [
    ['userName equals "x"', `at character 10, expected ${operators} but found "equals". Did you mean eq?`],
    ['userName regex "x"', `at character 10, expected ${operators} but found "regex".`],
    ['userName Contains "x"', `at character 10, expected ${operators} but found "Contains". Did you mean co?`],
    ["userName", `at character 9, expected ${operators} but the filter ends.`],
    ["userName eq", `at character 12, expected ${value} but the filter ends.`],
    ["userName eq and a pr", `at character 13, expected ${value} but found "and".`],
    ["userName eq 'x'", `at character 13, expected ${value} but found "'x'".`],
    ['userName eq x"y"', `at character 13, expected ${value} but found "x".`],
    ["a eq 1e999", 'at character 6, expected a number that a double can hold but found "1e999".'],
    ["", `at character 1, expected ${name} but the filter ends.`],
    ["a pr and", `at character 9, expected ${name} but the filter ends.`],
    ['userName="x"', `at character 1, expected ${name} but found "userName=".`],
    ["name.given.x pr", `at character 1, expected ${name} but found "name.given.x".`],
    ["name. pr", `at character 1, expected ${name} but found "name.".`],
    ["urn:x: pr", `at character 7, expected ${name} but found " ".`],
    ["é:x pr", 'at character 1, expected a schema URN before the colon but found "é:x".'],
    ["a pr b pr", 'at character 6, expected and, or, or the end of the filter but found "b".'],
    ["(a pr", 'at character 6, expected and, or, or ")" but the filter ends.'],
    ["a pr)", 'at character 5, expected and, or, or the end of the filter but found ")".'],
    ["emails[a pr)", 'at character 12, expected and, or, or "]" but found ")".'],
    ["emails [a pr]", `at character 8, expected ${operators} but found "[".`],
    ["emails[]", `at character 8, expected ${name} but found "]".`],
    ["not a pr", 'at character 5, expected "(" after not but found "a".'],
    ['a eq "😀" x', 'at character 10, expected and, or, or the end of the filter but found "x".'],
    ['a eq "x', "at character 8, expected the closing double quote of the string but the filter ends."],
  ];
  for (const [text, detail] of cases) assert.equal(refusal(text), `filter: ${detail}`);
});

test("hostile text is rejected, never read as something else", () => {
  for (const text of [
    "__proto__ pr",
    "$refs pr",
    "$ pr",
    "1a pr",
    "usérName pr",
    "a\u0000 pr",
    "a pr\u0000",
    'a eq "\u0000"',
    'a eq "\n"',
    'a eq "\\x"',
    'a eq "\\u12"',
    'a eq "\\',
    'a eq "\ud800"',
    'a eq "\\ud800"',
    "a eq \udc00",
    "[a pr]",
    "((a pr)",
    "not",
    "not (",
  ]) {
    refusal(text);
  }
  assert.throws(() => parseFilter("a eq \udc00", newReading("tolerant")), /expected a value/);
  assert.throws(() => parseFilter("a eq 'x'", newReading("tolerant")), /expected a value/);
});

test("a filter beyond its limits is rejected without overflowing the stack", () => {
  assert.match(refusal("a".repeat(100_000)), new RegExp(`longer than ${MAX_FILTER_CHARACTERS}`));
  for (const open of ["(", "not (", "a["]) {
    assert.match(refusal(open.repeat(1000)), new RegExp(`nested more than ${MAX_FILTER_DEPTH} deep`));
  }
  const deepest = `${"(".repeat(MAX_FILTER_DEPTH)}a pr${")".repeat(MAX_FILTER_DEPTH)}`;
  assert.deepEqual(parse(deepest), a);
  refusal(`(${deepest})`);
  const groups = Array(MAX_FILTER_DEPTH + 1)
    .fill("(a pr or b[c pr])")
    .join(" and ");
  assert.equal(parse(groups).kind, "and");
  const most = Array(MAX_FILTER_TERMS).fill("a pr").join(" or ");
  assert.equal(parse(most).kind, "or");
  assert.match(refusal(`${most} or a pr`), new RegExp(`more than ${MAX_FILTER_TERMS} comparisons`));
});

test("any text is either read or rejected with a ScimError", () => {
  const words = [
    "a",
    "eq",
    "pr",
    "and",
    "or",
    "not",
    "(",
    ")",
    "[",
    "]",
    '"',
    '"x"',
    ".",
    ":",
    "\\",
    "1",
    " ",
    "\u0000",
  ];
  const anyUnits = fc.array(fc.nat(0xffff)).map((units) => String.fromCharCode(...units));
  const nearlyFilters = fc.array(fc.constantFrom(...words)).map((parts) => parts.join(" "));
  const texts = fc.oneof(anyUnits, nearlyFilters, fc.string({ unit: fc.constantFrom(...words) }));
  fc.assert(
    fc.property(texts, fc.constantFrom("strict" as const, "tolerant" as const), (text, profile) => {
      try {
        parseFilter(text, newReading(profile));
      } catch (error) {
        assert.ok(error instanceof ScimError, String(error));
        assert.equal(error.scimType, "invalidFilter");
      }
    }),
    { numRuns: 2000 },
  );
});

test("an error about a filter or path that names a secret repeats none of its words", () => {
  const filters = [
    "password eq 'hunter2'",
    'password eq hun"ter2"',
    "password=hunter2",
    "password hunter2",
    'userName eq "a" and urn:x:Password eq "x"hunter2',
    'PASSWORD eq "\\hunter2"',
    "emails[pin eq hunter2] ter2",
  ];
  for (const text of filters) {
    for (const read of [
      () => parseFilter(text, newReading("tolerant")),
      () => parsePath(text, newReading("tolerant")),
    ]) {
      assert.throws(
        read,
        (error) => error instanceof ScimError && /expected/.test(error.detail) && !/hun|ter2/.test(error.detail),
      );
    }
  }
  for (const text of ["password eq hunter2", 'x[a pr].password eq "hunter2"']) {
    const reading = newReading("tolerant");
    parseFilter(text, reading);
    assert.doesNotMatch(JSON.stringify(reading.notes), /hunter2/);
    assert.throws(
      () => parseFilter(text, newReading("strict")),
      (error) => !/hunter2/.test(String(error)),
    );
  }
});
