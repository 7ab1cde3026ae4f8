import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Json } from "@scimtool/scim";
import { attributeName, firstNameOf, listed, possessive, singularName } from "./names.ts";
import { clockText, counted, labelText, momentText, valueText } from "./values.ts";

const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const DAY_MS = 86_400_000;

describe("an attribute has a name for people", () => {
  const named: readonly (readonly [path: string, name: string])[] = [
    ["userName", "user name"],
    ["title", "title"],
    ["name.familyName", "family name"],
    ["name.formatted", "full name"],
    ["externalId", "external id"],
    ["profileUrl", "profile URL"],
    ["preferredLanguage", "preferred language"],
    [`${ENTERPRISE}:department`, "department"],
    [`${ENTERPRISE}:costCenter`, "cost center"],
    [`${ENTERPRISE}:manager.displayName`, "manager display name"],
    ["emails", "e-mail addresses"],
    ["emails.value", "e-mail"],
    ['emails[type eq "work"].value', "work e-mail"],
    ['emails[type eq "work"]', "work e-mail"],
    ['emails[type eq "work"].primary', "work e-mail (primary)"],
    ['phoneNumbers[type eq "mobile"].value', "mobile phone"],
    ['addresses[type eq "work"].locality', "work city"],
    ['addresses[type eq "work"].postalCode', "work postal code"],
    ["roles[primary eq true].value", "primary role"],
    ['roles[value eq "Admin"]', "role Admin"],
    ['x[type eq "urn:a.b"].value', "urn:a.b x"],
    ['EMAILS[TYPE EQ "home"].VALUE', "home e-mail"],
    ['Addresses[type eq "work"].Locality', "work city"],
    ["NAME.familyname", "family name"],
    ['photos[type eq "photo"].value', "photo"],
    ["urn:example:Device:2.0:Printer:deviceID", "device ID"],
    ["extensionAttribute1", "extension attribute 1"],
    ["snake_case-name", "snake case name"],
    ["constructor", "constructor"],
  ];
  for (const [path, name] of named) test(`${path}: ${name}`, () => assert.equal(attributeName(path), name));

  test("and one value of it too", () => {
    assert.deepEqual(["roles", "phoneNumbers", "tags", "urn:x:2.0:User:licenses", "class"].map(singularName), [
      "role",
      "phone",
      "tag",
      "license",
      "class",
    ]);
  });
});

describe("a value as people read it", () => {
  const shown: readonly (readonly [value: Json, text: string])[] = [
    [true, "yes"],
    [false, "no"],
    [7, "7"],
    ["Sales", "Sales"],
    ["", '""'],
    [" Sales", '" Sales"'],
    ["a\nb\u202ec", "a b c"],
    ["2026-11-24T21:45:30+01:00", "24 November 2026, 20:45 UTC"],
    ["2026-11-24", "24 November 2026"],
    ["2026-99-99", "2026-99-99"],
    ["x".repeat(100), `${"x".repeat(80)}…`],
    [`${"x".repeat(79)}😀`, `${"x".repeat(79)}…`],
    [["a", "b"], "a, b"],
    [["a", "b", "c", "d", "e"], "a, b, c and 2 more"],
    [[], "nothing"],
    [null, "nothing"],
    [{ type: "work", primary: true, value: "a@example.com" }, "a@example.com"],
    [{ type: "work", streetAddress: "1 Main Street", locality: "Seattle" }, "1 Main Street, Seattle"],
    ['{"id":"1","value":"Admin","displayName":"Administrator"}', "Administrator"],
    ["{not JSON", "{not JSON"],
    [{ display: "", value: "Admin" }, "Admin"],
    [{ a: { b: 1 } }, "nothing"],
  ];
  for (const [value, text] of shown) {
    test(`${JSON.stringify(value).slice(0, 50)}: ${text.slice(0, 50)}`, () =>
      assert.equal(valueText(value, "x"), text));
  }

  test("is never a secret", () => {
    assert.equal(valueText("hunter2", "password"), "[secret]");
    assert.equal(valueText("hunter2", "urn:x:2.0:User:apiToken"), "[secret]");
    assert.doesNotMatch(valueText({ password: "hunter2" }, "x"), /hunter2/);
    assert.doesNotMatch(valueText('{"password":"hunter2"}', "x"), /hunter2/);
    assert.doesNotMatch(valueText(`scim_${"a".repeat(49)}`, "title"), /aaa/);
  });

  test("a name is made fit for a sentence", () => assert.equal(labelText("A\u202eB\n"), "A B "));
});

describe("a person is called", () => {
  const called: readonly (readonly [label: string, givenName: string | undefined, name: string])[] = [
    ["Alice Young", undefined, "Alice"],
    ["Alice B. Young", undefined, "Alice"],
    ["Young, Alice", "Alice", "Alice"],
    ["Mary Ann Lee", "Mary Ann", "Mary Ann"],
    ["Ali", "Alice", "Ali"],
    ["Alice Young", "Ali", "Alice"],
    ["Jalice Young", "alice", "Jalice"],
    ["Alice Young", "", "Alice"],
    ["Bob", undefined, "Bob"],
    ["alice@example.com", undefined, "alice@example.com"],
    ["山田 陽子", undefined, "山田 陽子"],
    ["山田 陽子", "陽子", "陽子"],
    ["Dr. Alice Young", undefined, "Dr. Alice Young"],
    ["Zoë O'Brien-Müller", undefined, "Zoë"],
    ["Service Account of Finance", undefined, "Service Account of Finance"],
  ];
  for (const [label, givenName, name] of called) {
    test(`${label}: ${name}`, () => assert.equal(firstNameOf(label, givenName), name));
  }

  test("and has what is theirs", () => {
    assert.deepEqual(["Alice", "James", "Liz", "SALES"].map(possessive), ["Alice's", "James'", "Liz's", "SALES'"]);
    assert.deepEqual(listed(["a", "b", "c"]), "a, b and c");
    assert.deepEqual([listed(["a", "b"]), listed(["a"]), listed([])], ["a and b", "a", ""]);
  });
});

describe("time in words", () => {
  test("a moment has its day, and stays true", () => {
    assert.equal(momentText(Date.UTC(2026, 10, 24, 8)), "24 November 2026, 08:00 UTC");
  });

  test("a clock is that of the time zone, with the day where it is another one", () => {
    const eight = Date.UTC(2026, 10, 24, 8);
    assert.equal(clockText(eight, eight + DAY_MS / 2, "UTC"), "08:00");
    assert.equal(clockText(eight, eight + DAY_MS, "UTC"), "24 November, 08:00");
    assert.equal(clockText(eight, eight, "Europe/Berlin"), "09:00");
  });

  test("numbers have their nouns", () =>
    assert.deepEqual([counted(1, "day"), counted(1200, "time")], ["1 day", "1,200 times"]));
});
