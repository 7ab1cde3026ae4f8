import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type AnswerBytes, ByteSink } from "./byte-sink.ts";
import { TextSink } from "./text-sink.ts";

function encodeParts(parts: readonly string[]): AnswerBytes {
  const sink = new ByteSink();
  for (const part of parts) sink.text(part);
  return sink.lend();
}

test("bytes of a text are taken as that, by either sink", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.string({ unit: "grapheme" }), fc.boolean())), (parts) => {
      const [bytes, text] = [new ByteSink(), new TextSink()];
      for (const [part, isPacked] of parts) {
        const page = Buffer.from(`[${part}]`);
        for (const sink of [bytes, text]) {
          if (isPacked) sink.bytes(page, 1, page.length - 1);
          else sink.text(part);
        }
      }
      const whole = parts.map(([part]) => part).join("");
      const { bytes: gathered, giveBack } = bytes.lend();
      assert.deepEqual([gathered.toString(), text.joined], [whole, whole]);
      giveBack();
    }),
  );
});

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
