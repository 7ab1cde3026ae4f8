import assert from "node:assert/strict";
import { test } from "node:test";
import { isObject, type JsonObject, type ResourceModel, ScimError } from "@scimtool/scim";
import fc from "fast-check";
import { restoreResource } from "../../directory/restore.ts";
import { attributesOf } from "../../store/resource-body.ts";
import type { Reference } from "../../store/store.ts";
import { GROUP, inDirectory, type TestDirectory, USER } from "../../testing/directory.ts";
import { create, ENTERPRISE, modify, remove, replace } from "../../testing/directory-actions.ts";
import { readState } from "./state.ts";

const RUNS = 60;

/** A resource that was created, even if it was deleted later. */
type Known = { readonly model: ResourceModel; readonly id: string };

type World = { readonly directory: TestDirectory; readonly known: Known[]; readonly moments: number[] };

type Step = (world: World) => Promise<unknown>;

/** Chosen among the resources that exist at that time. */
const number = fc.nat({ max: 1_000 });

const word = fc.constantFrom("a", "b", "c");

function pick(values: readonly Known[], at: number): Known | undefined {
  return values[at % Math.max(1, values.length)];
}

/** The ID of any resource, also of a deleted one. */
function values(known: readonly Known[], picked: readonly number[]): JsonObject[] {
  return [...new Set(picked.map((at) => pick(known, at)?.id).filter((id) => id !== undefined))].map((value) => ({
    value,
  }));
}

const attributes = fc.record(
  {
    title: word,
    active: fc.boolean(),
    name: fc.record({ givenName: word, familyName: word }, { requiredKeys: ["givenName"] }),
    emails: fc.uniqueArray(fc.record({ value: word, type: word }), {
      minLength: 1,
      maxLength: 3,
      selector: ({ type }) => type,
    }),
    nickName: word,
  },
  { requiredKeys: [] },
);

const userName = fc.constantFrom("u0", "u1", "u2", "u3", "u4");

const user = fc.tuple(userName, attributes, fc.option(number));

function userOf([name, rest, manager]: [string, object, number | null], known: readonly Known[]): JsonObject {
  const [value] = manager === null ? [] : values(known, [manager]);
  const extension = value === undefined ? {} : { [ENTERPRISE]: { department: "d", manager: value } };
  return { userName: name, ...(rest as JsonObject), ...extension };
}

function group(known: readonly Known[], name: string, members: readonly number[]): JsonObject {
  return { displayName: name, members: values(known, members) };
}

/** Any existing resource of a type. */
function some(known: readonly Known[], model: ResourceModel, at: number): Known | undefined {
  return pick(
    known.filter((each) => each.model === model),
    at,
  );
}

const groupName = fc.constantFrom("g0", "g1", "g2");
const several = fc.array(number, { maxLength: 4 });

function made(model: ResourceModel, body: (known: readonly Known[]) => JsonObject): Step {
  return async ({ directory, known }) => {
    const { stored } = await create(directory, model, body(known));
    known.push({ model, id: stored.id });
  };
}

function patched(model: ResourceModel, at: number, operation: (known: readonly Known[]) => JsonObject): Step {
  return async ({ directory, known }) => {
    const one = some(known, model, at);
    if (one !== undefined) await modify(directory, model, one as never, [operation(known)]);
  };
}

const step: fc.Arbitrary<Step> = fc.oneof(
  { arbitrary: user.map((given) => made(USER, (known) => userOf(given, known))), weight: 4 },
  {
    arbitrary: fc
      .tuple(groupName, several)
      .map(([name, members]) => made(GROUP, (known) => group(known, name, members))),
    weight: 2,
  },
  fc.tuple(number, user).map(
    ([at, given]): Step =>
      async ({ directory, known }) => {
        const one = some(known, USER, at);
        if (one !== undefined) await replace(directory, USER, one as never, userOf(given, known));
      },
  ),
  fc.tuple(number, groupName, several).map(
    ([at, name, members]): Step =>
      async ({ directory, known }) => {
        const one = some(known, GROUP, at);
        if (one !== undefined) await replace(directory, GROUP, one as never, group(known, name, members));
      },
  ),
  fc
    .tuple(number, attributes)
    .map(([at, value]) => patched(USER, at, () => ({ op: "replace", value: value as JsonObject }))),
  fc
    .tuple(number, fc.constantFrom("title", "name.givenName", "emails", 'emails[type eq "a"]', `${ENTERPRISE}:manager`))
    .map(([at, path]) => patched(USER, at, () => ({ op: "remove", path }))),
  {
    arbitrary: fc
      .tuple(number, fc.constantFrom("add", "replace", "remove"), several)
      .map(([at, op, picked]) =>
        patched(GROUP, at, (known) => ({ op, path: "members", value: values(known, picked) })),
      ),
    weight: 4,
  },
  {
    arbitrary: number.map(
      (at): Step =>
        async ({ directory, known }) => {
          const one = pick(known, at);
          if (one !== undefined) await remove(directory, one.model, one as never);
        },
    ),
    weight: 3,
  },
  {
    arbitrary: fc.tuple(number, number).map(
      ([at, when]): Step =>
        async ({ directory, known, moments }) => {
          const one = pick(known, at);
          const atMs = moments[when % Math.max(1, moments.length)];
          if (one === undefined || atMs === undefined) return;
          const { endpoint } = directory.about(one.model);
          const { resource } = await readState(directory.store, endpoint, one.id, { atMs });
          if (resource === undefined) return;
          const { stored } = await restoreResource(directory, directory.about(one.model), one.id, resource);
          checkRestored(comparable(resource), await seen(directory, one), stored.revision);
        },
    ),
    weight: 4,
  },
);

/** A resource's state, and since when. */
type Seen = { readonly resource: JsonObject | undefined; readonly revision: number | undefined };

async function seen({ store, about }: TestDirectory, { model, id }: Known): Promise<Seen> {
  const wanted = { groups: false, members: true };
  const found = await store.resources.get(store.committed, about(model).endpoint.key, model, id, wanted);
  if (found === undefined) return { resource: undefined, revision: undefined };
  const body = attributesOf(found);
  const members = (found.members ?? []).map(memberOf);
  return { resource: comparable(members.length === 0 ? body : { ...body, members }), revision: found.revision };
}

function memberOf({ id }: Reference): JsonObject {
  return { value: id };
}

/** Without derived names and types, and with sorted members. */
function comparable(resource: JsonObject): JsonObject {
  const { members = [], [ENTERPRISE]: extension = {}, ...rest } = resource;
  assert.ok(Array.isArray(members) && isObject(extension));
  const { manager, ...others } = extension;
  const { displayName: _, ...named } = isObject(manager) ? manager : {};
  const ids = members.filter(isObject).map(({ value = null }) => ({ value }));
  const byId = ids.toSorted((left, right) => (String(left["value"]) < String(right["value"]) ? -1 : 1));
  return { ...rest, [ENTERPRISE]: { ...others, ...(manager !== undefined && { manager: named }) }, members: byId };
}

/** Everything is restored except references to resources that do not exist. */
function checkRestored(wanted: JsonObject, { resource, revision }: Seen, told: number): void {
  assert.ok(resource);
  assert.equal(revision, told);
  const { members, [ENTERPRISE]: extension, ...rest } = wanted;
  const { members: _, [ENTERPRISE]: now, ...others } = resource;
  const without = (object: JsonObject) => ({ ...object, schemas: [] });
  assert.deepEqual(without(others), without(rest));
  assert.ok(isObject(extension) && isObject(now) && Array.isArray(members));
  assert.equal(now["department"], extension["department"]);
}

/** Carries out the steps, and checks everything after each. */
async function run(directory: TestDirectory, steps: readonly Step[]): Promise<void> {
  const world: World = { directory, known: [], moments: [] };
  const observed: { readonly atMs: number; readonly one: Known; readonly is: Seen }[] = [];
  const begunMs = directory.now();
  for (const each of steps) {
    await each(world).catch((error: unknown) => {
      // Names may be taken, and resources deleted: continue with the next step.
      if (!(error instanceof ScimError) || error.status >= 500) throw error;
    });
    const atMs = directory.now();
    world.moments.push(atMs);
    for (const one of world.known) observed.push({ atMs, one, is: await seen(directory, one) });
  }
  const stateOf = async ({ model, id }: Known, moment: Parameters<typeof readState>[3]) => {
    const state = await readState(directory.store, directory.about(model).endpoint, id, moment);
    return { resource: state.resource && comparable(state.resource), revision: state.revision };
  };
  const lastOf = new Map<string, { readonly one: Known; readonly is: Seen }>();
  for (const { atMs, one, is } of observed) {
    assert.deepEqual(await stateOf(one, { atMs }), is);
    if (is.revision !== undefined) lastOf.set(`${one.id} ${is.revision}`, { one, is });
  }
  for (const { one, is } of lastOf.values()) assert.deepEqual(await stateOf(one, { revision: is.revision ?? 0 }), is);
  for (const one of world.known) {
    assert.deepEqual(await stateOf(one, { atMs: begunMs }), { resource: undefined, revision: undefined });
  }
}

for (const danglingReferences of ["accept", "refuse"]) {
  test(`after any writes, each version and each time shows the state as it was (dangling references: ${danglingReferences})`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30, size: "max" }), (steps) =>
        inDirectory((directory) => run(directory, steps), { danglingReferences })(),
      ),
      { numRuns: RUNS },
    );
  });
}
