import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startApplication } from "../../testing/application.ts";
import { refused, succeeded } from "../../testing/assert-answer.ts";
import { ENTERPRISE, group, searchRequest, USER, user } from "../../testing/scim-bodies.ts";

const server = await startApplication();
const { client } = server;
after(server.close);

let ann = "";
let readers = "";
/** The whole user, as a response without parameters contains it. */
let whole: Record<string, unknown> = {};

before(async () => {
  const attributes = {
    displayName: "Ann",
    name: { givenName: "Ann", familyName: "Zuse" },
    emails: [{ value: "ann@work.example", type: "work" }],
    shoe: { size: 38, colour: "red" },
    [ENTERPRISE]: { department: "Sales", costCenter: "4130" },
  };
  ann = succeeded(await client.post("/Users", user("ann", attributes)), 201).id;
  readers = succeeded(await client.post("/Groups", group("Readers", { members: [{ value: ann }] })), 201).id;
  whole = succeeded(await client.get(`/Users/${ann}`), 200);
});

/** The attributes returned besides `schemas` and `id`, which always are (RFC 7643 §7, returned). */
async function shown(query: string): Promise<object> {
  const { schemas, id, ...rest } = succeeded(await client.get(`/Users/${ann}?${query}`), 200);
  assert.deepEqual([schemas, id], [whole["schemas"], ann]);
  return rest;
}

test("attributes returns the named ones, and always id and schemas (RFC 7644 §3.9)", async () => {
  const { userName, name, emails, shoe, meta, groups } = whole;
  const cases: [string, object][] = [
    ["userName", { userName }],
    ["USERNAME", { userName }],
    ["userName,%20name", { userName, name }],
    ["name.givenName", { name: { givenName: "Ann" } }],
    ["emails", { emails }],
    ["emails.value", { emails: [{ value: "ann@work.example" }] }],
    ["meta", { meta }],
    ["meta.resourceType", { meta: { resourceType: "User" } }],
    ["groups", { groups }],
    ["groups.display", { groups: [{ display: "Readers" }] }],
    ["shoe", { shoe }],
    [`${USER}:userName`, { userName }],
    [`${USER.toLowerCase()}:name.familyName`, { name: { familyName: "Zuse" } }],
    [ENTERPRISE, { [ENTERPRISE]: { department: "Sales", costCenter: "4130" } }],
    [`${ENTERPRISE}:department`, { [ENTERPRISE]: { department: "Sales" } }],
    ["id", {}],
    ["title", {}],
    ["nothingOfTheKind", {}],
    ["password", {}],
  ];
  for (const [names, expected] of cases) assert.deepEqual(await shown(`attributes=${names}`), expected, names);
});

test("excludedAttributes omits the named ones, but never id and schemas (RFC 7644 §3.9)", async () => {
  const without = (...names: string[]) => {
    const left = Object.entries(whole).filter(([name]) => !["schemas", "id", ...names].includes(name));
    return Object.fromEntries(left);
  };
  const cases: [string, object][] = [
    ["id,schemas", without()],
    ["userName", without("userName")],
    ["name", without("name")],
    ["name.givenName", { ...without(), name: { familyName: "Zuse" } }],
    ["emails.type", { ...without(), emails: [{ value: "ann@work.example" }] }],
    ["groups", without("groups")],
    ["meta", without("meta")],
    ["shoe", without("shoe")],
    [`${USER}:userName`, without("userName")],
    [ENTERPRISE, without(ENTERPRISE)],
    [`${ENTERPRISE}:department`, { ...without(), [ENTERPRISE]: { costCenter: "4130" } }],
    ["nothingOfTheKind", without()],
  ];
  for (const [names, expected] of cases) assert.deepEqual(await shown(`excludedAttributes=${names}`), expected, names);
});

test("attributes and excludedAttributes together are rejected (RFC 7644 §3.9)", async () => {
  const both = "attributes=userName&excludedAttributes=name";
  for (const path of [`/Users/${ann}`, "/Users", "/Groups", `/Groups/${readers}`]) {
    refused(await client.get(`${path}?${both}`), 400, "invalidValue", /cannot be combined; send one of them/);
  }
  refused(await client.post(`/Users?${both}`, user("both")), 400, "invalidValue", /cannot be combined/);
  const body = searchRequest({ attributes: ["userName"], excludedAttributes: ["name"] });
  refused(await client.post("/Users/.search", body), 400, "invalidValue", /cannot be combined/);
  assert.equal((await client.get('/Users?filter=userName+eq+"both"')).body.totalResults, 0);
});

test("a malformed attribute name is rejected and quoted", async () => {
  for (const name of ["name.", "a b", "emails[type", '"']) {
    const answer = await client.get(`/Users?attributes=${encodeURIComponent(name)}`);
    refused(answer, 400, "invalidValue", /^attributes: at character \d+, expected/);
  }
});

test("members can be excluded from a group, by GET, list and .search (RFC 7644 §3.9)", async () => {
  const expected = ["schemas", "id", "displayName", "meta"];
  const one = await client.get(`/Groups/${readers}?excludedAttributes=members`);
  assert.deepEqual(Object.keys(succeeded(one, 200)), expected);
  const list = await client.get("/Groups?excludedAttributes=members");
  assert.deepEqual(Object.keys(succeeded(list, 200).Resources[0]), expected);
  const found = await client.post("/Groups/.search", searchRequest({ excludedAttributes: ["members"] }));
  assert.deepEqual(succeeded(found, 200), list.body);
});

test("sub-attributes of members are selected like others", async () => {
  const values = succeeded(await client.get(`/Groups/${readers}?attributes=members.value`), 200);
  assert.deepEqual(values.members, [{ value: ann }]);
  assert.equal(values.displayName, undefined);
  const named = succeeded(await client.get(`/Groups/${readers}?excludedAttributes=members.$ref,members.value`), 200);
  assert.deepEqual(named.members, [{ display: "Ann", type: "User" }]);
});

test("a list has the requested attributes of each resource", async () => {
  const { Resources } = succeeded(await client.get("/Users?attributes=name.familyName"), 200);
  assert.deepEqual(Resources, [{ schemas: whole["schemas"], id: ann, name: { familyName: "Zuse" } }]);
});

test("responses to POST, PUT and PATCH have only the requested attributes (RFC 7644 §3.9)", async () => {
  const created = await client.post("/Users?attributes=userName", user("cut", { title: "T" }));
  const { id } = succeeded(created, 201);
  assert.deepEqual(created.body, { schemas: [USER], id, userName: "cut" });
  assert.ok(created.headers.location?.endsWith(id));
  const replaced = await client.put(`/Users/${id}?excludedAttributes=meta`, user("cut", { title: "U" }));
  assert.deepEqual(succeeded(replaced, 200), { schemas: [USER], id, userName: "cut", title: "U" });
  const operation = { op: "replace", path: "title", value: "V" };
  const patched = await client.patch(`/Users/${id}?attributes=title`, [operation]);
  assert.deepEqual(succeeded(patched, 200), { schemas: [USER], id, title: "V" });
});
