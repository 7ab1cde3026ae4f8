import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ByteWriter } from "./byte-writer.ts";
import { withoutEscapes } from "./json-escapes.ts";
import { eachWord, wordText } from "./words.ts";

const room = new ByteWriter(16);

function read(text: string): string {
  return String(Buffer.from(withoutEscapes(Buffer.from(text), room)));
}

function wordsOf(text: string): string[] {
  const words: string[] = [];
  eachWord(Buffer.from(text), (_, bytes, start, end) => words.push(wordText(bytes, start, end)));
  return words;
}

test("letters are what their escapes stand for, in whatever case and plane", () => {
  assert.equal(read('{"a":"K\\u00fcchenmeister"}'), '{"a":"Küchenmeister"}');
  assert.equal(read('["\\u6578\\u5B78 \\ud835\\udd38x"]'), '["數學 𝔸x"]');
  assert.equal(read(' \r\n{"\\u0041nna":1}'), ' \r\n{"Anna":1}');
});

test("what parts words parts them when it is escaped", () => {
  assert.deepEqual(wordsOf(read('{"a":"Line\\nBreaker\\tTab \\"quoted\\" a\\/b \\\\next"}')), [
    ...["a", "line", "breaker", "tab", "quoted", "a", "b", "next"],
  ]);
});

test("JSON that was cut in the middle of an escape, or is none, is read as far as it can be", () => {
  assert.deepEqual(wordsOf(read('{"a":"one\\u00')), ["a", "one", "00"]);
  assert.deepEqual(wordsOf(read('{"a":"one\\')), ["a", "one"]);
  assert.deepEqual(wordsOf(read('{"a":"one\\uzzzz \\ud835 two"}')), ["a", "one", "zzzz", "two"]);
  assert.equal(read("path=C:\\new"), "path=C:\\new");
  assert.equal(read(""), "");
});

test("what has no escapes is not even copied", () => {
  const bytes = Buffer.from('{"a":"Küche"}');
  assert.equal(withoutEscapes(bytes, room), bytes);
});

test("words are those of what was written, however it was escaped", () => {
  const escapeAll = (json: string) =>
    json.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "grapheme" })), (texts) => {
      const escaped = escapeAll(JSON.stringify(texts));
      assert.deepEqual(wordsOf(read(escaped)), wordsOf(texts.join(" ")), escaped);
    }),
  );
});
