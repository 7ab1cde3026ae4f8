import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { startApplication } from "../../../testing/application.ts";
import { succeeded } from "../../../testing/assert-answer.ts";
import type { AnyJson } from "../../../testing/client.ts";
import { group, searchRequest, user } from "../../../testing/scim-bodies.ts";

const server = await startApplication();
const { admin, client } = server;
after(server.close);

async function read(path: string): Promise<AnyJson> {
  const answer = await admin.get(path);
  assert.equal(answer.status, 200, answer.text);
  return answer.body;
}

/** The newest exchange with such a sentence, including bodies. */
async function exchangeOf(kind: string): Promise<AnyJson> {
  for (const startMs = performance.now(); performance.now() - startMs < 10_000; ) {
    const [found] = (await read(`/api/exchanges?kind=${kind}&limit=1`)).exchanges;
    if (found !== undefined) return read(`/api/exchanges/${found.id}`);
  }
  assert.fail(`no ${kind} was recorded`);
}

/** The newest exchange of a path and query, including bodies. */
async function exchangeAt(path: string): Promise<AnyJson> {
  for (const startMs = performance.now(); performance.now() - startMs < 10_000; ) {
    const { exchanges } = await read("/api/exchanges?limit=5");
    const found = exchanges.find((each: AnyJson) => path === each.path + (each.query && `?${each.query}`));
    if (found !== undefined) return read(`/api/exchanges/${found.id}`);
  }
  assert.fail(`${path} was not recorded`);
}

test("the response to a read is shown from the history, as it was then", async () => {
  const { id } = succeeded(await client.post("/Users", user("anna", { title: "Guide" })), 201);
  succeeded(await client.get(`/Users/${id}`), 200);
  succeeded(await client.get(`/Users?filter=${encodeURIComponent('userName eq "anna"')}`), 200);
  const [byId, lookedUp] = [await exchangeOf("read.found"), await exchangeOf("look-up.found")];
  const put = await client.send("PUT", `/Users/${id}`, { body: user("anna", { title: "Chief" }) });
  assert.equal(put.status, 200);
  for (const before of [byId, lookedUp]) {
    const exchange = await read(`/api/exchanges/${before.id}`);
    assert.match(exchange.details.responseNote, /^The response to a read is not stored/);
    assert.deepEqual([exchange.details.revision, exchange.response.isCut], [1, false]);
    assert.ok(exchange.response.bodyBytes > 100);
    const body = JSON.parse(exchange.response.body);
    const resource = body.Resources === undefined ? body : body.Resources[0];
    assert.deepEqual([resource.id, resource.title], [id, "Guide"]);
  }
  assert.equal(JSON.parse(lookedUp.response.body).totalResults, 1);
});

test("a response that is not a version of a resource is stored", async () => {
  await client.get(`/Users?filter=${encodeURIComponent('userName eq "nobody"')}`);
  const missed = await exchangeOf("look-up.missed");
  assert.equal(JSON.parse(missed.response.body).totalResults, 0);
  assert.deepEqual([missed.details.responseNote, missed.details.revision], [undefined, undefined]);
});

describe("a response is shown as it was sent:", () => {
  const members = async (path: string): Promise<string[]> => {
    succeeded(await client.get(path), 200);
    const { response } = await exchangeAt(path);
    return Object.keys(JSON.parse(response.body));
  };

  test("with the requested attributes", async () => {
    const { id: member } = succeeded(await client.post("/Users", user("selected", { title: "Guide" })), 201);
    const selected = group("Selected", { members: [{ value: member }] });
    const { id } = succeeded(await client.post("/Groups", selected), 201);
    assert.deepEqual(await members(`/Groups/${id}?excludedAttributes=members`), ["schemas", "id", "displayName"]);
    assert.deepEqual(await members(`/Groups/${id}`), ["schemas", "id", "displayName", "members"]);
    assert.deepEqual(await members(`/Users/${member}?ATTRIBUTES=title`), ["schemas", "id", "title"]);
    const search = searchRequest({ filter: 'userName eq "selected"', attributes: ["title"] });
    succeeded(await client.post("/Users/.search", search), 200);
    const found = JSON.parse((await exchangeAt("/Users/.search")).response.body);
    assert.deepEqual(Object.keys(found.Resources[0]), ["schemas", "id", "title"]);
  });

  test("without a body if there was none", async () => {
    const { id } = succeeded(await client.post("/Users", user("bodiless")), 201);
    for (const [method, headers] of [
      ["HEAD", {}],
      ["GET", { "if-none-match": "*" }],
    ] as const) {
      await client.send(method, `/Users/${id}?x=${method}`, { headers });
      const { response, details } = await exchangeAt(`/Users/${id}?x=${method}`);
      assert.deepEqual([response.body, response.bodyBytes, details.responseNote], [null, 0, undefined], method);
    }
  });

  test("with the total of a page", async () => {
    const filter = encodeURIComponent('userName pr and not (userName eq "nobody")');
    for (const query of ["count=1", "count=1&startIndex=2", `filter=${filter}&count=1`]) {
      const { totalResults } = succeeded(await client.get(`/Users?${query}`), 200);
      assert.ok(totalResults > 1);
      const { response, details } = await exchangeAt(`/Users?${query}`);
      assert.equal(JSON.parse(response.body).totalResults, totalResults, query);
      assert.equal(details.responseNote, undefined);
    }
  });
});
