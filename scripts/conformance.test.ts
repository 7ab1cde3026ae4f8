import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { CATALOGUE } from "../packages/server/src/conformance/requirements/catalogue.ts";
import { VALIDATORS } from "../packages/server/src/conformance/validators/lists.ts";
import { citedTests, conformancePage, sectionTests, unpassed, unshown } from "./conformance.ts";

test("docs/conformance.md is up to date", () => {
  const page = readFileSync(new URL("../docs/conformance.md", import.meta.url), "utf8");
  assert.ok(page === conformancePage(), "docs/conformance.md is not up to date. Run: npm run conformance");
});

test("every requirement of the service provider has a test, or a reason why not", () => {
  assert.deepEqual(
    unshown().map(({ id, sentence }) => `${id} ${sentence}`),
    [],
  );
});

test("every check of the validators' lists has a test", () => {
  assert.deepEqual(unpassed(), []);
  const lengths = Object.values(VALIDATORS).map(({ checks }) => checks.length);
  assert.deepEqual(lengths, [23, 7, 25, 12]);
});

test("ids of requirements and numbers of sections are unique", () => {
  const ids = CATALOGUE.flatMap(({ requirements }) => requirements.map(({ id }) => id));
  assert.equal(new Set(ids).size, ids.length);
  const sections = CATALOGUE.map(({ rfc, number }) => `${rfc} §${number}`);
  assert.equal(new Set(sections).size, sections.length);
});

test("tests are found in any formatting", () => {
  const source = [
    'import { shows } from "../shows.ts";',
    'shows("RFC 7644 §3.3-1", "a title", async () => undefined);',
    'shows(\n  ["A-1", "B-2"],\n  \'with "quotes", and more\',\n  () => undefined,\n);',
    'passes(OKTA, "Check status 401", async () => undefined);',
  ].join("\n");
  assert.deepEqual(citedTests("x.test.ts", source), [
    { file: "x.test.ts", title: "a title", cites: ["RFC 7644 §3.3-1"] },
    { file: "x.test.ts", title: 'with "quotes", and more', cites: ["A-1", "B-2"] },
    { file: "x.test.ts", title: "Check status 401", cites: ["OKTA: Check status 401"] },
  ]);
  for (const call of ['shows(id, "title", work)', 'shows("A-1", `a title`, work)', "passes(OKTA, check, work)"]) {
    assert.throws(() => citedTests("x.test.ts", `${source}\n${call};`), /must be written as literals/, call);
  }
});

test("other tests are found by the sections at the start of their titles", () => {
  const source = [
    'test("[RFC 7643 §2.3.6, §2.3.7] a title", () => undefined);',
    "describe(`[RFC 9865 §2] another`, () => undefined);",
    'test("without (RFC 7643 §2)", () => undefined);',
  ].join("\n");
  assert.deepEqual(
    sectionTests("x.test.ts", source).map(({ title, cites }) => [title, cites]),
    [
      ["a title", ["RFC 7643 §2.3.6", "RFC 7643 §2.3.7"]],
      ["another", ["RFC 9865 §2"]],
    ],
  );
});
