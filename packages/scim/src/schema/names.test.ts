import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ToleranceCode } from "../dialect/tolerance.ts";
import type { Json, JsonObject } from "../json.ts";
import { refuses } from "../patch/test-support.ts";
import { CORE, ENTERPRISE, readGroup, readUser, user } from "./test-support.ts";

// Member names that are paths, undefined, or harmful.

const MALFORMED = "urn:ietf:params:scim:schemas:extension:enterprise:2.0User";
const CUSTOM = "urn:example:custom:2.0:User";

type Case = readonly [sent: JsonObject, read: JsonObject, codes: readonly ToleranceCode[]];

const PATHS: readonly Case[] = [
  [{ "name.givenName": "K" }, { name: { givenName: "K" } }, ["dotted-name"]],
  [
    { "NAME.givenname": "K", "name.familyName": "J" },
    { name: { givenName: "K", familyName: "J" } },
    ["dotted-name", "dotted-name"],
  ],
  [{ [`${CORE}:title`]: "Guide" }, { title: "Guide" }, ["qualified-name"]],
  [{ [`${CORE}:name.givenName`]: "K" }, { name: { givenName: "K" } }, ["dotted-name"]],
  [
    { [`${ENTERPRISE}:department`]: "T" },
    { [ENTERPRISE]: { department: "T" } },
    ["qualified-name", "undeclared-schema"],
  ],
  [
    { [`${ENTERPRISE}:manager.value`]: "7" },
    { [ENTERPRISE]: { manager: { value: "7" } } },
    ["dotted-name", "undeclared-schema"],
  ],
  [
    { [`${ENTERPRISE}:manager.$ref`]: "Users/7" },
    { [ENTERPRISE]: { manager: { $ref: "Users/7" } } },
    ["dotted-name", "undeclared-schema"],
  ],
  [{ [`${ENTERPRISE}:manager.displayName`]: "J" }, {}, ["dotted-name"]],
  [
    { manager: { value: "7" } },
    { [ENTERPRISE]: { manager: { value: "7" } } },
    ["unqualified-extension-attribute", "undeclared-schema"],
  ],
  [{ manager: null }, {}, ["unqualified-extension-attribute"]],
  [
    { manager: "7" },
    { [ENTERPRISE]: { manager: { value: "7" } } },
    ["unqualified-extension-attribute", "complex-as-value", "undeclared-schema"],
  ],
  [{ [MALFORMED]: { department: "T" } }, { [ENTERPRISE]: { department: "T" } }, ["malformed-urn", "undeclared-schema"]],
  [
    { [`${MALFORMED}:department`]: "T" },
    { [ENTERPRISE]: { department: "T" } },
    ["malformed-urn", "qualified-name", "undeclared-schema"],
  ],
  [
    { [`${MALFORMED}:desk`]: "T" },
    { [ENTERPRISE]: { desk: "T" } },
    ["malformed-urn", "unknown-attribute", "undeclared-schema"],
  ],
];

describe("a name that is a path finds its attribute, with a note, but not in the strict profile", () => {
  for (const [sent, expected, codes] of PATHS) {
    test(JSON.stringify(sent), () => {
      const outcome = readUser(sent);
      const schemas = ENTERPRISE in expected ? [CORE, ENTERPRISE] : [CORE];
      assert.deepEqual(outcome.resource, { ...user(), ...expected, schemas });
      assert.deepEqual(outcome.codes, codes);
      assert.throws(() => readUser(sent, "strict"), /is refused in the strict profile/);
    });
  }

  test("in any position: the order of members does not matter (RFC 7643 §2.3.8)", () => {
    const members: JsonObject = {
      name: { familyName: "J" },
      "name.givenName": "K",
      [ENTERPRISE]: { department: "T" },
      manager: "7",
      [`${ENTERPRISE}:division`]: "D",
    };
    const expected = {
      schemas: [CORE, ENTERPRISE],
      userName: "bjensen",
      name: { familyName: "J", givenName: "K" },
      [ENTERPRISE]: { department: "T", division: "D", manager: { value: "7" } },
    };
    assert.deepEqual(readUser(members).resource, expected);
    const reversed = Object.fromEntries(Object.entries(user(members)).reverse());
    assert.deepEqual(readUser(reversed).resource, expected);
  });

  test("also if one path leads into another", () => {
    const manager = { $ref: "Users/7", value: "7" };
    for (const members of [
      { manager: { $ref: "Users/7" }, "manager.value": "7" },
      { "manager.value": "7", manager: { $ref: "Users/7" } },
    ]) {
      assert.deepEqual(readUser(members).resource[ENTERPRISE], { manager });
    }
  });

  test("unless it leads into a multi-valued attribute, where it would have to select a value", () => {
    refuses(() => readUser({ "emails.value": "x" }), "invalidSyntax", /^"emails\.value" is not an attribute name/);
    refuses(() => readUser({ 'emails[type eq "work"].value': "x" }), "invalidSyntax", /is not an attribute name/);
    refuses(() => readUser({ "name.first.second": "x" }), "invalidSyntax", /is not an attribute name/);
  });

  test("schemas after a URN is not a second schemas", () => {
    assert.deepEqual(readUser({ [`${CORE}:schemas`]: ["urn:x:y"] }).resource, user());
  });
});

describe("an attribute without a schema is stored as sent, with a note (RFC 7643 §2.1)", () => {
  const UNKNOWN: readonly Case[] = [
    [{ shoeSize: 42 }, { shoeSize: 42 }, ["unknown-attribute"]],
    [{ shoe: { eu: 42, us: null, x: [null, {}] } }, { shoe: { eu: 42 } }, ["unknown-attribute"]],
    [{ a: null, b: [], c: {}, d: [null, [{}]] }, {}, Array.from({ length: 4 }, () => "unknown-attribute" as const)],
    [
      { a: "", b: 0, c: false },
      { a: "", b: 0, c: false },
      Array.from({ length: 3 }, () => "unknown-attribute" as const),
    ],
    [{ name: { nick: "K" } }, { name: { nick: "K" } }, ["unknown-attribute"]],
    [{ emails: [{ value: "x", verified: true }] }, { emails: [{ value: "x", verified: true }] }, ["unknown-attribute"]],
    [{ [`${CORE}:shoeSize`]: 42 }, { shoeSize: 42 }, ["unknown-attribute"]],
    [{ [`${ENTERPRISE}:desk`]: 7 }, { [ENTERPRISE]: { desk: 7 } }, ["unknown-attribute", "undeclared-schema"]],
    [{ [ENTERPRISE]: { desk: 7 } }, { [ENTERPRISE]: { desk: 7 } }, ["unknown-attribute", "undeclared-schema"]],
    [{ [CUSTOM]: { badge: "1" } }, { [CUSTOM]: { badge: "1" } }, ["unknown-attribute", "undeclared-schema"]],
    [{ "urn:example:my.app.1": "x" }, { "urn:example:my.app.1": "x" }, ["unknown-attribute"]],
    [{ "urn:example:a/b": "x" }, { "urn:example:a/b": "x" }, ["unknown-attribute"]],
    [{ "https://example.com/schemas": "x" }, { "https://example.com/schemas": "x" }, ["unknown-attribute"]],
    [{ "urn:": "x" }, { "urn:": "x" }, ["unknown-attribute"]],
  ];
  for (const [sent, expected, codes] of UNKNOWN) {
    test(JSON.stringify(sent), () => {
      const { resource, codes: applied } = readUser(sent);
      const extensions = Object.keys(expected).filter((name) => name === ENTERPRISE || name === CUSTOM);
      assert.deepEqual(resource, { ...user(), ...expected, schemas: [CORE, ...extensions] });
      assert.deepEqual(applied, codes);
      refuses(() => readUser(sent, "strict"), "invalidSyntax", /an attribute that no schema defines is refused/);
    });
  }

  test("and the note says where, and how it was treated", () => {
    const { notes } = readUser({ shoe: 1, hat: null, name: { nick: "K" }, [ENTERPRISE]: { desk: 7 } });
    const detail = "an attribute that no schema defines was stored as sent";
    assert.deepEqual(
      notes.filter(({ code }) => code === "unknown-attribute"),
      [
        { code: "unknown-attribute", where: "name.nick", detail },
        { code: "unknown-attribute", where: `${ENTERPRISE}:desk`, detail },
        { code: "unknown-attribute", where: "shoe", detail },
        {
          code: "unknown-attribute",
          where: "hat",
          detail: "an attribute that no schema defines was left out, as it has no value",
        },
      ],
    );
  });

  test("up to 16 levels", () => {
    const nested = (levels: number): Json => (levels === 0 ? "x" : { a: nested(levels - 1) });
    const arrays = (levels: number): Json => (levels === 0 ? "x" : [arrays(levels - 1)]);
    assert.deepEqual(readUser({ deep: nested(16) }).resource.deep, nested(16));
    for (const deep of [nested(17), arrays(17), nested(5_000)]) {
      refuses(() => readUser({ deep }), "invalidValue", /^deep is nested deeper than 16 levels\.$/);
      refuses(() => readUser({ name: { deep } }), "invalidValue", /^name\.deep is nested deeper/);
    }
  });
});

describe("a hostile name", () => {
  const parsed = (text: string) => JSON.parse(text) as JsonObject;

  test("that is not an attribute name is rejected, at every level", () => {
    const names = ["", " ", "two words", "1st", "-a", "a.", ".a", "ä", "a\u0000", "$", "a/b", "__proto__", "_x"];
    for (const name of names) {
      const member = `{${JSON.stringify(name)}:1}`;
      for (const body of [member, `{"name":${member}}`, `{"emails":[${member}]}`, `{"${ENTERPRISE}":${member}}`]) {
        refuses(() => readUser(parsed(body)), "invalidSyntax", /is not an attribute name: a letter, then letters/);
      }
    }
  });

  test("of Object.prototype is a normal name", () => {
    for (const name of ["constructor", "toString", "hasOwnProperty", "valueOf", "isPrototypeOf"]) {
      const { resource } = readUser({ [name]: { a: 1 }, name: { [name]: 2 }, [ENTERPRISE]: { [name]: 3 } });
      assert.deepEqual(resource, {
        schemas: [CORE, ENTERPRISE],
        userName: "bjensen",
        [name]: { a: 1 },
        name: { [name]: 2 },
        [ENTERPRISE]: { [name]: 3 },
      });
    }
  });

  test("within an unknown value is stored, without prototype pollution", () => {
    const shoe = '{"__proto__":{"polluted":true},"":1,"two words":{"constructor":{"prototype":{"polluted":true}}}}';
    const { resource } = readUser(parsed(`{"shoe":${shoe}}`));
    assert.equal(JSON.stringify(resource.shoe), shoe);
    assert.equal(({} as JsonObject).polluted, undefined);
    assert.equal((resource.shoe as JsonObject).polluted, undefined);
  });

  test("that is very long is shortened in messages", () => {
    const long = "x".repeat(1_000_000);
    const [note] = readUser({ name: { [long]: 1 } }).notes;
    assert.ok((note?.where.length ?? 0) < 300);
    for (const members of [
      { [`${long}.`]: 1 },
      { [`urn:x:${long}`]: 1 },
      { name: { [long]: parsed(`${'{"a":'.repeat(20)}1${"}".repeat(20)}`) } },
    ]) {
      assert.throws(
        () => readUser(members),
        (error: Error) => error.name === "ScimError" && error.message.length < 500,
      );
    }
  });

  test("with letters whose lower case is ASCII is not confused with another one", () => {
    assert.throws(() => readGroup({ MEMBERſ: [] }), /is not an attribute name/);
  });
});
