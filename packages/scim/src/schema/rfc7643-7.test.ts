import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { newReading } from "../dialect/tolerance.ts";
import { evaluateFilter } from "../filter/evaluate.ts";
import { parseFilter } from "../filter/parse.ts";
import { resolveFilter } from "../filter/resolve.ts";
import type { Json, JsonObject } from "../json.ts";
import { patch, refuses } from "../patch/test-support.ts";
import { project, readProjection } from "../projection/projection.ts";
import { checkImmutables, withoutNeverReturned } from "./characteristics.ts";
import { resourceTypesOf } from "./definition/resource-types-of.ts";
import { resourceModel } from "./model.ts";
import { read } from "./test-support.ts";

// The effect of the characteristics of RFC 7643 §7 on a resource type defined by JSON: at the top, in a complex
// attribute, and in an extension.

const LEVEL: readonly Json[] = [
  { name: "plain" },
  { name: "issued", mutability: "readOnly" },
  { name: "fixed", mutability: "immutable" },
  { name: "pin", mutability: "writeOnly" },
  { name: "asked", returned: "request" },
  { name: "sure", returned: "always" },
  { name: "exact", caseExact: true },
  { name: "level", canonicalValues: ["gold", "silver"] },
];

const [CORE, EXTENSION] = ["urn:example:card:2.0:Card", "urn:example:shop:2.0:Card"];

const [, , TYPE] = resourceTypesOf({
  schemas: [
    { id: CORE, attributes: [...LEVEL, { name: "part", type: "complex", subAttributes: [...LEVEL] }] },
    { id: EXTENSION, attributes: [...LEVEL] },
  ],
  resourceTypes: [{ name: "Card", endpoint: "/Cards", schema: CORE, schemaExtensions: [{ schema: EXTENSION }] }],
});
if (TYPE === undefined) throw new Error("no type is defined");
const MODEL = resourceModel(TYPE);

/** A location in a resource: the path of a name, and an object with a value there. */
type Place = { readonly path: (name: string) => string; readonly holding: (members: JsonObject) => JsonObject };

const PLACES: Record<string, Place> = {
  "at the top": { path: (name) => name, holding: (members) => members },
  "in a complex attribute": { path: (name) => `part.${name}`, holding: (members) => ({ part: members }) },
  "in an extension": { path: (name) => `${EXTENSION}:${name}`, holding: (members) => ({ [EXTENSION]: members }) },
};

function written(members: JsonObject): JsonObject {
  const extended = Object.hasOwn(members, EXTENSION) ? [EXTENSION] : [];
  const { schemas: _, ...resource } = read({ schemas: [CORE, ...extended], ...members }, MODEL, "strict").resource;
  return resource;
}

function patched(before: JsonObject, operation: JsonObject): JsonObject {
  const { schemas: _, ...after } = patch(before, operation, MODEL).resource;
  return after;
}

function matches(filter: string, resource: JsonObject): boolean {
  const reading = newReading("strict");
  return evaluateFilter(resolveFilter(parseFilter(filter, reading), MODEL, reading), resource);
}

function shown(resource: JsonObject, attributes: readonly string[] = []): JsonObject {
  return project(resource, readProjection({ attributes }, MODEL, newReading("strict")), MODEL);
}

for (const [where, { path, holding }] of Object.entries(PLACES)) {
  describe(`[RFC 7643 §7] ${where}`, () => {
    test("a readOnly attribute is ignored in a POST or PUT and rejected in a PATCH", () => {
      assert.deepEqual(written(holding({ plain: "a", issued: "x" })), holding({ plain: "a" }));
      for (const op of ["add", "replace"]) {
        refuses(
          () => patched({}, { op, path: path("issued"), value: "x" }),
          "mutability",
          /issued is readOnly and cannot/,
        );
      }
      refuses(
        () => patched(holding({ issued: "x" }), { op: "remove", path: path("issued") }),
        "mutability",
        /is readOnly/,
      );
    });

    test("an immutable attribute is set once", () => {
      assert.deepEqual(written(holding({ fixed: "a" })), holding({ fixed: "a" }));
      assert.doesNotThrow(() => checkImmutables(holding({ plain: "x" }), holding({ fixed: "a" }), MODEL));
      assert.doesNotThrow(() => checkImmutables(holding({ fixed: "a" }), holding({ fixed: "a" }), MODEL));
      for (const after of [holding({ fixed: "b" }), holding({ plain: "x" }), {}]) {
        refuses(() => checkImmutables(holding({ fixed: "a" }), after, MODEL), "mutability", /fixed is immutable/);
      }
      const add = { op: "add", path: path("fixed"), value: "a" };
      assert.deepEqual(patched({}, add), holding({ fixed: "a" }));
      assert.deepEqual(patched(holding({ fixed: "a" }), add), holding({ fixed: "a" }));
      const held = holding({ fixed: "b" });
      refuses(() => patched(held, add), "mutability", /fixed is immutable/);
      refuses(() => patched(held, { op: "remove", path: path("fixed") }), "mutability", /fixed is immutable/);
    });

    test("a writeOnly attribute is accepted, not stored, never returned and not detectable", () => {
      const resource = written(holding({ plain: "a", pin: "1234" }));
      assert.deepEqual(resource, holding({ plain: "a", pin: "1234" }));
      assert.deepEqual(withoutNeverReturned(resource, MODEL), holding({ plain: "a" }));
      assert.deepEqual(shown(resource, [path("pin"), path("plain")]), holding({ plain: "a" }));
      assert.deepEqual(patched({}, { op: "add", path: path("pin"), value: "1" }), {});
      refuses(
        () => matches(`${path("pin")} sw "1"`, resource),
        "invalidFilter",
        /is never returned and cannot be filtered/,
      );
    });

    test("an attribute returned on request is returned when it is named", () => {
      const resource = holding({ plain: "a", asked: "b" });
      assert.deepEqual(shown(resource), holding({ plain: "a" }));
      assert.deepEqual(shown(resource, [path("asked")]), holding({ asked: "b" }));
    });

    test("an always returned attribute is returned with any names", () => {
      const resource = holding({ plain: "a", sure: "b" });
      // A complex attribute that is not named is not returned, nor are its sub-attributes.
      const named = where === "in a complex attribute" ? path("plain") : "externalId";
      const expected = where === "in a complex attribute" ? holding({ plain: "a", sure: "b" }) : holding({ sure: "b" });
      assert.deepEqual(shown(resource, [named]), expected);
    });

    test("case exact texts are compared unchanged, and all texts keep their letter case", () => {
      const resource = written(holding({ exact: "aB", plain: "aB" }));
      assert.deepEqual(resource, holding({ exact: "aB", plain: "aB" }));
      assert.equal(matches(`${path("exact")} eq "ab"`, resource), false);
      assert.equal(matches(`${path("exact")} eq "aB" and ${path("plain")} eq "AB"`, resource), true);
    });

    test("canonical values are suggestions: others are accepted too", () => {
      for (const level of ["gold", "bronze"]) assert.deepEqual(written(holding({ level })), holding({ level }));
    });

    test("a value of another type is rejected by the attribute's path", () => {
      refuses(
        () => written(holding({ plain: { a: 1 } })),
        "invalidValue",
        new RegExp(`^${path("plain").replaceAll(".", "\\.")} must be a string`),
      );
    });
  });
}
