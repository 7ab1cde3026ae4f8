import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { type TestContext, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { ReplicaError } from "@scimtool/replica/errors";
import { startApplication, TEST_ADMIN_SECRET, TEST_SECRET } from "../testing/application.ts";
import { clientOf } from "../testing/client.ts";
import { sendRaw } from "../testing/raw.ts";
import { recordedExchanges, toldOf } from "../testing/recorded-exchanges.ts";
import { fakeReplica, holdAnswersOf } from "../testing/replica.ts";
import { user } from "../testing/scim-bodies.ts";

// Requests and responses that end early, and what is recorded of them.

const HEADERS = `Host: x\r\nAuthorization: Bearer ${TEST_SECRET}\r\nContent-Type: application/scim+json\r\n`;
const ONE_PACKET_MS = 50;
/** After this time, a response is recorded. */
const FLUSH_MS = 100;

async function start(t: TestContext, replica = fakeReplica()) {
  const server = await startApplication({ backupTarget: "fake", logLevel: "silent" }, replica.environment);
  const { admin } = server;
  t.after(server.close);
  const recorded = async (count: number) => {
    const exchanges = await recordedExchanges(admin, "", count);
    return exchanges.map(({ endpoint, method, path, status, credential, clientAddress, ...exchange }) => {
      assert.equal(clientAddress, "127.0.0.1");
      return [`${endpoint ?? "-"} ${method} ${path} ${status}, ${credential ?? "nobody"}`, ...toldOf(exchange)];
    });
  };
  return { ...server, admin, replica, recorded };
}

test("a request that is not HTTP is recorded once, with its first line if it has one, and without secrets", async (t) => {
  const { port, recorded, admin } = await start(t);
  const requests: readonly (readonly [status: number, ...packets: string[]])[] = [
    [400, "nothing of the kind\r\n\r\n"],
    [400, "GET /scim/v2/Users?token=pl4nted HTTP/1.1\r\nHost x: y\r\n\r\n"],
    [400, "GET /scim/v2/Users HTTP/1.1\r\nHost: x\r\nAuthorization: ", "SSWS pl4nted\r\nHost x: y\r\n\r\n"],
    [431, `GET /scim/v2/Users HTTP/1.1\r\nHost: x\r\nX-Long: ${"pl4nted".repeat(10_000)}\r\n\r\n`],
  ];
  for (const [status, ...packets] of requests) assert.equal((await sendInPackets(port, packets)).status, status);
  const invalid = "the request is not valid HTTP/1.1";
  assert.deepEqual(await recorded(requests.length), [
    ["- ? / 400, nobody", `failure.other: An unknown client could not send a request: ${invalid}`],
    [
      "- GET /scim/v2/Users 400, nobody",
      `failure.other: An unknown client could not call GET /scim/v2/Users: ${invalid}`,
    ],
    ["- ? / 400, nobody", `failure.other: An unknown client could not send a request: ${invalid}`],
    [
      "- ? / 431, nobody",
      "failure.other: An unknown client could not send a request: the URL and headers are larger than 65536 bytes",
    ],
  ]);
  assert.doesNotMatch((await admin.get("/api/export")).text, /pl4nted/);
});

test("a request that stops being HTTP in the middle of a body is recorded once, with the known part", async (t) => {
  const { port, recorded } = await start(t);
  const head = `POST /scim/v2/Users HTTP/1.1\r\n${HEADERS}Transfer-Encoding: chunked\r\n\r\n`;
  assert.equal((await sendInPackets(port, [`${head}2\r\n{"\r\n`, "no length\r\n"])).status, 400);
  assert.deepEqual(await recorded(1), [
    [
      "default POST /Users 400, shared secret",
      'failure.create: "shared secret" could not create a user: the request is not valid HTTP/1.1',
    ],
  ]);
});

test("so is a request to administration", async (t) => {
  const { port, recorded } = await start(t);
  const headers = HEADERS.replace(TEST_SECRET, TEST_ADMIN_SECRET);
  const head = `POST /api/endpoints HTTP/1.1\r\n${headers}Transfer-Encoding: chunked\r\n\r\n`;
  assert.equal((await sendInPackets(port, [`${head}2\r\n{"\r\n`, "no length\r\n"])).status, 400);
  assert.deepEqual(await recorded(1), [
    [
      "- POST /api/endpoints 400, admin secret",
      "failure.other: An administrator could not call POST /api/endpoints: the request is not valid HTTP/1.1",
    ],
  ]);
});

test("bytes that are not HTTP after an answered request are recorded separately", async (t) => {
  const { port, recorded } = await start(t);
  const socket = connect(port, "127.0.0.1");
  const body = JSON.stringify(user("alice"));
  socket.write(`POST /scim/v2/Users HTTP/1.1\r\n${HEADERS}Content-Length: ${body.length}\r\n\r\n${body}`);
  await once(socket, "data");
  socket.end("nothing of the kind\r\n\r\n").resume();
  await once(socket, "close");
  const headlines = (await recorded(2)).map(([headline]) => headline);
  assert.deepEqual(headlines.toSorted(), ["- ? / 400, nobody", "default POST /Users 201, shared secret"]);
});

test("a client that disconnects in the middle of a body is recorded, like everybody else", async (t) => {
  const { port, recorded, client } = await start(t);
  const socket = connect(port, "127.0.0.1");
  socket.write(`POST /scim/v2/Users HTTP/1.1\r\n${HEADERS}Content-Length: 100\r\n\r\n{`);
  await setTimeout(ONE_PACKET_MS);
  socket.destroy();
  await client.get("/Users");
  const [[first = ""] = [], [second = ""] = []] = (await recorded(2)).toSorted();
  assert.equal(first, "default GET /Users 200, shared secret");
  assert.equal(second, "default POST /Users 400, shared secret");
});

test("a client that disconnects before the response is recorded", async (t) => {
  const { port, replica, recorded } = await start(t);
  const answers = holdAnswersOf(replica);
  const socket = connect(port, "127.0.0.1");
  socket.write(`GET /scim/v2/Users HTTP/1.1\r\n${HEADERS}\r\n`);
  await answers.held;
  socket.destroy();
  await once(socket, "close");
  await setTimeout(ONE_PACKET_MS);
  replica.durable = () => undefined;
  answers.release();
  assert.deepEqual(await recorded(1), [
    ["default GET /Users 200, shared secret", 'search: "shared secret" counted users: there are 0'],
  ]);
});

test("a replaced response is recorded as the error that was sent, with the history of the write", async (t) => {
  const { client, replica, admin, recorded } = await start(t);
  const { id } = (await client.post("/Users", user("alice"))).body;
  replica.refusal = () => ({ reason: "Handing over.", retryAfterMs: 1_000, diskFull: false });
  assert.equal((await client.delete(`/Users/${id}`)).status, 503);
  replica.refusal = () => undefined;
  replica.durable = () => Promise.reject(new ReplicaError("not-durable", "The target does not answer.", 1_000));
  assert.equal((await client.put(`/Users/${id}`, user("alice", { title: "Lead" }))).status, 503);
  replica.durable = () => Promise.reject(new Error("unexpected"));
  assert.equal((await client.get(`/Users/${id}`)).status, 500);
  replica.durable = () => undefined;
  const away = "the server was temporarily unavailable";
  const exchanges = await recorded(4);
  assert.deepEqual(exchanges.slice(1), [
    [
      `default DELETE /Users/${id} 503, shared secret`,
      `failure.delete: "shared secret" could not delete alice: ${away}`,
    ],
    [`default PUT /Users/${id} 503, shared secret`, `failure.change: "shared secret" could not change alice: ${away}`],
    [
      `default GET /Users/${id} 500, shared secret`,
      'failure.read: "shared secret" could not read alice: the server failed',
    ],
  ]);
  const { entries } = (await admin.get(`/api/endpoints/default/history/${id}`)).body;
  const [put] = await recordedExchanges(admin, "method=PUT", 1);
  assert.deepEqual([entries.length, entries[0].exchange], [2, put.id]);
});

test("on a full disk nothing is recorded until there is space again", async (t) => {
  const { client, replica, admin, recorded } = await start(t);
  replica.refusal = () => ({ reason: "Full.", retryAfterMs: 1_000, diskFull: true });
  assert.equal((await client.post("/Users", user("alice"))).status, 507);
  await setTimeout(3 * FLUSH_MS);
  assert.deepEqual((await admin.get("/api/exchanges")).body.exchanges, []);
  replica.refusal = () => undefined;
  assert.deepEqual(await recorded(1), [
    [
      "default POST /Users 507, shared secret",
      `failure.create: "shared secret" could not create a user: the server's disk is full`,
    ],
  ]);
});

test("the client of a removed credential is not confused with that of the next one with its key", async (t) => {
  const { admin, origin } = await start(t);
  const path = "/api/endpoints/default/credentials";
  for (const [label, telling] of [
    ["onelogin", "/Users?"],
    ["next", "/Users"],
  ] as const) {
    const { key, secret } = (await admin.post(path, { kind: "token", label })).body;
    const client = clientOf(`${origin}/scim/v2`, secret);
    await client.get(telling);
    await client.get("/Users");
    client.close();
    assert.equal((await admin.delete(`${path}/${key}`)).status, 200);
  }
  const exchanges = await recordedExchanges(admin, "method=GET", 4);
  assert.deepEqual(
    exchanges.map(({ credential, dialect }) => `${credential} ${dialect}`),
    ["onelogin onelogin", "onelogin onelogin", "next unknown", "next unknown"],
  );
});

/** Sends packets one by one, so that the server reads each separately. */
async function sendInPackets(port: number, packets: readonly string[]) {
  if (packets.length === 1) return sendRaw(port, packets);
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  const received: Buffer[] = [];
  socket.on("data", (bytes: Buffer) => received.push(bytes)).on("error", () => undefined);
  const closed = once(socket, "close");
  for (const packet of packets) {
    socket.write(packet);
    await setTimeout(ONE_PACKET_MS);
  }
  socket.end();
  await closed;
  return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(Buffer.concat(received).toString("latin1"))?.[1] ?? 0) };
}
