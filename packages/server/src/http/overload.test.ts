import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { startApplication, TEST_SECRET } from "../testing/application.ts";
import { refusedRaw, succeeded } from "../testing/assert-answer.ts";
import { bulk, idOf } from "../testing/bulk.ts";
import { type Client, clientOf } from "../testing/client.ts";
import { startProgram } from "../testing/program.ts";
import { sendRaw } from "../testing/raw.ts";
import { recordedExchanges } from "../testing/recorded-exchanges.ts";
import { DEFAULT_CONNECTION_LIMITS, MEGABYTE } from "./connection-limits.ts";

function sending(t: TestContext, port: number, text: string): Socket {
  const socket = connect({ port, host: "127.0.0.1" }).on("error", () => undefined);
  t.after(() => {
    socket.destroy();
  });
  socket.write(text);
  return socket;
}

test("connections that pipeline thousands of requests and never read neither end nor block the server", async (t) => {
  const program = await startProgram({ env: { NODE_OPTIONS: "--max-old-space-size=96" } });
  t.after(program.stop);
  const { port, origin } = new URL(program.baseUrl);
  const flood = "GET /api/openapi.json HTTP/1.1\r\nHost: x\r\n\r\n".repeat(1_500);
  for (let opened = 0; opened < 10; opened++) sending(t, Number(port), flood);
  const endMs = performance.now() + 3_000;
  while (performance.now() < endMs) {
    const { status } = await fetch(`${origin}/healthz`, { signal: AbortSignal.timeout(5_000) });
    assert.equal(status, 200);
    await delay(100);
  }
  const client = clientOf(program.baseUrl, program.secret);
  t.after(client.close);
  assert.equal((await client.get("/Users?count=0")).status, 200);
  if (process.platform === "linux") {
    const residentKb = Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${program.pid}/status`, "utf8"))?.[1]);
    assert.ok(residentKb < 400 * 1_024, `it took ${residentKb} KB`);
  }
});

test("a static document has an ETag, is compressed on request, and is not sent again", async (t) => {
  const server = await startApplication();
  t.after(server.close);
  const headers = { authorization: `Bearer ${TEST_SECRET}` };
  for (const path of [
    "/api/openapi.json",
    "/scim/v2/Schemas",
    "/scim/v2/ResourceTypes",
    "/scim/v2/ServiceProviderConfig",
  ]) {
    const url = server.origin + path;
    const plain = await fetch(url, { headers: { ...headers, "accept-encoding": "identity" } });
    const compressed = await fetch(url, { headers: { ...headers, "accept-encoding": "gzip" } });
    assert.equal(plain.headers.get("content-encoding"), null, path);
    assert.equal(compressed.headers.get("content-encoding"), "gzip", path);
    assert.deepEqual(await compressed.json(), await plain.json(), path);
    const etag = plain.headers.get("etag") ?? assert.fail(path);
    assert.equal(compressed.headers.get("etag"), etag);
    const again = await fetch(url, { headers: { ...headers, "if-none-match": etag } });
    assert.deepEqual([again.status, await again.text()], [304, ""], path);
  }
});

test("a document contains the address that its client uses", async (t) => {
  const server = await startApplication();
  t.after(server.close);
  const locationFor = async (host: string) => {
    const head = `GET /scim/v2/ServiceProviderConfig HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${TEST_SECRET}\r\n`;
    const { body } = await sendRaw(server.port, [`${head}Connection: close\r\n\r\n`]);
    return JSON.parse(body).meta.location as string;
  };
  for (const host of ["one.example", "two.example", "one.example"]) {
    assert.equal(await locationFor(host), `http://${host}/scim/v2/ServiceProviderConfig`);
  }
});

test("large bodies get 503 while others fill the memory for them", async (t) => {
  const server = await startApplication({
    connectionLimits: { ...DEFAULT_CONNECTION_LIMITS, maxBufferedBytes: MEGABYTE },
  });
  t.after(server.close);
  const head = `POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${TEST_SECRET}\r\nContent-Type: application/json\r\n`;
  const half = sending(t, server.port, `${head}Content-Length: ${MEGABYTE - 1}\r\n\r\n{`);
  await once(half, "connect");
  await delay(100);
  const body = JSON.stringify({ userName: "large", title: "x".repeat(100_000) });
  const large = [`${head}Connection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`];
  const refused = await sendRaw(server.port, large);
  refusedRaw(refused, 503, undefined, /is processing too many large requests/);
  assert.match(refused.text, /\r\nretry-after: 1\r\n/i);
  // Small requests are served, and large ones again once memory is free.
  assert.equal((await server.client.get("/Users?count=0")).status, 200);
  half.destroy();
  await delay(100);
  assert.equal((await sendRaw(server.port, large)).status, 201);
});

async function createGroups(client: Client, count: number): Promise<void> {
  const memberIds: string[] = [];
  for (const size of [1_000, 100]) {
    const users = Array.from({ length: size }, (_, at) => ({
      method: "POST",
      path: "/Users",
      bulkId: `u${at}`,
      data: { userName: `member ${size} ${at}` },
    }));
    memberIds.push(...(await bulk(client, users)).map(idOf));
  }
  const members = memberIds.map((value) => ({ value }));
  for (let at = 0; at < count; at++)
    succeeded(await client.post("/Groups", { displayName: `Group ${at}`, members }), 201);
}

test("a response with many members is sent in parts, completely, and recorded by its beginning", async (t) => {
  const server = await startApplication();
  const { admin } = server;
  t.after(server.close);
  const { client } = server;
  await createGroups(client, 3);
  const { Resources } = succeeded(await client.get("/Groups?count=3"), 200);
  assert.deepEqual(
    Resources.map(({ members }: { members: object[] }) => members.length),
    [1_100, 1_100, 1_100],
  );
  const path = `/Groups/${Resources[0].id}`;
  const whole = await client.get(path);
  assert.deepEqual(succeeded(whole, 200), Resources[0]);
  assert.equal(Number(whole.headers["content-length"]), Buffer.byteLength(whole.text));
  const values = succeeded(await client.get(`${path}?attributes=members.value`), 200);
  assert.deepEqual(
    values.members,
    Resources[0].members.map(({ value }: { value: string }) => ({ value })),
  );
  const head = await client.send("HEAD", path);
  assert.deepEqual(
    [head.status, head.text, head.headers["content-length"]],
    [200, "", whole.headers["content-length"]],
  );
  const listed = (await recordedExchanges(admin, "", 2 + 3 + 4)).find(({ query }) => query === "count=3");
  assert.ok(listed !== undefined);
  const { response } = (await admin.get(`/api/exchanges/${listed.id}`)).body;
  assert.ok(response.bodyBytes > 300_000, JSON.stringify(response).slice(0, 300));
});

test("a response without memory gets 503 before it is complete", async (t) => {
  const server = await startApplication({
    connectionLimits: { ...DEFAULT_CONNECTION_LIMITS, maxBufferedBytes: MEGABYTE },
  });
  t.after(server.close);
  const { client } = server;
  await createGroups(client, 5);
  const head = `POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${TEST_SECRET}\r\nContent-Type: application/json\r\n`;
  const half = sending(t, server.port, `${head}Content-Length: ${MEGABYTE - 1}\r\n\r\n{`);
  await once(half, "connect");
  await delay(100);
  const refused = await client.get("/Groups?count=5");
  assert.deepEqual([refused.status, refused.headers["retry-after"]], [503, "1"]);
  assert.equal((await client.get("/Users?count=1000")).status, 503, "also if it is sent in one part");
  half.destroy();
  await delay(100);
  const answered = await client.get("/Groups?count=5");
  assert.equal(answered.status, 200);
  assert.ok(answered.text.length > 500_000);
});

test("a client that sends a chunked body beyond the memory limit is disconnected", async (t) => {
  const server = await startApplication({
    connectionLimits: { ...DEFAULT_CONNECTION_LIMITS, maxBufferedBytes: MEGABYTE },
  });
  t.after(server.close);
  const head = `POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${TEST_SECRET}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`;
  const chunk = `80000\r\n${"x".repeat(0x80000)}\r\n`;
  const sockets = [head + chunk, head + chunk + chunk].map((text) => sending(t, server.port, text));
  await Promise.race(sockets.map((socket) => new Promise((resolve) => socket.resume().once("close", resolve))));
  assert.equal((await server.client.get("/Users?count=0")).status, 200);
  for (const socket of sockets) socket.destroy();
});
