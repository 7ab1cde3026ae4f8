import assert from "node:assert/strict";
import { refused, succeeded } from "../../testing/assert-answer.ts";
import { bulk, bulkRequest, idOf, refusedOperation, statuses } from "../../testing/bulk.ts";
import type { AnyJson } from "../../testing/client.ts";
import { ENTERPRISE, group, USER, user } from "../../testing/scim-bodies.ts";
import { shows } from "../shows.ts";
import { startWorld } from "../world.ts";

const world = await startWorld();
const { client, base, unique, newUser, read } = world;

const create = (bulkId: string, data: object = user(unique()), path = "/Users") => ({
  method: "POST",
  path,
  bulkId,
  data,
});
const rename = (path: string, value: string) => ({
  method: "PATCH",
  path,
  data: { Operations: [{ op: "replace", path: "displayName", value }] },
});

shows(
  ["RFC 7644 §3.7-1", "RFC 7644 §3.7-2", "RFC 7644 §3.7-9", "RFC 7644 §3.7.3-1", "RFC 7644 §3.7.3-3"],
  "operations of every method run, each with the status of a single request",
  async () => {
    const [one, two, three] = [await newUser(), await newUser(), await newUser()];
    const userName = unique();
    const results = await bulk(client, [
      create("q", user(userName)),
      { method: "PUT", path: one.path, data: user(one.body.userName, { title: "T" }) },
      rename(two.path, "D"),
      { method: "DELETE", path: three.path },
    ]);
    assert.deepEqual(statuses(results), ["201", "200", "200", "204"]);
    assert.equal((await read(`/Users/${idOf(results[0])}`)).userName, userName);
    assert.deepEqual([(await read(one)).title, (await read(two)).displayName], ["T", "D"]);
    refused(await client.get(three.path), 404, undefined, /no User/);
    refused(await client.post("/Bulk", { schemas: [USER], Operations: [] }), 400, "invalidSyntax", /./);
    refused(await client.post("/Bulk", bulkRequest("none")), 400, "invalidSyntax", /./);
  },
);

shows(
  ["RFC 7644 §3.7-3", "RFC 7644 §3.7-4", "RFC 7644 §3.7-5", "RFC 7644 §3.7-8", "RFC 7644 §3.7.3-4"],
  "an operation has everything required, or is rejected with the reason",
  async () => {
    const { path } = await newUser();
    const results = await bulk(client, [
      { method: "POST", path: "/Users", data: user(unique()) },
      create("same"),
      create("same"),
      { method: "POST", bulkId: "x", data: user(unique()) },
      { method: "DELETE", path: "/Users" },
      { method: "POST", path, bulkId: "y", data: user(unique()) },
      { method: "PUT", path },
      { method: "GET", path },
    ]);
    for (const result of results) refusedOperation(result, 400, result.response.scimType, /./);
    assert.equal(results.length, 8);
  },
);

shows(
  ["RFC 7644 §3.7-6", "RFC 7644 §3.7-7", "RFC 7644 §3.7.3-2"],
  "every result has a location, except that of a failed POST",
  async () => {
    const made = await newUser();
    const results = await bulk(client, [
      create("a"),
      create("b", user(made.body.userName)),
      rename(made.path, "D"),
      rename("/Users/unknown", "D"),
      { method: "PUT", path: made.path, data: { schemas: [USER] } },
      { method: "DELETE", path: made.path },
    ]);
    const [created, taken, renamed, unknown, lacking, deleted] = results;
    assert.ok(created.location.startsWith(`${base}/Users/`));
    refusedOperation(taken, 409, "uniqueness", /is taken/);
    assert.equal(taken.location, undefined);
    refusedOperation(unknown, 404, undefined, /no User/);
    refusedOperation(lacking, 400, "invalidValue", /userName is required/);
    assert.equal(unknown.location, `${base}/Users/unknown`);
    for (const { location } of [renamed, lacking, deleted]) assert.equal(location, base + made.path);
  },
);

shows(
  ["RFC 7644 §3.7-10", "RFC 7644 §3.7-11"],
  "errors do not stop a bulk request, unless it says how many do",
  async () => {
    const wrong = () => create(unique(), { schemas: [USER] });
    const operations = () => [wrong(), create(unique()), wrong(), create(unique()), wrong()];
    assert.deepEqual(statuses(await bulk(client, operations())), ["400", "201", "400", "201", "400"]);
    const failing = await bulk(client, operations(), { failOnErrors: 2 });
    assert.deepEqual(statuses(failing), ["400", "201", "400"]);
  },
);

shows("RFC 7644 §3.7-12", "a result names its bulkId", async () => {
  const results = await bulk(client, [create("q"), create("r", { schemas: [USER] })]);
  assert.deepEqual(
    results.map(({ bulkId }: AnyJson) => bulkId),
    ["q", "r"],
  );
});

shows(
  ["RFC 7644 §3.7-13", "RFC 7644 §3.7.2-1"],
  "a referenced resource exists, in any order of operations",
  async () => {
    const displayName = unique("group");
    const operations = [
      create("g", group(displayName, { members: [{ value: "bulkId:u" }] }), "/Groups"),
      create("u"),
      { method: "PATCH", path: "/Users/bulkId:u", data: { Operations: [{ op: "add", path: "title", value: "T" }] } },
      { method: "PATCH", path: "/Users/bulkId:u", data: { Operations: [{ op: "add", path: "title", value: "U" }] } },
    ];
    const results = await bulk(client, operations);
    const named = (bulkId: string) => results.find((result) => result.bulkId === bulkId);
    const [groupId, userId] = [idOf(named("g")), idOf(named("u"))];
    assert.equal((await read(`/Groups/${groupId}`)).members[0].value, userId);
    const { title, groups } = await read(`/Users/${userId}`);
    assert.deepEqual([title, groups[0].value], ["U", groupId]);
    const unknown = await bulk(client, [
      create("h", group(unique(), { members: [{ value: "bulkId:none" }] }), "/Groups"),
    ]);
    assert.match(unknown[0].status, /^4/);
  },
);

shows("RFC 7644 §3.7.1-1", "groups that contain each other are created", async () => {
  const circular = (bulkId: string, other: string) =>
    create(bulkId, group(unique("circle"), { members: [{ type: "Group", value: `bulkId:${other}` }] }), "/Groups");
  const [a, b] = await bulk(client, [circular("a", "b"), circular("b", "a")]);
  assert.deepEqual(statuses([a, b]), ["201", "201"]);
  assert.equal((await read(`/Groups/${idOf(a)}`)).members[0].value, idOf(b));
  assert.equal((await read(`/Groups/${idOf(b)}`)).members[0].value, idOf(a));
});

shows("RFC 7644 §3.7.2-2", "references in extensions are resolved too", async () => {
  const report = user(unique(), { [ENTERPRISE]: { manager: { value: "bulkId:boss" } } });
  const results = await bulk(client, [create("report", report), create("boss")]);
  const [made, boss] = ["report", "boss"].map((bulkId) => idOf(results.find((each) => each.bulkId === bulkId)));
  assert.equal((await read(`/Users/${made}`))[ENTERPRISE].manager.value, boss);
});

shows(["RFC 7644 §3.7.4-2", "RFC 7644 §3.7.4-3"], "a request beyond the limits gets 413 with the limits", async () => {
  await world.withSettings({ limits: { maxBulkOperations: 2, maxBodyBytes: 4_096 } }, async () => {
    const { maxOperations, maxPayloadSize } = (await read("/ServiceProviderConfig")).bulk;
    assert.deepEqual([maxOperations, maxPayloadSize], [2, 4_096]);
    const many = bulkRequest([create("a"), create("b"), create("c")]);
    refused(await client.post("/Bulk", many), 413, undefined, /\b2\b/);
    const large = bulkRequest([create("a", user(unique(), { title: "x".repeat(5_000) }))]);
    refused(await client.post("/Bulk", large), 413, undefined, /4096/);
    succeeded(await client.post("/Bulk", bulkRequest([create("a"), create("b")])), 200);
  });
});
