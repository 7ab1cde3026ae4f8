import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { startApplication } from "../../testing/application.ts";
import { changingNothing, refused, succeeded } from "../../testing/assert-answer.ts";
import { bulk, bulkRequest, idOf, post, refusedOperation, statuses } from "../../testing/bulk.ts";
import { PATCH_OP } from "../../testing/client.ts";
import { makeEndpoint } from "../../testing/endpoint.ts";
import { group, USER, user } from "../../testing/scim-bodies.ts";

const server = await startApplication();
const { client, origin } = server;
const strict = await startApplication({ profile: "strict" });
after(async () => {
  await server.close();
  await strict.close();
});

const base = `${origin}/scim/v2`;
let count = 0;

async function newUser(attributes: object = {}): Promise<{ id: string; etag: string }> {
  const { id, meta } = succeeded(await client.post("/Users", user(`bulk${++count}`, attributes)), 201);
  return { id, etag: meta.version };
}

const endpointWith = (settings: object, scopes?: string[]) => makeEndpoint(server, `e${++count}`, settings, scopes);

describe("[RFC 7644 §3.7.3] each operation has the same result as a single request", () => {
  test("of every method", async () => {
    const [bob, dave, gone] = [await newUser(), await newUser({ nickName: "D" }), await newUser()];
    const results = await bulk(
      client,
      [
        post("qwerty", "/Users", { schemas: [USER], userName: "Alice" }),
        { method: "PUT", path: `/Users/${bob.id}`, version: bob.etag, data: { ...user("Bob"), id: bob.id } },
        {
          method: "PATCH",
          path: `/Users/${dave.id}`,
          version: dave.etag,
          data: [
            { op: "remove", path: "nickName" },
            { op: "add", path: "userName", value: "Dave" },
          ],
        },
        { method: "DELETE", path: `/Users/${gone.id}`, version: gone.etag },
      ],
      { failOnErrors: 1 },
    );
    const [made] = results;
    const alice = idOf(made);
    assert.deepEqual(results, [
      { location: `${base}/Users/${alice}`, method: "POST", bulkId: "qwerty", version: 'W/"1"', status: "201" },
      { location: `${base}/Users/${bob.id}`, method: "PUT", version: 'W/"2"', status: "200" },
      { location: `${base}/Users/${dave.id}`, method: "PATCH", version: 'W/"2"', status: "200" },
      { location: `${base}/Users/${gone.id}`, method: "DELETE", status: "204" },
    ]);
    const created = await client.get(`/Users/${alice}`);
    assert.equal(succeeded(created, 200).userName, "Alice");
    assert.equal(created.headers.etag, made.version);
    assert.equal((await client.get(`/Users/${bob.id}`)).body.userName, "Bob");
    const { userName, nickName, meta } = (await client.get(`/Users/${dave.id}`)).body;
    assert.deepEqual([userName, nickName, meta.version], ["Dave", undefined, 'W/"2"']);
    refused(await client.get(`/Users/${gone.id}`), 404, undefined, /no User/);
  });

  test("all of which may fail", async () => {
    const [bob, dave] = [await newUser(), await newUser()];
    const version = 'W/"3694e05e9dff591"';
    await changingNothing(client, async () => {
      const results = await bulk(client, [
        post("qwerty", "/Users", { schemas: [USER] }),
        { method: "PUT", path: `/Users/${bob.id}`, version, data: user("Bobby") },
        { method: "PATCH", path: `/Users/${dave.id}`, version, data: { schemas: [PATCH_OP], Operations: [] } },
        { method: "DELETE", path: "/Users/e9025315", version },
        { method: "PATCH", path: `/Users/${dave.id}`, version, data: [{ op: "remove", path: "title" }] },
      ]);
      assert.deepEqual(statuses(results), ["400", "412", "400", "404", "412"]);
      assert.deepEqual(
        results.map(({ location }) => location),
        [
          undefined,
          `${base}/Users/${bob.id}`,
          `${base}/Users/${dave.id}`,
          `${base}/Users/e9025315`,
          `${base}/Users/${dave.id}`,
        ],
      );
      refusedOperation(results[1], 412, undefined, /^The User has changed: its version is W\/"1"/);
      refusedOperation(results[3], 404, undefined, /^There is no User with the id "e9025315"/);
    });
  });

  test("of a change without effect, which has the current version", async () => {
    const { id, etag } = await newUser({ title: "Guide" });
    const patch = { method: "PATCH", path: `/Users/${id}`, data: [{ op: "replace", path: "title", value: "Guide" }] };
    const [result] = await bulk(client, [patch]);
    assert.deepEqual([result.status, result.version], ["200", etag]);
  });

  test("one after another, each seeing the effects of earlier ones", async () => {
    const { id } = await newUser();
    const title = (value: string, version?: string) => ({
      method: "PATCH",
      path: `/Users/${id}`,
      data: [{ op: "replace", path: "title", value }],
      ...(version && { version }),
    });
    const results = await bulk(client, [
      title("one", 'W/"1"'),
      title("two", 'W/"1"'),
      title("three", 'W/"2"'),
      { method: "DELETE", path: `/Users/${id}`, version: "*" },
      title("four"),
    ]);
    assert.deepEqual(statuses(results), ["200", "412", "200", "204", "404"]);
    assert.deepEqual([results[0].version, results[2].version], ['W/"2"', 'W/"3"']);
  });

  test("also if a name is taken by an earlier operation", async () => {
    const results = await bulk(client, [
      post("a", "/Users", user("twice")),
      post("b", "/Users", user("TWICE")),
      post("c", "/Users", user("thrice")),
    ]);
    assert.deepEqual(statuses(results), ["201", "409", "201"]);
    refusedOperation(
      results[1],
      409,
      "uniqueness",
      new RegExp(`taken by the User "twice" \\(id ${idOf(results[0])}\\)`),
    );
    assert.deepEqual([results[1].location, results[1].bulkId], [undefined, "b"]);
  });
});

test("an operation's identification is returned, and nothing else", async () => {
  const { id } = await newUser();
  const [read, nowhere, me, odd] = await bulk(client, [
    { method: "GET", path: `/Users/${id}`, bulkId: "r" },
    { method: "PUT", path: "/Nothing/a%20b", data: {} },
    { method: "POST", path: "/Me", bulkId: "me", data: user("me") },
    "DELETE",
  ] as object[]);
  assert.deepEqual([read.method, read.bulkId, read.location], ["GET", "r", undefined]);
  refusedOperation(read, 400, "invalidSyntax", /^method must be one of POST, PUT, PATCH, DELETE/);
  assert.deepEqual([nowhere.method, nowhere.location], ["PUT", `${base}/Nothing/a%20b`]);
  refusedOperation(nowhere, 404, undefined, /^There is no resource type at \/Nothing\. There are \/Users, \/Groups\.$/);
  refusedOperation(me, 404, undefined, /^There is no resource type at \/Me\./);
  refusedOperation(odd, 400, "invalidSyntax", /^An operation is an object/);
  assert.deepEqual(Object.keys(odd).sort(), ["response", "status"]);
});

describe("[RFC 7644 §3.7] failOnErrors", () => {
  const wrong = { method: "DELETE", path: "/Users/nobody" };
  const right = () => post(`ok${++count}`, "/Users", user(`ok${count}`));

  test("skips the rest after this many errors; earlier operations stay", async () => {
    const before = right();
    const results = await bulk(client, [before, wrong, right(), wrong, right(), wrong], { failOnErrors: 2 });
    assert.deepEqual(statuses(results), ["201", "404", "201", "404"]);
    succeeded(await client.get(`/Users/${idOf(results[0])}`), 200);
    succeeded(await client.get(`/Users/${idOf(results[2])}`), 200);
    const found = await client.get(`/Users?filter=userName+eq+"ok${count}"`);
    assert.equal(found.body.totalResults, 0);
  });

  test("counts invalid operations in their position", async () => {
    const results = await bulk(client, [right(), { method: "GET" }, right()], { failOnErrors: 1 });
    assert.deepEqual(statuses(results), ["201", "400"]);
    const first = await bulk(client, [{ method: "GET" }, right()], { failOnErrors: 1 });
    assert.deepEqual(statuses(first), ["400"]);
  });

  test("without it, or with 0, all are tried", async () => {
    assert.deepEqual(statuses(await bulk(client, [wrong, wrong, right()])), ["404", "404", "201"]);
    assert.deepEqual(statuses(await bulk(client, [wrong, wrong, right()], { failOnErrors: 0 })), ["404", "404", "201"]);
    assert.deepEqual(statuses(await bulk(client, [wrong, wrong, right()], { failOnErrors: 3 })), ["404", "404", "201"]);
  });
});

describe("[RFC 7644 §3.7.4] limits", () => {
  test("are those of /ServiceProviderConfig: operations", async () => {
    const limited = await endpointWith({ limits: { maxBulkOperations: 2, maxBodyBytes: 2_000 } });
    const config = succeeded(await limited.get("/ServiceProviderConfig"), 200);
    assert.deepEqual(config.bulk, { supported: true, maxOperations: 2, maxPayloadSize: 2_000 });
    const three = ["a", "b", "c"].map((name) => post(name, "/Users", user(name)));
    const detail =
      /operations \(3\) exceeds maxOperations.*2 operations \(maxOperations\) and 2000 bytes \(maxPayloadSize\)/;
    await changingNothing(limited, async () => {
      refused(await limited.post("/Bulk", bulkRequest(three)), 413, undefined, detail);
    });
    assert.deepEqual(statuses(await bulk(limited, three.slice(1))), ["201", "201"]);
  });

  test("and bytes, whether the endpoint's or the server's", async () => {
    const limited = await endpointWith({ limits: { maxBodyBytes: 2_000 } });
    const large = (bytes: number) => bulkRequest([post("a", "/Users", user("large", { title: "x".repeat(bytes) }))]);
    const detail = (bytes: number) => new RegExp(`exceeds maxPayloadSize\\. .*${bytes} bytes \\(maxPayloadSize\\)`);
    refused(await limited.post("/Bulk", large(2_000)), 413, undefined, detail(2_000));
    refused(await client.post("/Bulk", large(9_000_000)), 413, undefined, detail(8_388_608));
    // Other requests get their usual error.
    refused(await limited.post("/Users", user("x", { title: "x".repeat(2_000) })), 413, undefined, /fewer values/);
  });
});

describe("an invalid message", () => {
  test("is rejected as a whole", async () => {
    await changingNothing(client, async () => {
      refused(await client.send("POST", "/Bulk", { body: "" }), 400, "invalidSyntax", /body is empty/);
      refused(await client.post("/Bulk", "[1"), 400, "invalidSyntax", /not valid JSON/);
      refused(await client.post("/Bulk", []), 400, "invalidSyntax", /A BulkRequest is a JSON object/);
      refused(await client.post("/Bulk", bulkRequest([])), 400, "invalidSyntax", /one or more operations/);
      const bad = bulkRequest([post("a", "/Users", user("a"))], { failOnErrors: -1 });
      refused(await client.post("/Bulk", bad), 400, "invalidValue", /failOnErrors must be/);
    });
  });

  test("is accepted as far as the profile allows", async () => {
    const { schemas: _, ...unnamed } = bulkRequest([post("a", "Users", user("unnamed"))]) as { schemas: unknown };
    assert.equal(succeeded(await client.post("/Bulk", unnamed), 200).Operations[0].status, "201");
    refused(await strict.client.post("/Bulk", unnamed), 400, "invalidSyntax", /BulkRequest/);
    const odd = post("a", "/Users", user("odd", { active: "True" }));
    assert.equal((await bulk(client, [odd]))[0].status, "201");
    refusedOperation((await bulk(strict.client, [odd]))[0], 400, "invalidValue", /active: the text "True" is refused/);
  });
});

test("other methods of /Bulk are not allowed, nor is a read-only token", async () => {
  const answer = await client.get("/Bulk");
  refused(answer, 405, undefined, /^GET is not allowed here\. Allowed: POST\.$/);
  assert.equal(answer.headers.allow, "POST");
  const reader = await endpointWith({}, ["read"]);
  refused(await reader.post("/Bulk", bulkRequest([post("a", "/Users", user("a"))])), 403, undefined, /write/);
});

test("if every change must name its version, so must operations (RFC 6585 §3)", async () => {
  const careful = await endpointWith({ requireEtag: true });
  const results = await bulk(careful, [
    post("a", "/Users", user("a")),
    { method: "PATCH", path: "/Users/bulkId:a", data: [{ op: "replace", path: "title", value: "x" }] },
    { method: "PATCH", path: "/Users/bulkId:a", version: "*", data: [{ op: "replace", path: "title", value: "y" }] },
    { method: "DELETE", path: "/Users/bulkId:a" },
    { method: "DELETE", path: "/Users/bulkId:a", version: 'W/"2"' },
  ]);
  assert.deepEqual(statuses(results), ["201", "428", "200", "428", "204"]);
  refusedOperation(results[1], 428, undefined, /Read the resource, and send its version with the operation\.$/);
});

test("any resource type of the endpoint can be written", async () => {
  const schema = "urn:example:params:scim:schemas:Device";
  const owner = await endpointWith({
    schemas: [{ id: schema, name: "Device", attributes: [{ name: "serial", type: "string", required: true }] }],
    resourceTypes: [{ name: "Device", endpoint: "/Devices", schema }],
  });
  const results = await bulk(owner, [
    post("d", "/Devices", { schemas: [schema], serial: "bulkId:u" }),
    post("e", "/Devices", { schemas: [schema] }),
    post("u", "/Users", user("owner")),
    post("g", "/Groups", group("Owners", { members: [{ value: "bulkId:u" }] })),
  ]);
  assert.deepEqual(statuses(results), ["201", "400", "201", "201"]);
  // "Extensions that include references to other resources MUST be handled in the same way" (RFC 7644 §3.7.2).
  assert.equal((await owner.get(`/Devices/${idOf(results[0])}`)).body.serial, idOf(results[2]));
});
