import assert from "node:assert/strict";
import { after, test } from "node:test";
import { startApplication } from "../../testing/application.ts";
import { policyOf } from "./web-page.ts";

const server = await startApplication();
const anybody = server.connect(undefined);
after(server.close);

async function bytesOf(path: string, encoding: string): Promise<{ encoding: string | null; bytes: Buffer }> {
  const answer = await fetch(server.origin + path, { headers: { "accept-encoding": encoding } });
  // fetch decodes what it requested; an identity response shows the text itself.
  return { encoding: answer.headers.get("content-encoding"), bytes: Buffer.from(await answer.arrayBuffer()) };
}

test("the page needs no secret and allows only this server's own files", async () => {
  const { status, headers, text } = await anybody.get("/");
  assert.equal(status, 200);
  assert.equal(headers["content-type"], "text/html; charset=utf-8");
  assert.equal(headers["cache-control"], "no-cache");
  assert.equal(headers["x-content-type-options"], "nosniff");
  const policy = String(headers["content-security-policy"]);
  assert.equal(policy, policyOf(text));
  assert.match(policy, /default-src 'none'; script-src 'self' 'sha256-[^']+'; style-src 'self' 'sha256-[^']+'/);
  assert.match(policy, /connect-src 'self'/);
  assert.match(policy, /require-trusted-types-for 'script'; trusted-types 'none'/);
  assert.doesNotMatch(policy, /unsafe|\*|http/);
  assert.doesNotMatch(text, /<style| (?:on\w+|style)=|(?:src|href)="(?:http|\/\/)/);
});

test("the policy allows the document's script and empty style elements by their hashes", () => {
  const policy = policyOf("<script>1</script>");
  assert.match(policy, /script-src 'self' 'sha256-a4ayc\/80\/OGda4BO\/1o\/V0etpOqiLx1JwB5S3beHW0s='/);
  assert.match(policy, /style-src 'self' 'sha256-47DEQpj8HBSa\+\/TImW\+5JCeuQeRkm5NMpJWZG3hSuFU='/);
});

test("every file is served, compressed as the browser accepts it, and may be cached forever", async () => {
  const { text } = await anybody.get("/");
  const addresses = [...text.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, address = ""]) => address);
  assert.ok(addresses.length >= 5);
  for (const address of addresses) {
    const plain = await anybody.get(address, { "accept-encoding": "identity" });
    assert.equal(plain.status, 200, address);
    assert.equal(plain.headers["content-encoding"], undefined);
    assert.equal(plain.headers["cache-control"], "public, max-age=31536000, immutable");
    assert.equal(plain.headers["vary"], "accept-encoding");
    for (const encoding of ["br", "gzip"]) {
      const answer = await bytesOf(address, encoding);
      assert.equal(answer.encoding, encoding);
      assert.equal(answer.bytes.toString("utf8"), plain.text);
    }
    for (const [, imported = ""] of plain.text.matchAll(/(?:from|import\()\s*["'`]\.\/([\w.-]+\.js)["'`]/g)) {
      assert.equal((await anybody.get(`/assets/${imported}`)).status, 200, `${address} imports ${imported}`);
    }
  }
});

test("nothing else is served", async () => {
  for (const path of ["index.html", "../index.html", "%2e%2e/index.html", "", "nothing.js", "index.html.br"]) {
    assert.equal((await anybody.get(`/assets/${path}`)).status, 404, path);
  }
});
