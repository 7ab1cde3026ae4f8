import assert from "node:assert/strict";
import { test } from "node:test";
import { described, list, named, nullable, object, TEXT } from "../schema.ts";
import { Components } from "./document.ts";

const PART = named("Part", "A part.", object({ label: TEXT }));
const THING = named("Thing", "A thing.", object({ parts: list(PART), main: nullable(PART) }));

test("a named schema appears once, wherever it is used", () => {
  const components = new Components();
  const thing = { $ref: "#/components/schemas/Thing" };
  const part = { $ref: "#/components/schemas/Part" };
  assert.deepEqual(components.referring(THING), thing);
  assert.deepEqual(components.referring(object({ things: list(THING) }))["properties"], {
    things: { type: "array", items: thing },
  });
  assert.deepEqual(components.referring(described("The first.", PART)), { allOf: [part], description: "The first." });
  assert.deepEqual(components.schemas, {
    Part: PART,
    Thing: { ...THING, properties: { parts: list(part), main: { anyOf: [part, { type: "null" }] } } },
  });
});

test("an attribute called title, and a title in words, name nothing", () => {
  const components = new Components();
  const schema = object({ title: TEXT, other: { type: "string", title: "In words" } });
  assert.deepEqual(components.referring(schema), schema);
  assert.deepEqual(components.schemas, {});
});

test("two schemas cannot have the same name", () => {
  const components = new Components();
  components.referring(PART);
  components.referring(named("Part", "A part.", object({ label: TEXT })));
  assert.throws(() => components.referring(named("Part", "Another.", object({ label: TEXT }))), /have the name Part/);
});
