import assert from "node:assert/strict";
import { test } from "node:test";
import Fastify from "fastify";
import { startApplication } from "../testing/application.ts";
import { clientOf } from "../testing/client.ts";
import { healthRoutes } from "./server.ts";
import type { Readiness } from "./serving.ts";

test("healthz and readyz answer in plain text, without a secret", async (t) => {
  const { origin, close } = await startApplication();
  const anybody = clientOf(origin, undefined);
  t.after(async () => {
    anybody.close();
    await close();
  });
  for (const [path, text] of [
    ["/healthz", "ok\n"],
    ["/readyz", "ready\n"],
  ] as const) {
    const answer = await anybody.get(path);
    assert.deepEqual([answer.status, answer.text], [200, text]);
    assert.match(String(answer.headers["content-type"]), /^text\/plain/);
    assert.equal((await anybody.send("HEAD", path)).status, 200);
  }
});

test("readyz is 200 when ready and as a standby, otherwise 503 with the reason; healthz is always 200", async (t) => {
  let readiness: Readiness = "ready";
  const server = Fastify();
  healthRoutes(server, () => readiness);
  const client = clientOf(await server.listen({ port: 0, host: "127.0.0.1" }), undefined);
  t.after(async () => {
    client.close();
    await server.close();
  });
  for (const [state, status] of [
    ["ready", 200],
    ["ready (standby)", 200],
    ["starting", 503],
    ["fenced", 503],
    ["shutting down", 503],
  ] as const) {
    readiness = state;
    const answer = await client.get("/readyz");
    assert.deepEqual([answer.status, answer.text], [status, `${state}\n`]);
    assert.equal((await client.get("/healthz")).status, 200);
  }
});
