import assert from "node:assert/strict";
import { refused, succeeded } from "../../testing/assert-answer.ts";
import { group, LIST_RESPONSE, USER, user } from "../../testing/scim-bodies.ts";
import { shows } from "../shows.ts";
import { startWorld } from "../world.ts";

const { client, base, unique, newUser, newGroup, read } = await startWorld();
const MESSAGE = "urn:ietf:params:scim:api:";

shows("RFC 7644 §3.1-1", "messages of the server have an API schema, and those of a client must have one", async () => {
  const messages = [
    (await client.get("/Users")).body,
    (await client.get("/Users/unknown")).body,
    (await client.get("/Schemas")).body,
  ];
  for (const { schemas } of messages) {
    assert.equal(schemas.length, 1);
    assert.ok(schemas[0].startsWith(MESSAGE), schemas[0]);
  }
  const search = { schemas: [USER], count: 1 };
  refused(await client.post("/Users/.search", search), 400, "invalidSyntax", /A SearchRequest has "schemas"/);
});

shows("RFC 7644 §3.1-2", "schemas of messages are not among those of resources", async () => {
  const { Resources } = succeeded(await client.get("/Schemas"), 200);
  for (const { id } of Resources) assert.ok(!id.startsWith(MESSAGE), id);
  refused(await client.get(`/Schemas/${LIST_RESPONSE}`), 404, undefined, /no schema/);
});

shows("RFC 7644 §3.1-4", "every response to a write equals a later read", async () => {
  const made = await newUser({ nickName: null, emails: [], title: "T", id: "mine", name: { givenName: "Ann" } });
  assert.deepEqual(made.body, await read(made));
  const replaced = await client.put(made.path, user(made.body.userName, { TITLE: "U", meta: { version: "x" } }));
  assert.deepEqual(succeeded(replaced, 200), await read(made));
  const patched = await client.patch(made.path, [{ op: "add", path: "name.familyName", value: "Zuse" }]);
  assert.deepEqual(succeeded(patched, 200), await read(made));
  assert.equal(patched.body.title, "U");
});

shows("RFC 7644 §3.2-1", "the endpoints of users and groups are their plurals", async () => {
  const { Resources } = succeeded(await client.get("/ResourceTypes"), 200);
  for (const { name, endpoint } of Resources) assert.equal(endpoint, `/${name}s`);
});

shows(["RFC 7644 §3.2-3", "RFC 7644 §3.5.1-1"], "PUT with an unknown ID creates nothing", async () => {
  const userName = unique();
  refused(await client.put("/Users/2819c223", user(userName)), 404, undefined, /no User with the id "2819c223"/);
  refused(await client.put("/Users", user(userName)), 405, undefined, /PUT is not allowed here/);
  const found = await client.get(`/Users?filter=userName+eq+"${userName}"`);
  assert.equal(succeeded(found, 200).totalResults, 0);
});

shows(
  ["RFC 7644 §3.2-4", "RFC 7644 §3.12-2"],
  "the status of an error is in the response and in its body",
  async () => {
    const answers = [
      await client.get("/Users/unknown"),
      await client.post("/Users", {}),
      await client.send("POST", "/Users", { body: "{" }),
      await client.get("/Users?filter=x"),
      await client.send("GET", "/Users", { headers: { authorization: "Bearer guessed" } }),
    ];
    assert.deepEqual(
      answers.map(({ status }) => status),
      [404, 400, 400, 400, 401],
    );
    for (const { status, body } of answers) assert.equal(body.status, String(status));
  },
);

shows("RFC 7644 §3.2-5", "responses to every method are JSON", async () => {
  const { path, body } = await newUser();
  const patch = [{ op: "replace", path: "title", value: "T" }];
  for (const answer of [
    await client.get("/Users"),
    await client.get(path),
    await client.put(path, user(body.userName)),
    await client.patch(path, patch),
    await client.delete("/Users/unknown"),
  ]) {
    assert.match(String(answer.headers["content-type"]), /^application\/scim\+json/);
    assert.equal(typeof answer.body, "object");
  }
});

shows("RFC 7644 §3.3-1", "readOnly attributes from a client are ignored", async () => {
  const readers = await newGroup();
  const sent = { id: "mine", groups: [{ value: readers.id }], meta: { created: "2001-01-01T00:00:00Z" } };
  const { body, id } = await newUser(sent);
  assert.notEqual(id, "mine");
  assert.equal(body.groups, undefined);
  assert.notEqual(body.meta.created, "2001-01-01T00:00:00Z");
  assert.equal((await read(readers)).members, undefined);
});

shows(
  ["RFC 7644 §3.3-2", "RFC 7644 §3.3-3", "RFC 7644 §3.3-4"],
  "a POST creates a resource and returns it",
  async () => {
    for (const [path, body] of [
      ["/Users", user(unique(), { title: "T", name: { givenName: "Ann" } })],
      ["/Groups", group(unique(), { externalId: "e" })],
    ] as const) {
      const answer = await client.post(path, body);
      const { id, meta, ...rest } = succeeded(answer, 201);
      assert.deepEqual(rest, body);
      assert.equal(meta.location, `${base}${path}/${id}`);
      assert.equal(answer.headers.location, meta.location);
    }
  },
);

shows(
  ["RFC 7644 §3.3-5", "RFC 7644 §3.12-9", "RFC 7644 §3.12-15"],
  "a duplicate is a conflict, and is not created",
  async () => {
    const { body } = await newUser();
    for (const userName of [body.userName, body.userName.toUpperCase()]) {
      refused(await client.post("/Users", user(userName)), 409, "uniqueness", /is taken/);
    }
    const readers = await newGroup();
    refused(await client.post("/Groups", group(readers.body.displayName)), 409, "uniqueness", /is taken/);
    const found = await client.get(`/Users?filter=userName+eq+"${body.userName}"`);
    assert.equal(found.body.totalResults, 1);
  },
);

shows("RFC 7644 §3.3-6", "null and an empty array are no values, in a POST as in a PUT", async () => {
  const made = await newUser({ title: null, emails: [], name: { givenName: null, familyName: "Z" } });
  const { title, emails, name } = made.body;
  assert.deepEqual({ title, emails, name }, { title: undefined, emails: undefined, name: { familyName: "Z" } });
  const full = { title: "T", emails: [{ value: "a@example.com" }] };
  succeeded(await client.put(made.path, user(made.body.userName, full)), 200);
  const cleared = await client.put(made.path, user(made.body.userName, { title: null, emails: [] }));
  assert.deepEqual([cleared.body.title, cleared.body.emails], [undefined, undefined]);
});

shows("RFC 7644 §3.3.1-1", "meta.resourceType follows from the endpoint, whatever a client sends", async () => {
  assert.equal((await newUser({ meta: { resourceType: "Group" } })).body.meta.resourceType, "User");
  assert.equal((await newGroup({ meta: { resourceType: "User" } })).body.meta.resourceType, "Group");
});

shows("RFC 7644 §3.4.1-1", "an existing resource is returned completely with 200", async () => {
  const made = await newUser({ title: "T" });
  assert.deepEqual(succeeded(await client.get(made.path), 200), made.body);
});
