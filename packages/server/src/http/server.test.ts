import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { after, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { startApplication, TEST_ADMIN_SECRET, TEST_SECRET } from "../testing/application.ts";
import { changingNothing, refusedRaw, succeeded } from "../testing/assert-answer.ts";
import { sendRaw } from "../testing/raw.ts";

const server = await startApplication();
const { client, port } = server;
after(server.close);

const HEADERS = `Host: localhost\r\nAuthorization: Bearer ${TEST_SECRET}\r\nContent-Type: application/scim+json\r\n`;
const BODY = '{"userName":"cut"}';

test("bytes that are not HTTP get 400 in SCIM form, and the server still works", async () => {
  await changingNothing(client, async () => {
    const heads = [
      "nonsense\r\n\r\n",
      "GET /scim/v2/Users HTTP/9.9\r\n\r\n",
      `GET /scim/v2/Users HTTP/1.1\r\nno colon\r\n${HEADERS}\r\n`,
      `GET /scim/v2/Users\0 HTTP/1.1\r\n${HEADERS}\r\n`,
      `GET /scim/v2/Users/é HTTP/1.1\r\n${HEADERS}\r\n`,
      `GET /scim/v2/Users HTTP/1.1\r\nX-A: a\r\n  folded\r\n${HEADERS}\r\n`,
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
      Buffer.from("16030100c6010000c20303", "hex"),
    ];
    for (const head of heads) refusedRaw(await sendRaw(port, [head]), 400, undefined, /not valid HTTP\/1\.1/);
  });
});

test("no response may be cached or read as another type, except the page, which contains no data", async () => {
  const [admin, anybody] = [server.admin, server.connect(undefined)];
  const { id } = succeeded(await client.post("/Users", { userName: "cached" }), 201);
  const answers = await Promise.all([
    client.get(`/Users/${id}`),
    client.get("/Users"),
    client.get("/Schemas"),
    client.get("/Users/nobody"),
    client.get("/nothing"),
    client.post("/Users", "{"),
    client.send("PATCH", "/Users"),
    admin.get("/api/exchanges"),
    admin.get("/api/export"),
    admin.get("/api/nothing"),
    admin.get("/metrics"),
    ...["/healthz", "/readyz", "/nothing", "/%zz", "/api/%zz", "/api/endpoints", "/scim/v2/Users", "/api/docs"].map(
      (path) => anybody.get(path),
    ),
    anybody.post("/oauth/token", ""),
  ]);
  for (const { headers, status, text } of answers) {
    const found = [headers["cache-control"], headers["x-content-type-options"]];
    assert.deepEqual(found, ["no-store", "nosniff"], `${status} ${text.slice(0, 200)}`);
  }
  const { headers } = await anybody.get("/");
  assert.deepEqual([headers["cache-control"], headers["x-content-type-options"]], ["no-cache", "nosniff"]);
  const { text } = await sendRaw(port, ["nonsense\r\n\r\n"]);
  assert.match(text, /^cache-control: no-store\r\nx-content-type-options: nosniff\r\n/m);
});

test("the connection of an unreadable request is closed, even if its client does not close it", async () => {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  const { promise: accepted, resolve: accept } = Promise.withResolvers<Socket>();
  server.application.server.server.once("connection", accept);
  socket.write("nonsense\r\n\r\n");
  const [answer] = await once(socket, "data");
  assert.match(String(answer), /^HTTP\/1\.1 400 /);
  const ours = await accepted;
  if (!ours.closed) await once(ours, "close", { signal: AbortSignal.timeout(10_000) });
  socket.destroy();
});

test("a Content-Length that is wrong, doubled or beside chunks is rejected, and nothing is written (RFC 9112 §6.3)", async () => {
  await changingNothing(client, async () => {
    const lengths = ["Content-Length: -1", "Content-Length: x", "Content-Length: 18\r\nContent-Length: 19"];
    for (const length of [...lengths, "Content-Length: 18\r\nTransfer-Encoding: chunked"]) {
      const answer = await sendRaw(port, [`POST /scim/v2/Users HTTP/1.1\r\n${HEADERS}${length}\r\n\r\n${BODY}`]);
      refusedRaw(answer, 400, undefined, /not valid HTTP\/1\.1/);
    }
    const badChunk = `POST /scim/v2/Users HTTP/1.1\r\n${HEADERS}Transfer-Encoding: chunked\r\n\r\nZZ\r\n${BODY}\r\n`;
    refusedRaw(await sendRaw(port, [badChunk]), 400, undefined, /not valid HTTP\/1\.1/);
    const short = `POST /scim/v2/Users HTTP/1.1\r\n${HEADERS}Connection: close\r\nContent-Length: 10\r\n\r\n${BODY}`;
    refusedRaw(await sendRaw(port, [short]), 400, undefined, /not valid HTTP\/1\.1/);
  });
});

test("a second Host header is rejected on every path, and nothing is written (RFC 9112 §3.2)", async () => {
  await changingNothing(client, async () => {
    for (const second of ["host: other", "Host: localhost"]) {
      const head = `${HEADERS}${second}\r\nConnection: close\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`;
      const answer = await sendRaw(port, [`POST /scim/v2/Users HTTP/1.1\r\n${head}`]);
      refusedRaw(answer, 400, undefined, /Send one Host header/);
      for (const path of ["/healthz", "/api/endpoints", "/oauth/token", "/nowhere"])
        assert.equal((await sendRaw(port, [`POST ${path} HTTP/1.1\r\n${head}`])).status, 400, path);
    }
  });
});

test("an interrupted request writes nothing", async () => {
  await changingNothing(client, async () => {
    const whole = `POST /scim/v2/Users HTTP/1.1\r\n${HEADERS}Content-Length: ${BODY.length}\r\n\r\n${BODY}`;
    for (const length of [1, 20, whole.length - BODY.length - 2, whole.length - BODY.length, whole.length - 1]) {
      const ended = await sendRaw(port, [whole.slice(0, length)], { end: true });
      refusedRaw(ended, 400, undefined, /not valid HTTP\/1\.1/);
      const socket = connect(port, "127.0.0.1");
      await once(socket, "connect");
      socket.write(whole.slice(0, length));
      await delay(5);
      socket.resetAndDestroy();
    }
  });
  const whole = `POST /scim/v2/Users HTTP/1.1\r\n${HEADERS}Connection: close\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`;
  assert.equal((await sendRaw(port, [whole])).status, 201);
});

test("a client that disconnects before the response affects nobody", async () => {
  for (let round = 0; round < 20; round++) {
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    socket.write(`GET /scim/v2/Users HTTP/1.1\r\n${HEADERS}\r\n`);
    socket.resetAndDestroy();
  }
  succeeded(await client.get("/Users?count=0"), 200);
});

test("a slow request is answered, and others do not wait", async () => {
  const socket = connect(port, "127.0.0.1").setEncoding("utf8");
  await once(socket, "connect");
  const body = '{"userName":"slow"}';
  const head = `POST /scim/v2/Users HTTP/1.1\r\n${HEADERS}Connection: close\r\nContent-Length: ${body.length}\r\n\r\n`;
  for (const part of [...(head.match(/.{1,40}/gs) ?? []), ...(body.match(/.{1,4}/gs) ?? [])]) {
    socket.write(part);
    await delay(20);
    const startMs = performance.now();
    succeeded(await client.get("/Users?count=0"), 200);
    assert.ok(performance.now() - startMs < 1_000);
  }
  const [answer] = await once(socket, "data");
  assert.match(String(answer), /^HTTP\/1\.1 201 /);
});

test("a request that is not complete in time gets 408 in SCIM form", async () => {
  const { promise: accepted, resolve: accept } = Promise.withResolvers<Socket>();
  const http = server.application.server.server;
  http.once("connection", accept);
  const answer = sendRaw(port, [`POST /scim/v2/Users HTTP/1.1\r\n${HEADERS}Content-Length: 99\r\n\r\n{`]);
  // The real timeout is a minute; this is how Node reports it.
  http.emit("clientError", Object.assign(new Error("timeout"), { code: "ERR_HTTP_REQUEST_TIMEOUT" }), await accepted);
  refusedRaw(await answer, 408, undefined, /not complete after 60 s/);
  assert.ok(http.requestTimeout === 60_000 && http.headersTimeout <= 60_000);
});

test("a body announced only by a media type is not awaited", async () => {
  const media = "Content-Type: application/json\r\nConnection: close\r\n\r\n";
  const admin = `Host: localhost\r\nAuthorization: Bearer ${TEST_ADMIN_SECRET}\r\n${media}`;
  for (const [head, status] of [
    [`POST /scim/v2/Users HTTP/1.1\r\n${HEADERS}Connection: close\r\n\r\n`, 400],
    [`PUT /scim/v2/Users/none HTTP/1.1\r\n${HEADERS}Connection: close\r\n\r\n`, 400],
    [`DELETE /scim/v2/Users/none HTTP/1.1\r\n${HEADERS}Connection: close\r\n\r\n`, 404],
    [`POST /oauth/token HTTP/1.1\r\nHost: localhost\r\n${media}`, 400],
    [`POST /api/endpoints HTTP/1.1\r\n${admin}`, 400],
    [`POST /nowhere HTTP/1.1\r\n${admin}`, 404],
  ] as const) {
    assert.equal((await sendRaw(port, [head])).status, status, head.slice(0, 30));
  }
});

test("500 header lines are read, and headers beyond the limit get 431", async () => {
  const lines = (count: number) => Array.from({ length: count }, (_, index) => `X-Header-${index}: v\r\n`).join("");
  const head = `GET /scim/v2/Users?count=0 HTTP/1.1\r\nConnection: close\r\n`;
  assert.equal((await sendRaw(port, [`${head}${lines(500)}${HEADERS}\r\n`])).status, 200);
  for (const more of [lines(5_000), `X-Long: ${"x".repeat(70_000)}\r\n`]) {
    refusedRaw(await sendRaw(port, [`${head}${HEADERS}${more}\r\n`]), 431, undefined, /larger than 65536 bytes/);
  }
});

test("consecutive requests on one connection are answered in order", async () => {
  const get = (id: string) => `GET /scim/v2/Users/${id} HTTP/1.1\r\n${HEADERS}\r\n`;
  const last = `GET /healthz HTTP/1.1\r\n${HEADERS}Connection: close\r\n\r\n`;
  const { text } = await sendRaw(port, [get("first") + get("second") + get("third") + last]);
  assert.deepEqual(
    [...text.matchAll(/with the id \\"(\w+)/g)].map(([, id]) => id),
    ["first", "second", "third"],
  );
  assert.match(text, /ok\n$/);
});

test("a client that expects 100-continue gets it (RFC 9110 §10.1.1)", async () => {
  const head = `POST /scim/v2/Users HTTP/1.1\r\n${HEADERS}Expect: 100-continue\r\nConnection: close\r\n`;
  const { text } = await sendRaw(port, [`${head}Content-Length: 21\r\n\r\n`, '{"userName":"expect"}']);
  assert.match(text, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 201 Created\r\n/);
});
