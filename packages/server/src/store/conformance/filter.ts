import assert from "node:assert/strict";
import { describe, test } from "node:test";
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
import { MODEL as EVERY_KIND } from "../../../../scim/src/filter/fixture.ts";
import type { Reference, StoredResource, Transaction } from "../store.ts";
import {
  ENTERPRISE,
  find,
  GROUP,
  insert,
  insertGroup,
  insertUser,
  inWorld,
  LOCATIONS,
  type OpenStore,
  START_MS,
  USER,
  update,
  type World,
} from "./world.ts";

/** Random resources at a time; each run asks {@link FILTERS} filters about them. */
const RESOURCES = 20;
const FILTERS = 12;
const RUNS = 300;

/** A resource in memory, and how it comes into the database. */
type Planned = {
  readonly attributes: JsonObject;
  readonly createdMs: number;
  /** Undefined: never modified. */
  readonly modifiedMs: number | undefined;
  /** Which of the three companions are at the other end of `groups` or `members`. */
  readonly companions: readonly boolean[];
};

type Scenario = {
  readonly ids: readonly string[];
  readonly resources: readonly Planned[];
  readonly filters: readonly Filter[];
};

const TIMES = fc.constantFrom(
  ...["2011-05-13T04:42:34Z", "2011-05-13T04:42:34.1Z", "2011-05-13T00:00:00Z", "9999-12-31T23:59:59Z"].map(Date.parse),
);

function scenarioArbitrary(model: ResourceModel): fc.Arbitrary<Scenario> {
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

/** With texts of one character, so that resources and filters often have the same ones. */
function narrowed({ resources, filters }: Scenario): Pick<Scenario, "resources" | "filters"> {
  return JSON.parse(JSON.stringify({ resources, filters }), (name, value) => {
    const isTime = typeof value === "string" && value.length > 6;
    return typeof value !== "string" || isTime || GRAMMAR.has(name)
      ? value
      : String.fromCodePoint(value.codePointAt(0) ?? 97);
  });
}

/** Members of a filter that are no values. */
const GRAMMAR: ReadonlySet<string> = new Set(["kind", "operator", "schema", "attribute", "subAttribute"]);

/** Without what is kept in columns or as rows, or not at all. */
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

/** Writes the scenario, and gives back each resource as a client would see it. */
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
    if (modifiedMs !== undefined) stored = await store.resources.touch(transaction, endpoint, stored, modifiedMs);
    const others = companions.filter((_, at) => chosen[at]);
    for (const other of others) {
      const [group, member] = model.collection === undefined ? [other, id] : [stored, other.id];
      await store.members.add(transaction, endpoint, GROUP, group.key, [member], "refuse");
    }
    const references = others.map(({ id: otherId, body }) => ({
      id: otherId,
      type: companionModel.type.name,
      label: String(Object.values(JSON.parse(body)).at(-1)),
    }));
    views.push(viewOf(model, stored, references));
  }
  return views;
}

/** A stored resource with its derived attributes, as the protocol shows it. */
function viewOf(model: ResourceModel, stored: StoredResource, others: readonly Reference[]): JsonObject {
  const name = model.collection?.name ?? (isReference(model, "groups") ? "groups" : undefined);
  const values = others.map(({ id, type, label }) => ({
    value: id,
    $ref: (LOCATIONS.get(type) ?? "") + id,
    display: label,
    type: name === "groups" ? "direct" : type,
  }));
  return {
    ...(JSON.parse(stored.body) as JsonObject),
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

/** Asserts, in a transaction that is rolled back, that the store finds what the language says. */
async function check(world: World, model: ResourceModel, scenario: Scenario): Promise<number> {
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
      const ids = found.resources.map(({ id }) => id).filter((id) => scenario.ids.indexOf(id) < RESOURCES);
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

export function filterConformance(openStore: OpenStore): void {
  describe("filter", () => {
    const models: readonly (readonly [string, ResourceModel])[] = [
      ["User", USER],
      ["Group", GROUP],
      ["a type with attributes of every kind", EVERY_KIND],
    ];
    for (const [name, model] of models) {
      test(
        `any filter on ${name} finds exactly the resources that it is true of`,
        inWorld(openStore, async (world) => {
          let selective = 0;
          await fc.assert(
            fc.asyncProperty(scenarioArbitrary(model), async (scenario) => {
              selective += await check(world, model, scenario);
            }),
            { numRuns: RUNS },
          );
          // A filter that matches all or nothing proves little.
          assert.ok(selective > RUNS, `${selective} filters told resources apart`);
        }),
      );
    }

    const early = "2026-01-01T00:00:00.000Z";
    const examples: readonly (readonly [filter: string, found: readonly string[]])[] = [
      ['id eq "u1"', ["u1"]],
      ['id eq "U1"', []],
      ['id sw "u"', ["u1", "u2", "u3"]],
      ['id ne "u1"', ["u2", "u3"]],
      ['meta.resourceType eq "User"', ["u1", "u2", "u3"]],
      ['meta.resourceType eq "user"', []],
      [`meta.created eq "${early}"`, ["u1"]],
      ['meta.created eq "2026-01-01T01:00:00+01:00"', ["u1"]],
      [`meta.created gt "${early}"`, ["u2", "u3"]],
      [`meta.created ge "${early}"`, ["u1", "u2", "u3"]],
      [`meta.created lt "${early}"`, []],
      [`meta.created le "${early}"`, ["u1"]],
      ['meta.lastModified gt "2026-01-01T00:00:01.500Z"', ["u3"]],
      [`meta[created gt "${early}" and lastModified lt "2026-01-01T00:00:02Z"]`, ["u2"]],
      ['meta.version eq "W/\\"2\\""', ["u3"]],
      ['meta.version ne "W/\\"1\\""', ["u3"]],
      ['meta.location eq "https://scim.example.com/scim/v2/Users/u2"', ["u2"]],
      ['meta.location ew "/u2"', ["u2"]],
      ["meta pr", ["u1", "u2", "u3"]],
      ["not (meta.created pr)", []],
      ['groups.value eq "g1"', ["u1", "u2"]],
      ['groups eq "g2"', ["u2"]],
      ['groups.value ne "g1"', ["u2"]],
      ['not (groups.value eq "g1")', ["u3"]],
      ['groups.display eq "GUIDES"', ["u1", "u2"]],
      ['groups[type eq "Direct" and display eq "staff"]', ["u2"]],
      ['groups[type eq "indirect"]', []],
      ['groups[value eq "g1" and display eq "staff"]', []],
      ['groups.$ref eq "https://scim.example.com/scim/v2/Groups/g2"', ["u2"]],
      ["groups pr", ["u1", "u2"]],
      ["groups.display pr", ["u1", "u2"]],
      ["not (groups pr)", ["u3"]],
      ['name[familyName eq "jensen"]', ["u1"]],
      ['name[not (familyName eq "jensen")]', ["u2"]],
      ["name pr", ["u1", "u2"]],
      ['x509Certificates.value eq "aGk="', ["u1"]],
      ['x509Certificates.value eq "AGK="', []],
      ['emails[value eq "U1@EXAMPLE.COM" and type eq "work"]', ["u1"]],
      ['emails[value eq "u1@example.com" and type eq "home"]', []],
      ['emails.type ne "work"', ["u1"]],
      [`${ENTERPRISE}:manager.value eq "u1"`, ["u2"]],
      [`${ENTERPRISE}:manager eq "U1"`, []],
      [`${ENTERPRISE}:manager[value eq "u1"]`, ["u2"]],
    ];
    test(
      "derived attributes and parts of complex ones are found by what the protocol shows of them",
      inWorld(openStore, async (world) => {
        await family(world);
        for (const [filter, expected] of examples) {
          const found = await find(world, USER, { filter });
          assert.deepEqual(
            found.resources.map(({ id }) => id),
            expected,
            filter,
          );
        }
      }),
    );

    const groupExamples: readonly (readonly [filter: string, found: readonly string[]])[] = [
      ['members.value eq "u2"', ["g1", "g2"]],
      ['members eq "g1"', ["g2"]],
      ['members.value eq "U2"', []],
      ['members.type eq "group"', ["g2"]],
      ['members[type eq "User" and value eq "u1"]', ["g1"]],
      ['members[type eq "Group" and value eq "u2"]', []],
      ['members.$ref eq "https://scim.example.com/scim/v2/Users/u2"', ["g1", "g2"]],
      ['members.display eq "Family B"', ["g1", "g2"]],
      ["members pr", ["g1", "g2"]],
      ["not (members pr)", ["g3"]],
    ];
    test(
      "groups are found by their members",
      inWorld(openStore, async (world) => {
        await family(world);
        for (const [filter, expected] of groupExamples) {
          const found = await find(world, GROUP, { filter });
          assert.deepEqual(
            found.resources.map(({ id }) => id),
            expected,
            filter,
          );
        }
      }),
    );

    const kindExamples: readonly (readonly [filter: string, found: readonly string[]])[] = [
      ['tags eq "RED"', ["k1"]],
      ['tags[value eq "red"]', ["k1"]],
      ['tags[value ne "red"]', ["k1", "k2"]],
      ['tags[not (value sw "g")]', ["k1"]],
      ["tags[value pr]", ["k1", "k2"]],
      ["tags pr", ["k1", "k2"]],
      ['certificate eq "aGVsbG8="', ["k1"]],
      ['certificate eq "AGVSBG8="', ["k2"]],
      ['profile.labels eq "A"', ["k1"]],
      ['profile[labels eq "a"]', ["k1"]],
      ["profile.labels pr", ["k1"]],
      ["profile pr", ["k1"]],
      ["logins gt 9", ["k1"]],
      ["logins eq 42", ["k1"]],
      ["score lt 0.5", ["k2"]],
      ['hired eq "2011-05-13T06:42:34+02:00"', ["k1"]],
      ['hired lt "2011-05-13T04:42:34.001Z"', ["k1"]],
      ['profileUrl eq "https://example.com/b"', []],
    ];
    test(
      "attributes of every kind are found by the rules of their kind",
      inWorld(openStore, async (world) => {
        const kinds: readonly (readonly [string, JsonObject])[] = [
          [
            "k1",
            {
              tags: ["red", "Green"],
              certificate: "aGVsbG8=",
              profile: { labels: ["b", "a"] },
              logins: 42,
              score: 1.5,
              hired: "2011-05-13T04:42:34Z",
              profileUrl: "https://example.com/B",
            },
          ],
          ["k2", { tags: ["green"], certificate: "AGVSBG8=", profile: { labels: [] }, logins: 9, score: 0.1 }],
          ["k3", { tags: [] }],
        ];
        await world.store.transaction(async (transaction) => {
          for (const [id, attributes] of kinds) await insert(world, transaction, EVERY_KIND, attributes, { id });
        });
        for (const [filter, expected] of kindExamples) {
          const found = await find(world, EVERY_KIND, { filter });
          assert.deepEqual(
            found.resources.map(({ id }) => id),
            expected,
            filter,
          );
        }
      }),
    );

    test(
      "parts of a text with characters that mean something elsewhere are found as they are",
      inWorld(openStore, async (world) => {
        const texts = ["100%", "a_b", "a\\b", "it's", 'say "x"', "a\u0000b", "😀end", "ΟΔΟΣ", "İ"];
        for (const [index, title] of texts.entries()) await insertUser(world, { userName: `u${index}`, title });
        for (const [index, text] of texts.entries()) {
          const points = [...text];
          for (const [operator, value] of [
            ["eq", text],
            ["co", points.slice(1).join("")],
            ["sw", points.slice(0, -1).join("")],
            ["ew", points.slice(1).join("")],
            ["ew", text],
          ] as const) {
            if (value === "") continue;
            const filter = `title ${operator} ${JSON.stringify(value)}`;
            assert.deepEqual(
              (await find(world, USER, { filter })).resources.map(({ body }) => JSON.parse(body).userName),
              [`u${index}`],
              filter,
            );
          }
        }
      }),
    );

    test(
      "the largest and the deepest filter that the language allows are answered",
      inWorld(openStore, async (world) => {
        await insertUser(world, { userName: "u499", emails: [{ value: "e499" }] });
        const terms = Array.from({ length: 500 }, (_, index) => `userName eq "u${index}"`);
        const values = Array.from({ length: 500 }, (_, index) => `value sw "e${index}"`);
        assert.equal((await find(world, USER, { filter: terms.join(" or ") })).total, 1);
        assert.equal((await find(world, USER, { filter: `emails[${values.join(" or ")}]` })).total, 1);
        assert.equal((await find(world, USER, { filter: terms.join(" and ") })).total, 0);
        const deep = `${"not (".repeat(49)}title pr${")".repeat(49)}`;
        assert.equal((await find(world, USER, { filter: deep })).total, 1);
        const nested = `${"(title pr or (userName pr and ".repeat(20)}userName eq "U499"${"))".repeat(20)}`;
        assert.equal((await find(world, USER, { filter: nested })).total, 1);
      }),
    );
  });
}

/** Three users, one of them modified; two groups with members, one of them in the other; and one without. */
async function family(world: World): Promise<void> {
  const u1 = await insertUser(
    world,
    {
      userName: "u1",
      name: { familyName: "Jensen" },
      emails: [
        { value: "u1@example.com", type: "work" },
        { value: "x@example.com", type: "home" },
      ],
      x509Certificates: [{ value: "aGk=" }],
    },
    { id: "u1" },
  );
  const u2 = await insertUser(
    world,
    {
      userName: "u2",
      displayName: "Family B",
      name: { givenName: "B" },
      [ENTERPRISE]: { manager: { value: "u1" } },
    },
    { id: "u2", nowMs: START_MS + 1_000 },
  );
  const u3 = await insertUser(world, { userName: "u3" }, { id: "u3", nowMs: START_MS + 1_000 });
  await update(world, USER, u3, { userName: "u3", title: "x" }, START_MS + 2_000);
  const g1 = await insertGroup(world, "Guides", [u1, u2], { id: "g1" });
  await insertGroup(world, "Staff", [u2, g1], { id: "g2" });
  await insertGroup(world, "Nobody", [], { id: "g3" });
}
