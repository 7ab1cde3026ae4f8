import assert from "node:assert/strict";
import { test } from "node:test";
import { startApplication, TEST_SECRET } from "../../testing/application.ts";
import { refused } from "../../testing/assert-answer.ts";

test("the reason of a failed authentication is logged, not returned, and without secrets", async (t) => {
  const lines: string[] = [];
  t.mock.method(process.stderr, "write", (text: string | Uint8Array) => {
    lines.push(String(text));
    return true;
  });
  const server = await startApplication({ logLevel: "info" });
  const stranger = server.connect("guessed-secret", "/scim/v2");
  t.after(server.close);
  const answer = await stranger.get("/Users?filter=userName%20eq%20%22anna%22");
  refused(answer, 401, undefined, /not known here/);
  await stranger.get(`/Users${"/x".repeat(500)}`);
  const logged = lines.filter((line) => line.includes("not authenticated")).map((line) => JSON.parse(line));
  assert.equal(logged.length, 2);
  const [{ failed, url, reqId }, long] = logged;
  assert.equal(url, "/scim/v2/Users");
  assert.equal(long.url, `/scim/v2/Users${"/x".repeat(500)}`.slice(0, 200));
  assert.ok(typeof reqId === "string" && reqId !== long.reqId);
  for (const part of [failed.check, failed.expected, failed.received, failed.remedy])
    assert.equal(typeof part, "string");
  assert.ok(!answer.text.includes(failed.remedy));
  for (const secret of ["guessed-secret", TEST_SECRET, "anna"]) assert.ok(!lines.join("").includes(secret));
});
