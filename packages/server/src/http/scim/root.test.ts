import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startApplication } from "../../testing/application.ts";
import { refused, succeeded } from "../../testing/assert-answer.ts";
import type { AnyJson } from "../../testing/client.ts";
import { GROUP, group, LIST_RESPONSE, searchRequest, USER, user } from "../../testing/scim-bodies.ts";

const server = await startApplication();
const { client } = server;
after(server.close);

let ann: AnyJson;
let smiths: AnyJson;

before(async () => {
  ann = succeeded(await client.post("/Users", user("jsmith", { displayName: "Smith, James", title: "Guide" })), 201);
  const members = { members: [{ value: ann.id }] };
  smiths = succeeded(await client.post("/Groups", group("Smith Family", members)), 201);
  for (const name of ["bob", "carl"]) succeeded(await client.post("/Users", user(name, { displayName: name })), 201);
  succeeded(await client.post("/Groups", group("Others")), 201);
});

function names({ Resources }: AnyJson): string[] {
  return Resources.map(({ userName, displayName }: AnyJson) => userName ?? displayName);
}

async function found(parameters: Record<string, string | number>): Promise<AnyJson> {
  const query = new URLSearchParams(Object.entries(parameters).map(([name, value]) => [name, String(value)]));
  const list = succeeded(await client.get(`?${query}`), 200);
  const slashed = succeeded(await client.get(`/?${query}`), 200);
  assert.deepEqual(slashed, list, "with a slash and without");
  assert.deepEqual(
    succeeded(await client.post("/.search", searchRequest(parameters)), 200),
    list,
    "by GET and by POST",
  );
  return list;
}

test("[RFC 7644 §3.4.2.1] a query on the base URI covers all resources of all types", async () => {
  const list = await found({});
  assert.deepEqual([list.totalResults, list.startIndex, list.itemsPerPage], [5, 1, 5]);
  assert.deepEqual(names(list), ["jsmith", "Smith Family", "bob", "carl", "Others"]);
});

test("each resource is returned as at its own URI", async () => {
  const { Resources } = await found({});
  for (const resource of Resources) {
    const { pathname } = new URL(resource.meta.location);
    assert.deepEqual((await client.get(pathname.replace("/scim/v2", ""))).body, resource);
  }
  const [user, family] = Resources;
  assert.deepEqual(
    user.groups.map(({ value }: AnyJson) => value),
    [smiths.id],
  );
  assert.deepEqual(
    family.members.map(({ value }: AnyJson) => value),
    [ann.id],
  );
});

test("[RFC 7644 §3.4.3] POST on /.search finds users and groups, with the requested attributes", async () => {
  const body = searchRequest({
    attributes: ["displayName", "userName"],
    filter: 'displayName sw "smith"',
    startIndex: 1,
    count: 10,
  });
  assert.deepEqual(succeeded(await client.post("/.search", body), 200), {
    schemas: [LIST_RESPONSE],
    totalResults: 2,
    startIndex: 1,
    itemsPerPage: 2,
    Resources: [
      { schemas: [USER], id: ann.id, userName: "jsmith", displayName: "Smith, James" },
      { schemas: [GROUP], id: smiths.id, displayName: "Smith Family" },
    ],
  });
});

test("[RFC 7644 §3.4.2.1] meta.resourceType selects types, and an attribute that a type lacks has no value there", async () => {
  const cases: [filter: string, names: string[]][] = [
    [
      '(meta.resourceType eq "User") or (meta.resourceType eq "Group")',
      ["jsmith", "Smith Family", "bob", "carl", "Others"],
    ],
    ['meta.resourceType eq "Group"', ["Smith Family", "Others"]],
    ['userName eq "bob"', ["bob"]],
    ['userName eq "bob" or displayName eq "others"', ["bob", "Others"]],
    ["userName pr", ["jsmith", "bob", "carl"]],
    ["not (userName pr)", ["Smith Family", "Others"]],
    ['title ne "guide"', ["Smith Family", "bob", "carl", "Others"]],
    [`${USER}:displayName sw "smith"`, ["jsmith"]],
    [`members[value eq "${ann.id}"] or id eq "${ann.id}"`, ["jsmith", "Smith Family"]],
    ["userName pr and members pr", []],
  ];
  for (const [filter, expected] of cases) {
    const list = await found({ filter });
    assert.deepEqual([list.totalResults, names(list)], [expected.length, expected], filter);
  }
});

test("a match of one type has the attributes of that type only", async () => {
  const list = await found({ filter: 'userName eq "jsmith"', excludedAttributes: "title,groups" });
  const { title: _, groups: __, ...rest } = (await client.get(`/Users/${ann.id}`)).body;
  assert.deepEqual(list.Resources, [rest]);
});

test("users and groups are sorted and paged together, by index and by cursor (RFC 7644 §3.4.2.3, §3.4.2.4)", async () => {
  const expected = ["bob", "carl", "Others", "Smith Family", "jsmith"];
  assert.deepEqual(names(await found({ sortBy: "displayName" })), expected);
  assert.deepEqual(names(await found({ sortBy: "displayName", sortOrder: "descending" })), expected.toReversed());
  assert.deepEqual(names(await found({ sortBy: "userName" })), ["bob", "carl", "jsmith", "Smith Family", "Others"]);
  const third = await found({ sortBy: "displayName", startIndex: 3, count: 2 });
  assert.deepEqual([third.totalResults, names(third)], [5, ["Others", "Smith Family"]]);
  const met: string[] = [];
  let cursor: string | undefined = "";
  while (cursor !== undefined) {
    const body = searchRequest({ sortBy: "displayName", count: 2, cursor });
    const list: AnyJson = succeeded(await client.post("/.search", body), 200);
    met.push(...names(list));
    assert.ok(met.length <= 5, "a walk that does not end");
    cursor = list.nextCursor;
  }
  assert.deepEqual(met, expected);
});

test("an attribute that no type has is rejected with a suggestion", async () => {
  const cases: [query: string, scimType: string, detail: RegExp][] = [
    [
      "filter=usrName%20pr",
      "invalidFilter",
      /none of User, Group has an attribute "usrName"\. Did you mean userName\?/,
    ],
    ["filter=password%20pr", "invalidFilter", /password is never returned/],
    ["filter=name%20pr%20or", "invalidFilter", /^filter: /],
    ["sortBy=nothing", "invalidValue", /none of User, Group has an attribute "nothing"/],
    ["cursor=nothing", "invalidCursor", /is not a cursor of this server/],
  ];
  for (const [query, scimType, detail] of cases) refused(await client.get(`?${query}`), 400, scimType, detail);
  refused(await client.post("/.search", {}), 400, "invalidSyntax", /SearchRequest has "schemas"/);
});

test("reading all resources requires the endpoint's token", async () => {
  const stranger = server.connect(undefined, "/scim/v2");
  refused(await stranger.get("/"), 401, undefined, /./);
  refused(await stranger.post("/.search", searchRequest({})), 401, undefined, /./);
});

test("custom types are included, each with the attributes that its schema returns", async () => {
  const schema = "urn:example:params:scim:schemas:Device";
  const attributes = [
    { name: "serialNumber", type: "string", required: true },
    { name: "notes", type: "string", returned: "request" },
    { name: "displayName", type: "integer" },
  ];
  const { admin } = server;
  const settings = {
    schemas: [{ id: schema, name: "Device", attributes }],
    resourceTypes: [{ name: "Device", endpoint: "/Devices", schema }],
  };
  const changed = await admin.send("PATCH", "/api/endpoints/default", { body: { settings } });
  assert.equal(changed.status, 200, changed.text);
  const device = { schemas: [schema], serialNumber: "A1", notes: "hidden", displayName: 7 };
  const { id } = succeeded(await client.post("/Devices", device), 201);

  const list = await found({});
  assert.equal(list.totalResults, 6);
  const shown = list.Resources.at(-1);
  assert.deepEqual([shown.id, shown.serialNumber, shown.notes], [id, "A1", undefined]);
  assert.deepEqual(shown, (await client.get(`/Devices/${id}`)).body);
  const asked = await found({ attributes: "notes,userName", filter: 'serialNumber eq "A1" or userName eq "bob"' });
  assert.deepEqual(
    asked.Resources.map(({ notes, userName }: AnyJson) => [notes, userName]),
    [
      [undefined, "bob"],
      ["hidden", undefined],
    ],
  );
  // Numbers come before text.
  assert.equal((await found({ sortBy: "displayName", count: 1 })).Resources[0].id, id);
  assert.deepEqual(names(await found({ sortBy: "serialNumber", startIndex: 2, count: 1 })), ["jsmith"]);
});
