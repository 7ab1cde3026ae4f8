import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { sentencesDocument } from "./document.ts";
import { FINDINGS } from "./kinds.ts";

test("docs/sentences.md is generated from the kinds of findings", () => {
  const file = join(import.meta.dirname, "../../../../../docs/sentences.md");
  assert.equal(readFileSync(file, "utf8"), sentencesDocument(), "run: node scripts/write-sentences.ts");
});

test("every example fills its sentence, and a reason and a remedy at least", () => {
  const text = sentencesDocument();
  assert.doesNotMatch(text, /\{\w+\}/);
  for (const section of text.split("\n## ").slice(1)) assert.match(section, /\n\n\S.*\n\n- /s, section);
  for (const [kind, { sentence }] of Object.entries(FINDINGS)) {
    assert.ok(sentence.split(/\s+/).length <= 25, `${kind} is too long`);
  }
});
