import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startApplication, TEST_ADMIN_SECRET, TEST_SECRET } from "../../testing/application.ts";
import { changingNothing, refused, succeeded } from "../../testing/assert-answer.ts";
import { group, user } from "../../testing/scim-bodies.ts";

const server = await startApplication();
const { client, origin } = server;
const root = server.connect(TEST_SECRET);
after(server.close);

let path = "";

before(async () => {
  const body = user("refused", { emails: [{ value: "a@b", type: "work" }] });
  path = `/Users/${succeeded(await client.post("/Users", body), 201).id}`;
  succeeded(await client.post("/Groups", group("Refused")), 201);
});

const EVERY_ENDPOINT = [
  "/Users",
  "/Groups",
  "/Schemas",
  "/ResourceTypes",
  "/ServiceProviderConfig",
  "/Me",
  "/nothing",
  "",
];

test("401 says what to send and names the scheme, on every path below the base URI (RFC 7644 §2, RFC 6750 §3)", async () => {
  const cases: [string | undefined, RegExp, RegExp][] = [
    [undefined, /^Send the header "Authorization: Bearer <secret token>"/, /^Bearer realm="[^"]+"$/],
    ["", /^Send the header/, /^Bearer realm="[^"]+"$/],
    ["Basic dGVzdDp0ZXN0", /must have the form "Bearer <secret token>"/, /^Bearer realm="[^"]+"$/],
    [TEST_SECRET, /must have the form/, /^Bearer realm="[^"]+"$/],
    ["Bearer", /must have the form/, /^Bearer realm="[^"]+"$/],
    ["Bearer wrong", /not known here\. Copy the SCIM secret again/, /^Bearer realm="[^"]+", error="invalid_token"$/],
    [`Bearer ${TEST_SECRET}x`, /not known here/, /invalid_token/],
    [`Bearer ${TEST_SECRET.toUpperCase()}`, /not known here/, /invalid_token/],
    [`Bearer ${TEST_SECRET} ${TEST_SECRET}`, /not known here/, /invalid_token/],
  ];
  for (const [authorization, detail, scheme] of cases) {
    for (const endpoint of EVERY_ENDPOINT) {
      const answer = await client.get(endpoint, { authorization });
      refused(answer, 401, undefined, detail);
      assert.match(answer.headers["www-authenticate"] ?? "", scheme);
    }
  }
});

test("401 comes before any other check of a request", async () => {
  await changingNothing(client, async () => {
    const anonymous = server.connect(undefined, "/scim/v2");
    refused(await anonymous.post("/Users", "{not json"), 401, undefined, /Authorization/);
    refused(await anonymous.post("/Users", user("anonymous")), 401, undefined, /Authorization/);
    refused(await anonymous.send("PUT", "/Users"), 401, undefined, /Authorization/);
    refused(await anonymous.post("/Users", "x", { "content-type": "text/plain" }), 401, undefined, /Authorization/);
    refused(await anonymous.get("/Users?filter=%zz"), 401, undefined, /Authorization/);
    refused(await anonymous.delete(path), 401, undefined, /Authorization/);
  });
});

test("letter case of the scheme and blanks around the token do not matter", async () => {
  for (const authorization of [`bearer ${TEST_SECRET}`, `BEARER   ${TEST_SECRET}  `]) {
    succeeded(await client.get("/Users?count=0", { authorization }), 200);
  }
});

test("403 for the administration secret, which does not open SCIM", async () => {
  const answer = await client.get("/Users", { authorization: `Bearer ${TEST_ADMIN_SECRET}` });
  refused(answer, 403, undefined, /administration secret; it does not open SCIM\. Use the SCIM secret/);
});

test("404 names the requested resource, below and above the base URI (RFC 7644 §3.12)", async () => {
  refused(await client.get("/Users/nobody"), 404, undefined, /^There is no User with the id "nobody"\. Look it up/);
  refused(await client.get("/Groups/nobody"), 404, undefined, /^There is no Group with the id "nobody"/);
  const below = /^There is nothing at \/scim\/v2.*Below the base URI there are \/Users, \/Groups, \/Serv/;
  for (const url of ["/nothing", "/users", "/User", `${path}/name`, "/Me/name", "/Schemas/a/b"]) {
    refused(await client.get(url), 404, undefined, below);
  }
  const above = /^There is nothing at \/.*SCIM is served at \/scim\/v2\./;
  for (const url of ["/Users", "/scim", "/scim/v1/Users", "/scim/v2Users", "/favicon.ico", "/healthz/x"]) {
    refused(await root.get(url), 404, undefined, above);
  }
  refused(await root.post("/Users", user("above")), 404, undefined, above);
});

test("405 names the allowed methods, in Allow and in words (RFC 9110 §15.5.6)", async () => {
  const cases: [string, string[], string][] = [
    ["/Users", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"], "GET, HEAD, POST"],
    ["/Groups", ["PUT", "PATCH", "DELETE", "OPTIONS"], "GET, HEAD, POST"],
    ["/Users/.search", ["GET", "PUT", "PATCH", "DELETE", "OPTIONS"], "POST"],
    ["/Bulk", ["GET", "PUT", "PATCH", "DELETE", "OPTIONS"], "POST"],
    ["/.search", ["GET", "PUT", "PATCH", "DELETE", "OPTIONS"], "POST"],
    ["", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"], "GET, HEAD"],
    ["/", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"], "GET, HEAD"],
    [path, ["POST", "OPTIONS"], "GET, HEAD, PUT, PATCH, DELETE"],
    ["/Users/nobody", ["POST"], "GET, HEAD, PUT, PATCH, DELETE"],
    ["/Schemas", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"], "GET, HEAD"],
    ["/ResourceTypes/User", ["POST", "PUT", "PATCH", "DELETE"], "GET, HEAD"],
    ["/ServiceProviderConfig", ["POST", "PUT", "PATCH", "DELETE"], "GET, HEAD"],
  ];
  for (const [url, methods, allow] of cases) {
    for (const method of methods) {
      const answer = await client.send(method, url, ["GET", "TRACE"].includes(method) ? {} : { body: "{not json" });
      refused(answer, 405, undefined, new RegExp(`^${method} is not allowed here\\. Allowed: ${allow}\\.$`));
      assert.equal(answer.headers.allow, allow);
    }
  }
});

test("a method without any route gets 501 (RFC 9110 §9.1)", async () => {
  for (const method of ["PURGE", "PROPFIND"]) {
    refused(await client.send(method, "/Users"), 501, undefined, /^The method P\w+ is not implemented/);
  }
});

test("413 for a body of 10 MB, with a length or in chunks (RFC 7644 §3.12)", async () => {
  const body = JSON.stringify(user("big", { displayName: "x".repeat(10_000_000) }));
  const detail = /larger than 8388608 bytes\. Send fewer values/;
  await changingNothing(client, async () => {
    refused(await client.post("/Users", body), 413, undefined, detail);
    refused(await client.put(path, body), 413, undefined, detail);
    const chunked = { "content-length": undefined, "transfer-encoding": "chunked" };
    refused(await client.post("/Users", body, chunked), 413, undefined, detail);
  });
});

test("413 reaches a client that sends the whole body before it reads the response (RFC 9112 §9.6)", async () => {
  const body = JSON.stringify(user("big", { displayName: "x".repeat(20_000_000) }));
  const chunks = async function* () {
    for (let at = 0; at < body.length; at += 1_000_000) yield Buffer.from(body.slice(at, at + 1_000_000));
  };
  for (let time = 0; time < 5; time++) {
    for (const [path, sent] of [
      ["/Users", body],
      ["/Users", chunks()],
      ["/Bulk", body],
      ["/Bulk", chunks()],
    ] as const) {
      const answer = await fetch(`${origin}/scim/v2${path}`, {
        method: "POST",
        headers: { authorization: `Bearer ${TEST_SECRET}`, "content-type": "application/scim+json" },
        body: sent,
        duplex: "half",
      });
      assert.equal(answer.status, 413);
      assert.match(((await answer.json()) as { detail: string }).detail, /8388608 bytes/);
    }
  }
  succeeded(await client.get("/Users?count=0"), 200);
});

test("415 for another media type, charset or content coding (RFC 7644 §3.1)", async () => {
  const types = [
    "text/plain",
    "application/x-www-form-urlencoded",
    "application/xml",
    "multipart/form-data; boundary=x",
  ];
  await changingNothing(client, async () => {
    for (const type of [...types, "nonsense", ""]) {
      const answer = await client.post("/Users", user("media"), { "content-type": type });
      refused(answer, 415, undefined, /must be application\/scim\+json or application\/json/);
    }
    for (const type of ["application/scim+json; charset=iso-8859-1", 'application/json; charset="utf-16"']) {
      refused(await client.post("/Users", user("media"), { "content-type": type }), 415, undefined, /in UTF-8, not/);
    }
    const packed = await client.post("/Users", user("media"), { "content-encoding": "gzip" });
    refused(packed, 415, undefined, /sent as it is, not with Content-Encoding: gzip/);
  });
});

test("the media types of identity providers are accepted, and none at all", async () => {
  const types = [
    "application/scim+json",
    "application/scim+json; charset=utf-8",
    "application/json;charset=UTF-8",
    undefined,
  ];
  for (const [index, type] of types.entries()) {
    succeeded(await client.post("/Users", user(`media${index}`), { "content-type": type }), 201);
  }
});

test("431 for a URL beyond the limit says how to query instead", async () => {
  const answer = await client.get(`/Users?filter=${"a".repeat(100_000)}`);
  refused(answer, 431, undefined, /larger than 65536 bytes\. Send a long filter in the body of POST …\/\.search/);
  succeeded(await client.get("/Users?count=0"), 200);
});

test("an error shortens a long value at a whole character", async () => {
  const long = `${"x".repeat(199)}${"😀".repeat(200)}`;
  succeeded(await client.post("/Users", user(long)), 201);
  const taken = await client.post("/Users", user(long));
  // The 200th unit is half of a character, which JSON cannot contain.
  refused(taken, 409, "uniqueness", /^userName "x{199}\ufffd…" is taken by the User "x{199}\ufffd…" \(id /);
  const operation = { method: "DELETE", path: `/Users/${long}` };
  const { body } = await client.post("/Bulk", {
    schemas: ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
    Operations: [operation],
  });
  assert.match(body.Operations[0].response.detail, /^There is no User with the id "x{199}\ufffd…"\./);
  const filter = encodeURIComponent(`${"a".repeat(59)}😀 eq "x"`);
  const syntax = await client.get(`/Users?filter=${filter}`);
  refused(syntax, 400, "invalidFilter", /found "a{59}\ufffd…"/);
});
