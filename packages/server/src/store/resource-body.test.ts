import assert from "node:assert/strict";
import { test } from "node:test";
import { entityTag, formatDateTime } from "@scimtool/scim";
import fc from "fast-check";
import { attributesOf, idOf, locationFromEnd, ofVersion, revisionOf, withMeta } from "./resource-body.ts";

const metas = fc.record({
  id: fc.uuid(),
  revision: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.maxSafeNat()),
  createdMs: fc.integer({ min: 0, max: 4_102_444_800_000 }),
  modifiedMs: fc.integer({ min: 0, max: 4_102_444_800_000 }),
});

/** Attributes that resemble the text that is appended to them. */
const lookalikes = fc.constantFrom(
  { meta: { resourceType: "User", location: "x" } },
  { a: 1, meta: { resourceType: "Group", version: 'W/"7"', location: "x" } },
  { text: ',"meta":{"resourceType":"User","version":"W/\\"3\\"","location":"x"}}' },
  { deep: [{ a: 1, meta: { resourceType: "User", version: 'W/"7"', location: "x" } }] },
);
const attributes = fc.oneof(
  lookalikes,
  fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue(), { minKeys: 1, noNullPrototype: true }),
);

test("meta is appended to the attributes, and both can be read from the body again", () => {
  fc.assert(
    fc.property(attributes, metas, fc.constantFrom("User", "Device-2_x"), (given, meta, type) => {
      const json = JSON.stringify(given);
      const body = withMeta(json, type, meta);
      assert.deepEqual(JSON.parse(body).meta, {
        resourceType: type,
        created: formatDateTime(meta.createdMs),
        lastModified: formatDateTime(meta.modifiedMs),
        version: entityTag(meta.revision),
        location: meta.id,
      });
      assert.deepEqual(attributesOf({ body }), JSON.parse(json));
      assert.deepEqual([idOf({ body }), revisionOf({ body })], [meta.id, meta.revision]);
      assert.equal(body.slice(-locationFromEnd(meta.id.length)), `${meta.id}"}}`);
    }),
  );
});

test("the body of another version equals one written under it from the start", () => {
  fc.assert(
    fc.property(attributes, metas, metas, (given, first, second) => {
      const json = JSON.stringify(given);
      assert.equal(ofVersion({ body: withMeta(json, "User", first) }, "User", second), withMeta(json, "User", second));
    }),
  );
});
