import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { refused, succeeded } from "../../testing/assert-answer.ts";
import type { Answer, AnyJson, Client } from "../../testing/client.ts";
import { startWorld } from "../world.ts";
import { type Answered, Model } from "./model.ts";
import {
  candidates,
  EXTENSION,
  pathOf,
  type RandomAttribute,
  resourceOf,
  schema,
  settingsOf,
  someValue,
  THING,
  type Values,
  valuesOf,
} from "./schemas.ts";

const RUNS = 60;
const STEPS = 12;
const LONGEST_MS = 10_000;

const world = await startWorld();

type Step = (client: Client, model: Model) => Promise<void>;

/** The attributes of a resource's schemas. */
function ownOf({ schemas, id, externalId: _, meta: __, [EXTENSION]: extension = {}, ...rest }: AnyJson): Values {
  assert.equal(schemas[0], THING);
  assert.ok(id.length > 0);
  if (Object.keys(extension).length > 0) assert.deepEqual(schemas, [THING, EXTENSION]);
  return { ...rest, ...extension };
}

function answers(answer: Answer, expected: Answered): void {
  if ("shown" in expected) assert.deepEqual(ownOf(succeeded(answer, expected.status)), expected.shown);
  else refused(answer, expected.status, expected.scimType, /./);
}

/** The ID of one of the resources; undefined if there are none. */
function chosen({ resources }: Model, index: number): string | undefined {
  return [...resources.keys()][index % Math.max(1, resources.size)];
}

function create(values: Values): Step {
  return async (client, model) => {
    const { answered, keep } = model.create(values);
    const answer = await client.post("/Things", resourceOf(model.attributes, values));
    answers(answer, answered);
    if (answer.status === 201) keep(answer.body.id);
  };
}

function replace(index: number, values: Values): Step {
  return async (client, model) => {
    const id = chosen(model, index);
    if (id === undefined) return;
    const answer = await client.put(`/Things/${id}`, resourceOf(model.attributes, values));
    answers(answer, model.replace(id, values));
  };
}

function modify(index: number, attribute: RandomAttribute, value: Values[string] | undefined): Step {
  return async (client, model) => {
    const id = chosen(model, index);
    if (id === undefined) return;
    const path = pathOf(attribute);
    // Another test covers whether an absent value can be removed.
    if (value === undefined && model.resources.get(id)?.[attribute.name] === undefined) return;
    const operation = value === undefined ? { op: "remove", path } : { op: "replace", path, value };
    answers(await client.patch(`/Things/${id}`, [operation]), model.modify(id, attribute, value));
  };
}

function remove(index: number): Step {
  return async (client, model) => {
    const id = chosen(model, index);
    if (id === undefined) return;
    assert.equal((await client.delete(`/Things/${id}`)).status, 204);
    model.resources.delete(id);
  };
}

function stepOf(attributes: readonly RandomAttribute[]): fc.Arbitrary<Step> {
  const index = fc.nat({ max: 20 });
  const changes = attributes.map((attribute) =>
    // Without a value as often as any other: the server must enforce `required`.
    fc.tuple(index, someValue({ ...attribute, required: false })).map(([at, value]) => modify(at, attribute, value)),
  );
  return fc.oneof(
    { weight: 5, arbitrary: valuesOf(attributes).map(create) },
    { weight: 2, arbitrary: fc.tuple(index, valuesOf(attributes)).map(([at, values]) => replace(at, values)) },
    { weight: 4, arbitrary: fc.oneof(...changes) },
    { weight: 1, arbitrary: index.map(remove) },
  );
}

const history = schema.chain((attributes) =>
  fc.record({ attributes: fc.constant(attributes), steps: fc.array(stepOf(attributes), { maxLength: STEPS }) }),
);

/** Reads everything in every way, and filters by every value. */
async function agree(client: Client, model: Model): Promise<void> {
  for (const id of model.resources.keys()) {
    const path = `/Things/${id}`;
    assert.deepEqual(ownOf(succeeded(await client.get(path), 200)), model.read(id));
    for (const attribute of model.attributes) {
      const named = succeeded(await client.get(`${path}?attributes=${pathOf(attribute)}`), 200);
      assert.deepEqual(ownOf(named), model.read(id, attribute.name));
    }
  }
  for (const attribute of model.attributes) {
    for (const value of candidates(attribute)) {
      const filter = encodeURIComponent(`${pathOf(attribute)} eq ${JSON.stringify(value)}`);
      const answer = await client.get(`/Things?filter=${filter}&attributes=id`);
      const expected = model.matching(attribute, value);
      if (expected === undefined) refused(answer, 400, "invalidFilter", /never returned/);
      else assert.deepEqual(idsOf(succeeded(answer, 200)), [...expected].sort(), attribute.name);
    }
  }
}

function idsOf({ Resources = [] }: AnyJson): string[] {
  return Resources.map(({ id }: AnyJson) => id).sort();
}

test("resources of any schema are stored, returned, found and rejected as its characteristics say", async () => {
  const property = fc.asyncProperty(history, async ({ attributes, steps }) => {
    const client = await world.clientWith({ endpoint: await world.newEndpoint(settingsOf(attributes)) });
    const model = new Model(attributes);
    for (const step of steps) await step(client, model);
    await agree(client, model);
  });
  await fc.assert(property, { numRuns: RUNS, interruptAfterTimeLimit: LONGEST_MS });
});
