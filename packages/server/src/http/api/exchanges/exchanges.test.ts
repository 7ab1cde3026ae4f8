import assert from "node:assert/strict";
import { after, test } from "node:test";
import { message, newExchange } from "../../../monitor/export/testing/exchange.ts";
import { TEST_SECRET } from "../../../testing/application.ts";
import { isProblem } from "../../../testing/assert-answer.ts";
import { startWithRecorded } from "../../../testing/recorded.ts";
import { recordedExchange } from "./testing/recorded-exchange.ts";

const COUNT = 120;

const server = await startWithRecorded(function* (endpoints) {
  for (let at = 0; at < COUNT; at++) {
    const own = at % 4 === 0 ? { method: "POST", status: at % 8 === 0 ? 201 : 409 } : {};
    yield newExchange(at, { endpoint: at % 3 === 0 ? endpoints.okta : endpoints.default, ...own });
  }
});
const { admin } = server;
after(server.close);

test("the newest come first, with the total and the start of the next page", async () => {
  const answer = await admin.get("/api/exchanges");
  assert.equal(answer.status, 200);
  assert.match(String(answer.headers["content-type"]), /^application\/json/);
  assert.equal(answer.headers["cache-control"], "no-store");
  assert.deepEqual(Object.keys(answer.body), ["total", "exchanges", "next"]);
  assert.equal(answer.body.total, COUNT);
  assert.equal(answer.body.exchanges.length, 50);
  const seen: number[] = [];
  for (let before = ""; before !== "null"; ) {
    const { body } = await admin.get(`/api/exchanges?limit=35&before=${before}`);
    assert.equal(body.total, COUNT);
    seen.push(...body.exchanges.map(({ position }: { position: number }) => position));
    before = String(body.next);
  }
  assert.deepEqual(
    seen,
    Array.from({ length: COUNT }, (_, at) => COUNT - at),
  );
});

test("a summary has all members; absent ones are null", async () => {
  const { body } = await admin.get("/api/exchanges?limit=1");
  const { id, requestId, outcomeKey, ...summary } = body.exchanges[0];
  assert.ok(Number.isSafeInteger(outcomeKey));
  assert.ok(Number.isSafeInteger(id));
  assert.equal(requestId, "req-119");
  assert.deepEqual(summary, {
    position: COUNT,
    at: "2024-11-24T08:01:59.000Z",
    endpoint: "default",
    method: "GET",
    path: "/Users",
    sentPath: "/scim/v2/Users",
    query: "",
    status: 200,
    durationUs: 1_500,
    split: { queueUs: 10, databaseUs: 200, durableUs: 0 },
    clientAddress: "192.0.2.1",
    userAgent: "AzureAD-Prov/1.0",
    credential: "Entra ID",
    dialect: "entra",
    dialectName: "Entra ID (default dialect)",
    severity: "info",
    isProbe: false,
    sentences: [{ kind: "search", text: "Entra ID listed all users" }],
    findings: [],
    resources: [],
    details: {},
  });
});

test("a filter selects by endpoint, status, method, time and words", async () => {
  const total = async (query: string) => (await admin.get(`/api/exchanges?limit=1&${query}`)).body.total;
  assert.equal(await total("endpoint=okta"), COUNT / 3);
  assert.equal(await total("status=409"), COUNT / 8);
  assert.equal(await total("status=2xx&method=POST"), COUNT / 8);
  assert.equal(await total("from=2024-11-24T08:01:00Z&to=2024-11-24T08:01:30Z"), 30);
  assert.equal(await total("requestId=req-7"), 1);
  assert.equal(await total("q=entra+listed"), COUNT);
  assert.equal(await total("q=okta"), 0);
  assert.equal(await total("kind=user.*"), 0);
  assert.equal(await total("finding=*"), 0);
});

test("an invalid search is rejected with what is valid", async () => {
  isProblem(await admin.get("/api/exchanges?limit=501"), 400, /"limit" must be a whole number from 1 to 500/);
  isProblem(await admin.get("/api/exchanges?limit=0"), 400, /"limit"/);
  isProblem(await admin.get("/api/exchanges?before=0"), 400, /"before" must be a whole number of 1 or more/);
  isProblem(await admin.get("/api/exchanges?endpont=okta"), 400, /"endpont" is not known here.*endpoint, from/);
  isProblem(await admin.get("/api/exchanges?endpoint=entra"), 400, /no endpoint "entra"/);
  isProblem(await admin.get("/api/exchanges?finding=loss"), 400, /"finding" cannot be "loss". Send loss.cleared/);
  isProblem(await admin.get("/api/exchanges?q=%ff"), 400, /percent-encoded/);
});

test("only administrators may read exchanges", async () => {
  for (const path of ["", "/1", "/1/curl"]) {
    assert.equal((await server.connect(undefined).get(`/api/exchanges${path}`)).status, 401);
    assert.equal((await server.connect(TEST_SECRET).get(`/api/exchanges${path}`)).status, 403);
  }
});

test("an exchange has its original headers and bodies, without secrets", async () => {
  const user = { userName: "Jürgen@example.com", password: "hush-hush-hush", active: true };
  await server.client.post("/Users", user, { "user-agent": "test/1.0", "x-api-key": "hush-hush-hush" });
  const { id } = await recordedExchange(admin, "kind=user.created");
  const { status, body, text } = await admin.get(`/api/exchanges/${id}`);
  assert.equal(status, 200);
  assert.equal(body.id, id);
  assert.doesNotMatch(text, /hush-hush-hush/);
  assert.ok(!text.includes(TEST_SECRET));
  const headers = new Map<string, string>(
    body.request.headers.map(([name, value]: string[]) => [name?.toLowerCase(), value]),
  );
  assert.equal(headers.get("user-agent"), "test/1.0");
  assert.match(headers.get("authorization") ?? "", /^Bearer \[secret, /);
  const sent = JSON.parse(body.request.body);
  assert.equal(sent.userName, user.userName);
  assert.match(sent.password, /^\[secret, 14 characters/);
  assert.equal(body.request.bodyBytes, Buffer.byteLength(JSON.stringify(user)));
  assert.deepEqual([body.request.bodyBase64, body.request.isCut, body.response.isCut], [null, false, false]);
  assert.equal(JSON.parse(body.response.body).userName, user.userName);
  await server.client.delete(`/Users/${JSON.parse(body.response.body).id}`);
});

test("bytes that are not text are base64, and cut bodies are marked", async () => {
  const bytes = message(["content-type", "image/png"], Buffer.from([0x89, 0xff]), 5);
  const other = await startWithRecorded(function* () {
    yield newExchange(0, { endpoint: undefined, request: bytes });
  });
  const reader = other.admin;
  try {
    const [{ id }] = (await reader.get("/api/exchanges")).body.exchanges;
    const { body } = await reader.get(`/api/exchanges/${id}`);
    assert.equal(body.endpoint, null);
    assert.deepEqual(body.request, {
      headers: [["content-type", "image/png"]],
      body: null,
      bodyBase64: "if8=",
      bodyBytes: 5,
      isCut: true,
    });
  } finally {
    await other.close();
  }
});

test("a missing exchange is 404", async () => {
  for (const id of ["1", "x", "-1", "99999999999999999", "1.5"]) {
    isProblem(await admin.get(`/api/exchanges/${id}`), 404, /There is no exchange/);
    isProblem(await admin.get(`/api/exchanges/${id}/curl`), 404, /There is no exchange/);
  }
});

test("a curl command repeats the request at this server", async () => {
  await server.client.get('/Users?filter=emails[type%20eq%20"work"].value%20eq%20"a"', { "user-agent": "test/1.0" });
  const { id } = await recordedExchange(admin, "q=emails+value");
  const { status, headers, text } = await admin.get(`/api/exchanges/${id}/curl`);
  assert.equal(status, 200);
  assert.match(String(headers["content-type"]), /^text\/plain; charset=utf-8$/);
  assert.equal(headers["x-content-type-options"], "nosniff");
  const query = "filter=emails[type%20eq%20%22work%22].value%20eq%20%22a%22";
  assert.ok(text.includes(`'${server.origin}/scim/v2/Users?${query}'`), text);
  assert.match(text, /--header "Authorization: Bearer \$SCIM_TOKEN"/);
  assert.ok(!text.includes(TEST_SECRET));
});

test("too many words are rejected in every filter, before anything is sent", async () => {
  const words = Array.from({ length: 33 }, (_, number) => `word${number}`).join("+");
  for (const path of ["exchanges?", "live?", "statistics?", "export?format=csv&"]) {
    const { status, body } = await admin.get(`/api/${path}q=${words}`);
    assert.deepEqual([status, body.detail], [400, '"q" has 33 different words. Send 32 at most.'], path);
  }
});
