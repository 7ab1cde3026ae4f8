import assert from "node:assert/strict";
import { after, test } from "node:test";
import { startApplication, TEST_ADMIN_SECRET, TEST_SECRET } from "../../testing/application.ts";
import { clientOf } from "../../testing/client.ts";
import { sendRaw } from "../../testing/raw.ts";
import { pageDocument } from "./page-document.ts";

const server = await startApplication();
const published = await startApplication({ publicUrl: "https://scim.example.com" });
const anybody = clientOf(server.origin, undefined);
after(async () => {
  anybody.close();
  await server.close();
  await published.close();
});

/** Addresses that a document or a script refers to. */
function loadedBy(html: string): string[] {
  return [...html.matchAll(/<(?:script|link)[^>]* (?:src|href)="(\/[^"]+)"/g)].map(([, address = ""]) => address);
}

test("the page is HTML, needs no secret and shows none, and tells the base URL", async () => {
  const page = await anybody.get("/");
  assert.equal(page.status, 200);
  assert.equal(page.headers["content-type"], "text/html; charset=utf-8");
  assert.equal(page.headers["cache-control"], "no-store");
  assert.match(page.text, /^<!doctype html>\n<html lang="en">/);
  assert.ok(page.text.includes(`<code>${server.origin}/scim/v2</code>`));
  assert.ok(page.text.includes(`<code>${server.origin}/scim/v2?aadOptscim062020</code>`));
  assert.ok(page.text.includes(`npm run demo -- --url ${server.origin}<`));
  for (const secret of [TEST_SECRET, TEST_ADMIN_SECRET]) assert.ok(!page.text.includes(secret));
});

test("the policy lets load what this server has, and nothing be run or styled in place", async () => {
  const { headers, text } = await anybody.get("/");
  const policy = String(headers["content-security-policy"]);
  assert.match(policy, /default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'/);
  assert.match(policy, /require-trusted-types-for 'script'; trusted-types 'none'/);
  assert.doesNotMatch(policy, /unsafe|\*|http/);
  assert.doesNotMatch(text, /<style|<script>| (?:on\w+|style)=|(?:src|href)="(?:http|\/\/)/);
  assert.equal(headers["x-content-type-options"], "nosniff");
});

test("everything that the page loads is there, may be kept for ever, and imports only what is there", async () => {
  const addresses = loadedBy((await anybody.get("/")).text);
  assert.ok(addresses.some((address) => address.endsWith("/main.js")) && addresses.length > 20, "the page loads files");
  for (const address of addresses) {
    const { status, headers, text } = await anybody.get(address);
    assert.equal(status, 200, address);
    const isStyle = address.endsWith(".css");
    assert.equal(headers["content-type"], `text/${isStyle ? "css" : "javascript"}; charset=utf-8`);
    assert.equal(headers["cache-control"], "public, max-age=31536000, immutable");
    assert.equal(headers["x-content-type-options"], "nosniff");
    for (const [, imported = ""] of text.matchAll(/^(?:import .*|} )?(?:from |@import |import )"(\.[^"]+)"/gm)) {
      const { pathname } = new URL(imported, `http://x${address}`);
      assert.equal((await anybody.get(pathname)).status, 200, `${address} imports ${imported}`);
    }
  }
});

test("what is no file of the page is not served, and other versions of a file are not kept", async () => {
  const [script = ""] = loadedBy((await anybody.get("/")).text);
  for (const path of ["tsconfig.json", "api/types.d.ts", "../page-files.ts", "%2e%2e/page-files.ts", "", "style"]) {
    const answer = await anybody.get(`${script.slice(0, script.lastIndexOf("/"))}/${path}`);
    assert.equal(answer.status, 404, path);
  }
  const former = await anybody.get(script.replace(/^\/page\/[^/]+/, "/page/former"));
  assert.deepEqual([former.status, former.headers["cache-control"]], [200, "no-store"]);
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

test("what the document is made of cannot become markup", () => {
  const hostile = 'https://x"><script>alert(1)</script>&amp;';
  const files = { digest: "d", files: new Map() };
  const html = pageDocument({ baseUrl: hostile, version: hostile, recording: "on", files });
  assert.ok(html.includes("https://x&quot;>&lt;script>alert(1)&lt;/script>&amp;amp;"));
  assert.ok(!html.includes(hostile) && !html.includes("<script>alert"));
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
