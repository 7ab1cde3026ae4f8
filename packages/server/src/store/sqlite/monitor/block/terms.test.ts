import assert from "node:assert/strict";
import { test } from "node:test";
import { queryTerms } from "./terms.ts";

const wordsIn = (text: string) => queryTerms(text).flatMap((term) => (term.kind === "word" ? [term.text] : []));

test("what is sought twice, or as the beginning of another word, is looked for once", () => {
  assert.deepEqual(wordsIn("the User THE user"), ["the", "user"]);
  assert.deepEqual(wordsIn("us users use user an"), ["users", "an"]);
  // A single letter must be a whole word.
  assert.deepEqual(wordsIn("u users u"), ["u", "users"]);
});

test("ids come first, each once", () => {
  const id = "2819c223-7f76-453a-919d-413861904646";
  const terms = queryTerms(`alice ${id} ${id.toUpperCase()}`);
  assert.deepEqual(
    terms.map(({ kind }) => kind),
    ["hash", "word"],
  );
});
