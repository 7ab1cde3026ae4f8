import assert from "node:assert/strict";
import { once } from "node:events";
import { request } from "node:http";
import { after, test } from "node:test";
import { startApplication, TEST_ADMIN_SECRET, TEST_SECRET } from "../../testing/application.ts";
import { refused, succeeded } from "../../testing/assert-answer.ts";
import { bulkRequest, post, refusedOperation } from "../../testing/bulk.ts";
import { type Answer, PATCH_OP } from "../../testing/client.ts";
import { makeEndpoint } from "../../testing/endpoint.ts";
import { USER, user } from "../../testing/scim-bodies.ts";

// Writes that are authorized before the endpoint's settings change, and run afterwards.

const server = await startApplication();
const { admin } = server;
after(server.close);

/** As identity providers and as administrators authenticate. */
const ACCESS = {
  provider: { path: "/scim/v2", secret: TEST_SECRET },
  administrator: { path: "/api/endpoints/default/scim/v2", secret: TEST_ADMIN_SECRET },
} as const;

type Access = (typeof ACCESS)[keyof typeof ACCESS];

type Sent = { readonly method: string; readonly path: string; readonly body: object };

/**
 * Sends a request whose body arrives in two halves.
 * @param meanwhile what happens between them, after the request was authorized
 */
async function overtaken({ path, secret }: Access, sent: Sent, meanwhile: () => Promise<unknown>): Promise<Answer> {
  const bytes = Buffer.from(JSON.stringify(sent.body));
  const outgoing = request(`${server.origin}${path}${sent.path}`, {
    method: sent.method,
    headers: {
      authorization: `Bearer ${secret}`,
      "content-type": "application/scim+json",
      "content-length": bytes.length,
      // Sent when the server accepts the request, right before authorizing it.
      expect: "100-continue",
    },
  });
  const answered = once(outgoing, "response");
  outgoing.flushHeaders();
  await once(outgoing, "continue");
  outgoing.write(bytes.subarray(0, bytes.length >> 1));
  await meanwhile();
  outgoing.end(bytes.subarray(bytes.length >> 1));
  const [incoming] = await answered;
  const text = Buffer.concat(await incoming.toArray()).toString("utf8");
  const body = text === "" ? undefined : JSON.parse(text);
  return { status: incoming.statusCode, headers: incoming.headers, text, body };
}

async function set(name: string, change: object): Promise<void> {
  const answer = await admin.send("PATCH", `/api/endpoints/${name}`, { body: change });
  assert.equal(answer.status, 200, answer.text);
}

function placeOf(name: string): Access {
  return { ...ACCESS.administrator, path: `/api/endpoints/${name}/scim/v2` } as Access;
}

const patch = (path: string, ...Operations: object[]): Sent => ({
  method: "PATCH",
  path,
  body: { schemas: [PATCH_OP], Operations },
});

for (const [who, access] of Object.entries(ACCESS)) {
  test(`a new unique attribute is enforced for a write of a ${who} that began before`, async () => {
    const { client } = server;
    await set("default", { settings: { unique: [] } });
    const title = `taken by ${who}`;
    succeeded(await client.post("/Users", user(`holder-${who}`, { title })), 201);
    const { id } = succeeded(await client.post("/Users", user(`other-${who}`)), 201);
    const writes: readonly Sent[] = [
      { method: "POST", path: "/Users", body: user(`new-${who}`, { title }) },
      { method: "PUT", path: `/Users/${id}`, body: user(`other-${who}`, { title }) },
      patch(`/Users/${id}`, { op: "add", path: "title", value: title }),
    ];
    for (const write of writes) {
      await set("default", { settings: { unique: [] } });
      const meanwhile = () => set("default", { settings: { unique: ["User:title"] } });
      refused(await overtaken(access, write, meanwhile), 409, "uniqueness", /title/);
    }
    await set("default", { settings: { unique: [] } });
    const bulk = { method: "POST", path: "/Bulk", body: bulkRequest([post("b", "/Users", user("b", { title }))]) };
    const many = await overtaken(access, bulk, () => set("default", { settings: { unique: ["User:title"] } }));
    refusedOperation(succeeded(many, 200).Operations[0], 409, "uniqueness", /title/);
    // The new value must be unique.
    await set("default", { settings: { unique: [] } });
    const created = { method: "POST", path: "/Users", body: user(`late-${who}`, { title: `late ${who}` }) };
    succeeded(await overtaken(access, created, () => set("default", { settings: { unique: ["User:title"] } })), 201);
    const again = user(`later-${who}`, { title: `late ${who}` });
    refused(await client.post("/Users", again), 409, "uniqueness", /title/);
  });
}

test("a new index contains a write that began before", async () => {
  const client = await makeEndpoint(server, "indexed", {});
  const write = { method: "POST", path: "/Users", body: user("a", { nickName: "Ace" }) };
  const answer = await overtaken(placeOf("indexed"), write, () =>
    set("indexed", { settings: { indexed: ["User:nickName"] } }),
  );
  succeeded(answer, 201);
  const filter = encodeURIComponent('nickName eq "ace"');
  assert.equal(succeeded(await client.get(`/Users?filter=${filter}`), 200).totalResults, 1);
});

test("a write is read and answered with the current schemas", async () => {
  const badge = "urn:example:badge:2.0:User";
  const desk = "urn:example:desk:2.0:Desk";
  const attributes = [{ name: "number", type: "string" }];
  const client = await makeEndpoint(server, "schemas", {
    schemas: [{ id: desk, name: "Desk", attributes }],
    resourceTypes: [{ name: "Desk", endpoint: "/Desks", schema: desk }],
  });
  const { id } = succeeded(await client.post("/Users", user("a")), 201);
  const change = {
    schemas: [{ id: badge, name: "Badge", attributes }],
    resourceTypes: [{ name: "User", endpoint: "/Users", schema: USER, schemaExtensions: [{ schema: badge }] }],
  };
  const former = { method: "POST", path: "/Desks", body: { schemas: [desk], number: "7" } };
  const gone = await overtaken(placeOf("schemas"), former, () => set("schemas", { settings: change }));
  refused(gone, 404, undefined, /Desks/);
  await set("schemas", { settings: { schemas: null, resourceTypes: null } });
  const extended = patch(`/Users/${id}`, { op: "add", path: `${badge}:number`, value: "7" });
  const patched = await overtaken(placeOf("schemas"), extended, () => set("schemas", { settings: change }));
  assert.deepEqual(succeeded(patched, 200)[badge], { number: "7" });
});

test("a write continues if its endpoint was renamed", async () => {
  await makeEndpoint(server, "former", {});
  const write = { method: "POST", path: "/Users", body: user("a") };
  const { meta } = succeeded(await overtaken(placeOf("former"), write, () => set("former", { name: "latter" })), 201);
  assert.match(meta.location, /\/scim\/endpoints\/latter\/v2\/Users\//);
});

test("nothing is written to an endpoint that was deleted", async () => {
  for (const [path, body] of [
    ["/Users", user("a")],
    ["/Bulk", bulkRequest([post("a", "/Users", user("a"))])],
  ] as const) {
    await makeEndpoint(server, "leaving", {});
    const answer = await overtaken(placeOf("leaving"), { method: "POST", path, body }, async () => {
      const { status } = await admin.send("DELETE", "/api/endpoints/leaving", { body: { confirm: "leaving" } });
      assert.equal(status, 204);
    });
    refused(answer, 404, undefined, /^The endpoint "leaving" was deleted during this request\.$/);
  }
});
