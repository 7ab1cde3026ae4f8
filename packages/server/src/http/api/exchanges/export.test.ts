import assert from "node:assert/strict";
import { request } from "node:http";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { message, newExchange } from "../../../monitor/export/testing/exchange.ts";
import { TEST_ADMIN_SECRET, TEST_SECRET } from "../../../testing/application.ts";
import { startWithRecorded } from "../../../testing/recorded.ts";
import { testMonitor } from "../../../testing/store.ts";

const COUNT = 12_000;
const BODY = message(["content-type", "application/scim+json"], JSON.stringify({ filler: "x".repeat(2_000) }));

const server = await startWithRecorded(function* (endpoints) {
  for (let at = 0; at < COUNT; at++) {
    const sentences = [{ kind: "search", text: `Sentence ${at} ${"x".repeat(1_000)}` }];
    const bodies = at < 200 ? { request: BODY, response: BODY } : {};
    yield newExchange(at, { endpoint: at < 100 ? endpoints.okta : endpoints.default, sentences, ...bodies });
  }
});
const { admin } = server;
after(server.close);

test("matches are exported as a file in the requested format", async () => {
  const ndjson = await admin.get("/api/export?endpoint=okta");
  assert.equal(ndjson.status, 200);
  assert.equal(ndjson.headers["content-type"], "application/x-ndjson");
  assert.equal(ndjson.headers["cache-control"], "no-store");
  assert.match(
    String(ndjson.headers["content-disposition"]),
    /^attachment; filename="exchanges-\d{8}T\d{6}Z\.ndjson"$/,
  );
  const lines = ndjson.text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.equal(lines.length, 100);
  assert.deepEqual(lines[0], (await admin.get(`/api/exchanges/${lines[0].id}`)).body);

  const csv = await admin.get("/api/export?endpoint=okta&format=csv");
  assert.equal(csv.headers["content-type"], "text/csv; charset=utf-8");
  assert.match(String(csv.headers["content-disposition"]), /\.csv"$/);
  assert.equal(csv.text.split("\r\n").length, 102);

  const har = await admin.get("/api/export?endpoint=okta&format=har");
  assert.equal(har.headers["content-type"], "application/json");
  assert.match(String(har.headers["content-disposition"]), /\.har"$/);
  assert.equal(har.body.log.entries.length, 100);
  assert.equal(har.body.log.entries[0].request.url, `${server.origin}/scim/endpoints/okta/v2/Users`);
  assert.equal(har.body.log.entries[0].response.statusText, "OK");
});

test("invalid exports and unauthorized clients are rejected", async () => {
  const wrong = await admin.get("/api/export?format=xml");
  assert.deepEqual([wrong.status, wrong.body.detail], [400, '"format" must be ndjson, csv or har.']);
  assert.equal((await admin.get("/api/export?limit=5")).status, 400);
  assert.equal((await server.connect(TEST_SECRET).get("/api/export")).status, 403);
  assert.equal((await admin.send("HEAD", "/api/export")).status, 405);
});

test("a client that stops reading uses no memory, and gets everything when it continues", async (t) => {
  const { exchanges } = await testMonitor();
  const { since } = exchanges;
  let read = 0;
  t.mock.method(exchanges, "since", async (...args: Parameters<typeof since>) => {
    const found = await since(...args);
    read += found.length;
    return found;
  });
  const headers = { authorization: `Bearer ${TEST_ADMIN_SECRET}` };
  const sent = request(`${server.origin}/api/export?format=csv`, { headers, agent: false });
  const { promise: answered, resolve } = Promise.withResolvers<import("node:http").IncomingMessage>();
  sent.once("response", resolve).end();
  const answer = await answered;
  answer.pause();
  for (let before = -1; before !== read; ) {
    before = read;
    await sleep(300);
  }
  assert.ok(read < COUNT * 0.8, `${read} of ${COUNT} were read for a client that does not`);
  const text = Buffer.concat(await answer.toArray()).toString();
  assert.equal(text.split("\r\n").length, COUNT + 2);
});

test("a client that disconnects ends it", async (t) => {
  const { exchanges } = await testMonitor();
  const { since } = exchanges;
  let read = 0;
  t.mock.method(exchanges, "since", async (...args: Parameters<typeof since>) => {
    const found = await since(...args);
    read += found.length;
    return found;
  });
  const headers = { authorization: `Bearer ${TEST_ADMIN_SECRET}` };
  const sent = request(`${server.origin}/api/export?format=csv`, { headers, agent: false });
  sent.on("error", () => undefined);
  sent.once("response", (answer) => answer.once("data", () => sent.destroy())).end();
  for (let before = -1; before !== read || read === 0; ) {
    before = read;
    await sleep(300);
  }
  assert.ok(read < COUNT, `${read} were read for nobody`);
});
