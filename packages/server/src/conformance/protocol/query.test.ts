import assert from "node:assert/strict";
import { before } from "node:test";
import { refused, succeeded } from "../../testing/assert-answer.ts";
import type { AnyJson } from "../../testing/client.ts";
import { LIST_RESPONSE, SEARCH_REQUEST, searchRequest } from "../../testing/scim-bodies.ts";
import { shows } from "../shows.ts";
import { startWorld } from "../world.ts";

const { client, newUser, newGroup, read } = await startWorld();

const NAMES = ["Ann", "Bob", "Cyd", "Dan", "Eve"];
const namesOf = ({ Resources }: AnyJson) => Resources.map(({ userName }: AnyJson) => userName);
const search = async (parameters: object) =>
  succeeded(await client.post("/Users/.search", searchRequest(parameters)), 200);

before(async () => {
  for (const userName of NAMES) await newUser({ userName, title: "T", name: { givenName: userName } });
  await newGroup();
});

shows("RFC 7644 §3.4.2-1", "unknown parameters are ignored", async () => {
  assert.deepEqual(await read("/Users?aadOptscim062020&colour=red&count=2&"), await read("/Users?count=2"));
});

shows("RFC 7644 §3.4.2-2", "every list is a ListResponse", async () => {
  for (const path of ["/Users", "/Groups", '/Users?filter=userName+eq+"nobody"']) {
    assert.deepEqual((await read(path)).schemas, [LIST_RESPONSE]);
  }
});

shows(["RFC 7644 §3.4.2-3", "RFC 7644 §3.4.2-4"], "a list has the total and the resources", async () => {
  const { totalResults, Resources } = await read("/Users");
  assert.deepEqual([totalResults, Resources.length], [NAMES.length, NAMES.length]);
  assert.equal((await read("/Users?count=2")).totalResults, NAMES.length);
  assert.equal((await read('/Users?count=1&filter=userName+gt+"c"')).totalResults, 3);
});

shows(["RFC 7644 §3.4.2-5", "RFC 7644 §3.4.2-6"], "a page has its start and its length", async () => {
  for (const [startIndex, length] of [
    [1, 2],
    [3, 2],
    [5, 1],
    [6, 0],
  ]) {
    const { startIndex: start, itemsPerPage, Resources } = await read(`/Users?startIndex=${startIndex}&count=2`);
    assert.deepEqual([start, itemsPerPage, Resources.length], [startIndex, length, length]);
  }
});

shows("RFC 7644 §3.4.2-7", "a query without a match gets 200", async () => {
  const { totalResults } = await read('/Users?filter=userName+eq+"nobody"');
  assert.equal(totalResults, 0);
});

shows("RFC 7644 §3.4.2.4-1", "a startIndex below 1 is 1", async () => {
  const first = await read("/Users?startIndex=1&count=2");
  for (const startIndex of [0, -5]) {
    assert.deepEqual(await read(`/Users?startIndex=${startIndex}&count=2`), first);
    assert.deepEqual(await search({ startIndex, count: 2 }), first);
  }
});

shows(["RFC 7644 §3.4.2.4-2", "RFC 7644 §3.4.2.4-3"], "a count of 0 or less requests only the total", async () => {
  for (const count of [0, -1]) {
    const { totalResults, Resources = [] } = await read(`/Users?count=${count}`);
    assert.deepEqual([totalResults, Resources], [NAMES.length, []]);
  }
});

shows("RFC 7644 §3.4.2.4-4", "no page is longer than requested, and the pages together are complete", async () => {
  const whole = namesOf(await read("/Users"));
  for (const count of [1, 2, 3, 4, 5, 100]) {
    const paged = [];
    while (paged.length < whole.length) {
      const { Resources } = await read(`/Users?startIndex=${paged.length + 1}&count=${count}`);
      assert.ok(Resources.length > 0 && Resources.length <= count);
      paged.push(...namesOf({ Resources }));
    }
    assert.deepEqual(paged, whole);
  }
});

shows("RFC 7644 §3.4.2.5-1", "a query may select the returned attributes", async () => {
  const { Resources } = await read("/Users?attributes=title");
  for (const resource of Resources) assert.deepEqual(Object.keys(resource), ["schemas", "id", "title"]);
  const without = await read("/Users?excludedAttributes=title,name,meta");
  for (const resource of without.Resources) assert.deepEqual(Object.keys(resource), ["schemas", "id", "userName"]);
});

shows(["RFC 7644 §3.4.2.5-2", "RFC 7644 §3.4.3-4"], "always returned attributes cannot be excluded", async () => {
  const lists = [await read("/Users?excludedAttributes=id,schemas"), await search({ excludedAttributes: ["id"] })];
  for (const { Resources } of lists) {
    for (const { id, schemas } of Resources) assert.ok(id !== undefined && schemas !== undefined);
  }
});

shows(["RFC 7644 §3.4.2.5-3", "RFC 7644 §3.4.3-3"], "names are in attribute notation", async () => {
  for (const name of ["name..givenName", "name.", "a b", "emails[type"]) {
    for (const parameter of ["attributes", "excludedAttributes"]) {
      const query = await client.get(`/Users?${parameter}=${encodeURIComponent(name)}`);
      refused(query, 400, "invalidValue", /./);
      const body = searchRequest({ [parameter]: [name] });
      refused(await client.post("/Users/.search", body), 400, "invalidValue", /./);
    }
    const sorted = searchRequest({ sortBy: name });
    refused(await client.post("/Users/.search", sorted), 400, "invalidValue", /./);
  }
});

shows("RFC 7644 §3.4.3-1", "/.search is a query, and creates nothing", async () => {
  const answer = await client.post("/Users/.search", searchRequest({}));
  assert.deepEqual(succeeded(answer, 200), await read("/Users"));
  assert.equal((await read("/Users?count=0")).totalResults, NAMES.length);
});

shows("RFC 7644 §3.4.3-2", "a query by POST names its schema", async () => {
  for (const schemas of [undefined, [], [LIST_RESPONSE]]) {
    refused(await client.post("/Users/.search", { schemas, count: 1 }), 400, "invalidSyntax", /SearchRequest/);
  }
  succeeded(await client.post("/Users/.search", { schemas: [SEARCH_REQUEST] }), 200);
});

shows(["RFC 7644 §3.4.3-5", "RFC 7644 §3.4.3-6"], "a query by POST finds the same as one by GET", async () => {
  const filter = 'userName ge "b" and not (name.givenName eq "Dan")';
  const parameters = { sortBy: "userName", sortOrder: "descending", startIndex: 2, count: 2, filter };
  const query = Object.entries(parameters).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  const found = await search({ ...parameters, attributes: ["userName"] });
  assert.deepEqual(namesOf(found), ["Cyd", "Bob"]);
  assert.deepEqual(found, await read(`/Users?attributes=userName&${query.join("&")}`));
  const wrong = searchRequest({ filter: "userName eq" });
  refused(await client.post("/Users/.search", wrong), 400, "invalidFilter", /./);
});
