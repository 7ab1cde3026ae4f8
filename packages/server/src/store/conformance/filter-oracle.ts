import assert from "node:assert/strict";
import {
  entityTag,
  evaluateFilter,
  type Filter,
  fold,
  type JsonObject,
  newReading,
  own,
  printFilter,
  type ResolvedFilter,
  type ResourceModel,
  resolveFilter,
} from "@scimtool/scim";
import fc from "fast-check";
import { filterArbitrary, resourceArbitrary } from "../../../../scim/src/filter/arbitrary.ts";
import { attributesOf, idOf } from "../resource-body.ts";
import type { Reference, StoredResource, Transaction } from "../store.ts";
import { GROUP, insert, LOCATIONS, USER, type World } from "./world.ts";

// Compares the results of a store with evaluation in memory.

/** Random resources at a time; each run evaluates {@link FILTERS} filters on them. */
const RESOURCES = 20;
const FILTERS = 12;

/** A resource in memory, and how it is written. */
type Planned = {
  readonly attributes: JsonObject;
  readonly createdMs: number;
  /** Undefined: never modified. */
  readonly modifiedMs: number | undefined;
  /** Which of the three companions are in its `groups` or `members`. */
  readonly companions: readonly boolean[];
};

export type Scenario = {
  readonly ids: readonly string[];
  readonly resources: readonly Planned[];
  readonly filters: readonly Filter[];
};

const TIMES = fc.constantFrom(
  ...["2011-05-13T04:42:34Z", "2011-05-13T04:42:34.1Z", "2011-05-13T00:00:00Z", "9999-12-31T23:59:59Z"].map(Date.parse),
);

export function scenarioArbitrary(model: ResourceModel): fc.Arbitrary<Scenario> {
  const ids = fc.uniqueArray(fc.string({ unit: fc.constantFrom("a", "A", "b", "é", "%", "'"), minLength: 1 }), {
    minLength: RESOURCES + COMPANIONS,
    maxLength: RESOURCES + COMPANIONS,
  });
  const planned = fc.record({
    attributes: resourceArbitrary(model).map((resource) => withoutRows(resource, model)),
    createdMs: TIMES,
    modifiedMs: fc.option(TIMES, { nil: undefined }),
    companions: fc.array(fc.boolean(), { minLength: COMPANIONS, maxLength: COMPANIONS }),
  });
  const scenario = fc.record({
    ids,
    resources: fc.array(planned, { minLength: 1, maxLength: RESOURCES, size: "max" }),
    filters: fc.array(filterArbitrary(model), { minLength: FILTERS, maxLength: FILTERS }),
  });
  return fc
    .tuple(scenario, fc.boolean())
    .map(([wide, isNarrow]) => ({ ...wide, ...(isNarrow ? narrowed(wide) : {}) }))
    .map((all) => ({ ...all, resources: distinct(all.resources) }));
}

/** With texts of one character, so that resources and filters often share them. */
function narrowed({ resources, filters }: Scenario): Pick<Scenario, "resources" | "filters"> {
  return JSON.parse(JSON.stringify({ resources, filters }), (name, value) => {
    const isTime = typeof value === "string" && value.length > 6;
    return typeof value !== "string" || isTime || GRAMMAR.has(name)
      ? value
      : String.fromCodePoint(value.codePointAt(0) ?? 97);
  });
}

/** Members of a filter that are not values. */
const GRAMMAR: ReadonlySet<string> = new Set(["kind", "operator", "schema", "attribute", "subAttribute"]);

/** Without attributes that are stored in columns, as rows, or not at all. */
function withoutRows(resource: JsonObject, model: ResourceModel): JsonObject {
  const names = ["id", "meta", "password", ...(isReference(model, "groups") ? ["groups"] : [])];
  if (model.collection !== undefined) names.push(model.collection.name);
  return Object.fromEntries(Object.entries(resource).filter(([name]) => !names.includes(name)));
}

function isReference(model: ResourceModel, name: string): boolean {
  return model.attributes.get(name)?.mutability === "readOnly";
}

/** The first of those with the same unique name. */
function distinct(resources: readonly Planned[]): Planned[] {
  const seen = new Set<string>();
  return resources.filter(({ attributes }) => {
    for (const name of ["userName", "displayName"]) {
      const value = own(attributes, name);
      if (typeof value !== "string") continue;
      const key = `${name} ${fold(value)}`;
      if (seen.has(key)) return false;
      seen.add(key);
    }
    return true;
  });
}

const COMPANIONS = 3;
const COMPANION_NAMES = ["a", "Éa", "b%"];

/** Writes the scenario, and returns each resource as a client sees it. */
async function write(
  world: World,
  transaction: Transaction,
  model: ResourceModel,
  { ids, resources }: Scenario,
): Promise<JsonObject[]> {
  const { store, endpoint } = world;
  const companionModel = model.collection === undefined ? GROUP : USER;
  const companions: StoredResource[] = [];
  for (const [index, name] of COMPANION_NAMES.entries()) {
    const place = { id: ids[RESOURCES + index] ?? "" };
    const attributes = companionModel === GROUP ? { displayName: `${name} group` } : { userName: `${name} user` };
    companions.push(await insert(world, transaction, companionModel, attributes, place));
  }
  const views: JsonObject[] = [];
  for (const [index, { attributes, createdMs, modifiedMs, companions: chosen }] of resources.entries()) {
    const id = ids[index] ?? "";
    let stored = await insert(world, transaction, model, attributes, { id, nowMs: createdMs });
    if (modifiedMs !== undefined)
      stored = await store.resources.touch(transaction, endpoint, model, stored, modifiedMs);
    const others = companions.filter((_, at) => chosen[at]);
    for (const other of others) {
      const [group, member] = model.collection === undefined ? [other, id] : [stored, other.id];
      await store.members.add(transaction, endpoint, GROUP, group.key, [member], "refuse");
    }
    const references = others.map((other) => ({
      id: other.id,
      type: companionModel.type.name,
      label: String(Object.values(attributesOf(other)).at(-1)),
    }));
    views.push(viewOf(model, stored, references));
  }
  return views;
}

/** A stored resource with its derived attributes, as the protocol returns it. */
function viewOf(model: ResourceModel, stored: StoredResource, others: readonly Reference[]): JsonObject {
  const name = model.collection?.name ?? (isReference(model, "groups") ? "groups" : undefined);
  const values = others.map(({ id, type, label }) => ({
    value: id,
    $ref: (LOCATIONS.get(type) ?? "") + id,
    display: label,
    type: name === "groups" ? "direct" : type,
  }));
  return {
    ...attributesOf(stored),
    ...(name === undefined ? {} : { [name]: values }),
    meta: {
      resourceType: model.type.name,
      created: new Date(stored.createdMs).toISOString(),
      lastModified: new Date(stored.modifiedMs).toISOString(),
      location: (LOCATIONS.get(model.type.name) ?? "") + stored.id,
      version: entityTag(stored.revision),
    },
  };
}

class RolledBack extends Error {}

/** Asserts, in a transaction that is rolled back, that the store finds the same resources. */
export async function checkFilters(world: World, model: ResourceModel, scenario: Scenario): Promise<number> {
  const { store, endpoint } = world;
  let matches = 0;
  const checking = store.transaction(async (transaction) => {
    const views = await write(world, transaction, model, scenario);
    for (const filter of scenario.filters) {
      const resolved = resolve(filter, model);
      const expected = views.filter((view) => evaluateFilter(resolved, view)).map(({ id }) => id);
      const query = {
        filter: resolved,
        sort: undefined,
        offset: 0,
        limit: 50,
        groups: false,
        members: false,
        locations: LOCATIONS,
      };
      const found = await store.resources.search(transaction, endpoint, model, query);
      const ids = found.resources.map(idOf).filter((id) => scenario.ids.indexOf(id) < RESOURCES);
      assert.deepEqual(ids, expected, printFilter(filter));
      const counted = await store.resources.search(transaction, endpoint, model, { ...query, limit: 0 });
      assert.equal(counted.total, found.resources.length, printFilter(filter));
      if (expected.length > 0 && expected.length < views.length) matches++;
    }
    throw new RolledBack();
  });
  await assert.rejects(checking, (error) => {
    if (!(error instanceof RolledBack)) throw error;
    return true;
  });
  return matches;
}

function resolve(filter: Filter, model: ResourceModel): ResolvedFilter {
  return resolveFilter(filter, model, newReading("tolerant"));
}
