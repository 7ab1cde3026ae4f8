import assert from "node:assert/strict";
import { once } from "node:events";
import type { RequestListener } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import Fastify from "fastify";
import { type ConnectionLimits, DEFAULT_CONNECTION_LIMITS } from "./connection-limits.ts";
import { Connections } from "./connections.ts";

function serverWith(clientErrorHandler?: (error: Error, socket: Socket) => void) {
  const connections = new Connections(DEFAULT_CONNECTION_LIMITS);
  const server = Fastify({
    serverFactory: (handle) => connections.createServer(handle),
    ...(clientErrorHandler !== undefined && { clientErrorHandler }),
  });
  connections.endOnClose(server);
  return server;
}

test("a closing server does not wait for a client that keeps its connection half open", async (t) => {
  const server = serverWith((_error, socket) => socket.end("the last answer"));
  await server.listen({ port: 0, host: "127.0.0.1" });
  const { port } = server.server.address() as AddressInfo;
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  t.after(() => socket.destroy());
  socket.write("nonsense\r\n\r\n");
  const [answer] = await once(socket, "data");
  assert.equal(String(answer), "the last answer");
  await server.close();
});

test("a closing server does not wait for incomplete requests, and finishes complete ones", async (t) => {
  const server = serverWith();
  server.addContentTypeParser("*", (_request, _body, done) => done(null));
  server.post("/", async () => "answered");
  const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
  const { promise: isLate, resolve: beLate } = Promise.withResolvers<void>();
  server.get("/late", async () => {
    ask();
    await isLate;
    return "late";
  });
  await server.listen({ port: 0, host: "127.0.0.1" });
  const { port } = server.server.address() as AddressInfo;
  const send = (text: string) => {
    const socket = connect({ port, host: "127.0.0.1" });
    t.after(() => socket.destroy());
    socket.on("error", () => undefined).write(text);
    return socket;
  };
  const half = send("GET / HTTP/1.1\r\nHo");
  const unread = send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{");
  assert.match(String((await once(unread, "data"))[0]), /answered$/);
  const underWay = send("GET /late HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await asked;
  const closing = server.close();
  const signal = AbortSignal.timeout(10_000);
  const ended = [half, unread].map((socket) => once(socket.resume(), "close", { signal }));
  await Promise.all(ended);
  beLate();
  assert.match(String((await once(underWay, "data", { signal }))[0]), /late$/);
  await closing;
});

type Options = { readonly limits?: Partial<ConnectionLimits>; readonly answer: RequestListener };

/** A server without routes. */
async function listening(t: TestContext, { limits, answer }: Options) {
  const connections = new Connections({ ...DEFAULT_CONNECTION_LIMITS, ...limits });
  const server = connections.createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const sockets: Socket[] = [];
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const open = async () => {
    const socket = connect({ port, host: "127.0.0.1" }).on("error", () => undefined);
    sockets.push(socket);
    await once(socket, "connect");
    return socket;
  };
  return { connections, open };
}

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
const SIGNAL_MS = 10_000;

test("a pipelined request waits for the previous response, and responses are in order", async (t) => {
  let underWay = 0;
  const { open } = await listening(t, {
    answer: (request, response) => {
      assert.equal(++underWay, 1);
      setTimeout(() => {
        underWay--;
        response.end(`[${request.url}]`);
      }, 1);
    },
  });
  const socket = await open();
  const paths = Array.from({ length: 50 }, (_, at) => `/${at}`);
  socket.setEncoding("latin1").write(paths.map(get).join(""));
  let text = "";
  for await (const part of socket) {
    text += part;
    if (text.includes("[/49]")) break;
  }
  assert.deepEqual(
    [...text.matchAll(/\[(.*?)\]/g)].map(([, path]) => path),
    paths,
  );
});

test("a connection that pipelines too many requests is closed, others are served", async (t) => {
  const { connections, open } = await listening(t, {
    answer: (request, response) => {
      if (request.url === "/") response.end("answered");
    },
  });
  const flooding = await open();
  flooding.write(get("/never").repeat(1_000));
  await once(flooding, "close", { signal: AbortSignal.timeout(SIGNAL_MS) });
  assert.equal(connections.closed.pipelining, 1);
  const other = await open();
  other.write(get("/"));
  assert.match(String((await once(other, "data"))[0]), /answered$/);
});

test("pipelined requests are limited for all connections together, and count only while they wait", async (t) => {
  const { connections, open } = await listening(t, { answer: () => undefined });
  const pipeline = async () => (await open()).write(get("/never").repeat(101));
  const isClosed = async () => {
    for (let waited = 0; connections.closed.pipelining === 0 && waited < 500; waited += 10) await delay(10);
    return connections.closed.pipelining > 0;
  };
  const sockets = await Promise.all(Array.from({ length: 50 }, open));
  for (const socket of sockets) socket.write(get("/never").repeat(101));
  assert.equal(await isClosed(), false);
  for (const socket of sockets) socket.destroy();
  for (let waited = 0; connections.count > 0 && waited < SIGNAL_MS; waited += 10) await delay(10);
  for (let opened = 0; opened < 50; opened++) await pipeline();
  assert.equal(await isClosed(), false);
  await pipeline();
  assert.equal(await isClosed(), true);
});

test("a connection whose client does not read its response is closed after the send timeout", async (t) => {
  const { connections, open } = await listening(t, {
    limits: { sendTimeoutMs: 300 },
    answer: (_request, response) => response.end(Buffer.alloc(32 * 1_024 * 1_024)),
  });
  const socket = await open();
  socket.write(get("/"));
  for (let waited = 0; connections.count > 0 && waited < SIGNAL_MS; waited += 50) await delay(50);
  assert.equal(connections.closed["not reading"], 1);
});

test("a response that takes longer than the send timeout is sent", async (t) => {
  const { open } = await listening(t, {
    limits: { sendTimeoutMs: 100 },
    answer: (_request, response) => void setTimeout(() => response.end("late"), 400),
  });
  const socket = await open();
  socket.write(get("/"));
  assert.match(String((await once(socket, "data", { signal: AbortSignal.timeout(SIGNAL_MS) }))[0]), /late$/);
});

test("connections are limited, together and for each address", async (t) => {
  const answer: RequestListener = (_request, response) => response.end();
  for (const [limits, reason] of [
    [{ maxConnections: 2 }, "connections"],
    [{ maxConnectionsPerAddress: 2 }, "address"],
  ] as const) {
    const { connections, open } = await listening(t, { limits, answer });
    const [first] = [await open(), await open()];
    const third = await open();
    await once(third.resume(), "close", { signal: AbortSignal.timeout(SIGNAL_MS) });
    assert.equal(connections.closed[reason], 1);
    assert.equal(connections.count, 2);
    first?.destroy();
    for (let waited = 0; connections.count > 1 && waited < SIGNAL_MS; waited += 10) await delay(10);
    const fourth = await open();
    fourth.write(get("/"));
    assert.match(String((await once(fourth, "data"))[0]), /^HTTP\/1\.1 200 /);
  }
});

for (const [what, changed, sent, times] of [
  ["headers", { headersTimeoutMs: 100 }, "GET / HTTP/1.1\r\nHo", "60 s, or its headers after 0.1 s"],
  [
    "a body",
    { headersTimeoutMs: 100, requestTimeoutMs: 200 },
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{",
    "0.2 s, or its headers after 0.1 s",
  ],
] as const) {
  test(`${what} that takes too long gets 408`, async (t) => {
    const connections = new Connections({ ...DEFAULT_CONNECTION_LIMITS, ...changed });
    const server = connections.createServer(() => undefined).listen(0, "127.0.0.1");
    server.on("clientError", (error, socket) => connections.refuseUnreadable(error, socket as Socket, "request-1"));
    await once(server, "listening");
    const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
    t.after(() => {
      socket.destroy();
      server.close();
    });
    socket.write(sent);
    const [answer] = await once(socket, "data", { signal: AbortSignal.timeout(SIGNAL_MS) });
    assert.match(String(answer), /^HTTP\/1\.1 408 /);
    assert.ok(String(answer).includes(`not complete after ${times}`), String(answer));
    assert.equal(connections.closed.timeout, 1);
  });
}
