import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect } from "node:net";
import { Readable } from "node:stream";
import { type TestContext, test } from "node:test";
import Fastify from "fastify";
import { startApplication, TEST_ADMIN_SECRET } from "../../testing/application.ts";
import { sendProblem } from "./problem.ts";

const MIB = 1_024 * 1_024;

test("413 reaches a client that sends the whole body before it reads the response (RFC 9112 §9.6)", async (t) => {
  const server = await startApplication();
  t.after(server.close);
  const json = `Content-Type: application/json\r\nAuthorization: Bearer ${TEST_ADMIN_SECRET}\r\n`;
  for (const [path, headers] of [
    ["/api/endpoints", json],
    ["/api/session", "Content-Type: application/json\r\n"],
    ["/api/backup/trigger", json],
    ["/oauth/token", "Content-Type: application/x-www-form-urlencoded\r\n"],
  ] as const) {
    const head = `POST ${path} HTTP/1.1\r\nHost: localhost\r\n${headers}Content-Length: ${20 * MIB}\r\n\r\n`;
    const socket = connect(server.port, "127.0.0.1");
    socket.pause();
    // Fails if the server has closed the connection before.
    for (const part of [head, ...Array.from({ length: 20 }, () => Buffer.alloc(MIB, "x"))]) await written(socket, part);
    const [answer] = await once(socket.resume(), "data");
    assert.match(String(answer), /^HTTP\/1\.1 413 /, path);
    assert.match(String(answer), /The body is larger than/, path);
    socket.destroy();
  }
});

function written(socket: ReturnType<typeof connect>, part: string | Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.write(part, (error) => (error ? reject(error) : resolve()));
  });
}

/** A server with one route. @returns the failures that it logs */
async function serverOf(t: TestContext, answer: () => Readable) {
  const server = Fastify({ forceCloseConnections: true, http: { optimizeEmptyRequests: true } });
  server.decorateRequest("recording", null);
  server.setErrorHandler((error, request, reply) => sendProblem(error, request, reply));
  const failures: unknown[] = [];
  server.addHook("onRequest", async (request) => {
    request.log.error = (told: unknown) => failures.push(told);
  });
  server.get("/", async (_request, reply) => reply.send(answer()));
  await server.listen({ port: 0, host: "127.0.0.1" });
  t.after(() => server.close());
  return { failures, port: (server.server.address() as AddressInfo).port };
}

test("a client that disconnects before a response begins is not a failure of the server", async (t) => {
  const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
  const endless = new Readable({ read: () => ask() });
  const { failures, port } = await serverOf(t, () => endless);
  const socket = connect(port, "127.0.0.1");
  socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await asked;
  socket.destroy();
  if (!endless.closed) await once(endless, "close");
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(failures, []);
});

test("a response that cannot begin is one", async (t) => {
  const { failures, port } = await serverOf(
    t,
    () =>
      new Readable({
        read() {
          this.destroy(new Error("the disk does not answer"));
        },
      }),
  );
  const answer = await fetch(`http://127.0.0.1:${port}/`);
  assert.equal(answer.status, 500);
  assert.equal(failures.length, 1);
});
