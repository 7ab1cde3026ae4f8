import assert from "node:assert/strict";
import { test } from "node:test";
import { newReading } from "../dialect/tolerance.ts";
import type { Json, JsonObject } from "../json.ts";
import { applyPatch } from "../patch/apply.ts";
import { readPatch } from "../patch/message.ts";
import { babs, ENTERPRISE, refuses, USER } from "../patch/test-support.ts";
import { readResource } from "./resource.ts";
import { readUser } from "./test-support.ts";

const TOO_MANY = /at most 1000 members and values that no schema defines/;

function named(count: number, prefix = "k"): JsonObject {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`${prefix}${index}`, 1]));
}

/** Locations of members without a schema. */
const PLACES: [string, (count: number) => JsonObject][] = [
  ["beside attributes", (count) => named(count)],
  ["in one that is an object", (count) => ({ odd: named(count - 1) })],
  ["in one that is an array", (count) => ({ odd: Array.from({ length: count - 1 }, () => 1) })],
  ["at two levels", (count) => ({ odd: { even: named(count - 2) } })],
  ["in an extension", (count) => ({ [ENTERPRISE]: named(count) })],
  ["in a complex value", (count) => ({ name: named(count) })],
  [
    "in several values",
    (count) => ({
      emails: [
        { value: "a", ...named(count - 500) },
        { value: "b", ...named(500) },
      ],
    }),
  ],
  [
    "without a value",
    (count) => ({ odd: Object.fromEntries(Object.keys(named(count - 1)).map((name) => [name, null])) }),
  ],
];

for (const [where, members] of PLACES) {
  test(`1,000 members without a schema are accepted and 1,001 are not: ${where}`, () => {
    readUser(members(1_000));
    refuses(() => readUser(members(1_001)), "invalidValue", TOO_MANY);
  });
}

function patched(resource: JsonObject, ...operations: Json[]): JsonObject {
  const reading = newReading("tolerant");
  return applyPatch(resource, readPatch({ Operations: operations }, USER, reading), USER, reading).resource;
}

test("a PATCH cannot exceed that, in one message or in several", () => {
  const add = (prefix: string, count: number) => ({ op: "add", path: prefix, value: named(count, prefix) });
  refuses(() => patched(babs(), add("a", 600), add("b", 600)), "invalidValue", TOO_MANY);
  const once = patched(babs(), add("a", 600), add("b", 300));
  refuses(() => patched(once, add("b", 300), add("c", 200)), "invalidValue", TOO_MANY);
  refuses(() => patched(once, { op: "add", path: "name", value: named(100) }), "invalidValue", TOO_MANY);
  patched(once, add("b", 300), { op: "add", path: "name", value: named(90) });
});

test("a resource that already exceeds it can still be changed and reduced", () => {
  const many = { ...babs(), ...named(3_000) };
  assert.equal(patched(many, { op: "replace", path: "title", value: "x" }).title, "x");
  assert.equal(Object.hasOwn(patched(many, { op: "remove", path: "k7" }), "k7"), false);
});

test("a body of half a million members without a schema is rejected at once", () => {
  const body = named(500_000);
  const startedMs = performance.now();
  const read = (sent: JsonObject) => readResource(sent, USER, newReading("tolerant"));
  refuses(() => read(body), "invalidValue", TOO_MANY);
  refuses(() => read({ odd: body }), "invalidValue", TOO_MANY);
  assert.ok(performance.now() - startedMs < 3_000, `${performance.now() - startedMs}`);
});
