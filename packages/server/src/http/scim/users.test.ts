import assert from "node:assert/strict";
import { after, test } from "node:test";
import { startApplication } from "../../testing/application.ts";
import { refused, succeeded } from "../../testing/assert-answer.ts";
import { ENTERPRISE, group, USER, user } from "../../testing/scim-bodies.ts";

const server = await startApplication();
const { client, origin } = server;
after(server.close);

/** Asserts that `meta` is complete and matches the headers (RFC 7643 §3.1). */
function assertMeta(answer: Awaited<ReturnType<typeof client.get>>, id: string): void {
  const { meta } = answer.body;
  assert.deepEqual(Object.keys(meta).sort(), ["created", "lastModified", "location", "resourceType", "version"]);
  assert.equal(meta.resourceType, "User");
  assert.equal(meta.location, `${origin}/scim/v2/Users/${id}`);
  assert.equal(meta.version, answer.headers.etag);
  for (const time of [meta.created, meta.lastModified]) assert.equal(new Date(time).toISOString(), time);
}

test("POST returns 201 with the resource, its Location and its ETag (RFC 7644 §3.3)", async () => {
  const answer = await client.post("/Users", user("bjensen", { externalId: "701984", name: { givenName: "Barbara" } }));
  const { id, meta, ...attributes } = succeeded(answer, 201);
  assert.deepEqual(attributes, {
    schemas: [USER],
    userName: "bjensen",
    externalId: "701984",
    name: { givenName: "Barbara" },
  });
  assertMeta(answer, id);
  assert.equal(answer.headers.location, meta.location);
  assert.equal(meta.created, meta.lastModified);
});

test("GET at the Location returns the same as POST, with the same ETag (RFC 7644 §3.4.1)", async () => {
  const created = await client.post("/Users", user("get"));
  const path = String(created.headers.location).replace(`${origin}/scim/v2`, "");
  const read = await client.get(path);
  assert.deepEqual(succeeded(read, 200), created.body);
  assert.equal(read.headers.etag, created.headers.etag);
});

test("HEAD returns the headers of GET, without a body", async () => {
  const { body } = await client.post("/Users", user("head"));
  for (const path of [`/Users/${body.id}`, "/Users", "/Schemas", "/Users/unknown"]) {
    const [get, head] = [await client.get(path), await client.send("HEAD", path)];
    assert.equal(head.status, get.status);
    assert.equal(head.text, "");
    for (const name of ["content-type", "content-length", "etag"]) {
      assert.equal(head.headers[name], get.headers[name], `${name} of ${path}`);
    }
  }
});

test("PUT clears missing attributes, and keeps id and created (RFC 7644 §3.5.1)", async () => {
  const before = succeeded(await client.post("/Users", user("put", { title: "T", nickName: "N" })), 201);
  const answer = await client.put(`/Users/${before.id}`, user("put2", { nickName: "M" }));
  const { meta, ...attributes } = succeeded(answer, 200);
  assert.deepEqual(attributes, { schemas: [USER], id: before.id, userName: "put2", nickName: "M" });
  assertMeta(answer, before.id);
  assert.equal(meta.created, before.meta.created);
  assert.ok(meta.lastModified >= meta.created);
  assert.notEqual(meta.version, before.meta.version);
  assert.deepEqual((await client.get(`/Users/${before.id}`)).body, answer.body);
});

test("PATCH returns 200 with the whole changed resource (RFC 7644 §3.5.2)", async () => {
  const before = succeeded(await client.post("/Users", user("patch", { title: "T" })), 201);
  const answer = await client.patch(`/Users/${before.id}`, [
    { op: "replace", path: "title", value: "U" },
    { op: "add", path: `${ENTERPRISE}:department`, value: "Retail" },
  ]);
  const after = succeeded(answer, 200);
  assert.equal(after.title, "U");
  assert.deepEqual(after[ENTERPRISE], { department: "Retail" });
  assert.deepEqual(after.schemas, [USER, ENTERPRISE]);
  assertMeta(answer, before.id);
  assert.notEqual(after.meta.version, before.meta.version);
  assert.deepEqual((await client.get(`/Users/${before.id}`)).body, after);
});

test("a PATCH or PUT that changes nothing keeps version and lastModified (RFC 7644 §3.5.2.1)", async () => {
  const before = succeeded(await client.post("/Users", user("same", { active: true })), 201);
  const path = `/Users/${before.id}`;
  assert.deepEqual(succeeded(await client.patch(path, [{ op: "replace", path: "active", value: true }]), 200), before);
  assert.deepEqual(succeeded(await client.put(path, user("same", { active: true })), 200), before);
});

test("one invalid operation undoes the whole PATCH (RFC 7644 §3.5.2)", async () => {
  const before = succeeded(await client.post("/Users", user("atomic", { title: "T" })), 201);
  const answer = await client.patch(`/Users/${before.id}`, [
    { op: "replace", path: "title", value: "U" },
    { op: "replace", path: "active", value: "perhaps" },
  ]);
  refused(answer, 400, "invalidValue", /^Operations\[1\]: active must be true or false, but the text "perhaps"/);
  assert.deepEqual((await client.get(`/Users/${before.id}`)).body, before);
});

test("DELETE returns 204 without a body; then every method gets 404 (RFC 7644 §3.6)", async () => {
  const { body } = await client.post("/Users", user("gone"));
  const path = `/Users/${body.id}`;
  const answer = await client.delete(path);
  assert.equal(answer.status, 204);
  assert.equal(answer.text, "");
  assert.equal(answer.headers["content-type"], undefined);
  refused(await client.get(path), 404, undefined, /no User with the id/);
  refused(await client.put(path, user("gone")), 404, undefined, /no User with the id/);
  refused(await client.patch(path, [{ op: "add", path: "title", value: "T" }]), 404, undefined, /no User/);
  refused(await client.delete(path), 404, undefined, /no User with the id/);
  assert.equal((await client.get('/Users?filter=userName+eq+"gone"')).body.totalResults, 0);
});

test("the userName of a deleted user is free again, and its ID is not", async () => {
  const first = succeeded(await client.post("/Users", user("again")), 201);
  await client.delete(`/Users/${first.id}`);
  const second = succeeded(await client.post("/Users", user("AGAIN")), 201);
  assert.notEqual(second.id, first.id);
});

test("id, meta and groups from the client are ignored (RFC 7643 §2.2, readOnly)", async () => {
  const forged = { id: "mine", meta: { created: "1999-01-01T00:00:00Z", version: "x" }, groups: [{ value: "admins" }] };
  const created = succeeded(await client.post("/Users", user("forged", forged)), 201);
  assert.notEqual(created.id, "mine");
  assert.ok(created.meta.created > "2020");
  assert.equal(created.groups, undefined);
  const replaced = succeeded(await client.put(`/Users/${created.id}`, user("forged", forged)), 200);
  assert.deepEqual(replaced, created);
});

test("values are returned as sent: letter case, blanks, every script", async () => {
  const displayName = '  Zoë "Z" O\\Brien \u{1F600} \u05d0\u202e\t\n';
  const created = succeeded(await client.post("/Users", user("Zoë@EXAMPLE.com", { displayName })), 201);
  const read = succeeded(await client.get(`/Users/${created.id}`), 200);
  assert.deepEqual([read.userName, read.displayName], ["Zoë@EXAMPLE.com", displayName]);
});

test("null and an empty array mean no value, in POST as in PATCH (RFC 7643 §2.5)", async () => {
  const created = succeeded(await client.post("/Users", user("nulls", { title: null, emails: [], roles: [] })), 201);
  assert.deepEqual(Object.keys(created), ["schemas", "id", "userName", "meta"]);
  await client.patch(`/Users/${created.id}`, [{ op: "add", value: { title: "T", emails: [{ value: "a@b" }] } }]);
  const emptied = await client.patch(`/Users/${created.id}`, [{ op: "replace", value: { title: null, emails: [] } }]);
  assert.deepEqual(Object.keys(succeeded(emptied, 200)), ["schemas", "id", "userName", "meta"]);
});

test("a deactivated user can be read and found", async () => {
  const { body } = await client.post("/Users", user("leaver", { active: true }));
  await client.patch(`/Users/${body.id}`, [{ op: "Replace", path: "active", value: "False" }]);
  assert.equal((await client.get(`/Users/${body.id}`)).body.active, false);
  assert.equal((await client.get('/Users?filter=userName+eq+"leaver"+and+active+eq+false')).body.totalResults, 1);
});

test("a userName that another user has in any letter case is rejected by POST, PUT and PATCH (RFC 7644 §3.3)", async () => {
  const holder = succeeded(await client.post("/Users", user("Holder@example.com", { displayName: "The Holder" })), 201);
  const other = succeeded(await client.post("/Users", user("other@example.com")), 201);
  const taken = user("HOLDER@example.com");
  const detail = new RegExp(
    `^userName "HOLDER@example.com" is taken by the User "The Holder" \\(id ${holder.id}\\)\\.`,
  );
  refused(await client.post("/Users", taken), 409, "uniqueness", detail);
  refused(await client.put(`/Users/${other.id}`, taken), 409, "uniqueness", detail);
  const operation = { op: "replace", path: "userName", value: "HOLDER@example.com" };
  refused(await client.patch(`/Users/${other.id}`, [operation]), 409, "uniqueness", detail);
  assert.equal((await client.get(`/Users/${other.id}`)).body.userName, "other@example.com");
  assert.equal(succeeded(await client.patch(`/Users/${holder.id}`, [operation]), 200).userName, "HOLDER@example.com");
});

test("values too long for an index are rejected with the attribute and the limit; others are stored", async () => {
  const long = "ü".repeat(200_000);
  const detail = /^userName has 200000 characters; at most 700 are accepted, because it has an index\.$/;
  refused(await client.post("/Users", user(long)), 400, "invalidValue", detail);
  const { id } = succeeded(
    await client.post("/Users", user("long", { nickName: long, name: { formatted: long } })),
    201,
  );
  const change = [{ op: "replace", path: 'emails[type eq "work"].value', value: long }];
  refused(await client.patch(`/Users/${id}`, change), 400, "invalidValue", /^emails\.value has 200000 characters/);
  const members = [{ value: long }];
  refused(await client.post("/Groups", group("long", { members })), 400, "invalidValue", /^members: no User or Group/);
  assert.equal(succeeded(await client.get(`/Users/${id}`), 200).nickName, long);
  assert.equal((await client.delete(`/Users/${id}`)).status, 204);
});
