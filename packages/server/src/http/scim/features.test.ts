import assert from "node:assert/strict";
import { after, test } from "node:test";
import { startApplication } from "../../testing/application.ts";
import { refused, succeeded } from "../../testing/assert-answer.ts";
import { group, user } from "../../testing/scim-bodies.ts";

const server = await startApplication();
const { admin, client } = server;
const stranger = server.connect(undefined, "/scim/v2");
after(server.close);

async function set(settings: object): Promise<void> {
  const answer = await admin.send("PATCH", "/api/endpoints/default", { body: { settings } });
  assert.equal(answer.status, 200, answer.text);
}

async function config() {
  return succeeded(await client.get("/ServiceProviderConfig"), 200);
}

test("an endpoint without PATCH and Bulk returns 501 for them, and discovery says so", async () => {
  const { id } = succeeded(await client.post("/Users", user("patched")), 201);
  await set({ features: { patch: false } });
  refused(await client.patch(`/Users/${id}`, []), 400, "invalidSyntax", /./);
  const change = [{ op: "replace", path: "title", value: "x" }];
  refused(await client.patch(`/Users/${id}`, change), 501, undefined, /does not support PATCH/);
  const operations = [{ method: "PATCH", path: `/Users/${id}`, data: { schemas: [], Operations: change } }];
  const bulk = { schemas: ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], Operations: operations };
  assert.equal(succeeded(await client.post("/Bulk", bulk), 200).Operations[0].status, "501");
  assert.equal((await config()).patch.supported, false);
  await set({ features: { bulk: false } });
  refused(await client.post("/Bulk", bulk), 501, undefined, /does not support Bulk/);
  assert.equal((await config()).bulk.supported, false);
  await set({ features: null });
  succeeded(await client.patch(`/Users/${id}`, change), 200);
});

test("an endpoint with eq filters and without sorting rejects everything else", async () => {
  await set({ features: { filter: "eq", sort: false } });
  succeeded(await client.get('/Users?filter=userName eq "a" and active eq true'.replaceAll(" ", "+")), 200);
  for (const filter of ['userName co "a"', "title pr", 'not (title eq "a")', 'title eq "a" or title eq "b"']) {
    const answer = await client.get(`/Users?filter=${encodeURIComponent(filter)}`);
    refused(answer, 400, "invalidFilter", /supports only eq, alone or joined by and/);
  }
  refused(await client.get("/Users?sortBy=userName"), 501, undefined, /does not support sorting/);
  refused(await client.get("/?sortBy=userName"), 501, undefined, /does not support sorting/);
  assert.equal((await config()).sort.supported, false);
  await set({ features: null });
});

test("an endpoint without ETags sends none and ignores If-Match", async () => {
  await set({ features: { etag: false } });
  const created = await client.post("/Users", user("unversioned"));
  const { id, meta } = succeeded(created, 201);
  assert.equal(created.headers.etag, undefined);
  assert.deepEqual(Object.keys(meta).sort(), ["created", "lastModified", "location", "resourceType"]);
  const read = await client.get(`/Users/${id}?attributes=meta`, { "if-none-match": "*" });
  assert.equal(succeeded(read, 200).meta.version, undefined);
  const list = succeeded(await client.get('/Users?filter=userName+eq+"unversioned"'), 200);
  assert.equal(list.Resources[0].meta.version, undefined);
  const change = [{ op: "replace", path: "title", value: "x" }];
  succeeded(await client.patch(`/Users/${id}`, change, { "if-match": 'W/"99"' }), 200);
  assert.equal((await config()).etag.supported, false);
  const both = await admin.send("PATCH", "/api/endpoints/default", { body: { settings: { requireEtag: true } } });
  assert.equal(both.status, 400, both.text);
  assert.match(both.text, /cannot require one/);
  await set({ features: null });
});

test("an endpoint without groups has only users", async () => {
  await set({ features: { groups: false } });
  refused(await client.post("/Groups", group("Guides")), 404, undefined, /Below the base URI there are \/Users/);
  assert.deepEqual(
    succeeded(await client.get("/ResourceTypes"), 200).Resources.map(({ name }: { name: string }) => name),
    ["User"],
  );
  succeeded(await client.get("/?filter=id+pr"), 200);
  await set({ features: null });
  succeeded(await client.post("/Groups", group("Guides")), 201);
});

test("discovery can be opened to requests without a token; nothing else is", async () => {
  refused(await stranger.get("/ServiceProviderConfig"), 401, undefined, /./);
  await set({ discovery: { open: true } });
  for (const path of ["/ServiceProviderConfig", "/Schemas", "/ResourceTypes", "/ResourceTypes/User"]) {
    succeeded(await stranger.get(path), 200);
  }
  for (const path of ["/Users", "/Me", "/", "/Schemas/../Users"]) {
    assert.equal((await stranger.get(path)).status, 401, path);
  }
  assert.equal((await stranger.post("/Schemas", {})).status, 401);
  await set({ discovery: null });
  refused(await stranger.get("/Schemas"), 401, undefined, /./);
});

test("ServiceProviderConfig can omit pagination, which some clients reject (RFC 9865 §4)", async () => {
  assert.ok((await config()).pagination);
  await set({ discovery: { pagination: false } });
  assert.equal(Object.hasOwn(await config(), "pagination"), false);
  await set({ discovery: null });
});

test("a path may end with .scim (RFC 7644 §3.8)", async () => {
  const { id } = succeeded(await client.post("/Users.scim", user("suffixed")), 201);
  assert.equal(succeeded(await client.get(`/Users/${id}.scim`), 200).userName, "suffixed");
  assert.equal(succeeded(await client.get('/Users.scim?filter=userName+eq+"suffixed"'), 200).totalResults, 1);
  assert.equal((await client.delete(`/Users/${id}.scim`)).status, 204);
  refused(await client.get(`/Users/${id}.scim`), 404, undefined, /./);
});
