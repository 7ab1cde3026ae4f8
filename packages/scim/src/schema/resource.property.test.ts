import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { newReading, type Profile, type ToleranceCode } from "../dialect/tolerance.ts";
import type { Json, JsonObject } from "../json.ts";
import { ScimError } from "../message/error.ts";
import { deepFreeze, GROUP, USER } from "../patch/test-support.ts";
import { readResource } from "./resource.ts";
import { CORE, ENTERPRISE, EVERY_TYPE } from "./test-support.ts";

const MODELS = { User: USER, Group: GROUP, Thing: EVERY_TYPE };
type ModelName = keyof typeof MODELS;

/** Known, unknown and harmful names. */
const name = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.constantFrom(...Object.values(MODELS).flatMap(({ attributes }) => [...attributes.keys()])),
  },
  {
    weight: 4,
    arbitrary: fc.constantFrom("givenName", "value", "VALUE", "primary", "display", "$ref", "department", "manager"),
  },
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      CORE,
      ENTERPRISE,
      ENTERPRISE.toUpperCase(),
      ENTERPRISE.replace(":User", "User"),
      "urn:example:custom:2.0",
      `${CORE}:title`,
      `${CORE}:shoe`,
      `${ENTERPRISE}:department`,
      `${ENTERPRISE}:shoe`,
      "name.givenName",
      "manager.value",
      "urn:a.b:c.d.e",
    ),
  },
  { weight: 2, arbitrary: fc.constantFrom("__proto__", "constructor", "toString", "", " ", "shoe", "SHOE", "a b") },
  fc.string({ maxLength: 6 }),
);

const scalar = fc.oneof(
  fc.constantFrom<Json>(null, "", true, false, 0, "True", "42", "2026-01-01T00:00:00Z", "aGVsbG8=", CORE, "u1"),
  fc.string(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);

const json: fc.Arbitrary<Json> = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    scalar,
    fc.array(tie("value"), { maxLength: 3 }),
    fc.array(fc.tuple(name, tie("value")), { maxLength: 4 }).map((entries) => Object.fromEntries(entries)),
  ),
})).value;

const body: fc.Arbitrary<Json> = fc.oneof(
  { weight: 1, arbitrary: json },
  {
    weight: 9,
    arbitrary: fc
      .array(fc.tuple(name, json), { maxLength: 6 })
      .map((entries): Json => ({ userName: "b", displayName: "d", ...Object.fromEntries(entries) })),
  },
);

const anyModel = fc.constantFrom<ModelName>("User", "Group", "Thing");

function attempt(value: Json, model: ModelName, profile: Profile): [JsonObject, ToleranceCode[]] | undefined {
  const reading = newReading(profile);
  try {
    const resource = readResource(value, MODELS[model], reading);
    return [resource, reading.notes.map(({ code }) => code)];
  } catch (error) {
    assert.ok(error instanceof ScimError, String(error));
    assert.equal(error.status, 400);
    assert.ok(error.detail.length < 1_000, error.detail);
    return undefined;
  }
}

test("any JSON is read or rejected with a ScimError, and never changed", () => {
  fc.assert(
    fc.property(body, anyModel, (value, model) => {
      attempt(deepFreeze(value), model, "tolerant");
      attempt(value, model, "strict");
      assert.equal(({} as JsonObject)["polluted"], undefined);
    }),
    { numRuns: 3_000 },
  );
});

/** Undefined attributes are noted at every read; other deviations are corrected. */
const LASTING: readonly ToleranceCode[] = ["unknown-attribute"];

test("a result is read again unchanged, without tolerances except for attributes without a schema", () => {
  let reads = 0;
  fc.assert(
    fc.property(body, anyModel, (value, model) => {
      const first = attempt(value, model, "tolerant");
      if (first === undefined) return;
      reads++;
      const again = attempt(deepFreeze(structuredClone(first[0])), model, "tolerant");
      assert.deepEqual(again?.[0], first[0]);
      assert.deepEqual(
        again?.[1].filter((code) => !LASTING.includes(code)),
        [],
      );
    }),
    { numRuns: 3_000 },
  );
  assert.ok(reads > 500, `only ${reads} bodies were read`);
});

test("the strict profile reads what needs no tolerance, with the same result, and rejects everything else", () => {
  fc.assert(
    fc.property(body, anyModel, (value, model) => {
      const tolerant = attempt(value, model, "tolerant");
      const strict = attempt(value, model, "strict");
      if (tolerant === undefined || tolerant[1].length > 0) assert.equal(strict, undefined);
      else assert.deepEqual(strict, tolerant);
    }),
    { numRuns: 3_000 },
  );
});

test("no result contains null, an empty array or an empty object (RFC 7643 §2.5)", () => {
  const check = (value: Json): void => {
    assert.notEqual(value, null);
    if (typeof value !== "object" || value === null) return;
    const parts = Array.isArray(value) ? value : Object.values(value);
    assert.ok(parts.length > 0, JSON.stringify(value));
    parts.forEach(check);
  };
  fc.assert(
    fc.property(body, anyModel, (value, model) => {
      const outcome = attempt(value, model, "tolerant");
      if (outcome !== undefined) check(outcome[0]);
    }),
    { numRuns: 2_000 },
  );
});

test("the order of members does not matter (RFC 7643 §2.3.8)", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(name, json), { maxLength: 6 }), (entries) => {
      const members = { userName: "b", ...Object.fromEntries(entries) };
      const reversed = Object.fromEntries(Object.entries(members).reverse());
      const [one, other] = [members, reversed].map((each) => attempt(each as JsonObject, "User", "tolerant")?.[0]);
      assert.deepEqual(one, other);
    }),
    { numRuns: 2_000 },
  );
});
