import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { newReading } from "../dialect/tolerance.ts";
import { filterArbitrary } from "../filter/arbitrary.ts";
import { ENTERPRISE, MODEL } from "../filter/fixture.ts";
import { ScimError } from "../message/error.ts";
import { parseAttributePath, parsePath, printAttributePath, printPath } from "./parse.ts";
import type { Path } from "./path.ts";

function parse(text: string): Path {
  return parsePath(text, newReading("strict"));
}

function refusal(read: () => unknown): { scimType: string | undefined; detail: string } {
  try {
    read();
  } catch (error) {
    assert.ok(error instanceof ScimError, String(error));
    return { scimType: error.scimType, detail: error.detail };
  }
  assert.fail("was read");
}

const work = { kind: "compare", path: { attribute: "type" }, operator: "eq", value: "work" };

test("paths are read with URN, sub-attribute and value filter", () => {
  const cases: [string, object][] = [
    ["members", { attribute: "members" }],
    ["name.familyName", { attribute: "name", subAttribute: "familyName" }],
    ["members.$ref", { attribute: "members", subAttribute: "$ref" }],
    ['addresses[type eq "work"]', { attribute: "addresses", filter: work }],
    ['emails[type eq "work"].value', { attribute: "emails", subAttribute: "value", filter: work }],
    [`${ENTERPRISE}:department`, { schema: ENTERPRISE, attribute: "department" }],
    [`${ENTERPRISE}:manager.displayName`, { schema: ENTERPRISE, attribute: "manager", subAttribute: "displayName" }],
    [`${ENTERPRISE}:x[type eq "work"].y`, { schema: ENTERPRISE, attribute: "x", subAttribute: "y", filter: work }],
  ];
  for (const [text, path] of cases) {
    assert.deepEqual(parse(text), path);
    assert.equal(printPath(parse(text)), text);
  }
});

test("a schema's URN alone is preserved, whatever its last part is", () => {
  const cases: [string, string, string][] = [
    [ENTERPRISE, "urn:ietf:params:scim:schemas:extension:enterprise:2.0", "User"],
    [
      "urn:ietf:params:scim:schemas:extension:enterprise:2.0User",
      "urn:ietf:params:scim:schemas:extension:enterprise",
      "2.0User",
    ],
    ["urn:example:params:custom:2.0", "urn:example:params:custom", "2.0"],
    ["http://example.com/schema", "http", "//example.com/schema"],
  ];
  for (const [text, schema, attribute] of cases) {
    assert.deepEqual(parse(text), { schema, attribute });
    assert.deepEqual(parseAttributePath(text), { schema, attribute });
    assert.equal(printAttributePath(parseAttributePath(text)), text);
  }
});

test("an error names the position, what was expected and what was found", () => {
  const name = "an attribute name such as userName or name.givenName";
  const cases: [string, string, string][] = [
    ["", "invalidPath", `at character 1, expected ${name} but the path ends.`],
    ["__proto__", "invalidPath", `at character 1, expected ${name} but found "__proto__".`],
    ["urn:x:__proto__", "invalidPath", `at character 7, expected ${name} but found "__proto__".`],
    ["a b", "invalidPath", 'at character 2, expected the end of the path or "[" but found " ".'],
    [" a", "invalidPath", `at character 1, expected ${name} but found " ".`],
    ["a.b.c", "invalidPath", `at character 1, expected ${name} but found "a.b.c".`],
    ["/name/familyName", "invalidPath", `at character 1, expected ${name} but found "/name/familyName".`],
    ["emails[0]", "invalidFilter", `at character 8, expected ${name} but found "0".`],
    ["a.b[c pr]", "invalidPath", 'at character 4, expected the end of the path but found "[".'],
    ["a[b pr]c", "invalidPath", 'at character 8, expected the end of the path but found "c".'],
    ["a[b pr].", "invalidPath", "at character 9, expected a sub-attribute name such as value but the path ends."],
    ["a[b pr].c.d", "invalidPath", 'at character 9, expected a sub-attribute name such as value but found "c.d".'],
    ["a[b pr", "invalidFilter", 'at character 7, expected and, or, or "]" but the path ends.'],
    [
      "a[b is 1]",
      "invalidFilter",
      'at character 5, expected one of eq, ne, co, sw, ew, gt, ge, lt, le, pr but found "is". Did you mean eq?',
    ],
  ];
  for (const [text, scimType, detail] of cases) {
    assert.deepEqual(
      refusal(() => parse(text)),
      { scimType, detail: `path: ${detail}` },
    );
  }
  assert.deepEqual(
    refusal(() => parseAttributePath("emails[type pr]")),
    {
      scimType: "invalidPath",
      detail: 'path: at character 7, expected the end of the name but found "[".',
    },
  );
});

test("tolerances inside the brackets are noted for the path", () => {
  const reading = newReading("tolerant");
  assert.deepEqual(parsePath("emails[type eq work].value", reading), {
    attribute: "emails",
    subAttribute: "value",
    filter: work,
  });
  assert.deepEqual(
    reading.notes.map((note) => [note.code, note.where]),
    [["unquoted-value", "path"]],
  );
});

test("parsing a printed path returns the path", () => {
  const name = fc.constantFrom("a", "emails", "$ref", "x-_1");
  const parts = { schema: fc.constantFrom("urn:x", ENTERPRISE), subAttribute: name, filter: filterArbitrary(MODEL) };
  const paths = fc.record({ ...parts, attribute: name }, { requiredKeys: ["attribute"], noNullPrototype: true });
  fc.assert(fc.property(paths, (path) => assert.deepEqual(parse(printPath(path as Path)), path)));
});

test("any text is either read or rejected with a ScimError", () => {
  const words = ["a", "urn:", "2.0", "[", "]", "type", "eq", '"x"', ".", ":", "//", " ", "\u0000", "\ud800"];
  const texts = fc.oneof(
    fc.array(fc.nat(0xffff)).map((units) => String.fromCharCode(...units)),
    fc.array(fc.constantFrom(...words)).map((parts) => parts.join("")),
  );
  fc.assert(
    fc.property(texts, (text) => {
      for (const read of [() => parseAttributePath(text), () => parsePath(text, newReading("tolerant"))]) {
        try {
          read();
        } catch (error) {
          assert.ok(error instanceof ScimError, String(error));
        }
      }
    }),
    { numRuns: 2000 },
  );
  assert.match(refusal(() => parse("a".repeat(100_000))).detail, /longer than/);
});
