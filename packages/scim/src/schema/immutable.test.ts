import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Json, JsonObject } from "../json.ts";
import { deepFreeze, refuses, USER } from "../patch/test-support.ts";
import { attribute } from "./attribute.ts";
import { checkImmutables, keepHiddenImmutables } from "./characteristics.ts";
import { modelOf, user } from "./test-support.ts";

const immutable = { mutability: "immutable" } as const;

const EXTENSION = "urn:example:badge:2.0:Thing";

const MODEL = modelOf(
  [
    attribute("serial", "", immutable),
    attribute("label", ""),
    attribute("marks", "", { ...immutable, multiValued: true }),
    attribute("origin", "", {
      type: "complex",
      subAttributes: [attribute("country", "", immutable), attribute("city", "")],
    }),
    attribute("owner", "", { ...immutable, type: "complex", subAttributes: [attribute("value", "")] }),
  ],
  [
    {
      schema: { id: EXTENSION, name: "Badge", description: "", attributes: [attribute("color", "", immutable)] },
      required: false,
    },
  ],
);

function replace(before: JsonObject, after: JsonObject): void {
  checkImmutables(deepFreeze(before), deepFreeze(after), MODEL);
}

describe("a replacement keeps immutable attributes (RFC 7644 §3.5.1)", () => {
  test("and may send them with the same value, members of an object in any order", () => {
    const same: JsonObject[] = [
      { serial: "1" },
      { marks: ["a", "b"] },
      { owner: { value: "u1", note: "x" } },
      { [EXTENSION]: { color: "red" } },
      { origin: { country: "CH", city: "Bern" } },
    ];
    for (const each of same) {
      const reordered = Object.fromEntries(
        Object.entries(each).map(([name, value]): [string, Json] => [
          name,
          typeof value === "object" && value !== null && !Array.isArray(value)
            ? Object.fromEntries(Object.entries(value).reverse())
            : value,
        ]),
      );
      assert.doesNotThrow(() => replace(each, reordered));
    }
  });

  test("and sets those without a value", () => {
    assert.doesNotThrow(() => replace({}, { serial: "1", [EXTENSION]: { color: "red" }, owner: { value: "u1" } }));
    assert.doesNotThrow(() => replace({ origin: { city: "Bern" } }, { origin: { city: "Bern", country: "CH" } }));
    assert.doesNotThrow(() => replace({ [EXTENSION]: { x: 1 } }, { [EXTENSION]: { color: "red" } }));
  });

  test("and changes readWrite attributes beside them", () => {
    const before = { serial: "1", label: "a", origin: { country: "CH", city: "Bern" } };
    assert.doesNotThrow(() => replace(before, { serial: "1", origin: { country: "CH" } }));
  });

  const changes: [string, JsonObject, JsonObject, RegExp][] = [
    ["another value", { serial: "1" }, { serial: "2" }, /^serial is immutable: once set, it can only be sent with/],
    ["another type", { serial: "1" }, { serial: 1 }, /^serial is immutable/],
    ["no value", { serial: "1" }, {}, /^serial is immutable/],
    ["one value more", { marks: ["a"] }, { marks: ["a", "b"] }, /^marks is immutable/],
    ["another object", { owner: { value: "u1" } }, { owner: { value: "u2" } }, /^owner is immutable/],
    ["another sub-attribute", { origin: { country: "CH" } }, { origin: { country: "FR" } }, /^origin\.country is immu/],
    ["no sub-attribute", { origin: { country: "CH" } }, { origin: { city: "Bern" } }, /^origin\.country is immutable/],
    ["no complex attribute any more", { origin: { country: "CH" } }, {}, /^origin\.country is immutable/],
    [
      "another value in an extension",
      { [EXTENSION]: { color: "red" } },
      { [EXTENSION]: { color: "blue" } },
      /:color is/,
    ],
    ["no extension", { [EXTENSION]: { color: "red" } }, {}, /^urn:example:badge:2\.0:Thing:color is immutable/],
  ];
  for (const [what, before, after, detail] of changes) {
    test(`and is rejected with ${what}`, () => refuses(() => replace(before, after), "mutability", detail));
  }
});

test("users have no immutable attribute of their own", () => {
  assert.doesNotThrow(() =>
    checkImmutables(user({ title: "a", emails: [{ value: "x" }] }), { schemas: [], userName: "other" }, USER),
  );
});

test("names from Object.prototype are not stored values", () => {
  const model = modelOf([attribute("constructor", "", immutable)]);
  assert.doesNotThrow(() => checkImmutables({}, { constructor: "x" } as unknown as JsonObject, model));
  assert.doesNotThrow(() => checkImmutables({}, {}, model));
});

describe("an immutable attribute returned on request may be omitted from a replacement", () => {
  const hidden = { ...immutable, returned: "request" } as const;
  const badge = { id: EXTENSION, name: "Badge", description: "", attributes: [attribute("color", "", hidden)] };
  const model = modelOf(
    [
      attribute("serial", "", hidden),
      attribute("shown", "", immutable),
      attribute("changeable", "", { returned: "request" }),
      attribute("origin", "", {
        type: "complex",
        returned: "request",
        subAttributes: [attribute("country", "", immutable), attribute("city", "")],
      }),
      attribute("values", "", {
        type: "complex",
        multiValued: true,
        subAttributes: [attribute("value", ""), attribute("kind", "", hidden)],
      }),
    ],
    [{ schema: badge, required: false }],
  );
  const before = deepFreeze({
    schemas: [model.type.schema.id, EXTENSION],
    serial: "1",
    shown: "2",
    changeable: "3",
    origin: { country: "CH", city: "Bern" },
    values: [{ value: "a", kind: "x" }],
    [EXTENSION]: { color: "red" },
  });
  const kept = (after: JsonObject) => keepHiddenImmutables(before, deepFreeze(after), model);

  test("and stays, with its schema; nothing else does", () => {
    assert.deepEqual(kept({ schemas: [model.type.schema.id], shown: "2" }), {
      schemas: [model.type.schema.id, EXTENSION],
      serial: "1",
      shown: "2",
      origin: { country: "CH" },
      [EXTENSION]: { color: "red" },
    });
    checkImmutables(before, kept({ schemas: [], shown: "2" }), model);
  });

  test("but cannot be changed, and returned ones cannot be omitted", () => {
    const changed = kept({ schemas: [], shown: "2", serial: "9", origin: { city: "Chur" } });
    assert.deepEqual([changed.serial, changed.origin], ["9", { city: "Chur", country: "CH" }]);
    refuses(() => checkImmutables(before, changed, model), "mutability", /^serial is immutable/);
    refuses(() => checkImmutables(before, kept({ schemas: [] }), model), "mutability", /^shown is immutable/);
  });

  test("a complete replacement stays the same object", () => {
    assert.equal(kept(before), before);
    assert.equal(keepHiddenImmutables({ userName: "a" }, before, USER), before);
  });
});
