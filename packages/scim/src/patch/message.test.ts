import assert from "node:assert/strict";
import { test } from "node:test";
import { newReading, type Profile } from "../dialect/tolerance.ts";
import type { Json } from "../json.ts";
import { MAX_PATCH_OPERATIONS, PATCH_SCHEMA, readPatch } from "./message.ts";
import { ENTERPRISE, GROUP, message, refuses, USER } from "./test-support.ts";

function read(body: Json, profile: Profile = "tolerant", model = USER) {
  const reading = newReading(profile);
  const operations = readPatch(body, model, reading);
  return { operations, codes: reading.notes.map((note) => note.code), notes: reading.notes };
}

const REPLACE = { op: "replace", path: "title", value: "Guide" };

test("an operation has its target, its value and its position", () => {
  const { operations, codes } = read(message(REPLACE, { op: "remove", path: 'emails[type eq "work"]' }));
  assert.deepEqual(codes, []);
  const [replace, remove] = operations;
  assert.equal(replace?.op, "replace");
  assert.equal(replace?.value, "Guide");
  assert.equal(replace?.where, "Operations[0]");
  assert.ok(replace?.target.kind === "attribute" && replace.target.attribute.name === "title");
  assert.ok(remove?.target.kind === "attribute" && remove.target.filter?.kind === "compare");
});

test("the names of the message's members ignore letter case", () => {
  const { operations, codes } = read({
    Schemas: [PATCH_SCHEMA.toUpperCase()],
    operations: [{ OP: "replace", Path: "title", Value: 1 }],
  });
  assert.equal(operations[0]?.value, 1);
  assert.deepEqual(codes, []);
  refuses(() => read({ ...message(REPLACE), operations: [REPLACE] }), "invalidSyntax", /Operations is given twice/);
});

test("op in capitals is accepted with a note, rejected in the strict profile", () => {
  const body = message(REPLACE, { ...REPLACE, op: "Replace" });
  const { operations, notes } = read(body);
  assert.equal(operations[1]?.op, "replace");
  assert.deepEqual(
    notes.map(({ code, where }) => [code, where]),
    [["operation-case", "Operations[1].op"]],
  );
  refuses(() => read(body, "strict"), "invalidSyntax", /^Operations\[1\]\.op: the operation "Replace" is refused/);
});

test("a message without its schema is accepted with a note, rejected in the strict profile", () => {
  for (const schemas of [[], ["urn:other"], "x", null]) {
    const body = { schemas, Operations: [REPLACE] };
    assert.deepEqual(read(body).codes, ["message-schema"]);
    refuses(() => read(body, "strict"), "invalidSyntax", /PatchOp/);
  }
});

test("a single operation instead of an array is accepted with a note, rejected in the strict profile", () => {
  const body = { schemas: [PATCH_SCHEMA], Operations: REPLACE };
  assert.deepEqual(read(body).codes, ["operations-shape"]);
  assert.equal(read(body).operations.length, 1);
  refuses(() => read(body, "strict"), "invalidSyntax", /^Operations/);
});

test("an invalid message is rejected with the location of the mistake", () => {
  refuses(() => read([]), "invalidSyntax", /JSON object/);
  refuses(() => read({ schemas: [PATCH_SCHEMA] }), "invalidSyntax", /^Operations must be an array.*nothing was sent/);
  refuses(() => read(message()), "invalidSyntax", /^Operations must be an array.*an empty array/);
  refuses(() => read(message(REPLACE, "x")), "invalidSyntax", /^Operations\[1\] must be an object/);
  refuses(() => read(message({ path: "title" })), "invalidSyntax", /^Operations\[0\]: op must be/);
  refuses(() => read(message({ ...REPLACE, op: "move" })), "invalidSyntax", /^Operations\[0\]: op must be .*"move"/);
  refuses(
    () => read(message(REPLACE, { ...REPLACE, path: 1 })),
    "invalidPath",
    /^Operations\[1\]: path must be a string/,
  );
  refuses(() => read(message({ op: "add", path: "title" })), "invalidValue", /^Operations\[0\]: "add" needs a value/);
  refuses(() => read(message({ op: "replace" })), "invalidValue", /^Operations\[0\]: "replace" needs a value/);
  refuses(() => read(message({ op: "replace", value: "x" })), "invalidValue", /^Operations\[0\]: Without a path/);
  refuses(
    () => read(message({ op: "remove", value: { title: "x" } })),
    "noTarget",
    /^Operations\[0\]: "remove" needs a path/,
  );
  refuses(() => read(message({ ...REPLACE, path: "name." })), "invalidPath", /^Operations\[0\]: /);
});

test("more operations than the limit are rejected", () => {
  assert.equal(read(message(...Array(MAX_PATCH_OPERATIONS).fill(REPLACE))).operations.length, MAX_PATCH_OPERATIONS);
  const tooMany = message(...Array(MAX_PATCH_OPERATIONS + 1).fill(REPLACE));
  refuses(() => read(tooMany), "invalidValue", /has 1001 operations.*Send at most 1000/);
  const attributes = Object.fromEntries(Array.from({ length: 1_001 }, (_, index) => [`a${index}`, index]));
  refuses(() => read(message({ op: "add", value: attributes })), "invalidValue", /has 1001 operations/);
});

test("more conditions in the paths than the limit are rejected, except those on members", () => {
  const terms = (count: number) => Array.from({ length: count }, (_, index) => `value eq "${index}"`).join(" or ");
  const operations = (count: number) => [
    ...Array(7).fill({ op: "remove", path: `emails[${terms(250)}]` }),
    { op: "remove", path: `emails[${terms(count)}]` },
  ];
  assert.equal(read(message(...operations(250))).operations.length, 8);
  refuses(
    () => read(message(...operations(251))),
    "invalidFilter",
    /^The filters in the paths have 2001 conditions.*2000/,
  );
  const removals = Array(10).fill({ op: "remove", path: `members[${terms(250)}]` });
  assert.equal(readPatch(message(...removals), GROUP, newReading("strict")).length, 10);
});

test("a path of null counts as absent, as serializers write it", () => {
  const { operations } = read(message({ op: "replace", path: null, value: { title: "Guide" } }));
  assert.equal(operations.length, 1);
});

test("an operation without a path becomes one per attribute, in order", () => {
  const { operations, codes } = read(
    message({
      op: "add",
      value: { title: "a", name: { givenName: "b" }, [ENTERPRISE]: { department: "c", "manager.value": "d" } },
    }),
  );
  assert.deepEqual(
    operations.map(({ target, value, pathless }) => [
      target.kind === "attribute" && (target.subAttribute ?? target.attribute).path,
      value,
      pathless,
    ]),
    [
      ["title", "a", true],
      ["name", { givenName: "b" }, true],
      [`${ENTERPRISE}:department`, "c", true],
      [`${ENTERPRISE}:manager.value`, "d", true],
    ],
  );
  assert.deepEqual(codes, ["dotted-name"]);
});

test("names that are paths are rejected in the strict profile, an extension's URN is not", () => {
  const strict = (value: Json) => () => read(message({ op: "replace", value }), "strict");
  refuses(strict({ "name.givenName": "K" }), "invalidSyntax", /^Operations\[0\].*name\.givenName.*strict profile/);
  refuses(strict({ [`${ENTERPRISE}:department`]: "K" }), "invalidSyntax", /strict profile/);
  refuses(strict({ 'emails[type eq "work"].value': "K" }), "invalidSyntax", /strict profile/);
  refuses(strict({ manager: "K" }), "invalidPath", /strict profile/);
  assert.equal(strict({ [ENTERPRISE]: { department: "K" } })().operations.length, 1);
});

test("an attribute named twice without a path is rejected, ignoring letter case", () => {
  refuses(
    () => read(message({ op: "add", value: { title: "a", TITLE: "b" } })),
    "invalidSyntax",
    /^Operations\[0\]: TITLE/,
  );
});

test("invalid names without a path are rejected", () => {
  const hostile = JSON.parse('{"__proto__":{"title":"x"}}') as Json;
  refuses(() => read(message({ op: "add", value: hostile })), "invalidPath", /^Operations\[0\]/);
  refuses(() => read(message({ op: "add", value: { "": "x" } })), "invalidPath", /^Operations\[0\]/);
  refuses(() => read(message({ op: "add", value: { [ENTERPRISE]: hostile } })), "invalidPath", /^Operations\[0\]/);
});

test("an extension as a whole must be an object or null", () => {
  refuses(() => read(message({ op: "add", path: ENTERPRISE, value: "x" })), "invalidValue", /User must be an object/);
  assert.deepEqual(read(message({ op: "add", path: ENTERPRISE, value: null })).operations, []);
  const { operations } = read(message({ op: "replace", path: ENTERPRISE, value: null }));
  assert.deepEqual(
    operations.map(({ op, target }) => [op, target.kind]),
    [["remove", "extension"]],
  );
});

test("an attribute of another resource type is unknown", () => {
  const { operations } = read(message({ op: "add", path: "userName", value: "x" }), "tolerant", GROUP);
  assert.equal(operations[0]?.target.kind, "unknown");
});

test("an operation without a path is rejected in the interop profile, with what to send instead", () => {
  const body = message(REPLACE, { op: "replace", value: { title: "Guide" } });
  assert.equal(read(body, "strict").operations.length, 2);
  refuses(
    () => read(body, "interop"),
    "invalidSyntax",
    /^Operations\[1\]: an operation without a path is refused in the i/,
  );
  refuses(() => read(message({ op: "add", path: null, value: {} }), "interop"), "invalidSyntax", /"op":"add","path"/);
  refuses(() => read(message({ op: "remove" }), "interop"), "noTarget", /needs a path/);
  const whole = { op: "replace", path: ENTERPRISE, value: { department: "Tours" } };
  assert.equal(read(message(REPLACE, whole), "interop").operations.length, 2);
});

test("the interop profile refuses what the strict one refuses", () => {
  const body = message({ ...REPLACE, op: "Replace" });
  refuses(() => read(body, "interop"), "invalidSyntax", /is refused in the interop profile/);
});
