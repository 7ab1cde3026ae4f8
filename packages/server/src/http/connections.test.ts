import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect } from "node:net";
import { test } from "node:test";
import Fastify from "fastify";
import { endConnectionsOnClose } from "./connections.ts";

test("a closing server does not wait for who leaves a connection half open after its last answer", async (t) => {
  const server = Fastify({ clientErrorHandler: (_error, socket) => socket.end("the last answer") });
  endConnectionsOnClose(server);
  await server.listen({ port: 0, host: "127.0.0.1" });
  const { port } = server.server.address() as AddressInfo;
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  t.after(() => socket.destroy());
  socket.write("nonsense\r\n\r\n");
  const [answer] = await once(socket, "data");
  assert.equal(String(answer), "the last answer");
  await server.close();
});

test("a closing server does not wait for what never comes whole, and answers what is under way", async (t) => {
  const server = Fastify();
  endConnectionsOnClose(server);
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
