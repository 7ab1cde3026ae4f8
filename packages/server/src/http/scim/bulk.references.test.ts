import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { startApplication } from "../../testing/application.ts";
import { changingNothing, refused, succeeded } from "../../testing/assert-answer.ts";
import { bulk, idOf, membersOf, post, refusedOperation, statuses } from "../../testing/bulk.ts";
import type { AnyJson, Client } from "../../testing/client.ts";
import { makeEndpoint } from "../../testing/endpoint.ts";
import { ENTERPRISE, GROUP, group, USER, user } from "../../testing/scim-bodies.ts";

// The strict profile rejects unknown references: every reference was resolved in time.
const server = await startApplication({ profile: "strict" });
const { client, origin } = server;
after(server.close);

const base = `${origin}/scim/v2`;

async function memberIds(id: string, of: Client = client): Promise<string[]> {
  const { members = [] } = succeeded(await of.get(`/Groups/${id}`), 200);
  return members.map(({ value }: AnyJson) => value).sort();
}

function managed(userName: string, manager: string): object {
  return user(userName, { schemas: [USER, ENTERPRISE], [ENTERPRISE]: { manager: { value: `bulkId:${manager}` } } });
}

describe("[RFC 7644 §3.7.2] an operation can refer to a resource that another one creates", () => {
  test("as a member, as in the example", async () => {
    const results = await bulk(client, [
      post("qwerty", "/Users", { schemas: [USER], userName: "Alice" }),
      post("ytrewq", "/Groups", {
        schemas: [GROUP],
        displayName: "Tour Guides",
        members: [{ type: "User", value: "bulkId:qwerty" }],
      }),
    ]);
    const [alice, guides] = results.map(idOf);
    const version = 'W/"1"';
    assert.deepEqual(results, [
      { location: `${base}/Users/${alice}`, method: "POST", bulkId: "qwerty", version, status: "201" },
      { location: `${base}/Groups/${guides}`, method: "POST", bulkId: "ytrewq", version, status: "201" },
    ]);
    const read = succeeded(await client.get(`/Groups/${guides}`), 200);
    assert.deepEqual(read.members, [{ value: alice, $ref: `${base}/Users/${alice}`, display: "Alice", type: "User" }]);
    assert.equal(read.meta.version, version);
  });

  test("as a manager, as in the example of the extension", async () => {
    const results = await bulk(client, [
      post("a", "/Users", user("Alice 2")),
      post("b", "/Users", managed("Bob 2", "a")),
    ]);
    const [alice, bob] = results.map(idOf);
    const { manager } = succeeded(await client.get(`/Users/${bob}`), 200)[ENTERPRISE];
    assert.deepEqual([manager.value, manager.displayName], [alice, "Alice 2"]);
  });

  test("anywhere in the message; results have the order of the message", async () => {
    const results = await bulk(client, [
      post("g", "/Groups", group("Before", { members: membersOf("u", "h") })),
      {
        method: "PATCH",
        path: "/Groups/bulkId:h",
        data: {
          schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
          Operations: [{ op: "add", path: "members", value: membersOf("v") }],
        },
      },
      post("h", "/Groups", group("Inner", { members: membersOf("u") })),
      post("u", "/Users", user("later-u")),
      post("v", "/Users", user("later-v")),
    ]);
    assert.deepEqual(statuses(results), ["201", "200", "201", "201", "201"]);
    const [g = "", patched = "", h = "", u = "", v = ""] = results.map(idOf);
    assert.equal(patched, h);
    assert.deepEqual(await memberIds(g), [h, u].sort());
    assert.deepEqual(await memberIds(h), [u, v].sort());
    assert.deepEqual([results[1].version, results[2].version], ['W/"2"', 'W/"1"']);
  });

  test("in the value filter of a PATCH", async () => {
    const results = await bulk(client, [
      post("u", "/Users", user("by-filter-u")),
      post("v", "/Users", user("by-filter-v")),
      post("g", "/Groups", group("By filter", { members: membersOf("u", "v") })),
      {
        method: "PATCH",
        path: "/Groups/bulkId:g",
        data: {
          schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
          Operations: [{ op: "remove", path: 'members[value eq "bulkId:u"]' }],
        },
      },
    ]);
    assert.deepEqual(statuses(results), ["201", "201", "201", "200"]);
    assert.deepEqual(await memberIds(idOf(results[2])), [idOf(results[1])]);
  });

  test("in the path of any method", async () => {
    const results = await bulk(client, [
      post("u", "/Users", user("by-path")),
      { method: "PUT", path: "/Users/bulkId:u", version: 'W/"1"', data: user("by-path", { title: "Guide" }) },
      { method: "DELETE", path: "/Users/bulkId:u", version: 'W/"2"' },
    ]);
    assert.deepEqual(statuses(results), ["201", "200", "204"]);
    assert.equal(new Set(results.map(({ location }) => location)).size, 1);
  });
});

describe("[RFC 7644 §3.7.1] resources that refer to each other in a circle", () => {
  test("are created, as in the example", async () => {
    const member = (bulkId: string) => ({ members: [{ type: "Group", value: `bulkId:${bulkId}` }] });
    const results = await bulk(client, [
      post("qwerty", "/Groups", { schemas: [GROUP], displayName: "Group A", ...member("ytrewq") }),
      post("ytrewq", "/Groups", { schemas: [GROUP], displayName: "Group B", ...member("qwerty") }),
    ]);
    assert.deepEqual(statuses(results), ["201", "201"]);
    const [a, b] = results.map(idOf);
    const found = await client.get(`/Groups?filter=${encodeURIComponent('displayName sw "Group"')}`);
    const view = succeeded(found, 200).Resources.map((each: AnyJson) => [each.id, each.members, each.meta.version]);
    assert.deepEqual(view, [
      [a, [{ value: b, $ref: `${base}/Groups/${b}`, display: "Group B", type: "Group" }], 'W/"1"'],
      [b, [{ value: a, $ref: `${base}/Groups/${a}`, display: "Group A", type: "Group" }], 'W/"1"'],
    ]);
    assert.deepEqual([results[0].version, results[1].version], ['W/"1"', 'W/"1"']);
  });

  test("also by their managers, who have their names, together with dependent resources", async () => {
    const results = await bulk(client, [
      post("g", "/Groups", group("Bosses", { members: membersOf("x", "z") })),
      post("x", "/Users", managed("x", "y")),
      post("y", "/Users", managed("y", "z")),
      post("z", "/Users", managed("z", "x")),
      post("s", "/Users", managed("self", "s")),
    ]);
    assert.deepEqual(statuses(results), ["201", "201", "201", "201", "201"]);
    const [g = "", x = "", y = "", z = "", self = ""] = results.map(idOf);
    assert.deepEqual(await memberIds(g), [x, z].sort());
    for (const [id, manager, name] of [
      [x, y, "y"],
      [y, z, "z"],
      [z, x, "x"],
      [self, self, "self"],
    ]) {
      const read = succeeded(await client.get(`/Users/${id}`), 200);
      const { value, displayName, $ref } = read[ENTERPRISE].manager;
      assert.deepEqual([value, displayName, $ref, read.meta.version], [manager, name, `Users/${manager}`, 'W/"1"']);
    }
    const chiefs = await client.get(`/Users?filter=${encodeURIComponent(`${ENTERPRISE}:manager.value eq "${x}"`)}`);
    assert.deepEqual(
      chiefs.body.Resources.map(({ id }: AnyJson) => id),
      [z],
    );
  });

  test("are created all or none; the others report the one that failed", async () => {
    await changingNothing(client, async () => {
      const results = await bulk(client, [
        post("a", "/Groups", group("Ring A", { members: membersOf("b") })),
        post("b", "/Groups", group("Ring B", { members: [...membersOf("c"), { value: "nobody" }] })),
        post("c", "/Groups", group("Ring C", { members: membersOf("a") })),
        post("d", "/Groups", group("Hanging on", { members: membersOf("a") })),
      ]);
      assert.deepEqual(statuses(results), ["400", "400", "400", "400"]);
      refusedOperation(results[0], 400, "invalidValue", /^"bulkId:b" was not created because its operation failed/);
      refusedOperation(results[1], 400, "invalidValue", /no User or Group has the id "nobody"/);
      refusedOperation(results[2], 400, "invalidValue", /^"bulkId:a" was not created/);
      refusedOperation(results[3], 400, "invalidValue", /^"bulkId:a" was not created/);
    });
  });

  test("do not affect operations before and after them when they fail after a write", async () => {
    const results = await bulk(client, [
      post("before", "/Users", user("ring-before")),
      post("a", "/Groups", group("Ring D", { members: membersOf("b") })),
      post("b", "/Groups", group("ring d", { members: membersOf("a") })),
      post("after", "/Users", user("ring-after")),
    ]);
    assert.deepEqual(statuses(results), ["201", "400", "409", "201"]);
    const other =
      /^displayName "ring d" is taken by "bulkId:a", which this request creates together with it\. Send another/;
    refusedOperation(results[2], 409, "uniqueness", other);
    succeeded(await client.get(`/Users/${idOf(results[0])}`), 200);
    succeeded(await client.get(`/Users/${idOf(results[3])}`), 200);
    const found = await client.get(`/Groups?filter=${encodeURIComponent('displayName eq "Ring D"')}`);
    assert.equal(found.body.totalResults, 0);
  });

  test("report which of them is rejected, also if it is not the last one", async () => {
    const results = await bulk(client, [
      post("first", "/Groups", group("Ring E")),
      post("a", "/Groups", group("ring e", { members: membersOf("b") })),
      post("b", "/Groups", group("Ring F", { members: membersOf("a") })),
    ]);
    assert.deepEqual(statuses(results), ["201", "409", "400"]);
    refusedOperation(results[2], 400, "invalidValue", /^"bulkId:a" was not created/);
  });

  test("are limited to the size of a transaction", async () => {
    const large = await makeEndpoint(server, "large", { limits: { maxBulkOperations: 2_000 } });
    const ring = (count: number) =>
      Array.from({ length: count }, (_, at) =>
        post(`r${at}`, "/Groups", group(`Ring of ${count}, ${at}`, { members: membersOf(`r${(at + 1) % count}`) })),
      );
    await changingNothing(large, async () => {
      const results = await bulk(large, ring(1_001));
      assert.deepEqual([...new Set(statuses(results))], ["409"]);
      refusedOperation(
        results[9],
        409,
        undefined,
        /^1001 operations refer to each other in a circle; at most 1000 are/,
      );
    });
    assert.deepEqual([...new Set(statuses(await bulk(large, ring(1_000))))], ["201"]);
  });
});

describe("an operation with an unresolved reference fails", () => {
  test("with the reason, and so does one that refers to it", async () => {
    const results = await bulk(client, [
      post("u", "/Users", { schemas: [USER] }),
      post("g", "/Groups", group("Failing", { members: membersOf("u") })),
      post("h", "/Groups", group("Failing too", { members: membersOf("g") })),
      { method: "DELETE", path: "/Groups/bulkId:g" },
      post("i", "/Groups", group("Independent")),
    ]);
    assert.deepEqual(statuses(results), ["400", "400", "400", "400", "201"]);
    refusedOperation(results[1], 400, "invalidValue", /^"bulkId:u" was not created because its operation failed\. See/);
    refusedOperation(results[2], 400, "invalidValue", /^"bulkId:g" was not created/);
    assert.equal(results[3].location, undefined);
  });

  test("if no operation creates it, or only an invalid one", async () => {
    const results = await bulk(client, [
      post("g", "/Groups", group("To nobody", { members: membersOf("nobody") })),
      { method: "POST", path: "/Users", bulkId: "wrong" },
      post("h", "/Groups", group("To a wrong one", { members: membersOf("wrong") })),
    ]);
    assert.deepEqual(statuses(results), ["400", "400", "400"]);
    refusedOperation(results[0], 400, "invalidValue", /^No operation of this request creates "bulkId:nobody"/);
    refusedOperation(results[2], 400, "invalidValue", /^No operation of this request creates "bulkId:wrong"/);
  });

  test("and an operation on a created resource returns its location, although it failed itself", async () => {
    const [made, failed] = await bulk(client, [
      post("u", "/Users", user("shown")),
      { method: "PUT", path: "/Users/bulkId:u", data: { schemas: [USER] } },
    ]);
    assert.equal(failed.status, "400");
    assert.equal(failed.location, made.location);
  });
});

test("a reactivated user keeps its ID, and others refer to it", async () => {
  const taking = await makeEndpoint(server, "taking-up", { recreate: "reactivate" });
  const { id } = succeeded(await taking.post("/Users", user("back", { active: false })), 201);
  const results = await bulk(taking, [
    post("g", "/Groups", group("Returned", { members: membersOf("u") })),
    post("u", "/Users", user("back", { title: "Again" })),
    post("again", "/Users", user("back")),
  ]);
  assert.deepEqual(statuses(results), ["201", "201", "409"]);
  assert.deepEqual([idOf(results[1]), await memberIds(idOf(results[0]), taking)], [id, [id]]);

  succeeded(await taking.patch(`/Users/${id}`, [{ op: "replace", path: "active", value: false }]), 200);
  const circle = await bulk(taking, [
    post("a", "/Users", managed("back", "b")),
    post("b", "/Users", managed("newcomer", "a")),
  ]);
  assert.deepEqual(statuses(circle), ["201", "201"]);
  assert.equal(idOf(circle[0]), id);
  const [old, newcomer] = await Promise.all(
    circle.map(async (each) => (await taking.get(`/Users/${idOf(each)}`)).body),
  );
  assert.deepEqual([old.active, old[ENTERPRISE].manager.value], [true, newcomer.id]);
  assert.deepEqual([newcomer[ENTERPRISE].manager.value, newcomer[ENTERPRISE].manager.displayName], [id, "back"]);

  succeeded(await taking.patch(`/Users/${id}`, [{ op: "replace", path: "active", value: false }]), 200);
  const twice = await bulk(taking, [
    post("a", "/Users", managed("back", "b")),
    post("b", "/Users", managed("back", "a")),
  ]);
  refusedOperation(twice[1], 409, "uniqueness", /userName "back" is taken/);
  assert.equal((await taking.get(`/Users/${id}`)).body.active, false);
});

test("resources of another endpoint are unknown", async () => {
  const other = await makeEndpoint(server, "other", { profile: "strict" });
  const theirs = succeeded(await other.post("/Users", user("theirs")), 201).id;
  const results = await bulk(client, [
    post("g", "/Groups", group("Foreign", { members: [{ value: theirs }] })),
    { method: "PUT", path: `/Users/${theirs}`, data: user("stolen") },
    {
      method: "PATCH",
      path: `/Users/${theirs}`,
      data: {
        schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        Operations: [{ op: "remove", path: "title" }],
      },
    },
    { method: "DELETE", path: `/Users/${theirs}` },
    post("u", "/Users", user("theirs")),
  ]);
  assert.deepEqual(statuses(results), ["400", "404", "404", "404", "201"]);
  refusedOperation(results[0], 400, "invalidValue", /no User or Group has the id/);
  assert.equal(succeeded(await other.get(`/Users/${theirs}`), 200).userName, "theirs");
  refused(await other.get(`/Users/${idOf(results[4])}`), 404, undefined, /no User/);
  const own = await bulk(other, [post("g", "/Groups", group("Own", { members: [{ value: theirs }] }))]);
  assert.equal(own[0].location, `${origin}/scim/endpoints/other/v2/Groups/${idOf(own[0])}`);
});
