import assert from "node:assert/strict";
import { after, test } from "node:test";
import { startApplication } from "../../testing/application.ts";
import { changingNothing, refused, succeeded } from "../../testing/assert-answer.ts";
import { GROUP, group, user } from "../../testing/scim-bodies.ts";

const server = await startApplication();
const { client, origin } = server;
after(server.close);

const base = `${origin}/scim/v2`;
let count = 0;

async function newUser(): Promise<string> {
  return succeeded(await client.post("/Users", user(`member${++count}`, { displayName: `Member ${count}` })), 201).id;
}

async function newGroup(...members: string[]): Promise<string> {
  const body = group(`Group ${++count}`, { members: members.map((value) => ({ value })) });
  return succeeded(await client.post("/Groups", body), 201).id;
}

async function membersOf(id: string): Promise<string[]> {
  const { members = [] } = succeeded(await client.get(`/Groups/${id}`), 200);
  return members.map(({ value }: { value: string }) => value);
}

test("a new group has each member with its URI, type and name; the member has the group (RFC 7643 §4.2, §4.1.2)", async () => {
  const [ann, inner] = [await newUser(), await newGroup()];
  const answer = await client.post("/Groups", group("Tour Guides", { members: [{ value: ann }, { value: inner }] }));
  const { id, meta, ...attributes } = succeeded(answer, 201);
  assert.deepEqual(attributes, {
    schemas: [GROUP],
    displayName: "Tour Guides",
    members: [
      { value: ann, $ref: `${base}/Users/${ann}`, display: "Member 1", type: "User" },
      { value: inner, $ref: `${base}/Groups/${inner}`, display: "Group 2", type: "Group" },
    ],
  });
  assert.equal(meta.resourceType, "Group");
  assert.equal(meta.location, `${base}/Groups/${id}`);
  assert.equal(answer.headers.location, meta.location);
  assert.equal(answer.headers.etag, meta.version);
  assert.deepEqual((await client.get(`/Groups/${id}`)).body, answer.body);
  assert.deepEqual((await client.get(`/Users/${ann}`)).body.groups, [
    { value: id, $ref: `${base}/Groups/${id}`, display: "Tour Guides", type: "direct" },
  ]);
});

test("a PATCH of a group returns 204 with the new ETag, and 200 if attributes are requested (RFC 7644 §3.5.2)", async () => {
  const id = await newGroup();
  const answer = await client.patch(`/Groups/${id}`, [{ op: "replace", path: "displayName", value: "Renamed" }]);
  assert.equal(answer.status, 204);
  assert.equal(answer.text, "");
  assert.equal(answer.headers.etag, (await client.get(`/Groups/${id}`)).headers.etag);
  const operation = { op: "replace", path: "displayName", value: "Renamed again" };
  const shown = await client.patch(`/Groups/${id}?attributes=displayName`, [operation]);
  assert.deepEqual(succeeded(shown, 200), { schemas: [GROUP], id, displayName: "Renamed again" });
});

test("members are added, and adding one again changes nothing", async () => {
  const [a, b] = [await newUser(), await newUser()];
  const id = await newGroup(a);
  await client.patch(`/Groups/${id}`, [{ op: "Add", path: "members", value: [{ $ref: null, value: b }] }]);
  assert.deepEqual(await membersOf(id), [a, b]);
  const { etag } = (await client.get(`/Groups/${id}`)).headers;
  const again = await client.patch(`/Groups/${id}`, [{ op: "add", path: "members", value: [{ value: a }] }]);
  assert.equal(again.headers.etag, etag);
  assert.deepEqual(await membersOf(id), [a, b]);
});

test("a remove with a value removes only those members, as Entra ID sends it", async () => {
  const [a, b, c] = [await newUser(), await newUser(), await newUser()];
  const id = await newGroup(a, b, c);
  await client.patch(`/Groups/${id}`, [{ op: "Remove", path: "members", value: [{ $ref: null, value: b }] }]);
  assert.deepEqual(await membersOf(id), [a, c]);
  await client.patch(`/Groups/${id}`, [{ op: "remove", path: `members[value eq "${a}"]` }]);
  assert.deepEqual(await membersOf(id), [c]);
  await client.patch(`/Groups/${id}`, [{ op: "remove", path: `members[value eq "${a}"]` }]);
  assert.deepEqual(await membersOf(id), [c]);
});

test("a remove of members without a value empties the group (RFC 7644 §3.5.2.2)", async () => {
  const id = await newGroup(await newUser(), await newUser());
  assert.equal((await client.patch(`/Groups/${id}`, [{ op: "remove", path: "members" }])).status, 204);
  assert.deepEqual(await membersOf(id), []);
});

test("a replace of another attribute keeps the members, one of members sets them", async () => {
  const [a, b] = [await newUser(), await newUser()];
  const id = await newGroup(a);
  await client.patch(`/Groups/${id}`, [{ op: "replace", value: { id, displayName: `Okta's ${id}` } }]);
  assert.deepEqual(await membersOf(id), [a]);
  await client.patch(`/Groups/${id}`, [{ op: "replace", path: "members", value: [{ value: b }] }]);
  assert.deepEqual(await membersOf(id), [b]);
});

test("PUT sets the members to those of the body (RFC 7644 §3.5.1)", async () => {
  const [a, b] = [await newUser(), await newUser()];
  const id = await newGroup(a);
  const replaced = await client.put(`/Groups/${id}`, group(`Put ${id}`, { members: [{ value: b }] }));
  assert.deepEqual(
    succeeded(replaced, 200).members.map(({ value }: { value: string }) => value),
    [b],
  );
  assert.equal((await client.get(`/Users/${a}`)).body.groups, undefined);
  assert.equal(succeeded(await client.put(`/Groups/${id}`, group(`Put ${id}`)), 200).members, undefined);
});

test("names in members and groups follow the referenced resource", async () => {
  const ann = await newUser();
  const id = await newGroup(ann);
  await client.patch(`/Users/${ann}`, [{ op: "replace", path: "displayName", value: "Ann Married" }]);
  await client.patch(`/Groups/${id}`, [{ op: "replace", path: "displayName", value: "Readers" }]);
  assert.equal((await client.get(`/Groups/${id}`)).body.members[0].display, "Ann Married");
  assert.equal((await client.get(`/Users/${ann}`)).body.groups[0].display, "Readers");
});

test("a deleted user is removed from its groups, whose version changes; a deleted group is removed from its users", async () => {
  const [a, b] = [await newUser(), await newUser()];
  const id = await newGroup(a, b);
  const { etag } = (await client.get(`/Groups/${id}`)).headers;
  assert.equal((await client.delete(`/Users/${a}`)).status, 204);
  const read = await client.get(`/Groups/${id}`);
  assert.deepEqual(await membersOf(id), [b]);
  assert.notEqual(read.headers.etag, etag);
  assert.equal((await client.delete(`/Groups/${id}`)).status, 204);
  assert.equal((await client.get(`/Users/${b}`)).body.groups, undefined);
});

test("the tolerant profile stores an unknown member as sent, and it can be removed", async () => {
  const a = await newUser();
  const members = [{ value: a }, { value: "2819c223", $ref: "../Users/2819c223", display: "Nobody" }];
  const { id } = succeeded(await client.post("/Groups", group("Dangling", { members })), 201);
  const kept = succeeded(await client.get(`/Groups/${id}`), 200).members;
  assert.deepEqual(
    kept.find(({ value }: { value: string }) => value === "2819c223"),
    { value: "2819c223" },
  );
  const found = await client.get(`/Groups?filter=${encodeURIComponent('members.value eq "2819c223"')}`);
  assert.equal(found.body.totalResults, 1);
  refused(await client.get("/Users/2819c223"), 404, undefined, /no User/);
  refused(await client.get("/Groups/2819c223"), 404, undefined, /no Group/);
  assert.equal(
    (await client.patch(`/Groups/${id}`, [{ op: "remove", path: 'members[value eq "2819c223"]' }])).status,
    204,
  );
  assert.deepEqual(
    succeeded(await client.get(`/Groups/${id}`), 200).members.map(({ value }: { value: string }) => value),
    [a],
  );
});

test("an unknown member is rejected by name if the endpoint says so, and nothing of the request is done", async (t) => {
  const refusing = await startApplication({ profile: "strict" });
  t.after(refusing.close);
  const { client } = refusing;
  const a = succeeded(await client.post("/Users", user("a")), 201).id;
  const id = succeeded(await client.post("/Groups", group("G")), 201).id;
  const members = [{ value: a }, { value: "2819c223" }];
  const detail = /no User or Group has the id "2819c223"\. Create it first/;
  await changingNothing(client, async () => {
    refused(await client.post("/Groups", group("Half", { members })), 400, "invalidValue", detail);
    refused(await client.put(`/Groups/${id}`, group("Half", { members })), 400, "invalidValue", detail);
    const operations = [
      { op: "replace", path: "displayName", value: "Half" },
      { op: "add", path: "members", value: members },
    ];
    refused(await client.patch(`/Groups/${id}`, operations), 400, "invalidValue", detail);
  });
});

test("a displayName that another group has in any letter case is rejected, naming the group", async () => {
  const holder = succeeded(await client.post("/Groups", group("Sales")), 201);
  const detail = new RegExp(`^displayName "SALES" is taken by the Group "Sales" \\(id ${holder.id}\\)`);
  refused(await client.post("/Groups", group("SALES")), 409, "uniqueness", detail);
  refused(await client.put(`/Groups/${await newGroup()}`, group("SALES")), 409, "uniqueness", detail);
});

test("a user's ID is not a group, and a group's ID not a user", async () => {
  const [ann, id] = [await newUser(), await newGroup()];
  refused(await client.get(`/Groups/${ann}`), 404, undefined, /no Group with the id/);
  refused(await client.get(`/Users/${id}`), 404, undefined, /no User with the id/);
  refused(await client.delete(`/Groups/${ann}`), 404, undefined, /no Group with the id/);
  succeeded(await client.get(`/Users/${ann}`), 200);
});

test("a PATCH may search the members with many conditions, and name any number of them by value", async () => {
  const [ann, bob, eve] = [await newUser(), await newUser(), await newUser()];
  const id = await newGroup(ann, bob, eve);
  const terms = (count: number) => Array.from({ length: count }, (_, index) => `display eq "${index}"`).join(" or ");
  const search = (count: number) => ({ op: "remove", path: `members[${terms(count)}]` });
  assert.equal((await client.patch(`/Groups/${id}`, [search(51), search(300)])).status, 204);
  const named = [ann, eve, ...Array.from({ length: 398 }, (_, index) => `nobody${index}`)];
  const path = `members[${named.map((value) => `value eq "${value}"`).join(" or ")}]`;
  assert.equal((await client.patch(`/Groups/${id}`, [{ op: "remove", path }])).status, 204);
  assert.deepEqual(await membersOf(id), [bob]);
});
