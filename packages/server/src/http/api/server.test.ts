import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { startApplication, TEST_ADMIN_SECRET } from "../../testing/application.ts";
import { done } from "../../testing/assert-answer.ts";
import type { Answer } from "../../testing/client.ts";
import { signInAt } from "./session/test-support.ts";

const VIEWER_SECRET = "test-viewer-secret";
const SETTING = {
  flag: "--port",
  variable: "PORT",
  description: "TCP port to listen on",
  value: "0",
  source: "flag",
} as const;

const server = await startApplication({ viewerSecret: VIEWER_SECRET }, { settings: [SETTING] });
const { admin } = server;
const viewer = server.connect(VIEWER_SECRET);
const anybody = server.connect(undefined);
after(server.close);

describe("the server's own state", () => {
  test("is visible only to administrators and viewers", async () => {
    for (const path of ["/api/settings", "/api/load", "/api/sessions"]) {
      assert.equal((await anybody.get(path)).status, 401, path);
      assert.equal((await viewer.get(path)).status, 200, path);
    }
    assert.deepEqual(done(await admin.get("/api/settings")).settings, [SETTING]);
  });

  test("includes the load with its limits; delays are known from the second request on", async () => {
    await admin.get("/api/load");
    await delay(100);
    const load = done(await admin.get("/api/load"));
    assert.ok(load.connections >= 1 && load.connections <= load.maxConnections);
    assert.ok(load.bufferedBytes <= load.maxBufferedBytes);
    assert.ok(load.memory.residentBytes > load.memory.heapBytes && load.memory.heapBytes < load.memory.maxHeapBytes);
    assert.ok(load.eventLoopDelayMs.p50 <= load.eventLoopDelayMs.p99);
  });
});

test("sessions are listed and ended, which is recorded", async () => {
  assert.deepEqual(done(await admin.get("/api/sessions")).sessions, []);
  const cookieOf = (answer: Answer) => String(answer.headers["set-cookie"]).split(";")[0] ?? "";
  const [first, second] = [await signInAt(anybody, VIEWER_SECRET), await signInAt(anybody, TEST_ADMIN_SECRET)];
  const cookie = cookieOf(second);
  const { sessions } = done(await anybody.get("/api/sessions", { cookie }));
  assert.deepEqual(
    sessions.map(({ role, secret, isOwn }: { role: string; secret: string; isOwn: boolean }) => [role, secret, isOwn]),
    [
      ["viewer", "viewer secret", false],
      ["admin", "admin secret", true],
    ],
  );
  const [{ key }] = sessions;
  assert.equal((await viewer.send("DELETE", `/api/sessions/${key}`)).status, 403);
  done(await admin.send("DELETE", `/api/sessions/${key}`), 204);
  assert.equal((await anybody.get("/api/session", { cookie: cookieOf(first) })).status, 401);
  assert.equal((await anybody.get("/api/session", { cookie })).status, 200);
  assert.match(done(await admin.send("DELETE", `/api/sessions/${key}`), 404).detail, /already ended/);
  for (let tries = 0; tries < 100; tries++) {
    const { exchanges } = done(await admin.get("/api/exchanges?kind=session.*"));
    if (exchanges.length > 0) {
      assert.match(exchanges[0].sentences[0].text, /ended a session of the viewer secret/);
      assert.equal(exchanges[0].dialect, "manual");
      return;
    }
    await delay(50);
  }
  assert.fail("nothing was recorded");
});
