import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { Authenticator } from "../../auth/authenticator.ts";
import { hashSecret } from "../../auth/credentials.ts";
import { Endpoints } from "../../endpoint/endpoints.ts";
import { RequestRates } from "../../endpoint/request-rates.ts";
import { serveEndpoint } from "../../endpoint/served-endpoint.ts";
import { openRecorder } from "../../monitor/recorder/recorder.ts";
import { openSqliteStore } from "../../store/sqlite/store.ts";
import { OutcomeUnknown, ReadTooLarge, type Store, StoreFull, StoreUnavailable } from "../../store/store.ts";
import { testFolder } from "../../testing/application.ts";
import { refused, succeeded } from "../../testing/assert-answer.ts";
import { clientOf } from "../../testing/client.ts";
import { group, user } from "../../testing/scim-bodies.ts";
import { DEFAULT_CONNECTION_LIMITS } from "../connection-limits.ts";
import { buildServer } from "../server.ts";

const INTERNALS = "disk I/O error at /srv/private/scim.db";
const DETAIL = /^The server failed to process this request\. Its log shows the cause; the request changed nothing\.$/;

async function serving(t: TestContext, breaking: (store: Store) => Store) {
  const folder = testFolder();
  const store = openSqliteStore(join(folder, "scim.db"));
  const endpoint = await store.transaction((transaction) =>
    store.endpoints.insert(transaction, { name: "default", settings: { profile: "tolerant" } }, 0),
  );
  const endpoints = new Endpoints([serveEndpoint(endpoint)]);
  await store.transaction((transaction) =>
    store.credentials.put(
      transaction,
      {
        purpose: "provisioning",
        endpoint: endpoint.key,
        label: "test",
        scopes: ["read", "write"],
        secretHash: hashSecret("any"),
      },
      0,
    ),
  );
  const authenticator = await Authenticator.open(store);
  const directory = { store: breaking(store), now: Date.now };
  const recorder = await openRecorder({
    store,
    recording: "on",
    knownSecrets: [],
    hasRoom: () => true,
    log: () => undefined,
  });
  const current = {
    directory,
    endpoints,
    authenticator,
    recorder,
    requestRates: new RequestRates(store.replicas),
    close: () => recorder.close(),
    abandon: () => undefined,
  };
  const server = buildServer({
    serving: { current, access: current, admit: async () => current, readiness: () => "ready" },
    backup: undefined,
    publicUrl: undefined,
    logLevel: "warn",
    limits: DEFAULT_CONNECTION_LIMITS,
  });
  await server.listen({ port: 0, host: "127.0.0.1" });
  const client = clientOf(`http://127.0.0.1:${(server.server.address() as AddressInfo).port}/scim/v2`, "any");
  t.after(async () => {
    client.close();
    await server.close();
    await recorder.close();
    await store.close();
    rmSync(folder, { recursive: true });
  });
  const log: string[] = [];
  t.mock.method(process.stderr, "write", (text: string | Uint8Array) => {
    log.push(String(text));
    return true;
  });
  return { client, log };
}

const fail = async (): Promise<never> => {
  throw Object.assign(new Error(INTERNALS, { cause: new Error("the cause") }), { code: "ERR_SQLITE_ERROR" });
};

function assertLoggedOnce(log: string[]): void {
  assert.equal(log.length, 1, log.join(""));
  const line = JSON.parse(String(log[0]));
  assert.equal(line.level, 50);
  assert.match(line.err.message, /disk I\/O error at \/srv\/private/);
  assert.match(line.err.stack, /the cause/);
}

test("a failing store gets 500 without internals, and is logged once with its cause", async (t) => {
  const { client, log } = await serving(t, (store) => ({
    ...store,
    resources: { ...store.resources, get: fail, search: fail, insert: fail },
  }));
  const requests = [
    () => client.get("/Users/x"),
    () => client.get("/Users"),
    () => client.post("/Users", user("x")),
    () => client.put("/Users/x", user("x")),
    () => client.delete("/Users/x"),
  ];
  for (const request of requests) {
    log.length = 0;
    const answer = await request();
    refused(answer, 500, undefined, DETAIL);
    assert.doesNotMatch(answer.text, /disk|private|SQLITE|at .*\.ts/);
    assertLoggedOnce(log);
  }
  log.length = 0;
  succeeded(await client.get("/Schemas"), 200);
  assert.deepEqual(log, []);
});

test("a write with an unknown outcome gets 503, which says so", async (t) => {
  const { client } = await serving(t, (store) => ({
    ...store,
    transaction: () => Promise.reject(new OutcomeUnknown("The connection was lost during a commit.")),
  }));
  const answer = await client.post("/Users", user("x"));
  refused(answer, 503, undefined, /may have been carried out: look before you send it again/);
  assert.equal(answer.headers["retry-after"], "1");
});

test("a write that fails halfway leaves nothing behind", async (t) => {
  const broken = { add: false };
  const { client, log } = await serving(t, (store) => ({
    ...store,
    members: { ...store.members, add: (...given) => (broken.add ? fail() : store.members.add(...given)) },
  }));
  const { id } = succeeded(await client.post("/Users", user("member")), 201);
  const members = [{ value: id }];
  const there = succeeded(await client.post("/Groups", group("There")), 201);
  broken.add = true;
  refused(await client.post("/Groups", group("Half", { members })), 500, undefined, DETAIL);
  const operations = [
    { op: "replace", path: "displayName", value: "Half" },
    { op: "add", path: "members", value: members },
  ];
  refused(await client.patch(`/Groups/${there.id}`, operations), 500, undefined, DETAIL);
  broken.add = false;
  assert.equal(log.length, 2);
  const list = succeeded(await client.get("/Groups"), 200);
  assert.deepEqual(list.Resources, [there]);
  succeeded(await client.post("/Groups", group("Half", { members })), 201);
});

test("a full disk gets 507 with when to retry, a closed store 503; only the first is logged", async (t) => {
  const cases = [
    {
      error: new StoreFull("full"),
      status: 507,
      detail: /server is full\. The request changed nothing; reads still work\. Free some space on the disk\.$/,
    },
    { error: new StoreUnavailable("closed"), status: 503, detail: /changed nothing; send it again/ },
  ];
  for (const { error, status, detail } of cases) {
    const { client, log } = await serving(t, (store) => ({ ...store, transaction: () => Promise.reject(error) }));
    const answer = await client.post("/Users", user("x"));
    refused(answer, status, undefined, detail);
    assert.match(String(answer.headers["retry-after"]), /^[1-9]\d*$/);
    assert.equal(log.length, status === 507 ? 1 : 0);
    t.mock.restoreAll();
  }
});

test("a write to an endpoint that changes all the time gets 503, which is not a failure to investigate", async (t) => {
  const { client, log } = await serving(t, (store) => ({
    ...store,
    endpoints: { ...store.endpoints, revisionOf: async () => 4_711 },
  }));
  const answer = await client.post("/Users", user("x"));
  refused(answer, 503, undefined, /"default" is being changed\. This request changed nothing; send it again/);
  assert.match(String(answer.headers["retry-after"]), /^[1-9]\d*$/);
  assert.deepEqual(log, []);
  assert.equal((await client.get("/Users")).body.totalResults, 0);
});

test("client errors are not logged, because the client gets them", async (t) => {
  const { client, log } = await serving(t, (store) => store);
  refused(await client.get("/Users/x"), 404, undefined, /no User/);
  refused(await client.post("/Users", "{"), 400, "invalidSyntax", /JSON/);
  refused(await client.get("/Me"), 404, undefined, /not bound to a user/);
  assert.deepEqual(log, []);
});

test("a search that needs too much memory is rejected with advice", async (t) => {
  const { client } = await serving(t, (store) => ({
    ...store,
    resources: { ...store.resources, search: () => Promise.reject(new ReadTooLarge(134_217_728)) },
  }));
  const detail = /would take more than 128 MB of memory, so it was ended\. Narrow the filter, .*"indexed"\.$/;
  refused(await client.get("/Users"), 400, "tooMany", detail);
});
