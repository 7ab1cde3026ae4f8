import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Json } from "../json.ts";
import { attribute } from "../schema/attribute.ts";
import { compareCodePoints, compareValue, fold, isPresent } from "./evaluate.ts";

const text = fc.string({
  unit: fc.oneof(
    fc.constantFrom("Σ", "ς", "σ", "İ", "I", "ß", "😀", "\uffff", "a"),
    fc.string({ unit: "binary", maxLength: 1 }),
  ),
});

test("[RFC 7644 §7.8] folding ignores composition and width of characters", () => {
  assert.equal(fold("ZOE\u0308"), fold("zoë"));
  assert.equal(fold("\uff21bc\u3000d"), fold("abc d"));
  assert.equal(fold("\uff76\uff9e"), fold("\u30ac"));
  assert.notEqual(fold("ﬁ"), fold("fi"));
  assert.notEqual(fold("edith"), fold("édith"));
});

test("folding ignores letter case and the position of a sigma", () => {
  assert.equal(fold("ÉCOLE"), fold("école"));
  assert.equal(fold("ΟΔΟΣ"), fold("οδος"));
  assert.equal(fold("οδοσ"), fold("οδος"));
});

test("folding works part by part, so that parts can be found, unless the cut splits a character", () => {
  const composed = (value: string) => value.normalize("NFKC");
  fc.assert(
    fc.property(text, text, (left, right) => {
      fc.pre(composed(left + right) === composed(left) + composed(right));
      assert.equal(fold(left + right), fold(left) + fold(right));
    }),
  );
});

test("folding twice is folding once", () => {
  fc.assert(fc.property(text, (value) => assert.equal(fold(fold(value)), fold(value))));
});

test("texts are ordered as their UTF-8 bytes are", () => {
  assert.ok(compareCodePoints("\uffff", "😀") < 0);
  assert.ok("\uffff" > "😀");
  fc.assert(
    fc.property(text, text, (left, right) => {
      assert.equal(Math.sign(compareCodePoints(left, right)), Buffer.compare(Buffer.from(left), Buffer.from(right)));
    }),
    { numRuns: 1000 },
  );
});

test("a value is present unless it is empty", () => {
  for (const value of ["x", 0, false, ["x"], { a: "x" }, { a: false }, { a: null, b: 0 }, { a: [null] }]) {
    assert.equal(isPresent(value), true, JSON.stringify(value));
  }
  const empty: (Json | undefined)[] = [undefined, null, "", [], {}, { a: null }, { a: "", b: [], c: {} }];
  for (const value of empty) assert.equal(isPresent(value), false, JSON.stringify(value));
});

test("a stored value of another type equals nothing and differs from everything", () => {
  const cases: [Parameters<typeof attribute>[2], string | number | boolean, Json[]][] = [
    [{ type: "string" }, "1", [1, true, null, ["1"], { value: "1" }]],
    [{ type: "boolean" }, true, ["true", 1, null, [true]]],
    [{ type: "integer" }, 1, ["1", true, null, [1]]],
    [{ type: "dateTime" }, 0, ["yesterday", 0, null, ""]],
  ];
  for (const [characteristics, literal, stored] of cases) {
    const definition = attribute("a", "", characteristics);
    for (const value of [...stored, undefined]) {
      for (const operator of ["eq", "gt", "ge", "lt", "le", "co", "sw", "ew"] as const) {
        assert.equal(compareValue(definition, operator, literal, value), false, `${operator} ${JSON.stringify(value)}`);
      }
      assert.equal(compareValue(definition, "ne", literal, value), true);
    }
  }
});
