import assert from "node:assert/strict";
import { after, test } from "node:test";
import { startApplication } from "../testing/application.ts";
import type { AnyJson } from "../testing/client.ts";
import { endpointAdminOf } from "../testing/recorded-cases.ts";
import { recordedExchanges, toldOf } from "../testing/recorded-exchanges.ts";
import { user } from "../testing/scim-bodies.ts";

// The third request of a kind is described in a faster way, with the same result.

const server = await startApplication();
const { admin } = server;
const { make, tokenOf } = endpointAdminOf(server);
const client = server.connect(await tokenOf("default", "idp"));
after(server.close);

const NAMES = ["Alice Young", "Zoë O'Brien", 'Robert "Bob" Key', "Ed Lee", "Eve <Doe>", "Frank Token", "Gina Low"];
const users: AnyJson[] = [];
for (const [at, displayName] of NAMES.entries()) {
  users.push(await make("/api/endpoints/default/scim/v2/Users", user(`user${at}@x.example`, { displayName })));
}

/** Sends a request about each, and returns the recorded exchanges. */
async function recordedOfEach(agent: string, urlOf: (each: AnyJson, at: number) => string): Promise<AnyJson[]> {
  for (const [at, each] of users.entries()) {
    const { status } = await client.send("GET", `/scim/v2${urlOf(each, at)}`, { headers: { "user-agent": agent } });
    assert.equal(status, 200);
  }
  const found = await recordedExchanges(admin, `q=${encodeURIComponent(agent)}`, users.length);
  return Promise.all(found.map(async ({ id }) => (await admin.get(`/api/exchanges/${id}`)).body));
}

test("each of many reads is recorded as if it were the only one", async () => {
  const recorded = await recordedOfEach("reader", ({ id }) => `/Users/${id}`);
  const requestIds = new Set(recorded.map(({ requestId }) => requestId));
  assert.equal(requestIds.size, users.length);
  for (const [at, exchange] of recorded.entries()) {
    const { id, displayName, meta } = users[at];
    assert.deepEqual(toldOf(exchange), [`read.found: "idp" read ${displayName}`]);
    assert.deepEqual([exchange.path, exchange.query, exchange.status], [`/Users/${id}`, "", 200]);
    assert.deepEqual(exchange.resources, [{ type: "User", id, label: displayName }]);
    assert.equal(exchange.details.revision, 1);
    assert.equal(JSON.parse(exchange.response.body).displayName, displayName);
    assert.deepEqual(exchange.request.headers, recorded[0].request.headers);
    const address = `${server.origin}/scim/v2/Users/${id}`;
    assert.deepEqual(exchange.response.headers.slice(3, 5), [
      ["etag", meta.version],
      ["content-location", address],
    ]);
    const words = await recordedExchanges(admin, `q=${encodeURIComponent(`reader ${displayName}`)}`, 1);
    assert.equal(words[0].id, exchange.id);
    const ofIt = (await admin.get(`/api/exchanges?resource=${id}&q=reader`)).body;
    assert.deepEqual(
      ofIt.exchanges.map((each: AnyJson) => each.id),
      [exchange.id],
    );
  }
});

test("so is each of many look-ups, whether they find somebody or not", async () => {
  const url = (name: string) => `/Users?filter=${encodeURIComponent(`userName eq "${name}"`)}`;
  const found = await recordedOfEach("seeker", (_, at) => url(`user${at}@x.example`));
  const missed = await recordedOfEach("misser", (_, at) => url(`none${at}@x.example`));
  for (const [at, { displayName, id }] of users.entries()) {
    assert.deepEqual(toldOf(found[at]), [
      `look-up.found: "idp" looked for the user name user${at}@x.example and found ${displayName}`,
    ]);
    assert.deepEqual([found[at].resources[0].id, found[at].details.revision], [id, 1]);
    assert.equal(found[at].query, url(`user${at}@x.example`).split("?")[1]);
    assert.deepEqual(toldOf(missed[at]), [
      `look-up.missed: "idp" looked for the user name none${at}@x.example and found nobody`,
    ]);
    assert.deepEqual([missed[at].resources, missed[at].details], [[], {}]);
    assert.equal(JSON.parse(missed[at].response.body).totalResults, 0);
    const words = await recordedExchanges(admin, `q=${encodeURIComponent(`none${at}@x.example`)}`, 1);
    assert.equal(words[0].id, missed[at].id);
  }
});
