import assert from "node:assert/strict";
import { before } from "node:test";
import { refused, succeeded } from "../../testing/assert-answer.ts";
import type { AnyJson } from "../../testing/client.ts";
import { searchRequest } from "../../testing/scim-bodies.ts";
import { shows } from "../shows.ts";
import { type Made, startWorld } from "../world.ts";

const { client, newUser, newGroup, read } = await startWorld();
let [ann, bob, readers]: Made[] = [];

before(async () => {
  ann = await newUser({ displayName: "Ann", title: "T" });
  bob = await newUser({ displayName: "Bob" });
  readers = await newGroup({ displayName: "Readers", members: [{ value: ann.id }] });
});

const idsOf = ({ Resources }: AnyJson) => Resources.map(({ id }: AnyJson) => id).sort();
const matching = (filter: string) => read(`/?filter=${encodeURIComponent(filter)}`);

shows("RFC 7644 §3.4.2.1-1", "a query on the base URI covers all resources", async () => {
  const all = [ann?.id, bob?.id, readers?.id].sort();
  for (const path of ["", "/", "?count=10"]) assert.deepEqual(idsOf(await read(path)), all);
  for (const resource of (await read("/")).Resources) {
    assert.deepEqual(resource, await read(new URL(resource.meta.location).pathname.replace("/scim/v2", "")));
  }
});

shows(
  ["RFC 7644 §3.4.2.1-3", "RFC 7644 §3.4.2.1-4"],
  "filters are the same; an attribute that a type lacks has no value",
  async () => {
    const cases: [string, (Made | undefined)[]][] = [
      ['displayName sw "b"', [bob]],
      ["displayName pr", [ann, bob, readers]],
      ['title eq "T"', [ann]],
      ["title pr", [ann]],
      ["members pr", [readers]],
      [`members.value eq "${ann?.id}" or userName eq "${bob?.body.userName}"`, [readers, bob]],
      ["not (title pr)", [bob, readers]],
      ["userName pr and members pr", []],
    ];
    for (const [filter, found] of cases) {
      assert.deepEqual(idsOf(await matching(filter)), found.map((made) => made?.id).sort(), filter);
    }
    refused(await client.get("/?filter=displayName+like+%22x%22"), 400, "invalidFilter", /./);
  },
);

shows("RFC 7644 §3.4.2.1-5", "meta.resourceType selects types", async () => {
  assert.deepEqual(idsOf(await matching('meta.resourceType eq "Group"')), [readers?.id]);
  const users = await matching('(meta.resourceType eq "User") and displayName pr');
  assert.deepEqual(idsOf(users), [ann?.id, bob?.id].sort());
});

shows("RFC 7644 §3.4.3-7", "POST also queries all types", async () => {
  const filter = 'displayName ge "B"';
  const answer = await client.post("/.search", searchRequest({ filter, sortBy: "displayName", count: 1 }));
  const query = `filter=${encodeURIComponent(filter)}&sortBy=displayName&count=1`;
  assert.deepEqual(succeeded(answer, 200), await read(`/?${query}`));
  assert.deepEqual([answer.body.totalResults, answer.body.Resources[0].id], [2, bob?.id]);
});
