import assert from "node:assert/strict";
import { test } from "node:test";
import { type RunningApplication, startApplication } from "../testing/application.ts";
import { succeeded } from "../testing/assert-answer.ts";
import type { AnyJson } from "../testing/client.ts";
import { user } from "../testing/scim-bodies.ts";

async function told(server: RunningApplication, ...paths: string[]): Promise<AnyJson[]> {
  const { admin } = server;
  const answers = await Promise.all(paths.map((path) => admin.get(path)));
  return answers.map(({ status, text, body }) => {
    assert.equal(status, 200, text);
    return body ?? text;
  });
}

test("with recording off, no exchanges are stored; the history of resources continues", async () => {
  const first = await startApplication({ recording: "off" });
  const { id } = succeeded(await first.client.post("/Users", user("anna")), 201);
  succeeded(await first.client.get(`/Users/${id}`), 200);
  assert.equal((await first.client.get("/Users/none")).status, 404);
  first.client.close();
  // Anything to be written has been written now.
  await first.application.close();
  const again = await startApplication({ recording: "off", dataDir: first.dataDir });
  try {
    const [exchanges, version, history] = await told(
      again,
      "/api/exchanges",
      "/api/version",
      `/api/endpoints/default/history/${id}`,
    );
    assert.equal(exchanges.total, 0);
    assert.equal(version.recording, false);
    assert.deepEqual(
      history.entries.map(({ revision, exchange }: AnyJson) => [revision, exchange]),
      [[1, null]],
    );
  } finally {
    await again.close();
  }
});

test("requests are still counted, including unreadable ones", async () => {
  const server = await startApplication({ recording: "off" });
  try {
    assert.equal((await server.client.get("/Users")).status, 200);
    assert.equal((await server.client.get("/Users", { "x-long": "x".repeat(70_000) })).status, 431);
    const [metrics] = await told(server, "/metrics");
    assert.match(metrics, /^scimtool_requests_total\{endpoint="default",method="GET",status="200"\} 1$/m);
    assert.match(metrics, /^scimtool_requests_total\{endpoint="",method="[a-zA-Z]+",status="431"\} 1$/m);
  } finally {
    await server.close();
  }
});
