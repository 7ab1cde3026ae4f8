import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { refused, succeeded } from "../../testing/assert-answer.ts";
import type { AnyJson } from "../../testing/client.ts";
import { ENTERPRISE, GROUP, group, USER, user } from "../../testing/scim-bodies.ts";
import { storedFiles } from "../../testing/store.ts";
import { shows } from "../shows.ts";
import { startWorld } from "../world.ts";

const world = await startWorld();
const { client, base, dataDir, unique, newUser, newGroup, read } = world;

shows(["RFC 7643 §3-1", "RFC 7643 §3.3-1"], "every resource has its base schema", async () => {
  const [made, readers] = [await newUser(), await newGroup()];
  for (const { path, body } of [made, readers]) {
    const [base] = path.startsWith("/Users") ? [USER] : [GROUP];
    const cut = await read(`${path}?attributes=externalId`);
    const excluded = await read(`${path}?excludedAttributes=schemas`);
    for (const { schemas } of [body, cut, excluded]) assert.deepEqual(schemas, [base]);
  }
  const extended = await newUser({ [ENTERPRISE]: { division: "D" } });
  assert.deepEqual(extended.body.schemas, [USER, ENTERPRISE]);
});

shows("RFC 7643 §3-2", "schemas are only those of the type", async () => {
  const other = "urn:example:other";
  assert.deepEqual((await newUser({ schemas: [USER, other] })).body.schemas, [USER]);
  await world.withSettings({ profile: "strict" }, async () => {
    for (const schemas of [[USER, other], [GROUP], [ENTERPRISE]]) {
      refused(await client.post("/Users", { schemas, userName: unique() }), 400, "invalidValue", /schemas/);
    }
  });
});

shows("RFC 7643 §3-3", "no schema is listed twice", async () => {
  const schemas = [USER, USER.toUpperCase(), ENTERPRISE, ENTERPRISE];
  const { body } = await newUser({ schemas, [ENTERPRISE]: { division: "D" } });
  assert.deepEqual(body.schemas, [USER, ENTERPRISE]);
  await world.withSettings({ profile: "strict" }, async () => {
    const twice = { schemas: [USER, USER], userName: unique() };
    refused(await client.post("/Users", twice), 400, "invalidValue", /schemas/);
  });
});

shows("RFC 7643 §3-4", "the order of schemas does not matter", async () => {
  const attributes = { title: "T", [ENTERPRISE]: { division: "D" } };
  for (const schemas of [
    [USER, ENTERPRISE],
    [ENTERPRISE, USER],
  ]) {
    const { id: _, meta: __, userName: ___, ...rest } = (await newUser({ schemas, ...attributes })).body;
    assert.deepEqual(rest, { schemas: [USER, ENTERPRISE], ...attributes });
  }
});

shows(
  ["RFC 7643 §3-5", "RFC 7643 §3.1-1", "RFC 7643 §3.1-2", "RFC 7643 §3.1-4"],
  "all resources have the common attributes",
  async () => {
    const THING = "urn:example:params:scim:schemas:Thing";
    const resourceTypes = [{ name: "Thing", endpoint: "/Things", schema: THING }];
    const schemas = [{ id: THING, name: "Thing", attributes: [{ name: "size", type: "integer" }] }];
    const client = await world.clientWith({ endpoint: await world.newEndpoint({ schemas, resourceTypes }) });
    for (const made of [
      await newUser({ externalId: "e" }, client),
      await newGroup({ externalId: "e" }, client),
      await world.make("/Things", { schemas: [THING], externalId: "e", size: 1 }, client),
    ]) {
      const { id, externalId, meta } = made.body;
      assert.ok(id.length > 0);
      assert.equal(externalId, "e");
      assert.deepEqual(Object.keys(meta).sort(), ["created", "lastModified", "location", "resourceType", "version"]);
      const found = await read(`${made.path.replace(/\/[^/]*$/, "")}?filter=externalId+eq+"e"&attributes=id`, client);
      assert.deepEqual(found.Resources, [{ schemas: made.body.schemas, id }]);
    }
  },
);

shows("RFC 7643 §3.1-3", "a schema cannot redefine common attributes", async () => {
  const attributes = [{ name: "externalId", type: "integer" }];
  const body = { settings: { schemas: [{ id: "urn:example:x:y", name: "X", attributes }] } };
  const answer = await world.admin.send("PATCH", "/api/endpoints/default", { body });
  assert.equal(answer.status, 400);
  assert.match(answer.body.detail, /externalId/);
  for (const { attributes } of (await read("/Schemas")).Resources.slice(0, 3)) {
    for (const { name } of attributes) assert.ok(!["id", "externalId", "meta", "schemas"].includes(name), name);
  }
});

shows(["RFC 7643 §3.1-5", "RFC 7643 §3.1-6", "RFC 7643 §3.1-8"], "an ID belongs to one resource forever", async () => {
  const made = [await newUser(), await newUser(), await newGroup(), await newGroup()];
  const ids = made.map(({ id }) => id);
  assert.equal(new Set(ids).size, ids.length);
  for (const id of ids) assert.doesNotMatch(id, /bulkid/i);
  const [first] = made as [(typeof made)[0]];
  const replaced = await client.put(first.path, user(unique()));
  assert.equal(succeeded(replaced, 200).id, first.id);
  await client.delete(first.path);
  const again = await newUser({ userName: first.body.userName });
  assert.ok(!ids.includes(again.id));
});

shows("RFC 7643 §3.1-7", "a client cannot choose an ID", async () => {
  const made = await newUser({ id: "mine" });
  assert.notEqual(made.id, "mine");
  refused(await client.get("/Users/mine"), 404, undefined, /no User/);
  refused(await client.patch(made.path, [{ op: "replace", path: "id", value: "x" }]), 400, "mutability", /id/);
});

shows(["RFC 7643 §3.1-9", "RFC 7643 §3.1-10"], "externalId belongs to the client, which may change it", async () => {
  const [without, one, other] = [
    await newUser(),
    await newUser({ externalId: "E" }),
    await newUser({ externalId: "E" }),
  ];
  assert.equal(without.body.externalId, undefined);
  assert.deepEqual([one.body.externalId, other.body.externalId], ["E", "E"]);
  assert.equal((await read('/Users?filter=externalId+eq+"E"')).totalResults, 2);
  assert.equal((await read('/Users?filter=externalId+eq+"e"')).totalResults, 0);
});

shows(["RFC 7643 §3.1-11", "RFC 7643 §3.1-13"], "meta belongs to the server", async () => {
  const meta = { created: "2001-01-01T00:00:00Z", lastModified: "x", version: "v", location: "http://x/", more: 1 };
  const made = await newUser({ meta });
  assert.equal(made.body.meta.created, made.body.meta.lastModified);
  assert.ok(Date.parse(made.body.meta.created) > Date.parse("2026-01-01"));
  const { meta: after } = succeeded(await client.put(made.path, user(made.body.userName, { title: "T", meta })), 200);
  assert.equal(after.created, made.body.meta.created);
  assert.ok(Date.parse(after.lastModified) >= Date.parse(after.created));
  assert.deepEqual([after.location, after.more], [base + made.path, undefined]);
});

shows("RFC 7643 §3.3-3", "an extension has its own container", async () => {
  const { body } = await newUser({ [ENTERPRISE]: { employeeNumber: "7" } });
  assert.deepEqual(body[ENTERPRISE], { employeeNumber: "7" });
  assert.equal(body.employeeNumber, undefined);
});

shows(["RFC 7643 §4.1.1-1", "RFC 7643 §4.1.1-2"], "a user has a userName, and no two have the same", async () => {
  for (const userName of [undefined, null, ""]) {
    refused(await client.post("/Users", { schemas: [USER], userName }), 400, "invalidValue", /^userName/);
  }
  const [ann, bob] = [await newUser({ userName: "Ann" }), await newUser({ userName: "Bob" })];
  refused(await client.post("/Users", user("ANN")), 409, "uniqueness", /is taken/);
  refused(await client.put(bob.path, user("aNN")), 409, "uniqueness", /is taken/);
  const rename = [{ op: "replace", path: "userName", value: "ann" }];
  refused(await client.patch(bob.path, rename), 409, "uniqueness", /is taken/);
  assert.equal(succeeded(await client.patch(ann.path, rename), 200).userName, "ann");
});

shows(
  ["RFC 7643 §4.1.1-6", "RFC 7643 §4.1.1-9", "RFC 7643 §9.2-1", "RFC 7643 §7-12"],
  "a password is never returned",
  async () => {
    const password = "t1meMa$heen";
    const made = await newUser({ password });
    const replaced = await client.put(made.path, user(made.body.userName, { password }));
    const patched = await client.patch(made.path, [{ op: "replace", path: "password", value: password }]);
    const reads = await Promise.all(
      [made.path, `${made.path}?attributes=password`, "/Users"].map((path) => client.get(path)),
    );
    for (const { text } of [made.answer, replaced, patched, ...reads]) assert.doesNotMatch(text, /password|t1meMa/i);
    const filter = encodeURIComponent(`password eq "${password}"`);
    refused(await client.get(`/Users?filter=${filter}`), 400, "invalidFilter", /password/);
    for (const file of storedFiles(dataDir)) assert.ok(!readFileSync(file).includes(password), file);
  },
);

shows(["RFC 7643 §4.1.2-7", "RFC 7643 §4.1.2-8"], "a user's groups follow from the groups", async () => {
  const made = await newUser();
  const readers = await newGroup();
  const groups = [{ value: readers.id }];
  const operations = [{ op: "add", path: "groups", value: groups }];
  refused(await client.patch(made.path, operations), 400, "mutability", /groups/);
  assert.equal(succeeded(await client.put(made.path, user(made.body.userName, { groups })), 200).groups, undefined);
  await client.patch(readers.path, [{ op: "add", path: "members", value: [{ value: made.id }] }]);
  assert.deepEqual(
    (await read(made)).groups.map(({ value, type }: AnyJson) => [value, type]),
    [[readers.id, "direct"]],
  );
});

shows("RFC 7643 §3.1-14", "meta.location is the resource's location, as in the headers", async () => {
  for (const made of [await newUser(), await newGroup()]) {
    assert.equal(made.body.meta.location, base + made.path);
    assert.equal(made.answer.headers.location, made.body.meta.location);
    const { schemas, displayName, userName } = made.body;
    for (const { headers } of [
      made.answer,
      await client.get(made.path),
      await client.get(`${made.path}?attributes=externalId`),
      await client.put(made.path, { schemas, displayName, userName, externalId: "e" }),
      await client.patch(`${made.path}?attributes=id`, [{ op: "replace", path: "externalId", value: "f" }]),
    ]) {
      assert.equal(headers["content-location"], made.body.meta.location);
    }
  }
});

shows("RFC 7643 §4.1.2-9", "a certificate is base64", async () => {
  const withCertificate = (value: string) => user(unique(), { x509Certificates: [{ value }] });
  succeeded(
    await client.post("/Users", withCertificate("MIIDQzCCAqygAwIBAgICEAAwDQYJKoZIhvcNAQEFBQAwTjELMAkGA1UE")),
    201,
  );
  await world.withSettings({ profile: "strict" }, async () => {
    refused(
      await client.post("/Users", withCertificate("-----BEGIN CERTIFICATE: none!")),
      400,
      "invalidValue",
      /x509Certificates/,
    );
  });
});

shows("RFC 7643 §4.2-1", "a group has a name", async () => {
  for (const displayName of [undefined, null, ""]) {
    const answer = await client.post("/Groups", { schemas: [GROUP], displayName });
    refused(answer, 400, "invalidValue", /^displayName/);
  }
});

shows("RFC 7643 §4.2-2", "users and groups can be members", async () => {
  const [ann, inner] = [await newUser({ displayName: "Ann" }), await newGroup()];
  const readers = await newGroup({ members: [{ value: ann.id }, { value: inner.id, type: "Group" }] });
  assert.deepEqual(
    readers.body.members.map(({ value, type }: AnyJson) => [value, type]),
    [
      [ann.id, "User"],
      [inner.id, "Group"],
    ],
  );
  succeeded(await client.put(readers.path, group(readers.body.displayName, { members: [{ value: ann.id }] })), 200);
  assert.equal((await read(readers)).members.length, 1);
});

shows(
  ["RFC 7643 §4.3-1", "RFC 7643 §4.3-2", "RFC 7643 §4.3-3"],
  "a manager has an ID; its $ref and name are derived",
  async () => {
    const boss = await newUser({ displayName: "Boss" });
    const made = await newUser({ [ENTERPRISE]: { manager: { value: boss.id, displayName: "Somebody" } } });
    for (const body of [made.body, await read(made)]) {
      const { value, $ref, displayName } = body[ENTERPRISE].manager;
      assert.deepEqual([value, displayName], [boss.id, "Boss"]);
      assert.equal(new URL($ref, `${base}/`).href, boss.body.meta.location);
    }
  },
);
