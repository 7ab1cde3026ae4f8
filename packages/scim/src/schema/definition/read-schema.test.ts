import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Json, JsonObject } from "../../json.ts";
import { deepFreeze, refuses } from "../../patch/test-support.ts";
import { attribute } from "../attribute.ts";
import { schemaResource } from "../representation.ts";
import { ENTERPRISE_USER_SCHEMA, GROUP_SCHEMA, USER_SCHEMA } from "../resource-types.ts";
import fixture from "../rfc7643-8.7.fixture.json" with { type: "json" };
import { EVERY_TYPE } from "../test-support.ts";
import { readSchema } from "./read-schema.ts";

const ID = "urn:example:badge:2.0:Badge";

function read(...attributes: Json[]) {
  return readSchema(deepFreeze({ id: ID, attributes })).attributes;
}

function part(...subAttributes: Json[]): JsonObject {
  return { name: "badge", type: "complex", subAttributes };
}

describe("a schema is read as it is shown", () => {
  for (const schema of [USER_SCHEMA, GROUP_SCHEMA, ENTERPRISE_USER_SCHEMA, EVERY_TYPE.type.schema]) {
    test(schema.id, () => {
      // The common attributes are not listed, and references are always case-exact.
      const shown = deepFreeze(schemaResource(schema, "https://example.com/v2"));
      const read = readSchema(shown);
      assert.deepEqual({ ...read, attributes: [] }, { ...schema, attributes: [] });
      for (const [index, each] of schema.attributes.entries()) {
        const isText = each.type === "reference" || each.type === "binary";
        assert.deepEqual(read.attributes[index], isText ? { ...each, caseExact: true } : each);
      }
    });
  }

  test("[RFC 7643 §8.7.1] also if another server writes it as the RFC does", () => {
    for (const { id, attributes } of fixture.slice(0, 3)) {
      const names = readSchema(deepFreeze({ id, attributes } as Json)).attributes.map(({ name }) => name);
      assert.deepEqual(
        names,
        attributes.map(({ name }) => name),
      );
    }
  });
});

test("[RFC 7643 §2.2] missing characteristics have defaults", () => {
  assert.deepEqual(read({ name: "color" }), [attribute("color", "")]);
  assert.deepEqual(read(part({ name: "color" })), [
    attribute("badge", "", { type: "complex", subAttributes: [attribute("color", "")] }),
  ]);
  const nothing = { name: "color", type: null, required: null, canonicalValues: null, subAttributes: [] };
  assert.deepEqual(read(nothing), [attribute("color", "")]);
});

test("a schema without a name gets the last word of its URN, and unknown members are ignored", () => {
  const { name, description } = readSchema({ id: ID, attributes: [], meta: { location: "x" }, schemas: ["y"], x: 1 });
  assert.deepEqual([name, description], ["Badge", ""]);
});

test("[RFC 7643 §7] names of characteristics and their keywords ignore letter case", () => {
  const [color] = read({
    NAME: "color",
    Type: "DATETIME",
    MultiValued: true,
    mutability: "readonly",
    returned: "Always",
  });
  const expected = { type: "dateTime", multiValued: true, mutability: "readOnly", returned: "always" } as const;
  assert.deepEqual(color, attribute("color", "", expected));
});

test("[RFC 7643 §2.3.6, §2.3.7] a reference and a binary are case exact, other types than text are not", () => {
  const caseExact = (type: string, said: boolean) =>
    read({ name: "a", type, caseExact: said, referenceTypes: type === "reference" ? ["uri"] : [] })[0]?.caseExact;
  assert.deepEqual([caseExact("reference", false), caseExact("binary", false)], [true, true]);
  assert.deepEqual(
    [caseExact("boolean", true), caseExact("integer", true), caseExact("dateTime", true)],
    [false, false, false],
  );
  assert.deepEqual([caseExact("string", true), caseExact("string", false)], [true, false]);
});

test("[RFC 7643 §7] a writeOnly attribute is never returned, and the schema says so", () => {
  assert.equal(read({ name: "pin", mutability: "writeOnly" })[0]?.returned, "never");
  assert.equal(read({ name: "pin", mutability: "writeOnly", returned: "request" })[0]?.returned, "never");
});

test("an empty list of canonical values is the same as none", () => {
  assert.deepEqual(read({ name: "a", canonicalValues: [] }), [attribute("a", "")]);
  assert.deepEqual(read({ name: "a", canonicalValues: ["x"] })[0]?.canonicalValues, ["x"]);
});

describe("a schema is rejected", () => {
  const cases: [string, Json, RegExp][] = [
    ["without an id", { attributes: [] }, /^id is required: the URN/],
    ["with an id that is no string", { id: 3 }, /^id must be a string, but it is a number\./],
    ["with a URL as its id", { id: "https://example.com/badge" }, /^id must be a URN such as "urn:example:[^"]+", but/],
    ["with half a URN", { id: "urn:example" }, /^id must be a URN/],
    ["with a URN that ends in a colon", { id: "urn:example:a:" }, /^id must be a URN/],
    ["with a URN that has a blank", { id: "urn:example:a b" }, /^id must be a URN/],
    ["with a URN that has a question mark", { id: "urn:example:a?b" }, /^id must be a URN/],
    [
      "with a very long URN",
      { id: `urn:example:${"a".repeat(300)}` },
      /^id may have 255 characters at most, not 312\./,
    ],
    [
      "with attributes that are no array",
      { id: ID, attributes: {} },
      /^urn:example:badge:2\.0:Badge: attributes must be/,
    ],
    ["with a name that is no text", { id: ID, name: 1 }, /Badge: name must be a string/],
    ["with a long name", { id: ID, name: "a".repeat(101) }, /Badge: name may have 100 characters at most, not 101\./],
    ["with a long description", { id: ID, description: "a".repeat(2_001) }, /description may have 2000 characters/],
    ["with a member given twice", { id: ID, name: "a", NAME: "b" }, /Badge: name is given twice/],
  ];
  for (const [what, json, detail] of cases) {
    test(what, () =>
      refuses(() => readSchema(json), /twice/.test(detail.source) ? "invalidSyntax" : "invalidValue", detail),
    );
  }

  test("that is not an object", () => {
    for (const json of [null, [], "x", 1] as Json[])
      refuses(() => readSchema(json), "invalidSyntax", /^A schema is a JSON/);
  });

  test("with more than 500 attributes, including sub-attributes", () => {
    const names = (count: number) => Array.from({ length: count }, (_, index) => ({ name: `a${index}` }));
    assert.equal(read(...names(500)).length, 500);
    assert.equal(read(part(...names(499))).length, 1);
    refuses(
      () => read(...names(501)),
      "invalidValue",
      /Badge: a schema may have 500 attributes at most, .*, not 501\./,
    );
    refuses(() => read(part(...names(500))), "invalidValue", /not 501\.$/);
  });
});

describe("an attribute is rejected, by its path,", () => {
  const cases: [string, Json, string][] = [
    ["that is no object", "color", ": attributes[0]: an attribute is an object, but a string was sent."],
    ["without a name", {}, ": attributes[0]: name is required"],
    ["whose name is no text", { name: 1 }, ": attributes[0]: name must be a string"],
    ["whose name has a blank", { name: "a b" }, ': attributes[0]: "a b" is not an attribute name'],
    ["whose name begins with a digit", { name: "1a" }, ': attributes[0]: "1a" is not an attribute name'],
    ["whose name is $ref, which is a sub-attribute's", { name: "$ref" }, ': attributes[0]: "$ref" is not an attribute'],
    ["whose name is long", { name: "a".repeat(101) }, ": attributes[0]: name may have 100 characters at most"],
    ["that every resource has", { name: "ID" }, ": attributes[0]: every resource has the attribute ID already"],
    ["that every resource has", { name: "schemas" }, ": attributes[0]: every resource has the attribute schemas"],
    [
      "of an unknown type",
      { name: "a", type: "text" },
      ':a: type must be one of string, boolean, decimal, integer, dateTime, binary, reference, complex, but it is "text".',
    ],
    [
      "of an unknown mutability",
      { name: "a", mutability: 1 },
      ":a: mutability must be one of readOnly, readWrite, immutable, writeOnly, but it is a number.",
    ],
    ["that is returned in an unknown way", { name: "a", returned: "sometimes" }, ":a: returned must be one of always,"],
    [
      "of an unknown uniqueness",
      { name: "a", uniqueness: "local" },
      ":a: uniqueness must be one of none, server, global",
    ],
    ["whose flag is a text", { name: "a", required: "true" }, ':a: required must be true or false, but it is "true".'],
    ["whose flag is a number", { name: "a", multiValued: 1 }, ":a: multiValued must be true or false"],
    [
      "whose canonical values are no array",
      { name: "a", canonicalValues: "x" },
      ":a: canonicalValues must be an array",
    ],
    [
      "whose canonical values are no texts",
      { name: "a", canonicalValues: [1] },
      ":a: canonicalValues must be an array of strings",
    ],
    [
      "with canonical values of a boolean",
      { name: "a", type: "boolean", canonicalValues: ["x"] },
      ":a: canonicalValues are texts",
    ],
    ["that is a reference to nothing", { name: "a", type: "reference" }, ":a: a reference needs referenceTypes"],
    [
      "that refers and is no reference",
      { name: "a", referenceTypes: ["User"] },
      ':a: only an attribute of type "reference"',
    ],
    ["that is complex without parts", { name: "a", type: "complex" }, ":a: a complex attribute needs subAttributes"],
    [
      "that has parts and is simple",
      { name: "a", subAttributes: [{ name: "b" }] },
      ':a: only an attribute of type "complex"',
    ],
    [
      "that is required and readOnly",
      { name: "a", required: true, mutability: "readOnly" },
      ":a: it cannot be both required",
    ],
    [
      "that is writeOnly and always returned",
      { name: "a", mutability: "writeOnly", returned: "always" },
      ":a: what is writeOnly",
    ],
    [
      "that is complex and unique",
      { ...part({ name: "b" }), uniqueness: "server" },
      ":badge: only string, decimal, integer, reference have uniqueness",
    ],
    ["that is a unique boolean", { name: "a", type: "boolean", uniqueness: "global" }, ":a: only string, decimal"],
    [
      "that is unique and never returned",
      { name: "a", returned: "never", uniqueness: "server" },
      ":a: what is never returned is kept nowhere",
    ],
    [
      "with a long description",
      { name: "a", description: "x".repeat(2_001) },
      ":a: description may have 2000 characters",
    ],
    [
      "with a characteristic given twice",
      { name: "a", required: true, Required: false },
      ":a: required is given twice",
    ],
    ["with a nameless part", part({}), ":badge: subAttributes[0]: name is required"],
    ["with a complex part", part({ name: "b", type: "complex" }), ":badge.b: a sub-attribute cannot be complex itself"],
    [
      "with a part that has parts",
      part({ name: "b", subAttributes: [{ name: "c" }] }),
      ":badge.b: a sub-attribute cannot",
    ],
    ["with two parts of one name", part({ name: "b" }, { name: "B" }), ":badge.B: this name is given twice"],
    [
      "with a part that is required and readOnly",
      part({ name: "b", required: true, mutability: "readOnly" }),
      ":badge.b: it cannot",
    ],
    ["whose primary is no boolean", part({ name: "primary" }), ':badge.primary: the sub-attribute "primary" says'],
    ["whose $ref is no reference", part({ name: "$ref" }), ':badge.$ref: the sub-attribute "$ref" is the URI'],
  ];
  for (const [what, json, detail] of cases) {
    test(`${what}: ${JSON.stringify(json).slice(0, 60)}`, () => {
      const pattern = new RegExp(`^${(ID + detail).replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")}`);
      refuses(
        () => read(json),
        /is given twice$/.test(detail) && !detail.includes("this name") ? "invalidSyntax" : "invalidValue",
        pattern,
      );
    });
  }

  test("that has the name of another one", () => {
    refuses(() => read({ name: "color" }, { name: "Color" }), "invalidValue", /Badge:Color: this name is given twice/);
    assert.equal(read({ name: "color" }, part({ name: "color" })).length, 2);
  });

  test("with more canonical values or reference types than a person would write", () => {
    const many = Array.from({ length: 1_001 }, (_, index) => `v${index}`);
    refuses(
      () => read({ name: "a", canonicalValues: many }),
      "invalidValue",
      /:a: canonicalValues may have 1000 values/,
    );
    refuses(() => read({ name: "a", referenceTypes: many }), "invalidValue", /:a: referenceTypes may have 100 values/);
    refuses(
      () => read({ name: "a", canonicalValues: ["x".repeat(201)] }),
      "invalidValue",
      /of strings of 1 to 200 char/,
    );
  });
});
