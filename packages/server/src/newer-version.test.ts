import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { newerVersionFinder } from "./newer-version.ts";

async function fakeRegistry(t: TestContext, answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test("a newer version is found, an older or equal one is not", async (t) => {
  let latest = "";
  const registry = await fakeRegistry(t, (request, response) => {
    assert.equal(request.url, "/scimtool/latest");
    response.end(JSON.stringify({ name: "scimtool", version: latest }));
  });
  for (const [version, of, found] of [
    ["0.1.0", "0.1.1", "0.1.1"],
    ["0.9.0", "0.10.0", "0.10.0"],
    ["0.9.9", "1.0.0", "1.0.0"],
    ["0.1.0", "0.1.0", null],
    ["1.0.0", "0.9.9", null],
    ["0.1.0", "0.2.0-beta.1", null],
    ["0.1.0", "<script>", null],
  ] as const) {
    latest = of;
    assert.equal(await newerVersionFinder({ registry, version })(), found, `${version} and ${of}`);
  }
});

test("the registry is asked once a day", async (t) => {
  let asked = 0;
  let nowMs = 0;
  const registry = await fakeRegistry(t, (_, response) => {
    asked++;
    response.end(JSON.stringify({ version: "9.9.9" }));
  });
  const find = newerVersionFinder({ registry, now: () => nowMs });
  assert.deepEqual(await Promise.all([find(), find()]), ["9.9.9", "9.9.9"]);
  nowMs = 86_399_999;
  await find();
  assert.equal(asked, 1);
  nowMs = 86_400_000;
  await find();
  assert.equal(asked, 2);
});

test("a registry that refuses, redirects, returns nonsense, never ends or is away means no newer version", async (t) => {
  const answers: RequestListener[] = [
    (_, response) => response.writeHead(404).end('{"error":"Not found"}'),
    (_, response) => response.writeHead(302, { location: "http://192.0.2.1/" }).end(),
    (_, response) => response.end("<html>"),
    (_, response) => response.end("null"),
    (_, response) => response.end(`{"version":"9.9.9","more":"${"x".repeat(70_000)}"}`),
    (_, response) => response.write('{"version":'),
    (request) => request.socket.destroy(),
  ];
  for (const answer of answers) {
    const beganMs = performance.now();
    assert.equal(await newerVersionFinder({ registry: await fakeRegistry(t, answer) })(), null, String(answer));
    assert.ok(performance.now() - beganMs < 4_000);
  }
  assert.equal(await newerVersionFinder({ registry: "http://127.0.0.1:1" })(), null);
});
