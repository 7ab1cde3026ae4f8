import assert from "node:assert/strict";
import { after, test } from "node:test";
import { startApplication, TEST_ADMIN_SECRET, TEST_SECRET } from "../../../testing/application.ts";
import type { Answer, AnyJson } from "../../../testing/client.ts";
import { sendRaw } from "../../../testing/raw.ts";
import { signedIn } from "../session/test-support.ts";
import { recordedExchange } from "./testing/recorded-exchange.ts";

const VIEWER_SECRET = "test-viewer-secret";

const server = await startApplication({ viewerSecret: VIEWER_SECRET });
const { admin } = server;
after(server.close);
await admin.post("/api/endpoints", { name: "okta" }, { "content-type": "application/json" });

const recorded = (query: string): Promise<AnyJson> => recordedExchange(admin, query);

function replay(id: number, body?: object, client = admin): Promise<Answer> {
  return client.send("POST", `/api/exchanges/${id}/replay`, {
    ...(body !== undefined && { body }),
    headers: { "content-type": body === undefined ? undefined : "application/json" },
  });
}

test("a read is sent again to its endpoint, and recorded as manual", async () => {
  const created = await server.client.post("/Users", { userName: "anna@example.com" });
  await server.client.get(`/Users/${created.body.id}?attributes=userName`, { accept: "application/json" });
  const exchange = await recorded(`method=GET&resource=${created.body.id}`);
  const { status, body } = await replay(exchange.id);
  assert.equal(status, 200);
  assert.deepEqual(Object.keys(body), ["status", "headers", "body", "exchange"]);
  assert.equal(body.status, 200);
  assert.equal(body.body.userName, "anna@example.com");
  assert.equal(body.body.active, undefined);
  assert.ok(body.headers.some(([name]: string[]) => name === "etag"));

  const repeated = (await admin.get(`/api/exchanges/${body.exchange}`)).body;
  assert.notEqual(repeated.id, exchange.id);
  assert.deepEqual(
    [repeated.endpoint, repeated.method, repeated.path, repeated.query, repeated.dialect],
    ["default", "GET", exchange.path, exchange.query, "manual"],
  );
  const headers = new Map<string, string>(repeated.request.headers);
  assert.match(headers.get("x-scimtool-replay") ?? "", new RegExp(`^${exchange.id} `));
  assert.equal(headers.get("accept"), "application/json");
  assert.ok(!JSON.stringify(repeated).includes(TEST_ADMIN_SECRET));
});

test("a write takes effect, with its body, media type and conditions", async () => {
  await server.client.post("/Users", { userName: "bert@example.com", title: "Cook" });
  const exchange = await recorded("kind=user.created&q=bert");
  const again = await replay(exchange.id);
  assert.equal(again.body.status, 409);
  assert.equal(again.body.body.scimType, "uniqueness");
  const { body } = await server.client.get('/Users?filter=userName%20eq%20"bert@example.com"');
  const { id } = body.Resources[0];
  await server.client.patch(`/Users/${id}`, [{ op: "replace", path: "title", value: "Chef" }], { "if-match": 'W/"1"' });
  const patch = await recorded(`method=PATCH&resource=${id}`);
  assert.equal((await replay(patch.id)).body.status, 412);
  await server.client.delete(`/Users/${id}`);
  const created = await replay(exchange.id);
  assert.equal(created.body.status, 201);
  assert.equal(created.body.body.title, "Cook");
  // The response has the address that the sender used.
  assert.ok(created.body.body.meta.location.startsWith(server.origin));
  await server.client.delete(`/Users/${created.body.body.id}`);
  const gone = await replay((await recorded(`method=DELETE&resource=${created.body.body.id}`)).id);
  assert.deepEqual([gone.body.status, gone.body.body.status], [404, "404"]);
});

test("another endpoint may be named", async () => {
  await server.client.post("/Users", { userName: "carla@example.com" });
  const exchange = await recorded("kind=user.created&q=carla");
  const { status, body } = await replay(exchange.id, { endpoint: "okta" });
  assert.deepEqual([status, body.status], [200, 201]);
  const repeated = (await admin.get(`/api/exchanges/${body.exchange}`)).body;
  assert.equal(repeated.endpoint, "okta");
  assert.equal((await replay(exchange.id, { endpoint: "nowhere" })).status, 404);
  assert.equal((await replay(exchange.id, { endpoint: 5 })).status, 400);
  assert.equal((await replay(exchange.id, { endpont: "okta" })).status, 400);
});

test("an incomplete request is not sent again: 409 with the reason, and nothing is written", async () => {
  await server.client.post("/Users", { userName: "dora@example.com", password: "hush-hush-hush" });
  const secret = await recorded("kind=user.created&q=dora");
  const refused = await replay(secret.id);
  assert.deepEqual([refused.status, /Its body contained secrets/.test(refused.body.detail)], [409, true]);
  await server.client.post("/Users", { userName: "emil@example.com", title: "x".repeat(70_000) });
  const cut = await replay((await recorded("kind=user.created&q=emil")).id);
  assert.deepEqual([cut.status, /bytes of its body were recorded/.test(cut.body.detail)], [409, true]);
  const { body } = await admin.get("/api/exchanges?dialect=manual&q=dora");
  assert.equal(body.total, 0);
});

test("an unreadable request is not sent again, to any endpoint", async () => {
  await sendRaw(server.port, ["nothing of the kind\r\n\r\n"]);
  const unread = await recorded("status=400&q=valid");
  for (const body of [{}, { endpoint: "default" }]) {
    const { status, body: problem } = await replay(unread.id, body);
    assert.deepEqual([status, /could not be read as a request/.test(problem.detail)], [409, true]);
  }
});

test("a recorded path cannot leave the SCIM protocol, even if a stranger sent it", async () => {
  for (const [at, [way, expected]] of (
    [
      ["../../../trusts", /is not a SCIM path/],
      ["%2e%2e/.%2E/%2e./trusts", /is not a SCIM path/],
      // A backslash is sent unchanged.
      ["..\\..\\..\\trusts", /"status":404/],
    ] as const
  ).entries()) {
    const headers = { authorization: "Bearer guessed", "user-agent": `way${at}` };
    await server.client.send("GET", `/Users/${way}`, { headers });
    const exchange = await recorded(`method=GET&status=4xx&q=way${at}`);
    assert.match((await replay(exchange.id)).text, expected);
  }
});

test("only administrators may replay, and a missing exchange is 404", async () => {
  const { id } = await recorded("method=GET");
  assert.equal((await replay(id, {}, server.connect(TEST_SECRET))).status, 403);
  assert.equal((await replay(id, {}, server.connect(undefined))).status, 401);
  assert.equal((await replay(1)).status, 404);
});

test("a signed-in administrator may replay, a viewer may not", async () => {
  await server.client.get("/Users?count=0");
  const { id } = await recorded("method=GET&q=count");
  const headers = { "sec-fetch-site": "same-origin", "content-type": "application/json" };
  const session = await signedIn(server.origin, TEST_ADMIN_SECRET);
  const answer = await session.post(`/api/exchanges/${id}/replay`, {}, headers);
  assert.deepEqual([answer.status, answer.body.status], [200, 200]);
  const repeated = await admin.get(`/api/exchanges/${answer.body.exchange}`);
  assert.ok(!repeated.text.includes(session.cookie.split("=")[1] ?? ""));
  const viewer = await signedIn(server.origin, VIEWER_SECRET);
  assert.equal((await viewer.post(`/api/exchanges/${id}/replay`, {}, headers)).status, 403);
  for (const client of [session, viewer]) client.close();
});

test("simultaneous replays each find their own recording", async () => {
  await server.client.get("/Users?count=1");
  const exchange = await recorded("method=GET&q=count");
  const answers = await Promise.all(Array.from({ length: 20 }, () => replay(exchange.id)));
  const ids = answers.map(({ body }) => body.exchange);
  assert.ok(ids.every(Number.isSafeInteger));
  assert.equal(new Set(ids).size, 20);
});
