import assert from "node:assert/strict";
import { after, test } from "node:test";
import { startApplication } from "../../testing/application.ts";
import { succeeded } from "../../testing/assert-answer.ts";
import { bulk, bulkRequest, idOf, membersOf, post, refusedOperation, statuses } from "../../testing/bulk.ts";
import type { AnyJson } from "../../testing/client.ts";
import { makeEndpoint } from "../../testing/endpoint.ts";
import { group, user } from "../../testing/scim-bodies.ts";

const server = await startApplication();
const { admin, client } = server;
after(server.close);

function manyUsers(count: number, prefix: string): object[] {
  return Array.from({ length: count }, (_, at) => post(`${at}`, "/Users", user(`${prefix}${at}`)));
}

async function countOf(path: string, filter: string): Promise<number> {
  const found = await client.get(`${path}?count=0&filter=${encodeURIComponent(filter)}`);
  return succeeded(found, 200).totalResults;
}

test("1,000 operations succeed, including a group of all the others", async () => {
  const users = manyUsers(999, "many");
  const everyone = group("Everyone", { members: membersOf(...users.keys().map(String)) });
  const results = await bulk(client, [post("g", "/Groups", everyone), ...users]);
  assert.deepEqual([...new Set(statuses(results))], ["201"]);
  assert.equal(new Set(results.map(({ location }) => location)).size, 1_000);
  assert.equal(await countOf("/Users", 'userName sw "many"'), 999);
  assert.equal(succeeded(await client.get(`/Groups/${idOf(results[0])}`), 200).members.length, 999);
});

test("1,000 rejected operations do not block the rest", async () => {
  const results = await bulk(client, [
    ...manyUsers(500, "many"),
    ...manyUsers(499, "x-many").map(renumbered),
    post("new", "/Users", user("new")),
  ]);
  assert.deepEqual([...new Set(statuses(results.slice(0, 500)))].concat([...new Set(statuses(results.slice(500)))]), [
    "409",
    "201",
  ]);
});

function renumbered(operation: object): object {
  return { ...operation, bulkId: `x${(operation as { bulkId: string }).bulkId}` };
}

test("other requests run during bulk requests", async () => {
  let isOver = false;
  const long = Promise.all(["A", "B", "C", "D"].map((each) => bulk(client, manyUsers(1_000, `long${each}`)))).finally(
    () => {
      isOver = true;
    },
  );
  const beganMs = performance.now();
  const waitsMs: number[] = [];
  while (!isOver) {
    const askedMs = performance.now();
    succeeded(await client.post("/Users", user(`between${waitsMs.length}`)), 201);
    waitsMs.push(performance.now() - askedMs);
  }
  const wholeMs = performance.now() - beganMs;
  for (const results of await long) assert.deepEqual([...new Set(statuses(results))], ["201"]);
  // Without turns, there would be two, each of half the time on any machine. The median ignores a request that met a
  // garbage collection or another process.
  assert.ok(waitsMs.length >= 5, `${waitsMs.length} requests were answered meanwhile`);
  const medianMs = waitsMs.toSorted((one, other) => one - other)[waitsMs.length >> 1] ?? wholeMs;
  assert.ok(medianMs < wholeMs / 5, `half of the requests waited for ${medianMs} of ${wholeMs} ms`);
  assert.equal(await countOf("/Users", 'userName sw "long"'), 4_000);
});

test("new settings apply to the remaining operations; after a deletion of the endpoint, none runs", async () => {
  const changing = await makeEndpoint(server, "changing", {});
  const settings = { unique: ["Group:displayName", "User:title"] };
  const titled = Array.from({ length: 1_000 }, (_, at) => post(`${at}`, "/Users", user(`t${at}`, { title: `${at}` })));
  const sent = changing.post("/Bulk", bulkRequest(titled));
  await someUsersAre(changing);
  const set = await admin.send("PATCH", "/api/endpoints/changing", { body: { settings } });
  assert.equal(set.status, 200, set.text);
  assert.deepEqual([...new Set(statuses(succeeded(await sent, 200).Operations))], ["201"]);
  // Values created before and after must differ too.
  const again = await bulk(changing, [
    post("a", "/Users", user("a", { title: "0" })),
    post("b", "/Users", user("b", { title: "999" })),
  ]);
  assert.deepEqual(statuses(again), ["409", "409"]);

  const leaving = await makeEndpoint(server, "leaving", { limits: { maxBulkOperations: 5_000 } });
  const unfinished = leaving.post("/Bulk", bulkRequest(manyUsers(5_000, "leaving")));
  await someUsersAre(leaving);
  const left = await admin.send("DELETE", "/api/endpoints/leaving", { body: { confirm: "leaving" } });
  assert.equal(left.status, 204, left.text);
  const { Operations } = succeeded(await unfinished, 200);
  assert.equal(Operations[0].status, "201");
  refusedOperation(Operations[4_999], 404, undefined, /^The endpoint "leaving" was deleted during this request/);
});

async function someUsersAre(of: { get: typeof client.get }): Promise<void> {
  for (let tries = 0; tries < 1_000; tries++) {
    const { totalResults }: AnyJson = (await of.get("/Users?count=0")).body;
    if (totalResults > 0) return;
  }
  assert.fail("the bulk request did not begin");
}
