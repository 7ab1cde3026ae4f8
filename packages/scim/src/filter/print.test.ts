import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { newReading } from "../dialect/tolerance.ts";
import type { AttributePath } from "../path/path.ts";
import { filterArbitrary } from "./arbitrary.ts";
import type { Filter } from "./filter.ts";
import { printFilter } from "./filter.ts";
import { ENTERPRISE, MODEL } from "./fixture.ts";
import { parseFilter } from "./parse.ts";

test("a printed filter has only the necessary brackets", () => {
  const print = (text: string) => printFilter(parseFilter(text, newReading("strict")));
  assert.equal(print('((a eq "x") and (b pr))'), 'a eq "x" and b pr');
  assert.equal(print("(a pr and b pr) or c pr"), "a pr and b pr or c pr");
  assert.equal(print("(a pr or b pr) and not(c pr)"), "(a pr or b pr) and not (c pr)");
  assert.equal(print("not (not ((a pr)))"), "not (not (a pr))");
  assert.equal(print(`${ENTERPRISE}:manager.value  EQ  NULL`), `${ENTERPRISE}:manager.value eq null`);
  assert.equal(print('emails[(type eq "\\u0022")]'), 'emails[type eq "\\""]');
});

test("parsing a printed filter returns the filter, in the strict profile", () => {
  fc.assert(
    fc.property(filterArbitrary(MODEL), (filter) => {
      assert.deepEqual(parseFilter(printFilter(filter), newReading("strict")), filter);
    }),
    { numRuns: 1000 },
  );
});

test("any name of the grammar survives printing and parsing", () => {
  const text = (characters: string) => fc.string({ unit: fc.constantFrom(...characters), maxLength: 6 });
  const name = text("aZ09$_-").map((rest) => `a${rest}`);
  const schema = text("aZ09.:-").map((rest) => `urn:${rest}`);
  const path: fc.Arbitrary<AttributePath> = fc.oneof(
    fc.record({ attribute: name }, { noNullPrototype: true }),
    fc.record({ schema, attribute: name }, { noNullPrototype: true }),
    fc.record({ attribute: name, subAttribute: name }, { noNullPrototype: true }),
    fc.record({ schema, attribute: name, subAttribute: name }, { noNullPrototype: true }),
  );
  fc.assert(
    fc.property(path, fc.string({ unit: "binary" }), (path, value) => {
      const filter: Filter = { kind: "compare", path, operator: "eq", value };
      assert.deepEqual(parseFilter(printFilter(filter), newReading("strict")), filter);
    }),
  );
});
