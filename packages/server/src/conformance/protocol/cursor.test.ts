import assert from "node:assert/strict";
import { before } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { refused, succeeded } from "../../testing/assert-answer.ts";
import type { AnyJson } from "../../testing/client.ts";
import { group, searchRequest, user } from "../../testing/scim-bodies.ts";
import { shows } from "../shows.ts";
import { startWorld } from "../world.ts";

const world = await startWorld();
const { client, read } = world;
const USERS = 12;

before(async () => {
  for (let index = 0; index < USERS; index++) {
    const attributes = { title: `T${index % 3}` };
    succeeded(await client.post("/Users", user(`user${String(index).padStart(2, "0")}`, attributes)), 201);
  }
  succeeded(await client.post("/Groups", group("G")), 201);
});

const namesOf = (pages: readonly AnyJson[]) =>
  pages.flatMap(({ Resources }) => Resources.map(({ userName }: AnyJson) => userName));

/** Every page of a query. */
async function pagesOf(query: string, path = "/Users"): Promise<AnyJson[]> {
  const pages: AnyJson[] = [];
  for (let cursor: string | undefined = ""; cursor !== undefined; cursor = pages.at(-1).nextCursor) {
    assert.ok(pages.length <= USERS, "pages without end");
    pages.push(await read(`${path}?${query}&cursor=${cursor}`));
  }
  return pages;
}

shows(["RFC 9865 §2-1", "RFC 9865 §2-10"], "an empty cursor requests the first page, which has the total", async () => {
  for (const cursor of ["cursor", "cursor="]) {
    const { Resources, totalResults, itemsPerPage, nextCursor } = await read(`/Users?${cursor}&count=5`);
    assert.deepEqual([Resources.length, totalResults, itemsPerPage], [5, USERS, 5]);
    assert.ok(nextCursor.length > 0);
  }
});

shows("RFC 9865 §2-2", "a cursor needs no encoding in a URL", async () => {
  for (const { nextCursor, previousCursor } of await pagesOf("count=5&sortBy=title")) {
    for (const cursor of [nextCursor, previousCursor]) assert.match(cursor ?? "none", /^[A-Za-z0-9._~-]+$/);
  }
  refused(await client.get("/Users?count=5&cursor=a%20b"), 400, "invalidCursor", /./);
});

shows(["RFC 9865 §2-3", "RFC 9865 §2-4"], "a count of 0 or less requests only the total", async () => {
  for (const count of [0, -1]) {
    const { totalResults, Resources = [] } = await read(`/Users?cursor&count=${count}`);
    assert.deepEqual([totalResults, Resources], [USERS, []]);
  }
});

shows(
  ["RFC 9865 §2-5", "RFC 9865 §2-6", "RFC 9865 §2-7"],
  "every page but the last names the next one, and none is longer than requested",
  async () => {
    for (const count of [1, 5, 6, 11, 12, 100]) {
      const pages = await pagesOf(`count=${count}`);
      for (const { Resources } of pages) assert.ok(Resources.length <= count);
      assert.equal(pages.length, Math.ceil(USERS / count));
      assert.deepEqual(namesOf(pages), namesOf([await read("/Users")]));
    }
    const filtered = await pagesOf(`count=3&filter=${encodeURIComponent('title eq "T1"')}`);
    assert.deepEqual([filtered.length, namesOf(filtered).length], [2, 4]);
    assert.equal((await read('/Users?cursor&filter=userName+eq+"nobody"')).nextCursor, undefined);
  },
);

shows("RFC 9865 §2-8", "the first page has no previous one", async () => {
  const [first, second] = await pagesOf("count=5");
  assert.equal(first.previousCursor, undefined);
  if (second.previousCursor === undefined) return;
  const back = await read(`/Users?count=5&cursor=${second.previousCursor}`);
  assert.deepEqual(namesOf([back]), namesOf([first]));
  assert.equal(back.previousCursor, undefined);
});

shows(["RFC 9865 §2.1-1", "RFC 9865 §2.1-2"], "an invalid cursor has its own error", async () => {
  const { nextCursor } = await read("/Users?cursor&count=5");
  const altered = nextCursor.slice(0, -2) + (nextCursor.endsWith("AA") ? "BB" : "AA");
  for (const cursor of ["nonsense", altered, nextCursor.slice(3)]) {
    refused(await client.get(`/Users?count=5&cursor=${cursor}`), 400, "invalidCursor", /./);
  }
  for (const other of [`/Groups?count=5`, `/Users?count=5&sortBy=userName`, `/Users?count=5&filter=title+pr`]) {
    refused(await client.get(`${other}&cursor=${nextCursor}`), 400, "invalidCursor", /./);
  }
});

shows("RFC 9865 §2.1-3", "an expired cursor has its own error", async () => {
  await world.withSettings({ limits: { cursorTimeoutSeconds: 1 } }, async () => {
    assert.equal((await read("/ServiceProviderConfig")).pagination.cursorTimeout, 1);
    const { nextCursor } = await read("/Users?cursor&count=5");
    await delay(1_050);
    refused(await client.get(`/Users?count=5&cursor=${nextCursor}`), 400, "expiredCursor", /./);
  });
});

shows("RFC 9865 §2.1-4", "the count stays the same", async () => {
  const { nextCursor } = await read("/Users?cursor&count=5");
  refused(await client.get(`/Users?count=6&cursor=${nextCursor}`), 400, "invalidCount", /./);
  refused(await client.get("/Users?cursor&count=five"), 400, "invalidCount", /./);
});

shows("RFC 9865 §2.2-1", "pages by cursor are sorted", async () => {
  const query = "sortBy=title&sortOrder=descending";
  assert.deepEqual(namesOf(await pagesOf(`count=5&${query}`)), namesOf([await read(`/Users?${query}`)]));
});

shows(["RFC 9865 §2.4-1", "RFC 9865 §4-1", "RFC 9865 §4-2"], "discovery describes the paging correctly", async () => {
  const { cursor, index, defaultPaginationMethod, maxPageSize } = (await read("/ServiceProviderConfig")).pagination;
  assert.deepEqual([cursor, index, defaultPaginationMethod], [true, true, "index"]);
  const { startIndex, nextCursor } = await read("/Users?count=5");
  assert.deepEqual([startIndex, nextCursor], [1, undefined]);
  assert.ok(maxPageSize > 0);
});

shows("RFC 9865 §3-1", "a query by POST is paged by cursor like one by GET", async () => {
  const search = async (parameters: object) =>
    succeeded(await client.post("/Users/.search", searchRequest(parameters)), 200);
  const first = await search({ cursor: "", count: 10 });
  const second = await search({ cursor: first.nextCursor, count: 10 });
  assert.deepEqual(namesOf([first, second]), namesOf([await read("/Users")]));
  assert.equal(second.nextCursor, undefined);
});

shows(
  ["RFC 9865 §5.2-1", "RFC 9865 §5.2-2", "RFC 9865 §5.2-4"],
  "a cursor gives no access beyond the token's",
  async () => {
    const { nextCursor } = await read("/Users?cursor&count=5");
    const path = `/Users?count=5&cursor=${nextCursor}`;
    const other = await world.clientWith({ endpoint: await world.newEndpoint() });
    const foreign = await other.get(path);
    refused(foreign, 400, "invalidCursor", /./);
    // The same as for one's own cursor with another query.
    assert.deepEqual(foreign.body, (await client.get(`/Groups?count=5&cursor=${nextCursor}`)).body);
    refused(await client.get(path, { authorization: "Bearer guessed" }), 401, undefined, /./);
    refused(await client.get(path, { authorization: undefined }), 401, undefined, /./);
    succeeded(await client.get(path), 200);
  },
);

shows("RFC 9865 §5.2-3", "a cursor is useless with a revoked token", async () => {
  const path = "/api/endpoints/default/credentials";
  const { key, secret } = (await world.admin.post(path, { kind: "token", label: "withdrawn" })).body;
  const headers = { authorization: `Bearer ${secret}` };
  const { nextCursor } = succeeded(await client.get("/Users?cursor&count=5", headers), 200);
  assert.equal((await world.admin.delete(`${path}/${key}`)).status, 200);
  refused(await client.get(`/Users?count=5&cursor=${nextCursor}`, headers), 401, undefined, /./);
});
