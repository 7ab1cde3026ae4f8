import assert from "node:assert/strict";
import { before } from "node:test";
import { refused, succeeded } from "../../testing/assert-answer.ts";
import type { AnyJson } from "../../testing/client.ts";
import { shows } from "../shows.ts";
import { startWorld } from "../world.ts";

const { client, admin, make, withSettings } = await startWorld();

const THING = "urn:example:params:scim:schemas:Thing";
const settings = {
  schemas: [
    {
      id: THING,
      name: "Thing",
      attributes: [
        { name: "name", type: "string", required: true },
        { name: "key", type: "string", caseExact: true },
        { name: "size", type: "integer" },
        { name: "weight", type: "decimal" },
        { name: "made", type: "dateTime" },
        { name: "used", type: "boolean" },
        { name: "picture", type: "binary" },
        { name: "tags", type: "string", multiValued: true },
        {
          name: "parts",
          type: "complex",
          multiValued: true,
          subAttributes: [
            { name: "type", type: "string" },
            { name: "value", type: "string" },
            { name: "primary", type: "boolean" },
          ],
        },
        { name: "place", type: "complex", subAttributes: [{ name: "room", type: "string" }] },
      ],
    },
  ],
  resourceTypes: [{ name: "Thing", endpoint: "/Things", schema: THING }],
};
assert.equal((await admin.send("PATCH", "/api/endpoints/default", { body: { settings } })).status, 200);

const THINGS: AnyJson[] = [
  {
    name: "Anvil",
    key: "Ab",
    size: 2,
    weight: 1.5,
    made: "2026-01-01T00:00:00Z",
    used: true,
    picture: "QQ==",
    tags: ["heavy", "old"],
    parts: [
      { type: "lid", value: "x" },
      { type: "leg", value: "y", primary: true },
    ],
    place: { room: "R1" },
  },
  {
    name: "book",
    key: "ab",
    size: 10,
    weight: 10,
    made: "2026-01-01T01:30:00+01:00",
    used: false,
    parts: [
      { type: "lid", value: "y" },
      { type: "leg", value: "a" },
    ],
    place: { room: "r2" },
  },
  { name: "Cup", tags: ["OLD"], made: "2026-02-01T00:00:00Z" },
  { name: "dish", size: 3 },
];
const ALL = THINGS.map(({ name }) => name);

before(async () => {
  for (const thing of THINGS) await make("/Things", { schemas: [THING], ...thing });
});

async function found(query: string): Promise<string[]> {
  const { Resources } = succeeded(await client.get(`/Things?${query}`), 200);
  return Resources.map(({ name }: AnyJson) => name);
}

const matching = (filter: string) => found(`filter=${encodeURIComponent(filter)}`);

async function finds(cases: readonly (readonly [filter: string, names: readonly string[]])[]): Promise<void> {
  for (const [filter, names] of cases) assert.deepEqual(await matching(filter), names, filter);
}

async function refuses(...filters: readonly string[]): Promise<void> {
  for (const filter of filters) {
    refused(await client.get(`/Things?filter=${encodeURIComponent(filter)}`), 400, "invalidFilter", /^filter/);
  }
}

shows("RFC 7644 §3.4.2.2-1", "a filter returns exactly its matches", () =>
  finds([
    ['name eq "Cup"', ["Cup"]],
    ["size gt 2", ["book", "dish"]],
    ['name eq "nothing"', []],
    ["name pr", ALL],
  ]),
);

shows(
  ["RFC 7644 §3.4.2.2-2", "RFC 7644 §3.4.2.2-3", "RFC 7644 §3.4.2.2-13", "RFC 7644 §3.12-14"],
  "an invalid filter is rejected",
  async () => {
    // The default profile tolerates an empty parameter, and a text without quotes.
    await withSettings({ profile: "strict" }, () => refuses("", " ", "name eq x"));
    await refuses("name", "eq", '"x"', "name eq", 'eq "x"', 'name "x"', "()", "(name pr", "name pr)");
    await refuses("name pr and", "not name pr", "name pr or or size pr", 'name eq "x', "parts[", "parts[]");
  },
);

shows("RFC 7644 §3.4.2.2-4", "eq finds the value itself", () =>
  finds([
    ['key eq "ab"', ["book"]],
    ["size eq 10", ["book"]],
    ["weight eq 1.5", ["Anvil"]],
    ["used eq true", ["Anvil"]],
    ['made eq "2026-01-01T00:30:00Z"', ["book"]],
    ['picture eq "QQ=="', ["Anvil"]],
  ]),
);

shows("RFC 7644 §3.4.2.2-5", "ne finds resources with another value", () =>
  finds([
    ['name ne "cup"', ["Anvil", "book", "dish"]],
    ["used ne true and used pr", ["book"]],
  ]),
);

shows(["RFC 7644 §3.4.2.2-6", "RFC 7644 §3.4.2.2-7", "RFC 7644 §3.4.2.2-8"], "co, sw and ew find parts", () =>
  finds([
    ['name co "i"', ["Anvil", "dish"]],
    ['name sw "an"', ["Anvil"]],
    ['name sw "Anvil"', ["Anvil"]],
    ['name ew "K"', ["book"]],
    ['name co "%"', []],
    ['name co "_"', []],
  ]),
);

shows("RFC 7644 §3.4.2.2-9", "pr finds resources with a value", () =>
  finds([
    ["size pr", ["Anvil", "book", "dish"]],
    ["tags pr", ["Anvil", "Cup"]],
    ["place pr", ["Anvil", "book"]],
    ["place.room pr", ["Anvil", "book"]],
    ["parts.primary pr", ["Anvil"]],
  ]),
);

shows("RFC 7644 §3.4.2.2-10", "gt, ge, lt and le compare by letters, by time, by number", () =>
  finds([
    ['name gt "B"', ["book", "Cup", "dish"]],
    ['name le "book"', ["Anvil", "book"]],
    ["size lt 10", ["Anvil", "dish"]],
    ["size ge 3", ["book", "dish"]],
    ["weight gt 1.5", ["book"]],
    ['made gt "2026-01-01T00:00:00Z"', ["book", "Cup"]],
    ['made lt "2026-01-01T02:00:00+01:00"', ["Anvil", "book"]],
  ]),
);

shows("RFC 7644 §3.4.2.2-11", "values without an order are not compared by it", async () => {
  for (const operator of ["gt", "ge", "lt", "le"]) {
    await refuses(`used ${operator} true`, `picture ${operator} "QQ=="`, `parts.primary ${operator} false`);
  }
});

shows(
  ["RFC 7644 §3.4.2.2-12", "RFC 7644 §3.4.2.2-14"],
  "not has precedence over and, and over or; brackets over all",
  () =>
    finds([
      ['name eq "Cup" and size pr', []],
      ['name eq "Cup" or size pr', ALL],
      ["not (size pr)", ["Cup"]],
      ['name eq "Cup" or name eq "dish" and size eq 1', ["Cup"]],
      ['(name eq "Cup" or name eq "dish") and size eq 3', ["dish"]],
      ['not (name eq "Cup") and size eq 3 or used eq true', ["Anvil", "dish"]],
      ["not (not (size eq 3))", ["dish"]],
    ]),
);

shows(
  ["RFC 7644 §3.4.2.2-15", "RFC 7644 §3.4.2.2-17"],
  "one value must match, in brackets the same one for all conditions",
  () =>
    finds([
      ['tags eq "old"', ["Anvil", "Cup"]],
      ['parts.type eq "lid" and parts.value eq "y"', ["Anvil", "book"]],
      ['parts[type eq "lid" and value eq "y"]', ["book"]],
      ['parts[not (type eq "lid") and (value eq "a" or value eq "b")]', ["book"]],
    ]),
);

shows("RFC 7644 §3.4.2.2-16", "a filter on a complex attribute names a sub-attribute", async () => {
  await finds([['place.room eq "R1"', ["Anvil"]]]);
  await refuses('place eq "R1"', 'name.room eq "R1"');
});

shows("RFC 7644 §3.4.2.2-18", "a filter sees the last returned value of an attribute", async () => {
  const { body } = await make("/Users", { schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"], userName: "u" });
  const isActive = succeeded(await client.get("/Users?filter=active+eq+true"), 200).totalResults;
  assert.equal(isActive, body.active === true ? 1 : 0);
});

shows("RFC 7644 §3.4.2.2-19", "an unknown operator is rejected with the known ones", async () => {
  const answer = await client.get(`/Things?filter=${encodeURIComponent('name regex "x"')}`);
  refused(answer, 400, "invalidFilter", /one of eq, ne, co, sw, ew, gt, ge, lt, le, pr but found "regex"/);
});

shows(["RFC 7644 §3.4.2.2-20", "RFC 7643 §7-7"], "letter case matters if the attribute says so", () =>
  finds([
    ['name eq "ANVIL"', ["Anvil"]],
    ['key eq "AB"', []],
    ['key eq "Ab"', ["Anvil"]],
    ['key co "A"', ["Anvil"]],
    ['key gt "Ab"', ["book"]],
  ]),
);

shows(
  ["RFC 7644 §3.4.2.2-21", "RFC 7644 §3.10-1", "RFC 7644 §3.10-3"],
  "letter case of names and operators does not matter",
  () =>
    finds([
      ['NAME EQ "Cup"', ["Cup"]],
      [`${THING}:name eq "Cup"`, ["Cup"]],
      [`${THING.toUpperCase()}:Place.ROOM Eq "R1" AND SIZE Pr`, ["Anvil"]],
      ['NOT (Parts[TYPE eq "lid"] OR size PR)', ["Cup"]],
    ]),
);

shows("RFC 7644 §3.4.2.3-1", "sortBy sorts the resources", async () => {
  assert.deepEqual(await found("sortBy=name&sortOrder=ascending"), ["Anvil", "book", "Cup", "dish"]);
  assert.deepEqual(await found("sortBy=name&sortOrder=descending"), ["dish", "Cup", "book", "Anvil"]);
});

shows("RFC 7644 §3.4.2.3-2", "of several values the primary one sorts, otherwise the first", async () => {
  assert.deepEqual((await found("sortBy=parts.value")).slice(0, 2), ["Anvil", "book"]);
  assert.deepEqual((await found("sortBy=parts.type")).slice(0, 2), ["Anvil", "book"]);
  assert.deepEqual((await found("sortBy=tags")).slice(0, 2), ["Anvil", "Cup"]);
});

shows("RFC 7644 §3.4.2.3-3", "a complex attribute is sorted by a sub-attribute", async () => {
  assert.deepEqual((await found("sortBy=place.room")).slice(0, 2), ["Anvil", "book"]);
  refused(await client.get("/Things?sortBy=place"), 400, "invalidValue", /place/);
});

shows("RFC 7644 §3.4.2.3-4", "missing values are last, and first in descending order", async () => {
  assert.deepEqual(await found("sortBy=weight"), ["Anvil", "book", "Cup", "dish"]);
  assert.deepEqual((await found("sortBy=weight&sortOrder=descending")).slice(2), ["book", "Anvil"]);
});

shows("RFC 7644 §3.4.2.3-5", "the order is ascending by default", async () => {
  assert.deepEqual(await found("sortBy=name"), await found("sortBy=name&sortOrder=ascending"));
});

shows("RFC 7644 §3.4.2.3-6", "the order is that of the type", async () => {
  assert.deepEqual((await found("sortBy=size")).slice(0, 3), ["Anvil", "dish", "book"]);
  assert.deepEqual((await found("sortBy=made")).slice(0, 3), ["Anvil", "book", "Cup"]);
  assert.deepEqual((await found("sortBy=key")).slice(0, 2), ["Anvil", "book"]);
  assert.deepEqual(await found("sortBy=name"), ["Anvil", "book", "Cup", "dish"]);
});
