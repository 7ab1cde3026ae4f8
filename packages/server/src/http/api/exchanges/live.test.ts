import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { newExchange } from "../../../monitor/export/testing/exchange.ts";
import { USUAL_PACE } from "../../../monitor/live/view.ts";
import { startApplication, TEST_ADMIN_SECRET, TEST_SECRET } from "../../../testing/application.ts";
import { clientOf } from "../../../testing/client.ts";
import { startWithRecorded } from "../../../testing/recorded.ts";
import { fakeReplica } from "../../../testing/replica.ts";
import { startReplicated } from "../../../testing/replicated.ts";
import { testMonitor } from "../../../testing/store.ts";
import { signedIn } from "../session/test-support.ts";
import { watch } from "./testing/live-client.ts";

const server = await startApplication();
const { admin } = server;
after(server.close);

/** The operating system cannot buffer some of these for a client that does not read. */
const LONG = "x".repeat(10_000);

let users = 0;
/** Exchanges of other tests may be recorded after those ended. */
const CREATED = "kind=user.created";
const createUser = () => server.client.post("/Users", { userName: `user${users++}@example.com` });

test("exchanges arrive at once, as the search shows them", async () => {
  const live = await watch(server.origin, CREATED);
  assert.equal(live.status, 200);
  assert.equal(live.headers["content-type"], "text/event-stream");
  assert.equal(live.headers["cache-control"], "no-store");
  assert.equal(live.headers["x-accel-buffering"], "no");
  await live.untilText(/^retry: 2000\nid: \d+\n\n/);
  const latencies: number[] = [];
  for (let count = 1; count <= 5; count++) {
    const sentMs = performance.now();
    await createUser();
    await live.until(count);
    latencies.push((live.events.at(-1)?.atMs ?? Number.NaN) - sentMs);
  }
  // Faster than by its own check, every second. The median, because the machine may be busy once.
  const usual = latencies.sort((a, b) => a - b)[2] ?? Number.NaN;
  assert.ok(usual < USUAL_PACE.checkMs / 2, `${usual} ms`);
  const last = live.events.at(-1);
  assert.equal(last?.name, "exchange");
  assert.equal(last?.id, last?.data.position);
  assert.equal(last?.data.sentences[0].kind, "user.created");
  const { body } = await admin.get(`/api/exchanges?limit=1&${CREATED}`);
  assert.deepEqual(last?.data, body.exchanges[0]);
  live.close();
});

test("a client that reconnects continues where it was: nothing is lost or repeated, all in order", async () => {
  const first = await watch(server.origin);
  await first.untilText(/id: \d+/);
  const start = first.lastId();
  first.close();
  const writes = Array.from({ length: 300 }, createUser);
  const seen: number[] = [];
  for (let last = start; seen.length < 300; ) {
    const live = await watch(server.origin, "", { headers: { "last-event-id": String(last) } });
    await live.until(1);
    last = live.lastId();
    live.close();
    seen.push(...live.events.map(({ id }) => id));
  }
  await Promise.all(writes);
  assert.deepEqual(
    seen,
    Array.from({ length: 300 }, (_, at) => start + 1 + at),
  );
});

test("it starts after a given position, and not earlier", async () => {
  const { body } = await admin.get("/api/exchanges?limit=3");
  const third = body.exchanges[2].position;
  const live = await watch(server.origin, `after=${third}`);
  await live.until(2);
  assert.deepEqual(
    live.events.map(({ id }) => id),
    [third + 1, third + 2],
  );
  live.close();
  // A restored database may not have this position yet.
  const ahead = await watch(server.origin, "", { headers: { "last-event-id": "999999999" } });
  await ahead.untilText(/id: \d+/);
  assert.equal(ahead.lastId(), third + 2);
  await createUser();
  await ahead.until(1);
  ahead.close();
});

test("only matches of the filter arrive", async () => {
  const refused = await watch(server.origin, "kind=read.*&status=4xx");
  const everything = await watch(server.origin);
  await everything.untilText(/id: \d+/);
  await createUser();
  await server.client.get("/Users/nobody");
  await createUser();
  await server.client.get("/Users/nobody");
  await everything.until(4);
  await refused.until(2);
  assert.deepEqual(
    refused.events.map(({ data }) => [data.status, data.sentences[0].kind]),
    [
      [404, "read.missed"],
      [404, "read.missed"],
    ],
  );
  everything.close();
  refused.close();
});

test("invalid filters and unauthorized clients are rejected", async () => {
  for (const [query, detail] of [
    ["kind=*", /"kind" cannot be/],
    ["after=x", /"after" must be a whole number/],
    ["before=1", /"before" is not known here/],
  ] as const) {
    const answer = await admin.get(`/api/live?${query}`);
    assert.equal(answer.status, 400);
    assert.match(answer.body.detail, detail);
  }
  const answer = await admin.get("/api/live", { "last-event-id": "-1" });
  assert.deepEqual([answer.status, /Last-Event-ID/.test(answer.body.detail)], [400, true]);
  assert.equal((await server.connect(TEST_SECRET).get("/api/live")).status, 403);
  assert.equal((await server.connect(undefined).get("/api/live")).status, 401);
  assert.equal((await admin.send("HEAD", "/api/live")).status, 405);
});

test("it ends with the session, and nothing arrives afterwards", async () => {
  const session = await signedIn(server.origin, TEST_ADMIN_SECRET);
  const headers = { cookie: session.cookie, authorization: undefined };
  const [live, other] = await Promise.all([watch(server.origin, CREATED, { headers }), watch(server.origin, CREATED)]);
  assert.equal(live.status, 200);
  await createUser();
  await live.until(1);
  assert.equal((await session.delete("/api/session")).status, 204);
  await createUser();
  await other.until(2);
  await live.untilEnded();
  assert.equal(live.events.length, 1);
  session.close();
  other.close();
});

test("it ends when another instance takes over, and continues there", async (t) => {
  const replica = fakeReplica();
  const { origin, client, root } = await startReplicated(t, replica);
  const live = await watch(origin, CREATED);
  await client.post("/Users", { userName: "anna@example.com" });
  await live.until(1);
  await replica.host().demoted("handed-over");
  await live.untilEnded();
  const refused = await root.get("/api/live", { authorization: `Bearer ${TEST_ADMIN_SECRET}` });
  assert.equal(refused.status, 503);
});

test("at most 100 clients can watch; a client that leaves frees its place", async () => {
  const all = await Promise.all(Array.from({ length: 100 }, () => watch(server.origin)));
  assert.ok(all.every(({ status }) => status === 200));
  const refused = await admin.get("/api/live");
  assert.equal(refused.status, 503);
  assert.equal(refused.headers["retry-after"], "10");
  await createUser();
  await Promise.all(all.map((live) => live.until(1)));
  for (const live of all) live.close();
  let live = await watch(server.origin);
  // The server may notice later that they have left.
  for (let tries = 0; live.status === 503 && tries < 200; tries++) {
    live.close();
    await sleep(20);
    live = await watch(server.origin);
  }
  assert.equal(live.status, 200);
  live.close();
});

test("viewers leave places for administrators", async () => {
  const viewerSecret = "test-viewer-secret";
  const { origin, close } = await startApplication({ viewerSecret });
  const viewers = await Promise.all(Array.from({ length: 80 }, () => watch(origin, "", { secret: viewerSecret })));
  const [viewer, root] = [clientOf(origin, viewerSecret), clientOf(origin, TEST_ADMIN_SECRET)];
  try {
    assert.ok(viewers.every(({ status }) => status === 200));
    const refused = await viewer.get("/api/live");
    assert.deepEqual(
      [refused.status, refused.body.detail],
      [503, "80 clients watch already. Close one, or try again later."],
    );
    const admins = await Promise.all(Array.from({ length: 20 }, () => watch(origin)));
    assert.ok(admins.every(({ status }) => status === 200));
    assert.equal((await root.get("/api/live")).status, 503);
    for (const live of admins) live.close();
  } finally {
    for (const each of [...viewers, viewer, root]) each.close();
    await close();
  }
});

test("a client that stops reading uses no memory, and gets everything when it continues", async (t) => {
  const COUNT = 40_000;
  const filler = "x".repeat(1_000);
  const recorded = await startWithRecorded(function* (endpoints) {
    for (let at = 0; at < COUNT; at++) yield newExchange(at, { endpoint: endpoints.default, details: { filler } });
  });
  try {
    const { exchanges } = await testMonitor();
    const { since } = exchanges;
    let read = 0;
    t.mock.method(exchanges, "since", async (...args: Parameters<typeof since>) => {
      const found = await since(...args);
      read += found.length;
      return found;
    });
    const live = await watch(recorded.origin, "after=0", { keepsText: false });
    await live.until(1);
    live.pause();
    let before = -1;
    // Until the buffers of the operating system are full.
    while (before !== read) {
      before = read;
      await sleep(300);
    }
    const [readThen, cameThen] = [read, live.events.length];
    assert.ok(readThen < COUNT / 2, `${readThen} of ${COUNT} were read for a client that does not`);
    live.resume();
    await live.until(COUNT);
    assert.ok(live.events.every(({ id }, at) => id === at + 1));
    assert.equal(live.events.length, COUNT);
    t.diagnostic(`${readThen} were read ahead of ${cameThen}`);
    live.close();
  } finally {
    await recorded.close();
  }
});

test("when the server ends, all views end, even of a client that does not read", async () => {
  const ending = await startWithRecorded(function* (endpoints) {
    for (let at = 0; at < 4_000; at++)
      yield newExchange(at, { endpoint: endpoints.default, details: { filler: LONG } });
  });
  const live = await watch(ending.origin);
  await live.untilText(/id: \d+/);
  const stalled = await watch(ending.origin, "after=0", { keepsText: false });
  stalled.pause();
  await sleep(500);
  const startMs = performance.now();
  await ending.close();
  const tookMs = performance.now() - startMs;
  assert.ok(tookMs < 3_000, `${tookMs} ms`);
  await live.untilEnded();
  assert.ok(live.isWhole());
});

test("while the server finishes its requests, no new view starts", async () => {
  const ending = await startApplication();
  const socket = connect(ending.port, "127.0.0.1");
  let answer = "";
  socket.setEncoding("utf8").on("data", (chunk: string) => {
    answer += chunk;
  });
  // A request in progress keeps its connection, although no other is accepted.
  socket.write(`GET /api/live HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${TEST_ADMIN_SECRET}\r\n`);
  await sleep(200);
  const startMs = performance.now();
  const ended = ending.close();
  await sleep(100);
  socket.write("\r\n");
  await Promise.all([ended, once(socket, "close")]);
  assert.ok(performance.now() - startMs < 10_000);
  assert.match(answer, /^HTTP\/1\.1 503 .*shutting down/s);
});
