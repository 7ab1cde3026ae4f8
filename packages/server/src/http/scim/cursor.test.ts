import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startApplication } from "../../testing/application.ts";
import { refused, succeeded } from "../../testing/assert-answer.ts";
import type { AnyJson } from "../../testing/client.ts";
import { group, LIST_RESPONSE, searchRequest, user } from "../../testing/scim-bodies.ts";

const USERS = 25;

const server = await startApplication();
const { client } = server;
after(server.close);

before(async () => {
  for (let index = 0; index < USERS; index++) {
    const attributes = { title: `T${index % 2}`, displayName: `P${index % 5}` };
    succeeded(await client.post("/Users", user(`Jane${index}`, attributes)), 201);
  }
  succeeded(await client.post("/Groups", group("G")), 201);
});

async function page(query: string): Promise<AnyJson> {
  return succeeded(await client.get(`/Users?${query}`), 200);
}

/** Follows nextCursor from page to page, with at most one page too many. */
async function walk(query: string): Promise<AnyJson[]> {
  const pages: AnyJson[] = [];
  let cursor: string | undefined = "";
  while (cursor !== undefined) {
    assert.ok(pages.length <= USERS, "a walk that does not end");
    const next: AnyJson = await page(`${query}&cursor=${cursor}`);
    pages.push(next);
    cursor = next.nextCursor;
  }
  return pages;
}

function ids(pages: readonly AnyJson[]): string[] {
  return pages.flatMap(({ Resources }) => Resources.map(({ id }: { id: string }) => id));
}

test("[RFC 9865 §2] an empty cursor requests the first page, which has the total and the next cursor", async () => {
  for (const cursor of ["cursor", "cursor="]) {
    const first = await page(`filter=userName%20sw%20J&${cursor}&count=10`.replace("J&", '"J"&'));
    const { Resources, nextCursor, ...rest } = first;
    assert.deepEqual(rest, { schemas: [LIST_RESPONSE], totalResults: USERS, itemsPerPage: 10 });
    assert.equal(Resources.length, 10);
    assert.match(nextCursor, /^[A-Za-z0-9._~-]+$/);
  }
});

test("[RFC 9865 §2] following nextCursor returns every resource once, in the order of a list by index", async () => {
  for (const query of [
    "",
    "sortBy=userName",
    "sortBy=displayName&sortOrder=descending",
    "sortBy=nickName",
    'filter=title+eq+"t1"',
  ]) {
    const whole = await page(query);
    for (const count of [7, 24, 25]) {
      const pages = await walk(`${query}&count=${count}`);
      assert.deepEqual(ids(pages), ids([whole]), `${query} by ${count}`);
      assert.equal(pages.length, Math.ceil(whole.totalResults / count));
      for (const each of pages) {
        assert.equal(each.totalResults, whole.totalResults);
        assert.equal(each.itemsPerPage, each.Resources.length);
        assert.equal("startIndex" in each || "previousCursor" in each, false);
      }
      assert.equal("nextCursor" in pages.at(-1), false);
    }
  }
});

test("[RFC 9865 §3] a SearchRequest has cursor and count in its body", async () => {
  const parameters = { filter: 'displayName sw "p1"', attributes: ["userName"], count: 2 };
  const found: string[] = [];
  let cursor: string | undefined = "";
  while (cursor !== undefined) {
    const body = searchRequest({ ...parameters, cursor });
    const answer: AnyJson = succeeded(await client.post("/Users/.search", body), 200);
    assert.equal(answer.totalResults, 5);
    for (const resource of answer.Resources) assert.deepEqual(Object.keys(resource), ["schemas", "id", "userName"]);
    found.push(...answer.Resources.map(({ userName }: { userName: string }) => userName));
    assert.ok(found.length <= 5);
    cursor = answer.nextCursor;
  }
  assert.deepEqual(found, ["Jane1", "Jane6", "Jane11", "Jane16", "Jane21"]);
});

test("[RFC 9865 §2] attributes and excludedAttributes apply, also to a long page", async () => {
  for (const count of [3, 20]) {
    const { Resources, nextCursor } = await page(`attributes=userName&cursor&count=${count}`);
    for (const resource of Resources) assert.deepEqual(Object.keys(resource), ["schemas", "id", "userName"]);
    // The attributes may differ between pages: they do not affect which resources follow.
    const next = await page(`excludedAttributes=userName&cursor=${nextCursor}&count=${count}`);
    for (const resource of next.Resources) assert.equal("userName" in resource, false);
  }
});

test("[RFC 9865 §2] a count of 0 or less returns only the total", async () => {
  for (const count of ["0", "-3"]) {
    const { Resources, ...rest } = await page(`cursor&count=${count}`);
    assert.deepEqual(rest, { schemas: [LIST_RESPONSE], totalResults: USERS, itemsPerPage: 0 });
    assert.deepEqual(Resources, []);
  }
});

test("[RFC 9865 §2.1] a cursor of another query is invalidCursor, and another count invalidCount", async () => {
  const { nextCursor } = await page("sortBy=userName&cursor&count=5");
  const cases: [query: string, scimType: string, detail: RegExp][] = [
    ["cursor=VZUTiyhEQJ94IR", "invalidCursor", /is not a cursor of this server/],
    [`cursor=${nextCursor}x&sortBy=userName&count=5`, "invalidCursor", /is not a cursor of this server/],
    ["cursor=%20", "invalidCursor", /contains invalid characters/],
    [`cursor=${nextCursor}&count=5`, "invalidCursor", /belongs to another query/],
    [`cursor=${nextCursor}&sortBy=title&count=5`, "invalidCursor", /belongs to another query/],
    [`cursor=${nextCursor}&sortBy=userName&count=6`, "invalidCount", /count is 6, but this query began with count=5/],
    [`cursor=${nextCursor}&sortBy=userName&count=five`, "invalidCount", /whole number/],
    [`cursor=${nextCursor}&sortBy=userName&count=5&startIndex=1`, "invalidValue", /startIndex and cursor/],
  ];
  for (const [query, scimType, detail] of cases) refused(await client.get(`/Users?${query}`), 400, scimType, detail);
  refused(await client.get(`/Groups?cursor=${nextCursor}&sortBy=id`), 400, "invalidCursor", /belongs to another query/);
  refused(
    await client.post("/Users/.search", searchRequest({ cursor: "nothing" })),
    400,
    "invalidCursor",
    /is not a cursor of this server/,
  );
  assert.equal((await page(`sortBy=USERNAME&cursor=${nextCursor}&count=5`)).Resources.length, 5);
});

test("[RFC 9865 §2.4] pages are by index by default", async () => {
  const list = await page("count=5");
  assert.deepEqual([list.startIndex, list.itemsPerPage, "nextCursor" in list], [1, 5, false]);
});

test("a walk by cursor is not disturbed by additions and deletions", async () => {
  const made: string[] = [];
  for (let index = 0; index < 6; index++) {
    made.push(succeeded(await client.post("/Users", user(`temp${index}`, { nickName: "temp" })), 201).id);
  }
  const query = 'filter=nickName+eq+"temp"&count=2';
  const first = await page(`${query}&cursor`);
  // By index, the third would now be skipped.
  for (const id of made.slice(0, 2)) assert.equal((await client.delete(`/Users/${id}`)).status, 204);
  const late = succeeded(await client.post("/Users", user("temp6", { nickName: "temp" })), 201).id;
  const second = await page(`${query}&cursor=${first.nextCursor}`);
  const third = await page(`${query}&cursor=${second.nextCursor}`);
  const fourth = await page(`${query}&cursor=${third.nextCursor}`);
  assert.deepEqual(ids([first, second, third, fourth]), [...made, late]);
  assert.deepEqual([first.totalResults, second.totalResults], [6, 5]);
  for (const id of [...made.slice(2), late]) assert.equal((await client.delete(`/Users/${id}`)).status, 204);
});
