import assert from "node:assert/strict";
import { after, test } from "node:test";
import { newExchange, START_MS } from "../../../monitor/export/testing/exchange.ts";
import { startWithRecorded } from "../../../testing/recorded.ts";

const TESTED = { isProbe: true, sentences: [{ kind: "connection.tested", text: "Entra ID tested the connection" }] };
const COUNT = 412;

const server = await startWithRecorded(function* (endpoints) {
  for (let at = 0; at < COUNT; at++) {
    yield newExchange(at, { endpoint: endpoints.default, ...TESTED, dialect: at < 10 ? "unknown" : "entra" });
    if (at % 3 === 0) yield newExchange(at, { endpoint: endpoints.default });
  }
  yield newExchange(COUNT, { endpoint: endpoints.default, ...TESTED, credential: "Second" });
  const byOkta = { userAgent: "Okta SCIM Client 1.0.0", dialect: "okta-wizard" };
  yield newExchange(COUNT, { endpoint: endpoints.okta, ...TESTED, ...byOkta, credential: "Okta" });
  yield newExchange(COUNT, { endpoint: endpoints.default, ...TESTED, ...byOkta });
});
const { admin } = server;
after(server.close);

const since = new Date(START_MS).toISOString();

test("the tests of each client of an endpoint are one entry, described by the last one", async () => {
  const { status, body } = await admin.get("/api/activity/tests?from=2024-11-24");
  assert.equal(status, 200);
  const end = new Date(START_MS + 1_000 * COUNT).toISOString();
  assert.deepEqual(body.tests, [
    {
      endpoint: "default",
      credential: "Entra ID",
      dialect: "entra",
      dialectName: "Entra ID (default dialect)",
      count: COUNT,
      since,
      last: new Date(START_MS + 1_000 * (COUNT - 1)).toISOString(),
      text: "Entra ID tested the connection (412 times since 08:00)",
    },
    {
      endpoint: "default",
      credential: "Second",
      dialect: "entra",
      dialectName: "Entra ID (default dialect)",
      count: 1,
      since: end,
      last: end,
      text: "Entra ID tested the connection",
    },
    {
      endpoint: "okta",
      credential: "Okta",
      dialect: "okta-wizard",
      dialectName: "Okta (app made with the wizard)",
      count: 1,
      since: end,
      last: end,
      text: "Okta tested the connection",
    },
    {
      endpoint: "default",
      credential: "Entra ID",
      dialect: "okta-wizard",
      dialectName: "Okta (app made with the wizard)",
      count: 1,
      since: end,
      last: end,
      text: "Okta tested the connection",
    },
  ]);
});

test("an endpoint and a time select among them; the default is today", async () => {
  const { body } = await admin.get("/api/activity/tests?endpoint=default&from=2024-11-24T08:06:00Z");
  assert.deepEqual(
    body.tests.map(({ count }: { count: number }) => count),
    [COUNT - 360, 1, 1],
  );
  // Independent of the day: tests before its beginning are not counted.
  const today = new Date().toISOString().slice(0, 10);
  const usual = (await admin.get("/api/activity/tests")).body;
  assert.deepEqual(usual, (await admin.get(`/api/activity/tests?from=${today}`)).body);
});

test("other parameters are rejected", async () => {
  for (const query of ["q=x", "kind=search", "from=soon"]) {
    assert.equal((await admin.get(`/api/activity/tests?${query}`)).status, 400);
  }
});
