import assert from "node:assert/strict";
import { test } from "node:test";
import { newReading } from "../dialect/tolerance.ts";
import { ScimError } from "../message/error.ts";
import { readFilter } from "./parse.ts";

test("an absent filter stays absent, and a filter is read", () => {
  const reading = newReading("strict");
  assert.equal(readFilter(undefined, reading), undefined);
  assert.equal(readFilter("title pr", reading)?.kind, "present");
});

test("[RFC 7644 §3.4.2.2] an empty filter is ignored with a note, and rejected in the strict profile", () => {
  for (const text of ["", "  "]) {
    const reading = newReading("tolerant");
    assert.equal(readFilter(text, reading), undefined);
    assert.deepEqual(
      reading.notes.map(({ code, where }) => [code, where]),
      [["empty-filter", "filter"]],
    );
    assert.throws(
      () => readFilter(text, newReading("strict")),
      (error) => error instanceof ScimError && error.scimType === "invalidFilter",
    );
  }
});
