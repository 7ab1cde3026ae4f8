import assert from "node:assert/strict";
import { refused, succeeded } from "../../testing/assert-answer.ts";
import { sendRaw } from "../../testing/raw.ts";
import { ENTERPRISE, USER, user } from "../../testing/scim-bodies.ts";
import { shows } from "../shows.ts";
import { startWorld } from "../world.ts";

const world = await startWorld();
const { client, admin, base, origin, port, unique, newUser, newGroup, read } = world;
const SCIM_JSON = /^application\/scim\+json(; charset=utf-8)?$/;
const patch = (value: string) => [{ op: "replace", path: "title", value }];

shows(["RFC 7644 §3.8-1", "RFC 7644 §3.8-2"], "bodies and responses are UTF-8", async () => {
  const displayName = "Zoë O’Brien-Müller 山田陽子 😀";
  for (const type of ["application/scim+json", "application/json", "application/scim+json; charset=utf-8"]) {
    const made = await client.post("/Users", user(unique(), { displayName }), { "content-type": type });
    assert.equal(succeeded(made, 201).displayName, displayName);
  }
  const latin = Buffer.from(JSON.stringify(user(unique(), { displayName: "Zoë" })), "latin1");
  refused(await client.send("POST", "/Users", { body: latin }), 400, "invalidSyntax", /UTF-8/);
});

shows(
  ["RFC 7644 §3.8-4", "RFC 7644 §3.8-5", "RFC 7644 §3.8-6", "RFC 7644 §8.1-1"],
  "JSON is supported completely",
  async () => {
    const { path } = await newUser();
    for (const accept of ["application/scim+json", "application/json", "*/*", undefined]) {
      for (const each of [path, "/Users", "/Schemas", "/Users/unknown"]) {
        const answer = await client.get(each, accept === undefined ? {} : { accept });
        assert.match(String(answer.headers["content-type"]), SCIM_JSON);
        assert.equal(typeof answer.body, "object");
      }
    }
  },
);

shows(
  ["RFC 7644 §3.9-1", "RFC 7644 §3.9-2", "RFC 7643 §7-13", "RFC 7643 §7-15"],
  "attributes selects the returned attributes",
  async () => {
    const made = await newUser({
      title: "T",
      name: { givenName: "A", familyName: "Z" },
      [ENTERPRISE]: { division: "D" },
    });
    const { schemas, id, name, title, userName } = made.body;
    const division = `${ENTERPRISE}:division`;
    for (const [names, shown] of [
      ["title", { title }],
      ["name.givenName,TITLE", { name: { givenName: "A" }, title }],
      [`${USER}:userName,name`, { userName, name }],
      [division, { [ENTERPRISE]: { division: "D" } }],
      ["nickName", {}],
    ] as const) {
      const expected = { schemas, id, ...shown };
      assert.deepEqual(await read(`${made.path}?attributes=${names}`), expected, names);
      const filter = encodeURIComponent(`id eq "${id}"`);
      assert.deepEqual((await read(`/Users?filter=${filter}&attributes=${names}`)).Resources, [expected], names);
    }
  },
);

shows(
  ["RFC 7644 §3.9-3", "RFC 7644 §3.9-4"],
  "excludedAttributes omits attributes that are returned by default",
  async () => {
    const made = await newUser({ title: "T", name: { givenName: "A", familyName: "Z" } });
    const { title, meta, ...rest } = made.body;
    const excluded = await read(`${made.path}?excludedAttributes=title,meta,id,schemas`);
    assert.deepEqual(excluded, rest);
    const part = await read(`${made.path}?excludedAttributes=name.givenName`);
    assert.deepEqual(part, { ...made.body, name: { familyName: "Z" } });
  },
);

shows("RFC 7644 §3.11-2", "/Me is the user of the token, with that user's location", async () => {
  const made = await newUser({ title: "T" });
  const me = await world.clientWith({ user: made.id });
  const got = await me.get("/Me");
  assert.deepEqual(succeeded(got, 200), made.body);
  const patched = await me.patch("/Me", patch("U"));
  const replaced = await me.put("/Me", user(made.body.userName, { title: "V" }));
  assert.deepEqual([succeeded(patched, 200).title, succeeded(replaced, 200).title], ["U", "V"]);
  const deleted = await me.delete("/Me");
  const gone = await me.get("/Me");
  assert.deepEqual([deleted.status, gone.status], [204, 404]);
  for (const { headers } of [got, patched, replaced, deleted, gone]) assert.equal(headers.location, base + made.path);
});

shows(["RFC 7644 §3.12-1", "RFC 7644 §3.12-3"], "every error is a SCIM Error", async () => {
  refused(await client.get("/Nothing"), 404, undefined, /nothing at/);
  refused(await client.send("DELETE", "/Users"), 405, undefined, /DELETE is not allowed here/);
  refused(await client.post("/Users", "<user/>", { "content-type": "text/xml" }), 415, undefined, /scim\+json/);
  refused(await client.get("/Users/%ff"), 400, "invalidSyntax", /percent-encoded/);
  const stranger = { authorization: "Bearer guessed" };
  refused(await client.get("/Users", stranger), 401, undefined, /not known here/);
});

shows(["RFC 7644 §3.12-5", "RFC 7644 §3.12-17"], "an unreadable request gets 400 invalidSyntax", async () => {
  for (const body of ["", "{", "[]", '"x"', "null", '{"userName":"a","userName":"b"}']) {
    refused(await client.send("POST", "/Users", { body }), 400, "invalidSyntax", /./);
  }
  const raw = ["POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\nBroken Header\r\n\r\n"];
  const answer = await sendRaw(port, raw);
  assert.equal(answer.status, 400);
  assert.equal(JSON.parse(answer.body).status, "400");
});

shows("RFC 7644 §3.12-6", "no token, another scheme, or an unknown token gets 401", async () => {
  for (const authorization of [undefined, "Bearer", "Bearer guessed", "Basic YTpi", "nonsense"]) {
    refused(await client.get("/Users", { authorization }), 401, undefined, /./);
  }
});

shows("RFC 7644 §3.12-7", "a request beyond the token's rights gets 403", async () => {
  const reader = await world.clientWith({ scopes: ["read"] });
  succeeded(await reader.get("/Users"), 200);
  refused(await reader.post("/Users", user(unique())), 403, undefined, /scope "write"/);
  const secret = await client.send("GET", "/Users", { headers: { authorization: "Bearer test-admin-secret" } });
  refused(secret, 403, undefined, /./);
});

shows("RFC 7644 §3.12-10", "a write to another version gets 412", async () => {
  const { path } = await newUser();
  refused(await client.patch(path, patch("T"), { "if-match": 'W/"0"' }), 412, undefined, /has changed/);
});

shows("RFC 7644 §3.12-11", "a body that is too large gets 413, with the limit", async () => {
  await world.withSettings({ limits: { maxBodyBytes: 1_024 } }, async () => {
    const large = user(unique(), { title: "x".repeat(1_024) });
    refused(await client.post("/Users", large), 413, undefined, /larger than 1024 bytes/);
  });
});

shows("RFC 7644 §3.12-12", "an internal failure is a 500 with advice and without internals", async (t) => {
  const { path } = await newUser();
  const id = path.split("/").at(-1) ?? "";
  const { parse } = JSON;
  // Fails when the server reads the stored user. The recorder may read it too, but does not have to.
  t.mock.method(JSON, "parse", (text: string) => {
    if (text.includes(id)) throw new Error("something inside");
    return parse(text);
  });
  const { mock } = t.mock.method(process.stderr, "write", () => true);
  const answer = await client.get(`${path}?attributes=userName`);
  refused(answer, 500, undefined, /Its log shows the cause; the request changed nothing/);
  assert.doesNotMatch(answer.text, /inside/);
  assert.match(mock.calls.map(({ arguments: [text] }) => String(text)).join(""), /something inside/);
});

shows("RFC 7644 §3.12-13", "an HTTP method that SCIM does not have gets 501", async () => {
  refused(await client.send("PROPFIND", "/Users"), 501, undefined, /PROPFIND is not implemented/);
});

shows("RFC 7644 §3.12-20", "a missing or unsuitable value gets 400 invalidValue", async () => {
  refused(await client.post("/Users", { schemas: [USER] }), 400, "invalidValue", /^userName is required/);
  for (const attributes of [{ active: "perhaps" }, { name: "Ann" }, { emails: [{ value: {} }] }, { title: {} }]) {
    refused(await client.post("/Users", user(unique(), attributes)), 400, "invalidValue", /./);
  }
});

shows("RFC 7644 §3.13-1", "the version is before the resource endpoint", async () => {
  assert.ok((await newUser()).body.meta.location.startsWith(`${origin}/scim/v2/Users/`));
  const { baseUrl } = (await admin.get(`/api/endpoints/${await world.newEndpoint()}`)).body;
  assert.match(baseUrl, /\/v2$/);
});

shows("RFC 7644 §3.13-2", "another version is rejected", async () => {
  for (const version of ["v1", "v3", "v2.1", "V2x"]) {
    const answer = await admin.get(`/scim/${version}/Users`, { authorization: "Bearer test-scim-secret" });
    refused(answer, 404, undefined, /SCIM is served at \/scim\/v2/);
  }
});

shows(
  ["RFC 7644 §3.14-1", "RFC 7644 §3.14-2", "RFC 7643 §3.1-15"],
  "the version is in the header and in meta",
  async () => {
    const made = await newUser();
    const tags = [made.answer.headers.etag, (await client.get(made.path)).headers.etag];
    const patched = await client.patch(made.path, patch("T"));
    const { headers } = await client.put(made.path, user(made.body.userName));
    assert.deepEqual(tags, [made.body.meta.version, made.body.meta.version]);
    assert.equal(patched.headers.etag, patched.body.meta.version);
    assert.equal(headers.etag, (await read(made)).meta.version);
    assert.equal(new Set([...tags, patched.headers.etag, headers.etag]).size, 3);
    for (const tag of [...tags, headers.etag]) assert.match(String(tag), /^W\/"[^"]+"$/);
  },
);

shows("RFC 7644 §3.14-3", "an unchanged resource gets 304 without a body", async () => {
  const { path, answer } = await newUser();
  const tag = String(answer.headers.etag);
  const same = await client.get(path, { "if-none-match": tag });
  assert.deepEqual([same.status, same.text], [304, ""]);
  await client.patch(path, patch("T"));
  succeeded(await client.get(path, { "if-none-match": tag }), 200);
});

shows("RFC 7644 §3.14-4", "a write with If-Match succeeds only for the latest version", async () => {
  for (const made of [await newUser(), await newGroup()]) {
    const first = { "if-match": String(made.answer.headers.etag) };
    const operations = [{ op: "replace", path: "externalId", value: "e" }];
    assert.ok((await client.patch(made.path, operations, first)).status < 300);
    const { id: _, meta: __, ...body } = made.body;
    for (const late of [
      await client.patch(made.path, [{ op: "replace", path: "externalId", value: "f" }], first),
      await client.put(made.path, body, first),
      await client.delete(made.path, first),
    ]) {
      refused(late, 412, undefined, /has changed/);
    }
    assert.equal((await read(made)).externalId, "e");
    const latest = { "if-match": String((await client.get(made.path)).headers.etag) };
    succeeded(await client.put(made.path, body, latest), 200);
  }
});
