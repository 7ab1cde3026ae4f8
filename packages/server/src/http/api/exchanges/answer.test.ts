import assert from "node:assert/strict";
import { after, test } from "node:test";
import { startApplication, TEST_ADMIN_SECRET } from "../../../testing/application.ts";
import { succeeded } from "../../../testing/assert-answer.ts";
import { type AnyJson, clientOf } from "../../../testing/client.ts";
import { user } from "../../../testing/scim-bodies.ts";

const server = await startApplication();
const { client } = server;
const admin = clientOf(server.origin, TEST_ADMIN_SECRET);
after(async () => {
  admin.close();
  await server.close();
});

async function read(path: string): Promise<AnyJson> {
  const answer = await admin.get(path);
  assert.equal(answer.status, 200, answer.text);
  return answer.body;
}

/** The newest exchange with such a sentence, with its bodies. */
async function exchangeOf(kind: string): Promise<AnyJson> {
  for (const startMs = performance.now(); performance.now() - startMs < 10_000; ) {
    const [found] = (await read(`/api/exchanges?kind=${kind}&limit=1`)).exchanges;
    if (found !== undefined) return read(`/api/exchanges/${found.id}`);
  }
  assert.fail(`no ${kind} was recorded`);
}

test("what a read was answered is told by the history, as it was then", async () => {
  const { id } = succeeded(await client.post("/Users", user("anna", { title: "Guide" })), 201);
  succeeded(await client.get(`/Users/${id}`), 200);
  succeeded(await client.get(`/Users?filter=${encodeURIComponent('userName eq "anna"')}`), 200);
  const [byId, lookedUp] = [await exchangeOf("read.found"), await exchangeOf("look-up.found")];
  const put = await client.send("PUT", `/Users/${id}`, { body: user("anna", { title: "Chief" }) });
  assert.equal(put.status, 200);
  for (const before of [byId, lookedUp]) {
    const exchange = await read(`/api/exchanges/${before.id}`);
    assert.match(exchange.details.responseNote, /^What a read was answered is not kept/);
    assert.deepEqual([exchange.details.revision, exchange.response.isCut], [1, false]);
    assert.ok(exchange.response.bodyBytes > 100);
    const body = JSON.parse(exchange.response.body);
    const resource = body.Resources === undefined ? body : body.Resources[0];
    assert.deepEqual([resource.id, resource.title], [id, "Guide"]);
  }
  assert.equal(JSON.parse(lookedUp.response.body).totalResults, 1);
});

test("an answer that is no version of a resource is kept", async () => {
  await client.get(`/Users?filter=${encodeURIComponent('userName eq "nobody"')}`);
  const missed = await exchangeOf("look-up.missed");
  assert.equal(JSON.parse(missed.response.body).totalResults, 0);
  assert.deepEqual([missed.details.responseNote, missed.details.revision], [undefined, undefined]);
});
