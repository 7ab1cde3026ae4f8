import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { encodeParts } from "./answer-bytes.ts";

test("the pieces' UTF-8 is that of the whole text", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "binary", maxLength: 300 })), (parts) => {
      const { bytes, giveBack } = encodeParts(parts);
      assert.equal(bytes.toString("utf8"), parts.join(""));
      giveBack();
    }),
  );
});

test("a text longer than a buffer is whole", () => {
  const part = "Małgorzata ".repeat(1_000);
  const parts = Array.from({ length: 100 }, () => part);
  const { bytes, giveBack } = encodeParts(parts);
  giveBack();
  assert.equal(bytes.toString("utf8"), parts.join(""));
});

test("a buffer that is lent is not lent again before it is given back", () => {
  const first = encodeParts(["first"]);
  const second = encodeParts(["second"]);
  assert.deepEqual([first.bytes.toString(), second.bytes.toString()], ["first", "second"]);
  first.giveBack();
  const third = encodeParts(["third"]);
  assert.equal(third.bytes.buffer, first.bytes.buffer);
  assert.equal(second.bytes.toString(), "second");
  second.giveBack();
  third.giveBack();
});
