import assert from "node:assert/strict";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { connect } from "node:net";
import { test } from "node:test";
import { openApplication } from "./application.ts";
import { startApplication, TEST_SECRET, testConfig } from "./testing/application.ts";

test("a second server on the same database cannot start until the first has ended", async () => {
  const server = await startApplication();
  const { dataDir } = server;
  await assert.rejects(openApplication(testConfig({ dataDir })), /Another process is using .*scim\.db\. Stop it/);
  assert.equal((await server.client.get("/Users")).status, 200);
  await server.application.close();
  const next = await startApplication({ dataDir });
  assert.equal((await next.client.get("/Users")).status, 200);
  server.client.close();
  await next.close();
});

test("a client that never completes its request leaves time to close the database", async (t) => {
  const server = await startApplication();
  const withinMs = 3_000;
  const socket = connect({ port: server.port, host: "127.0.0.1" });
  t.after(() => socket.destroy());
  socket.on("error", () => undefined);
  const head = `POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${TEST_SECRET}\r\n`;
  socket.write(`${head}Content-Type: application/scim+json\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n{`);
  // It is being read now.
  await once(socket, "data");
  const startMs = performance.now();
  await server.application.close(withinMs);
  const tookMs = performance.now() - startMs;
  assert.ok(tookMs > withinMs / 2 && tookMs < withinMs, `${tookMs} ms`);
  server.client.close();
  rmSync(server.dataDir, { recursive: true });
});
