import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Json, JsonObject } from "../json.ts";
import { GROUP, USER } from "../patch/test-support.ts";
import { withoutNeverReturned } from "./characteristics.ts";
import type { ResourceModel } from "./model.ts";
import fixture from "./rfc7643-8.fixture.json" with { type: "json" };
import { read } from "./test-support.ts";

// The fixture is the JSON of RFC 7643 §8.1 to §8.4 without page breaks and with strings on one line each.

const EXAMPLES: [string, JsonObject, ResourceModel][] = [
  ["§8.1, minimal user", fixture["§8.1"], USER],
  ["§8.2, full user", fixture["§8.2"], USER],
  ["§8.3, enterprise user", fixture["§8.3"], USER],
  ["§8.4, group", fixture["§8.4"], GROUP],
];

/** Attributes of the service provider: readOnly themselves or through their parent. */
const ISSUED: readonly string[] = ["id", "meta", "groups"];

/** The example without attributes of the service provider. */
function settable(example: Json): Json {
  if (Array.isArray(example)) return example.map(settable);
  if (typeof example !== "object" || example === null) return example;
  const isReference = Object.hasOwn(example, "$ref");
  const entries = Object.entries(example).filter(
    ([name]) => !ISSUED.includes(name) && !(isReference && (name === "display" || name === "displayName")),
  );
  return Object.fromEntries(entries.map(([name, value]) => [name, settable(value)]));
}

describe("the examples of RFC 7643 are read exactly, without the service provider's attributes", () => {
  for (const [name, example, model] of EXAMPLES) {
    test(`[RFC 7643 ${name.split(",")[0]}] ${name}`, () => {
      for (const profile of ["strict", "interop", "tolerant"] as const) {
        const { resource, codes } = read(example, model, profile);
        assert.deepEqual(codes, []);
        assert.deepEqual(resource, settable(example));
      }
    });
  }
});

test("[RFC 7643 §8.2] the password of the example is not stored, and everything else is", () => {
  const { password, ...kept } = read(fixture["§8.2"], USER).resource;
  assert.equal(password, "t1meMa$heen");
  assert.deepEqual(withoutNeverReturned({ ...kept, password }, USER), kept);
});
