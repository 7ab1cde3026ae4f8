import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { hashSecret, SCOPES } from "./auth/credentials.ts";
import { answered } from "./monitor/testing/recorder.ts";
import { openServed } from "./served.ts";
import { openSqliteStore } from "./store/sqlite/store.ts";
import { startApplication, testConfig } from "./testing/application.ts";
import { succeeded } from "./testing/assert-answer.ts";

test("retention deletes excess exchanges while the server runs", async () => {
  const server = await startApplication();
  const { admin } = server;
  try {
    const settings = { retention: { exchanges: { maxCount: 0 } } };
    assert.equal((await admin.send("PATCH", "/api/endpoints/default", { body: { settings } })).status, 200);
    for (let count = 0; count < 10; count++) succeeded(await server.client.get("/Users"), 200);
    const startMs = performance.now();
    // They are recorded now; otherwise it would find nothing to remove.
    while ((await admin.get("/api/exchanges")).body.total < 10) await setTimeout(20);
    for (let total = Number.NaN; total !== 0; total = (await admin.get("/api/exchanges")).body.total) {
      assert.ok(performance.now() - startMs < 30_000, `${total} exchanges are kept`);
      await setTimeout(100);
    }
  } finally {
    await server.close();
  }
});

test("warnings about recording are about the server, not the backup", async (t) => {
  const config = testConfig();
  const store = openSqliteStore(config.databaseFile);
  const lines: string[] = [];
  const { recorder, close } = await openServed(
    store,
    config,
    (...line) => lines.push(line.join()),
    () => true,
  );
  t.after(async () => {
    await close();
    await store.close();
    rmSync(config.dataDir, { recursive: true });
  });
  for (let number = 0; number < 20_001; number++) {
    const exchange = answered(recorder.nextId(Date.now()), number);
    recorder.record(exchange, () => exchange);
  }
  await recorder.flush();
  assert.deepEqual(lines, ["warn,1 exchange could not be recorded: the database is too slow.,server"]);
});

test("a start finishes deleting an endpoint, and its tokens become unknown", async () => {
  const config = testConfig();
  const store = openSqliteStore(config.databaseFile);
  await store.transaction(async (transaction) => {
    const leaving = await store.endpoints.insert(transaction, { name: "leaving", settings: {} }, 1);
    const slot = { purpose: "provisioning", endpoint: leaving.key, label: "token", scopes: SCOPES } as const;
    await store.credentials.put(transaction, { ...slot, secretHash: hashSecret("leaving-token") }, 1);
    await store.endpoints.update(transaction, { ...leaving, isLeaving: true });
  });
  await store.close();
  const server = await startApplication({ dataDir: config.dataDir });
  const client = server.connect("leaving-token", "/scim/v2");
  try {
    const startMs = performance.now();
    while ((await client.get("/Users")).status !== 401) {
      assert.ok(performance.now() - startMs < 10_000, "the token stays valid");
      await setTimeout(20);
    }
  } finally {
    await server.close();
  }
});
