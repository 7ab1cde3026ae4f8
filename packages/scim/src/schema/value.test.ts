import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ToleranceCode } from "../dialect/tolerance.ts";
import type { Json, JsonObject } from "../json.ts";
import { refuses } from "../patch/test-support.ts";
import { readThing, readUser } from "./test-support.ts";

/** The value of an attribute in the strict profile. */
function accepted(name: string, value: Json): Json | undefined {
  const { resource, codes } = readThing({ [name]: value }, "strict");
  assert.deepEqual(codes, []);
  return resource[name];
}

describe("values of each data type are stored unchanged (RFC 7643 §2.3)", () => {
  const cases: [string, Json[]][] = [
    ["string", ["a", "", " ", "true", "42", "Zoë 🙂", "\u0000", "a".repeat(100_000)]],
    ["boolean", [true, false]],
    ["decimal", [0, -1.5, 1e300, 42]],
    ["integer", [0, -1, 42, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]],
    ["dateTime", ["2008-01-23T04:56:22Z", "2008-01-23T04:56:22.123+02:00", "2008-01-23T04:56:22"]],
    ["binary", ["aGVsbG8=", "aGVsbG8", "-_-_", "QQ==", "MIID\r\nAQID\n", ""]],
    ["reference", ["https://example.com/v2/Users/1", "Users/1", "urn:example:a", "../Users/1"]],
    ["complex", [{ value: "a" }, { value: "a", count: 1, labels: ["x", "y"] }]],
    ["strings", [["a"], ["a", "a", ""]]],
    ["booleans", [[true, false]]],
    ["decimals", [[1.5, 2]]],
    ["dateTimes", [["2008-01-23T04:56:22Z"]]],
    ["complexes", [[{ value: "a", primary: true }, { value: "b", primary: false }, { value: "c" }]]],
  ];
  for (const [name, values] of cases) {
    test(name, () => {
      for (const value of values) assert.deepEqual(accepted(name, value), value);
    });
  }
});

describe("a value of another type is rejected in every profile, naming the attribute and its type", () => {
  const cases: [string, string, Json[]][] = [
    ["string", "a string", [{}, { a: 1 }, ["a", "b"], [["a"]]]],
    ["boolean", "true or false", ["yes", "", "1", 0, 1, {}, [true, false]]],
    ["decimal", "a number", ["", " ", "1,5", "NaN", "Infinity", true, {}, [1, 2]]],
    ["integer", "a whole number", [1.5, "1.5", 2 ** 53, 1e300, "1e300", "x", false, {}]],
    [
      "dateTime",
      'a date and time such as "2026-11-24T08:00:00Z"',
      ["2008-01-23", "04:56:22Z", "2008-13-23T04:56:22Z", "2008-02-30T04:56:22Z", "yesterday", 1201064182, {}],
    ],
    ["binary", "a base64 string", ["a*b", "=QQ", "QQ===", "Q=Q", "ä", {}]],
    ["reference", "a URI as a string", [{ $ref: "x" }, ["a", "b"]]],
    ["plain", "an object", ["a", 1, true, [{ part: "a" }, { part: "b" }], [[{ part: "a" }]]]],
    ["complex", "an object", [[{ value: "a" }, { value: "b" }], [[{ value: "a" }]]]],
    ["booleans", "an array whose values are true or false", [[true, "x"], [[true]], [{}], 7]],
    ["integers", "an array whose values are a whole number", [[1, 1.5]]],
    ["complexes", "an array whose values are an object", [[[]], [[{ value: "a" }]]]],
  ];
  for (const [name, expected, values] of cases) {
    test(name, () => {
      const detail = new RegExp(`^${name} must be ${expected.replaceAll(/[.]/g, "\\.")}, but .+ was sent\\.$`);
      for (const value of values) refuses(() => readThing({ [name]: value }), "invalidValue", detail);
    });
  }

  test("also in a sub-attribute, with its path", () => {
    refuses(() => readUser({ name: { givenName: {} } }), "invalidValue", /^name\.givenName must be a string/);
    refuses(() => readUser({ emails: [{ primary: "yes" }] }), "invalidValue", /^emails\.primary must be true or false/);
    refuses(() => readThing({ complex: { labels: [{}] } }), "invalidValue", /^complex\.labels must be an array/);
  });

  test("and the sent type is named, a long text shortened", () => {
    const long = "x".repeat(10_000);
    refuses(() => readThing({ boolean: "yes" }), "invalidValue", /but the text "yes" was sent/);
    refuses(() => readThing({ boolean: 1 }), "invalidValue", /but a number was sent/);
    refuses(() => readThing({ boolean: [true, false] }), "invalidValue", /but an array was sent/);
    refuses(() => readThing({ boolean: long }), "invalidValue", /but the text "x{77}\.\.\." was sent/);
  });
});

test("a number that cannot be stored exactly is rejected for that reason", () => {
  const beyond = /^integer must be a whole number, but one beyond ±9007199254740991 was sent\.$/;
  for (const value of [2 ** 53, -(2 ** 53), 1e300, "9007199254740993"]) {
    refuses(() => readThing({ integer: value }), "invalidValue", beyond);
  }
  const long = /^decimal has more digits than can be stored exactly\.$/;
  refuses(() => readThing({ decimal: "0.12345678901234567890" }), "invalidValue", long);
  assert.equal(readThing({ decimal: " 1.5000000000000000000 " }).resource.decimal, 1.5);
});

type Tolerance = readonly [name: string, value: Json, code: ToleranceCode, read: Json | undefined, note: string];

const TOLERATED: readonly Tolerance[] = [
  ["boolean", "True", "string-boolean", true, 'the text "True" was read as the boolean true'],
  ["boolean", "False", "string-boolean", false, 'the text "False" was read as the boolean false'],
  ["booleans", ["true"], "string-boolean", [true], 'the text "true" was read as the boolean true'],
  ["integer", "42", "string-number", 42, 'the text "42" was read as the number 42'],
  ["decimal", "-1.5", "string-number", -1.5, 'the text "-1.5" was read as the number -1.5'],
  ["string", 42, "scalar-as-string", "42", 'a number was read as the text "42"'],
  ["string", false, "scalar-as-string", "false", 'a boolean was read as the text "false"'],
  ["reference", 7, "scalar-as-string", "7", 'a number was read as the text "7"'],
  ["string", ["a"], "single-value-as-array", "a", "an array was read as the one value it holds"],
  ["string", [], "single-value-as-array", undefined, "an array was read as the one value it holds"],
  ["string", [null], "single-value-as-array", undefined, "an array was read as the one value it holds"],
  ["complex", [{ value: "a" }], "single-value-as-array", { value: "a" }, "an array was read as the one value it holds"],
  ["strings", "a", "array-as-single-value", ["a"], "a string was read as an array of one value"],
  [
    "complexes",
    { value: "a" },
    "array-as-single-value",
    [{ value: "a" }],
    "an object was read as an array of one value",
  ],
  ["complexes", {}, "array-as-single-value", undefined, "an object was read as an array of one value"],
  ["complex", "a", "complex-as-value", { value: "a" }, "a string was read as complex.value"],
  ["complexes", ["a"], "complex-as-value", [{ value: "a" }], "a string was read as complexes.value"],
  ["complex", "", "empty-complex", undefined, "an empty string was read as no value"],
  ["complexes", "", "empty-complex", undefined, "an empty string was read as no value"],
  ["complexes", ["", { value: "a" }], "empty-complex", [{ value: "a" }], "an empty string was read as no value"],
];

describe("what clients send beyond RFC 7643 §2.3 is accepted with a note, and rejected in the strict profile", () => {
  for (const [name, value, code, expected, detail] of TOLERATED) {
    test(`${code}: ${JSON.stringify({ [name]: value })}`, () => {
      const { resource, notes } = readThing({ [name]: value });
      assert.deepEqual(resource[name], expected);
      assert.deepEqual(notes, [{ code, where: name, detail }]);
      refuses(() => readThing({ [name]: value }, "strict"), "invalidValue", new RegExp(`^${name}: .+strict profile`));
    });
  }

  test("several-primary: only the first of several values is primary (RFC 7643 §2.4)", () => {
    const complexes = [{ value: "a" }, { value: "b", primary: true }, { value: "c", primary: "True" }];
    const { resource, codes } = readThing({ complexes });
    assert.deepEqual(resource.complexes, [
      { value: "a" },
      { value: "b", primary: true },
      { value: "c", primary: false },
    ]);
    assert.deepEqual(codes, ["string-boolean", "several-primary"]);
    const clean = [{ primary: true }, { primary: true }];
    refuses(() => readThing({ complexes: clean }, "strict"), "invalidValue", /^complexes: a second value with primary/);
  });
});

test("null, an empty array and an empty object mean unassigned (RFC 7643 §2.5)", () => {
  const empty: [string, Json[]][] = [
    ...["string", "boolean", "integer", "dateTime", "binary", "reference"].map((name): [string, Json[]] => [
      name,
      [null],
    ]),
    ["complex", [null, {}, { value: null }, { labels: [] }, { value: null, labels: [null] }]],
    ["strings", [null, [], [null], [null, null]]],
    ["complexes", [null, [], [null], [{}], [{ value: null }, {}]]],
  ];
  for (const [name, values] of empty) {
    for (const value of values) assert.equal(accepted(name, value), undefined, `${name} ${JSON.stringify(value)}`);
  }
});

test("empty parts are omitted, others stay (RFC 7643 §2.5)", () => {
  assert.deepEqual(accepted("complex", { value: null, count: 0 }), { count: 0 });
  assert.deepEqual(accepted("strings", [null, "a", null]), ["a"]);
  assert.deepEqual(accepted("complexes", [{}, { value: "a", primary: null }]), [{ value: "a" }]);
  assert.deepEqual(accepted("complex", { value: "" }), { value: "" });
});

test("readOnly sub-attributes are ignored, with any value (RFC 7644 §3.3)", () => {
  assert.deepEqual(accepted("complex", { value: "a", issued: { any: "thing" } }), { value: "a" });
  assert.equal(accepted("complex", { issued: "x" }), undefined);
});

test("sub-attributes get their canonical names (RFC 7643 §2.1)", () => {
  assert.deepEqual(accepted("complex", { VALUE: "a", Count: 1 }), { value: "a", count: 1 });
  const complex = { value: "a", VALUE: "b" };
  refuses(() => readThing({ complex }), "invalidSyntax", /^complex\.VALUE is given twice\. Names ignore letter case/);
});

test("base64 is checked in linear time, whatever it contains", () => {
  const startedMs = performance.now();
  for (const tail of ["!", "=!", "==!", "===", "= = ="]) {
    refuses(() => readThing({ binary: `QQ${" ".repeat(1_000_000)}${tail}` }), "invalidValue", /^binary must be/);
  }
  assert.ok(performance.now() - startedMs < 2_000);
});

test("an attribute in the resource itself may have 1,000 values, under any name", () => {
  const values = (count: number): Json[] => Array.from({ length: count }, (_, index) => ({ value: `v${index}` }));
  const asNames: string[] = ["emails", "EMAILS", "urn:ietf:params:scim:schemas:core:2.0:User:emails"];
  for (const name of asNames) {
    assert.equal((readUser({ [name]: values(1_000) }).resource.emails as Json[]).length, 1_000);
    const act = () => readUser({ [name]: values(1_001) });
    refuses(act, "invalidValue", /^emails may have at most 1000 values, not 1001\.$/);
  }
  const { resource } = readUser({
    emails: [...values(1_000), ...Array.from({ length: 1_000 }, (): JsonObject => ({}))],
  });
  assert.equal((resource.emails as Json[]).length, 1_000);
  // More are rejected before they are read.
  const empty = Array.from({ length: 10_001 }, (): JsonObject => ({}));
  refuses(() => readUser({ emails: empty }), "invalidValue", /^emails may have at most 1000 values, not 10001\.$/);
});
