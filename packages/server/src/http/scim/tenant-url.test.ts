import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startApplication, TEST_SECRET } from "../../testing/application.ts";
import { changingNothing, refused, succeeded } from "../../testing/assert-answer.ts";
import { sendRaw } from "../../testing/raw.ts";
import { user } from "../../testing/scim-bodies.ts";

const server = await startApplication();
const published = await startApplication({ publicUrl: "https://scim.example.com" });
const { client, port } = server;
const root = server.connect(TEST_SECRET);
after(async () => {
  await server.close();
  await published.close();
});

let plus = "";

before(async () => {
  plus = succeeded(await client.post("/Users", user("ann+scim@example.com")), 201).id;
  succeeded(await client.post("/Users", user("ann scim@example.com")), 201);
});

const total = async (path: string) => succeeded(await root.get(path), 200).totalResults;

test("Entra ID's flag in the tenant URL changes nothing, alone or before other parameters", async () => {
  assert.equal(await total("/scim/v2/Users?aadOptscim062020"), 2);
  assert.equal(await total('/scim/v2/Users?aadOptscim062020&filter=userName+eq+"ann%2Bscim@example.com"'), 1);
  assert.equal(await total('/scim/v2/Users?filter=userName+eq+"ann%2Bscim@example.com"&aadOptscim062020=1'), 1);
  const patched = await client.patch(`/Users/${plus}?aadOptscim062020`, [{ op: "replace", path: "title", value: "T" }]);
  assert.equal(succeeded(patched, 200).title, "T");
  succeeded(await client.post("/Users?aadOptscim062020", user("flagged")), 201);
  assert.equal((await client.delete(`/Users/${await idOf("flagged")}?aadOptscim062020`)).status, 204);
});

test("paths appended to a base URL's query are rejected with what to enter, and not answered as the base URL", async () => {
  for (const [method, query] of [
    ["GET", "aadOptscim062020/Users?startIndex=1&count=2"],
    ["POST", "aadOptscim062020/Users"],
    ["PATCH", "x/Groups/1"],
    ["GET", "/ServiceProviderConfig"],
  ] as const) {
    const answer = await root.send(method, `/scim/v2?${query}`);
    const path = query.split("?")[0]?.replace("/", "\\/");
    refused(
      answer,
      400,
      undefined,
      new RegExp(`added its paths to the query: \\?${path}\\. Enter the base URL without the question mark`),
    );
  }
  for (const query of ["filter=id+eq+%22/Users%22", "aadOptscim062020"]) {
    succeeded(await root.get(`/scim/v2?${query}`), 200);
  }
});

async function idOf(userName: string): Promise<string> {
  return (await client.get(`/Users?filter=userName+eq+"${userName}"`)).body.Resources[0].id;
}

test("an extra slash, and a trailing question mark or ampersand, do not matter", async () => {
  const paths = [
    "/scim/v2/Users/",
    "/scim/v2//Users",
    "//scim/v2/Users",
    "/scim//v2///Users//",
    "/scim/v2/Users?",
    "/scim/v2/Users?&",
    "/scim/v2/Users?count=9&",
  ];
  for (const path of paths) assert.equal(await total(path), 2, path);
  for (const path of [`/Users/${plus}/`, `//Users//${plus}`, `/Users/${plus}?`, `/Users/${plus}?&`]) {
    assert.equal(succeeded(await client.get(path), 200).id, plus, path);
  }
  assert.equal(succeeded(await client.patch(`/Users/${plus}/`, [{ op: "remove", path: "title" }]), 200).id, plus);
  succeeded(await client.get("/ServiceProviderConfig/"), 200);
});

test("a plus in a filter is a blank or itself, depending on the rest of the filter", async () => {
  const cases: [string, string][] = [
    ['userName+eq+"ann%2Bscim@example.com"', "ann+scim@example.com"],
    ['userName%20eq%20"ann%2Bscim@example.com"', "ann+scim@example.com"],
    ['userName%20eq%20"ann+scim@example.com"', "ann+scim@example.com"],
    ['userName+eq+"ann+scim@example.com"', "ann scim@example.com"],
    ['userName%20eq%20"ann%20scim@example.com"', "ann scim@example.com"],
  ];
  for (const [filter, userName] of cases) {
    const { Resources } = succeeded(await client.get(`/Users?filter=${filter}`), 200);
    assert.deepEqual(
      Resources.map((resource: { userName: string }) => resource.userName),
      [userName],
      filter,
    );
  }
});

test("malformed percent-encoding is rejected anywhere, and the server still works", async () => {
  await changingNothing(client, async () => {
    for (const path of ["/Users/%", "/Users/%zz", "/Users/%ff", "/Schemas/%c3", "/%e0%a4"]) {
      refused(await client.get(path), 400, "invalidSyntax", /URL is not valid percent-encoded UTF-8/);
    }
    for (const path of ["/Users?filter=%", "/Users?%zz=1", "/Users?count=%ff", "/Schemas?x=%c3", "/Groups?aad&a=%"]) {
      refused(await client.get(path), 400, "invalidSyntax", /URL's query is not valid percent-encoded UTF-8/);
    }
    refused(await client.post("/Users?x=%zz", user("encoded")), 400, "invalidSyntax", /percent-encoded/);
  });
  assert.equal((await root.get("/?x=%zz")).status, 200);
  assert.equal((await root.get("/healthz?x=%zz")).status, 200);
  refused(await root.get("/nothing?x=%zz"), 404, undefined, /nothing at/);
});

async function locationFor(headers: Record<string, string>): Promise<string> {
  const { Resources } = succeeded(await client.get("/Users?count=1", headers), 200);
  return Resources[0].meta.location.replace(/\/scim\/v2\/Users\/.*/, "");
}

test("locations have the host that the client used, and https if a proxy says so", async () => {
  assert.equal(await locationFor({ host: "scim.example.com" }), "http://scim.example.com");
  assert.equal(await locationFor({ host: "scim.example.com:8443" }), "http://scim.example.com:8443");
  assert.equal(await locationFor({ host: "[::1]:8080" }), "http://[::1]:8080");
  assert.equal(await locationFor({ host: "a.b", "x-forwarded-proto": "https" }), "https://a.b");
  assert.equal(await locationFor({ host: "a.b", "x-forwarded-proto": "https, http" }), "https://a.b");
  assert.equal(await locationFor({ host: "a.b", "x-forwarded-proto": "http" }), "http://a.b");
  assert.equal(await locationFor({ host: "a.b", "x-forwarded-proto": "javascript" }), "http://a.b");
});

test("a hostile Host header is not repeated in a response", async () => {
  for (const host of ['evil"><script>', "evil/path", "evil@host", "a b", "x?y", "é", "evil\\", "a:b:c"]) {
    const head = `GET /scim/v2/Users HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${TEST_SECRET}\r\n`;
    const { status, body } = await sendRaw(port, [`${head}Connection: close\r\n\r\n`]);
    assert.ok(status === 200 || status === 400, String(status));
    if (status === 200)
      assert.match(JSON.parse(body).Resources[0].meta.location, /^http:\/\/localhost\/scim\/v2\/Users\//);
  }
});

test("with a public URL every location has it, whatever the request says", async () => {
  const headers = { host: "evil.example", "x-forwarded-proto": "http" };
  const answer = await published.client.post("/Users", user("public"), headers);
  const { id, meta } = succeeded(answer, 201);
  const location = `https://scim.example.com/scim/v2/Users/${id}`;
  assert.deepEqual([answer.headers.location, meta.location], [location, location]);
  const config = succeeded(await published.client.get("/ServiceProviderConfig", headers), 200);
  assert.equal(config.meta.location, "https://scim.example.com/scim/v2/ServiceProviderConfig");
  const filter = encodeURIComponent(`meta.location eq "${location}"`);
  assert.equal(succeeded(await published.client.get(`/Users?filter=${filter}`), 200).totalResults, 1);
});
