import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { JsonObject, ResourceModel } from "@scimtool/scim";
import fc from "fast-check";
import { MODEL as EVERY_KIND } from "../../../../scim/src/filter/fixture.ts";
import { idOf } from "../resource-body.ts";
import { checkFilters, scenarioArbitrary } from "./filter-oracle.ts";
import {
  ENTERPRISE,
  find,
  GROUP,
  insert,
  insertGroup,
  insertUser,
  inWorld,
  type OpenStore,
  START_MS,
  USER,
  update,
  type World,
} from "./world.ts";

const RUNS = 300;

export function filterConformance(openStore: OpenStore): void {
  describe("filter", () => {
    const models: readonly (readonly [string, ResourceModel])[] = [
      ["User", USER],
      ["Group", GROUP],
      ["a type with attributes of every kind", EVERY_KIND],
    ];
    for (const [name, model] of models) {
      test(
        `any filter on ${name} finds exactly the matching resources`,
        inWorld(openStore, async (world) => {
          let selective = 0;
          await fc.assert(
            fc.asyncProperty(scenarioArbitrary(model), async (scenario) => {
              selective += await checkFilters(world, model, scenario);
            }),
            { numRuns: RUNS },
          );
          // Filters that match everything or nothing prove little.
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
      "derived attributes and sub-attributes are found by their returned values",
      inWorld(openStore, async (world) => {
        await family(world);
        for (const [filter, expected] of examples) {
          const found = await find(world, USER, { filter });
          assert.deepEqual(found.resources.map(idOf), expected, filter);
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
          assert.deepEqual(found.resources.map(idOf), expected, filter);
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
          assert.deepEqual(found.resources.map(idOf), expected, filter);
        }
      }),
    );

    test(
      "parts of a text with special characters are found unchanged",
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
      "the largest and the deepest allowed filters are answered",
      inWorld(openStore, async (world) => {
        await insertUser(world, { userName: "u499", emails: [{ value: "e499" }] });
        const terms = Array.from({ length: 500 }, (_, index) => `userName eq "u${index}"`);
        const values = Array.from({ length: 499 }, (_, index) => `value sw "e${index + 1}"`);
        const searched = `emails[value eq "e499" and (${values.join(" or ")})]`;
        assert.equal((await find(world, USER, { filter: terms.join(" or ") })).total, 1);
        assert.equal((await find(world, USER, { filter: searched })).total, 1);
        assert.equal((await find(world, USER, { filter: terms.join(" and ") })).total, 0);
        const deep = `${"not (".repeat(49)}title pr${")".repeat(49)}`;
        assert.equal((await find(world, USER, { filter: deep })).total, 1);
        const nested = `${"(title pr or (userName pr and ".repeat(20)}userName eq "U499"${"))".repeat(20)}`;
        assert.equal((await find(world, USER, { filter: nested })).total, 1);
      }),
    );
  });
}

/** Three users, one of them modified; a group with members, a group that contains it, and an empty group. */
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
