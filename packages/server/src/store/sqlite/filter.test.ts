import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  evaluateFilter,
  type JsonObject,
  newReading,
  parseFilter,
  type ResourceModel,
  resolveFilter,
  resourceModel,
  resourceTypesOf,
} from "@scimtool/scim";
import { databasePlace } from "../../testing/database.ts";
import { find, insert, inWorld, namesOf, type OpenStore, type World } from "../conformance/world.ts";
import { openSqliteStore } from "./store.ts";

const openStore: OpenStore = async () => {
  const place = databasePlace();
  return { store: openSqliteStore(place.file), dispose: async () => place.remove() };
};

const SCHEMA = "urn:example:params:scim:schemas:Rack";

/** A type with several slots, each with several labels. */
function rackModel(indexed: readonly string[] = []): ResourceModel {
  const subAttributes = [
    { name: "labels", type: "string", multiValued: true },
    { name: "heights", type: "integer", multiValued: true },
    { name: "side", type: "string" },
    { name: "primary", type: "boolean" },
  ];
  const attributes = [
    { name: "displayName", type: "string" },
    { name: "slots", type: "complex", multiValued: true, subAttributes },
  ];
  const [rack] = resourceTypesOf({
    schemas: [{ id: SCHEMA, name: "Rack", attributes }],
    resourceTypes: [{ name: "Rack", endpoint: "/Racks", schema: SCHEMA }],
  }).slice(2);
  if (rack === undefined) throw new Error("there is no third resource type");
  return resourceModel({ ...rack, indexed });
}

const RACK = rackModel();

const RACKS: readonly JsonObject[] = [
  { displayName: "none" },
  { displayName: "bare", slots: [{ heights: [10] }] },
  { displayName: "a and b", slots: [{ labels: ["A", "b"], heights: [9, 2] }] },
  { displayName: "c, d", slots: [{ labels: ["c"] }, { labels: ["d"], heights: [3] }] },
  // Stored before there was a schema.
  { displayName: "words", slots: ["a", 5, '{"labels":["A"],"side":"left"}', { side: "left" }] },
];

function fill(world: World): Promise<void> {
  return world.store.transaction(async (transaction) => {
    for (const rack of RACKS) await insert(world, transaction, RACK, rack);
  });
}

describe("a multi-valued sub-attribute of a multi-valued attribute", () => {
  const filters = [
    'slots.labels eq "a"',
    'slots.labels ne "a"',
    'slots.labels co "B"',
    'slots.labels ge "c"',
    "slots.labels pr",
    "not (slots.labels pr)",
    "slots.heights ge 2",
    "slots.heights pr",
    'slots[labels eq "a" and labels eq "b"]',
    'slots[labels eq "c" and labels eq "d"]',
    "slots[not (labels pr)]",
    'slots[labels eq "D" and heights gt 2]',
    'slots.side eq "left"',
    'slots.side ne "left"',
    "slots[side pr and not (labels pr)]",
  ];
  test(
    "is filtered value by value, as in memory, with an index and without",
    inWorld(openStore, async (world) => {
      await fill(world);
      const { store, endpoint } = world;
      const indexed = rackModel(["slots.labels", "slots.heights"]);
      for (const model of [RACK, indexed]) {
        if (model === indexed) {
          await store.transaction((transaction) => store.resources.reindex(transaction, endpoint, [RACK], [indexed]));
        }
        for (const filter of filters) {
          const resolved = resolveFilter(parseFilter(filter, newReading("strict")), model, newReading("strict"));
          const expected = RACKS.filter((rack) => evaluateFilter(resolved, rack)).map(({ displayName }) => displayName);
          assert.deepEqual(namesOf(await find(world, model, { filter })), expected, filter);
        }
      }
    }),
  );

  test(
    "sorts by its first value",
    inWorld(openStore, async (world) => {
      await fill(world);
      const sorted = async (sortBy: string) => namesOf(await find(world, RACK, { sortBy }));
      assert.deepEqual(await sorted("slots.labels"), ["a and b", "c, d", "none", "bare", "words"]);
      assert.deepEqual(await sorted("slots.heights"), ["a and b", "bare", "none", "c, d", "words"]);
    }),
  );
});
