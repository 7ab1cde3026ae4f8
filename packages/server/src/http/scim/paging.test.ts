import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startApplication } from "../../testing/application.ts";
import { succeeded } from "../../testing/assert-answer.ts";
import { group, searchRequest, user } from "../../testing/scim-bodies.ts";

const USERS = 1_005;

const server = await startApplication();
const { client } = server;
after(server.close);

before(async () => {
  // Few titles, so that sorting by them leaves much to the tie-break.
  const bodies = Array.from({ length: USERS }, (_, index) => user(`user${index}`, { title: `T${index % 3}` }));
  for (let start = 0; start < USERS; start += 100) {
    const answers = await Promise.all(bodies.slice(start, start + 100).map((body) => client.post("/Users", body)));
    for (const answer of answers) succeeded(answer, 201);
  }
});

async function page(query: string) {
  return succeeded(await client.get(`/Users?attributes=userName&${query}`), 200);
}

async function walk(count: number, query: string): Promise<string[]> {
  const ids: string[] = [];
  for (let startIndex = 1; startIndex <= USERS; startIndex += count) {
    const list = await page(`${query}&startIndex=${startIndex}&count=${count}`);
    assert.equal(list.totalResults, USERS);
    assert.equal(list.startIndex, startIndex);
    assert.equal(list.itemsPerPage, list.Resources.length);
    ids.push(...list.Resources.map(({ id }: { id: string }) => id));
  }
  return ids;
}

test("the pages contain every user once, in one order, with any page size (RFC 7644 §3.4.2.4)", async () => {
  const whole = await walk(1_000, "");
  assert.equal(new Set(whole).size, USERS);
  assert.deepEqual(await walk(97, ""), whole);
});

test("pages sorted by a common value do not overlap", async () => {
  for (const sort of ["sortBy=title", "sortBy=title&sortOrder=descending", "sortBy=nickName"]) {
    const whole = await walk(1_000, sort);
    assert.equal(new Set(whole).size, USERS);
    assert.deepEqual(await walk(211, sort), whole, sort);
  }
});

test("a page has 100 resources by default, and 1,000 at most", async () => {
  const usual = await page("");
  assert.deepEqual([usual.totalResults, usual.startIndex, usual.itemsPerPage], [USERS, 1, 100]);
  for (const count of ["1001", "5000", "2147483648", "99999999999999999999999999"]) {
    const list = await page(`count=${count}`);
    assert.deepEqual([list.totalResults, list.itemsPerPage, list.Resources.length], [USERS, 1_000, 1_000]);
  }
});

test("count=0 and a negative count return only the total (RFC 7644 §3.4.2.4)", async () => {
  for (const count of ["0", "-1", "-99999999999999999999"]) {
    const list = await page(`count=${count}`);
    assert.deepEqual([list.totalResults, list.startIndex, list.itemsPerPage, list.Resources], [USERS, 1, 0, []]);
  }
});

test("a startIndex below 1 is 1 (RFC 7644 §3.4.2.4)", async () => {
  const first = await page("count=2");
  for (const startIndex of ["0", "-1", "-99999999999999999999", ""]) {
    assert.deepEqual(await page(`count=2&startIndex=${startIndex}`), first);
  }
});

test("beyond the end there are no resources, but still the total", async () => {
  const last = await page(`startIndex=${USERS}&count=10`);
  assert.deepEqual([last.startIndex, last.itemsPerPage], [USERS, 1]);
  for (const startIndex of [USERS + 1, 2_147_483_648, Number.MAX_SAFE_INTEGER]) {
    const list = await page(`startIndex=${startIndex}&count=10`);
    assert.deepEqual(
      [list.totalResults, list.startIndex, list.itemsPerPage, list.Resources],
      [USERS, startIndex, 0, []],
    );
  }
  assert.deepEqual((await page("startIndex=99999999999999999999999999")).Resources, []);
});

test("the total of a filter counts its matches, not the page", async () => {
  const list = await page('filter=title+eq+"T0"&count=4&startIndex=3');
  assert.deepEqual([list.totalResults, list.startIndex, list.itemsPerPage], [USERS / 3, 3, 4]);
});

test(".search pages like GET, with numbers as numbers or as text (RFC 7644 §3.4.3)", async () => {
  const expected = await page("startIndex=5&count=3&sortBy=userName");
  for (const [startIndex, count] of [
    [5, 3],
    ["5", "3"],
  ]) {
    const body = searchRequest({ startIndex, count, sortBy: "userName", attributes: ["userName"] });
    assert.deepEqual(succeeded(await client.post("/Users/.search", body), 200), expected);
  }
});

test("additions and deletions of another client after the page do not affect the rest of a walk", async () => {
  const before = await page("startIndex=1&count=50");
  const added = succeeded(await client.post("/Users", user("late")), 201);
  const next = await page("startIndex=51&count=50");
  assert.equal(next.totalResults, USERS + 1);
  const seen = [...before.Resources, ...next.Resources].map(({ id }: { id: string }) => id);
  assert.equal(new Set(seen).size, 100);
  assert.equal((await client.delete(`/Users/${added.id}`)).status, 204);
});

test("HEAD of a long list has the headers of GET", async () => {
  const [get, head] = [await client.get("/Users?count=1000"), await client.send("HEAD", "/Users?count=1000")];
  assert.ok(get.text.length > 100_000);
  assert.deepEqual([head.status, head.text, head.headers["content-length"]], [200, "", get.headers["content-length"]]);
});

test("groups are paged separately", async () => {
  for (let index = 0; index < 5; index++) succeeded(await client.post("/Groups", group(`G${index}`)), 201);
  const list = succeeded(await client.get("/Groups?startIndex=4&count=5"), 200);
  assert.deepEqual([list.totalResults, list.startIndex, list.itemsPerPage], [5, 4, 2]);
  assert.deepEqual(
    list.Resources.map(({ displayName }: { displayName: string }) => displayName),
    ["G3", "G4"],
  );
});
