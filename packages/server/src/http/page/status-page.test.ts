import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, test } from "node:test";
import { startApplication, TEST_ADMIN_SECRET, TEST_SECRET } from "../../testing/application.ts";
import { clientOf } from "../../testing/client.ts";
import { sendRaw } from "../../testing/raw.ts";

const server = await startApplication();
const published = await startApplication({ publicUrl: "https://scim.example.com" });
const anybody = clientOf(server.origin, undefined);
after(async () => {
  anybody.close();
  await server.close();
  await published.close();
});

test("the status page is HTML, needs no secret and shows none, and tells the base URL", async () => {
  const page = await anybody.get("/");
  assert.equal(page.status, 200);
  assert.equal(page.headers["content-type"], "text/html; charset=utf-8");
  assert.match(page.text, /^<!doctype html>\n<html lang="en">/);
  assert.ok(page.text.includes(`<code>${server.origin}/scim/v2</code>`));
  assert.ok(page.text.includes(`<code>${server.origin}/scim/v2?aadOptscim062020</code>`));
  for (const secret of [TEST_SECRET, TEST_ADMIN_SECRET]) assert.ok(!page.text.includes(secret));
});

test("the page's policy lets run its own style and script, and nothing else", async () => {
  const { headers, text } = await anybody.get("/");
  const policy = String(headers["content-security-policy"]);
  assert.match(policy, /default-src 'none'/);
  assert.doesNotMatch(policy, /unsafe|\*/);
  for (const element of ["style", "script"]) {
    const [, content = ""] = new RegExp(`<${element}>(.*?)</${element}>`, "s").exec(text) ?? [];
    const digest = createHash("sha256").update(content).digest("base64");
    assert.ok(content.length > 0 && policy.includes(`${element}-src 'sha256-${digest}'`), element);
  }
  assert.doesNotMatch(text, / (?:on\w+|style)=|(?:src|href)="http/);
  assert.equal(headers["x-content-type-options"], "nosniff");
});

test("a hostile Host header is not on the page", async () => {
  for (const host of ['"><script>alert(1)</script>', "<b>", "a&b", "evil.example/path"]) {
    const { text, status } = await sendRaw(server.port, [
      `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
    ]);
    assert.ok(status === 200 || status === 400);
    assert.ok(!text.includes(host), host);
    if (status === 200) assert.match(text, /<code>http:\/\/localhost\/scim\/v2<\/code>/);
  }
});

test("with a public URL the page shows it, and no hint that https is missing", async () => {
  const page = await published.client.send("GET", "/../../", {});
  assert.equal(page.status, 404);
  const client = clientOf(published.origin, undefined);
  const { text } = await client.get("/");
  client.close();
  assert.ok(text.includes("<code>https://scim.example.com/scim/v2</code>"));
  assert.doesNotMatch(text, /--public-url/);
  assert.match((await anybody.get("/")).text, /--public-url/);
});
