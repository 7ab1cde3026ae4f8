import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { newReading } from "../dialect/tolerance.ts";
import type { JsonObject } from "../json.ts";
import { deepFreeze } from "../patch/test-support.ts";
import type { AttributeNode } from "../schema/model.ts";
import { project, readProjection, shows } from "./projection.ts";
import { EXTENSION, MODEL, type Parameters, pathsOf, thing, UNKNOWN } from "./test-support.ts";

function withChildren(nodes: Iterable<AttributeNode>): AttributeNode[] {
  return [...nodes].flatMap((node) => [node, ...withChildren(node.children.values())]);
}

const NODES = [
  ...withChildren(MODEL.attributes.values()),
  ...[...MODEL.extensions.values()].flatMap((extension) => withChildren(extension.attributes.values())),
];

const names = fc.array(
  fc.constantFrom(...NODES.map(({ path }) => path), EXTENSION, UNKNOWN, "odd", `${EXTENSION}:odd`, "cdefault.odd"),
  { minLength: 1, maxLength: 5 },
);

const parameters: fc.Arbitrary<Parameters> = fc.oneof(
  names.map((attributes) => ({ attributes })),
  names.map((excludedAttributes) => ({ excludedAttributes })),
  fc.constant({}),
);

const resource: fc.Arbitrary<JsonObject> = fc.subarray(Object.keys(thing())).map((kept) => {
  const whole = thing();
  return deepFreeze(Object.fromEntries(kept.map((name) => [name, whole[name]])) as JsonObject);
});

function show(asked: Parameters, whole: JsonObject) {
  const projection = readProjection(asked, MODEL, newReading("strict"));
  return { projection, shown: project(whole, projection, MODEL) };
}

test("an attribute that shows() denies is never in a response, and one that it affirms is, if the resource has it", () => {
  fc.assert(
    fc.property(parameters, resource, (asked, whole) => {
      const { projection, shown } = show(asked, whole);
      const paths = new Set(pathsOf(shown));
      const had = new Set(pathsOf(whole));
      for (const node of NODES) {
        if (!shows(projection, node)) assert.ok(!paths.has(node.path), `${node.path} is shown`);
        else if (node.children.size === 0) assert.equal(paths.has(node.path), had.has(node.path), node.path);
      }
    }),
    { numRuns: 2_000 },
  );
});

test("a response contains only values of the resource, including all that are always returned and none that never are", () => {
  fc.assert(
    fc.property(parameters, resource, (asked, whole) => {
      const paths = pathsOf(show(asked, whole).shown);
      const had = pathsOf(whole);
      assert.deepEqual(
        paths.filter((path) => !had.includes(path)),
        [],
      );
      assert.deepEqual(
        paths.filter((path) => path.includes("never")),
        [],
      );
      const top = had.filter(
        (path) => path === "id" || path === "schemas" || /^(?:a|c|m|.*:x|.*:xc|.*:xm)always$/.test(path),
      );
      assert.deepEqual(
        top.filter((path) => !paths.includes(path)),
        [],
      );
    }),
    { numRuns: 1_000 },
  );
});

test("projecting a response again changes nothing, and the resource is not changed", () => {
  fc.assert(
    fc.property(parameters, resource, (asked, whole) => {
      const { projection, shown } = show(asked, whole);
      assert.deepEqual(project(deepFreeze(shown), projection, MODEL), shown);
    }),
  );
});

test("the order and repetition of names do not matter", () => {
  fc.assert(
    fc.property(names, resource, (asked, whole) => {
      for (const parameter of ["attributes", "excludedAttributes"] as const) {
        const once = show({ [parameter]: asked }, whole).shown;
        assert.deepEqual(show({ [parameter]: [...asked, ...asked.toReversed()] }, whole).shown, once);
      }
    }),
  );
});
