import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { startApplication } from "../testing/application.ts";
import { isProblem, refused } from "../testing/assert-answer.ts";
import { sendRaw } from "../testing/raw.ts";
import { recordedExchanges } from "../testing/recorded-exchanges.ts";

const server = await startApplication();
const { admin, port } = server;
const anybody = server.connect(undefined);
after(server.close);

describe("without a route", () => {
  test("404 says where SCIM is, with any body of any length", async () => {
    const nothing = /^There is nothing at \/Users\. SCIM is served at \/scim\/v2\.$/;
    for (const type of ["application/json", "application/scim+json", "text/plain", "text/xml"]) {
      refused(await anybody.post("/Users", "{", { "content-type": type }), 404, undefined, nothing);
      refused(await anybody.post("/Users", "x".repeat(3_000_000), { "content-type": type }), 404, undefined, nothing);
    }
  });

  test("405 names the methods of a path (RFC 9110 §15.5.6)", async () => {
    for (const path of ["/", "/healthz", "/readyz/", "/metrics", "//.well-known/oauth-authorization-server?x=1"]) {
      for (const method of ["POST", "OPTIONS", "DELETE", "PROPFIND"]) {
        const answer = await admin.send(method, path);
        refused(answer, 405, undefined, /is not allowed here\. Allowed: GET, HEAD\. SCIM is served at \/scim\/v2\.$/);
        assert.equal(answer.headers["allow"], "GET, HEAD");
      }
    }
  });

  test("a path written like the pattern of a route is a 404, not a failure", async () => {
    for (const path of ["/:a(b", "/:a([)", "/:", "/*", "/healthz*"]) {
      for (const method of ["GET", "POST"]) refused(await admin.send(method, path), 404, undefined, /nothing at \//);
    }
  });

  test("the address of the server without a path is that of its root (RFC 9110 §4.2.3)", async () => {
    const line = "DELETE http://scim.example.com HTTP/1.1\r\nHost: scim.example.com\r\nConnection: close\r\n\r\n";
    const { status, text } = await sendRaw(port, [line]);
    assert.equal(status, 405, text);
  });
});

describe("an unreadable URL", () => {
  test("is rejected as problem details below /api", async () => {
    for (const path of ["/api/%zz", "//api/endpoints/%E0%A4%A/credentials?x=1", "/api/exchanges/%"]) {
      isProblem(await admin.get(path), 400, /not valid percent-encoded UTF-8/);
      isProblem(await anybody.post(path, {}), 400, /not valid percent-encoded UTF-8/);
    }
    isProblem(await admin.get(`/api/endpoints/${"x".repeat(401)}`), 404, /the ID in this URL is too long/);
    const [exchange] = await recordedExchanges(admin, "q=percent-encoded", 6);
    assert.equal(exchange.status, 400);
  });

  test("is rejected in SCIM form elsewhere", async () => {
    for (const path of ["/scim/v2/Users/%zz", "/api/endpoints/default/scim/v2/Users/%zz", "/apis/%zz", "/%zz"]) {
      refused(await admin.get(path), 400, "invalidSyntax", /not valid percent-encoded UTF-8/);
    }
  });
});

test("user and password in an absolute request line are repeated in no error, and the path is found", async () => {
  const line = (method: string, path: string) =>
    `${method} http://user:hidden-password@scim.example.com${path} HTTP/1.1\r\nHost: scim.example.com\r\nConnection: close\r\n\r\n`;
  for (const [path, status] of [
    ["/api/nothing", 404],
    ["/nothing", 404],
    ["/api/%zz", 400],
    ["/api/endpoints", 405],
    ["/healthz", 405],
  ] as const) {
    const answer = await sendRaw(port, [line("DELETE", path)]);
    assert.equal(answer.status, status, answer.text);
    assert.ok(!answer.text.includes("hidden-password"), answer.text);
  }
  await recordedExchanges(admin, "q=nothing&method=DELETE", 2);
  const { text } = await admin.get("/api/export");
  assert.ok(text.includes("/api/nothing") && !text.includes("hidden-password"));
});
