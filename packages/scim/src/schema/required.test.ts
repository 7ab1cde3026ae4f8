import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Json, JsonObject } from "../json.ts";
import { patch, refuses } from "../patch/test-support.ts";
import { type Attribute, attribute, type Schema } from "./attribute.ts";
import { requireAttributes, requireStoredAttributes } from "./characteristics.ts";
import { modelOf, read } from "./test-support.ts";

const required = { required: true } as const;
const EXTENSION = "urn:example:badge:2.0:Thing";
const SECRET = "urn:example:secret:2.0:Thing";

const badge: Partial<Attribute> = {
  type: "complex",
  subAttributes: [
    attribute("number", "", required),
    attribute("pin", "", { ...required, returned: "never" }),
    attribute("color", ""),
    attribute("issued", "", { ...required, mutability: "readOnly" }),
  ],
};

function extension(id: string, ...attributes: Attribute[]): Schema {
  return { id, name: "Extension", description: "", attributes };
}

const MODEL = modelOf(
  [
    attribute("badge", "", badge),
    attribute("badges", "", { ...badge, multiValued: true }),
    attribute("word", "", { ...required, returned: "never" }),
    attribute("kept", "", { type: "complex", mutability: "readOnly", subAttributes: [attribute("by", "", required)] }),
  ],
  [
    { schema: extension(EXTENSION, attribute("badge", "", badge)), required: false },
    { schema: extension(SECRET, attribute("code", "", { ...required, returned: "never" })), required: true },
  ],
);

const whole = { word: "w", [SECRET]: { code: "c" } };
const good = { number: "1", pin: "p" };

describe("[RFC 7643 §7] a required sub-attribute is required in every value", () => {
  const refusals: [string, JsonObject, RegExp][] = [
    [
      "of a complex attribute",
      { badge: { color: "red", pin: "p" } },
      /^badge\.number is required in every value of badge\.$/,
    ],
    ["where it is empty", { badge: { number: "", pin: "p" } }, /^badge\.number is required/],
    [
      "of a multi-valued attribute",
      { badges: [good, { number: "2" }] },
      /^badges\.pin is required in every value of badges/,
    ],
    [
      "of an extension's attribute",
      { [EXTENSION]: { badge: { pin: "p" } } },
      /^urn:example:badge:2\.0:Thing:badge\.number is/,
    ],
  ];
  for (const [what, members, detail] of refusals) {
    test(what, () => refuses(() => read({ ...whole, ...members }, MODEL), "invalidValue", detail));
  }

  test("of which there need not be any", () => {
    assert.doesNotThrow(() => read({ ...whole }, MODEL));
    assert.doesNotThrow(() => read({ ...whole, badge: null, badges: [], [EXTENSION]: {} }, MODEL));
    assert.doesNotThrow(() => read({ ...whole, badge: good, badges: [good], [EXTENSION]: { badge: good } }, MODEL));
  });

  test("but not if the service provider supplies it", () => {
    assert.doesNotThrow(() => requireAttributes({ ...whole, kept: { at: 1 } }, MODEL));
  });

  test("also after a PATCH", () => {
    const before = { badge: { number: "1" }, badges: [{ number: "1" }] };
    const change = (operation: JsonObject) => () => patch(before, operation as Json, MODEL);
    const detail = /badges?\.number is required/;
    refuses(change({ op: "add", path: "badges", value: [{ color: "red" }] }), "invalidValue", detail);
    refuses(change({ op: "replace", path: "badges", value: [{ color: "red" }] }), "invalidValue", detail);
    refuses(change({ op: "remove", path: "badge.number" }), "mutability", detail);
    refuses(change({ op: "add", path: `${EXTENSION}:badge.color`, value: "red" }), "invalidValue", detail);
    assert.doesNotThrow(change({ op: "add", path: "badges", value: [{ number: "2" }] }));
  });
});

describe("never-returned attributes are not stored, so they are required from clients and not in stored resources", () => {
  test("an attribute", () => {
    refuses(
      () => read({ [SECRET]: { code: "c" } }, MODEL),
      "invalidValue",
      /^word is required\. Send a Thing with a word\./,
    );
    assert.doesNotThrow(() => requireStoredAttributes({}, MODEL));
  });

  test("an extension with nothing else", () => {
    refuses(
      () => read({ word: "w" }, MODEL),
      "invalidValue",
      /^The extension urn:example:secret:2\.0:Thing is required\.$/,
    );
    refuses(() => read({ word: "w", [SECRET]: { x: 1 } }, MODEL), "invalidValue", /:code is required\.$/);
    assert.doesNotThrow(() => requireStoredAttributes({ [SECRET]: { x: 1 } }, MODEL));
  });

  test("a sub-attribute", () => {
    assert.doesNotThrow(() => requireStoredAttributes({ badge: { number: "1" } }, MODEL));
    refuses(
      () => requireStoredAttributes({ badge: { pin: "p" } }, MODEL),
      "invalidValue",
      /^badge\.number is required/,
    );
  });

  test("so a PATCH of something else succeeds, and one that removes it does not", () => {
    const { resource } = patch({}, { op: "add", path: "badge", value: good }, MODEL);
    assert.deepEqual(resource["badge"], { number: "1" });
    refuses(
      () => patch({}, { op: "remove", path: "word" }, MODEL),
      "mutability",
      /word is required and cannot be removed/,
    );
    assert.doesNotThrow(() => patch({}, { op: "replace", path: "word", value: "x" }, MODEL));
  });

  test("an extension with something else is required", () => {
    const schema = extension(EXTENSION, attribute("label", ""), attribute("code", "", { returned: "always" }));
    const model = modelOf([], [{ schema, required: true }]);
    refuses(
      () => requireStoredAttributes({}, model),
      "invalidValue",
      /^The extension urn:example:badge:2\.0:Thing is req/,
    );
  });
});
