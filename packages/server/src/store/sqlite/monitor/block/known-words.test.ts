import assert from "node:assert/strict";
import { test } from "node:test";
import { KnownWords } from "./known-words.ts";

test("words are numbered in the order in which they come, also those of which one hash is alike", () => {
  const known = new KnownWords();
  // Many more than there are slots at first, and all of them want one of sixteen.
  const words = Array.from({ length: 6_000 }, (_, at) => [at % 16, 7_919 * at] as const);
  const numbers = () => words.map(([hash, other]) => known.numberOf(hash, other));
  const expected = Array.from(words.keys());
  assert.deepEqual(numbers(), expected);
  assert.deepEqual(numbers(), expected);
  assert.equal(known.size, 6_000);
});
