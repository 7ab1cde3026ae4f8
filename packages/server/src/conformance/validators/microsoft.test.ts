import assert from "node:assert/strict";
import { refused, succeeded } from "../../testing/assert-answer.ts";
import type { AnyJson } from "../../testing/client.ts";
import { ENTERPRISE, USER } from "../../testing/scim-bodies.ts";
import { type Made, startWorld } from "../world.ts";
import { MICROSOFT, MICROSOFT_PREVIEW, passes } from "./lists.ts";

// The requests have Entra ID's format without a flag in the tenant URL.

const { client, unique, make, newUser, read } = await startWorld();
const MICROSOFT_GROUP = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group";
const GROUP_SCHEMAS = ["urn:ietf:params:scim:schemas:core:2.0:Group", MICROSOFT_GROUP];
const MANAGER = `${ENTERPRISE}:manager`;

const userBody = (userName: string) => ({
  schemas: [USER, ENTERPRISE],
  externalId: unique("0a21f0f2"),
  userName,
  active: true,
  displayName: "Joy Young",
  emails: [{ primary: true, type: "work", value: `${userName}@example.com` }],
  meta: { resourceType: "User" },
  name: { formatted: "Joy Young", familyName: "Young", givenName: "Joy" },
  roles: [],
  [ENTERPRISE]: { department: "Sales" },
});
const groupBody = (displayName: string) => ({
  schemas: GROUP_SCHEMAS,
  externalId: unique("8aa1a0c0"),
  displayName,
  meta: { resourceType: "Group" },
});
const entraUser = () => make("/Users", userBody(unique("Test_User_")));
const entraGroup = () => make("/Groups", groupBody(unique("Test_Group_")));
const find = (path: string, filter: string, more = "") =>
  read(`${path}?filter=${encodeURIComponent(filter).replaceAll("%20", "+")}${more}`);

async function patchUser({ path }: Made, ...operations: object[]): Promise<AnyJson> {
  return succeeded(await client.patch(path, operations), 200);
}

async function patchGroup(made: Made, ...operations: object[]): Promise<AnyJson> {
  assert.equal((await client.patch(made.path, operations)).status, 204);
  return read(made);
}

passes(MICROSOFT, "Create a new user", async () => {
  const userName = unique("Test_User_");
  const { meta, ...sent } = userBody(userName);
  const { id, meta: after, ...created } = succeeded(await client.post("/Users", { ...sent, meta }), 201);
  const { roles: _, ...expected } = sent;
  assert.deepEqual(created, expected);
  assert.ok(id.length > 0 && after.resourceType === "User");
});

passes(MICROSOFT, "Create a duplicate user", async () => {
  const { body } = await entraUser();
  refused(await client.post("/Users", userBody(body.userName)), 409, "uniqueness", /is taken/);
});

passes(MICROSOFT, "Filter for an existing user", async () => {
  const { id, body } = await entraUser();
  const { totalResults, Resources } = await find("/Users", `userName eq "${body.userName}"`);
  assert.deepEqual([totalResults, Resources], [1, [body]]);
  assert.equal(
    (await find("/Users", `emails[type eq "work"].value eq "${body.userName}@example.com"`)).totalResults,
    1,
  );
  assert.equal((await find("/Users", `externalId eq "${body.externalId}"`)).Resources[0].id, id);
});

passes(MICROSOFT, "Filter for a user that does not exist", async () => {
  const { totalResults, Resources = [] } = await find("/Users", `userName eq "${crypto.randomUUID()}"`);
  assert.deepEqual([totalResults, Resources], [0, []]);
});

passes(MICROSOFT, "Filter for an existing user in another letter case", async () => {
  const { id, body } = await entraUser();
  const { Resources } = await find("/Users", `userName eq "${body.userName.toUpperCase()}"`);
  assert.equal(Resources[0].id, id);
});

passes(MICROSOFT, "Patch user: replace attributes", async () => {
  const body = await patchUser(
    await entraUser(),
    { op: "Replace", path: 'emails[type eq "work"].value', value: "n@example.com" },
    { op: "Replace", path: "name.familyName", value: "F" },
    { op: "Replace", path: `${ENTERPRISE}:department`, value: "Retail" },
  );
  assert.equal(body.emails[0].value, "n@example.com");
  assert.deepEqual([body.name.familyName, body[ENTERPRISE].department], ["F", "Retail"]);
});

passes(MICROSOFT, "Patch user: add attributes", async () => {
  const body = await patchUser(
    await newUser(),
    { op: "Add", path: 'emails[type eq "work"].value', value: "n@example.com" },
    { op: "Add", path: "name.familyName", value: "F" },
    { op: "Add", path: "title", value: "T" },
    { op: "Add", path: `${ENTERPRISE}:department`, value: "Retail" },
  );
  assert.deepEqual(body.emails, [{ type: "work", value: "n@example.com" }]);
  assert.deepEqual([body.name.familyName, body.title, body[ENTERPRISE].department], ["F", "T", "Retail"]);
});

passes(MICROSOFT, "Update the userName of a user", async () => {
  const made = await entraUser();
  const userName = unique("Renamed_");
  assert.equal((await patchUser(made, { op: "Replace", path: "userName", value: userName })).userName, userName);
  assert.equal((await find("/Users", `userName eq "${made.body.userName}"`)).totalResults, 0);
});

passes(MICROSOFT, "Patch user: disable the user", async () => {
  const made = await entraUser();
  assert.equal((await patchUser(made, { op: "Replace", path: "active", value: "False" })).active, false);
  assert.equal((await find("/Users", `userName eq "${made.body.userName}"`)).Resources[0].active, false);
});

passes(MICROSOFT, "Patch user: add a manager", async () => {
  const [made, boss] = [await entraUser(), await entraUser()];
  const value = [{ $ref: boss.body.meta.location, value: boss.id }];
  const body = await patchUser(made, { op: "Add", path: "manager", value });
  assert.equal(body[ENTERPRISE].manager.value, boss.id);
});

passes(MICROSOFT, "Patch user: replace the manager", async () => {
  const [made, boss, other] = [await entraUser(), await entraUser(), await entraUser()];
  await patchUser(made, { op: "Add", path: MANAGER, value: boss.id });
  const body = await patchUser(made, { op: "Replace", path: MANAGER, value: other.id });
  assert.equal(body[ENTERPRISE].manager.value, other.id);
  assert.equal(
    (await find("/Users", `id eq "${made.id}" and manager eq "${other.id}"`, "&attributes=id")).totalResults,
    1,
  );
  assert.equal(
    (await find("/Users", `id eq "${made.id}" and manager eq "${boss.id}"`, "&attributes=id")).totalResults,
    0,
  );
});

passes(MICROSOFT, "Patch user: remove the manager", async () => {
  const boss = await entraUser();
  for (const operation of [
    { op: "Remove", path: MANAGER },
    { op: "Replace", path: MANAGER, value: "" },
  ]) {
    const made = await entraUser();
    await patchUser(made, { op: "Add", path: MANAGER, value: boss.id });
    assert.equal((await patchUser(made, operation))[ENTERPRISE].manager, undefined);
  }
});

passes(MICROSOFT, "Delete a user", async () => {
  const { path } = await entraUser();
  assert.equal((await client.delete(path)).status, 204);
  refused(await client.get(path), 404, undefined, /no User/);
});

passes(MICROSOFT, "Get a group by id without its members", async () => {
  const made = await entraGroup();
  const member = await entraUser();
  await patchGroup(made, { op: "Add", path: "members", value: [{ $ref: null, value: member.id }] });
  const { id, displayName, members } = await read(`${made.path}?excludedAttributes=members`);
  assert.deepEqual([id, displayName, members], [made.id, made.body.displayName, undefined]);
});

passes(MICROSOFT, "Filter for an existing group, with and without its members", async () => {
  const made = await entraGroup();
  const member = await entraUser();
  await patchGroup(made, { op: "Add", path: "members", value: [{ value: member.id }] });
  const filter = `displayName eq "${made.body.displayName}"`;
  const [group] = (await find("/Groups", filter)).Resources;
  assert.deepEqual([group.id, group.members[0].value], [made.id, member.id]);
  const [bare] = (await find("/Groups", filter, "&excludedAttributes=members")).Resources;
  assert.deepEqual([bare.id, bare.members], [made.id, undefined]);
});

passes(MICROSOFT, "Filter for a group that does not exist", async () => {
  const { totalResults } = await find(
    "/Groups",
    `displayName eq "${crypto.randomUUID()}"`,
    "&excludedAttributes=members",
  );
  assert.equal(totalResults, 0);
});

passes(MICROSOFT, "Filter for an existing group in another letter case", async () => {
  const made = await entraGroup();
  const { Resources } = await find("/Groups", `displayName eq "${made.body.displayName.toUpperCase()}"`);
  assert.equal(Resources[0].id, made.id);
});

passes(MICROSOFT, "Create a new group", async () => {
  const { body, id } = await entraGroup();
  assert.ok(id.length > 0 && body.displayName.startsWith("Test_Group_"));
  assert.deepEqual([body.meta.resourceType, body.members], ["Group", undefined]);
});

passes(MICROSOFT, "Create a duplicate group", async () => {
  const { body } = await entraGroup();
  refused(await client.post("/Groups", groupBody(body.displayName)), 409, "uniqueness", /is taken/);
});

passes(MICROSOFT, "Patch group: replace attributes", async () => {
  const displayName = unique("Renamed_");
  const operation = { op: "Replace", path: "displayName", value: displayName };
  assert.equal((await patchGroup(await entraGroup(), operation)).displayName, displayName);
});

passes(MICROSOFT, "Update the externalId of a group", async () => {
  const externalId = crypto.randomUUID();
  const operation = { op: "Replace", path: "externalId", value: externalId };
  assert.equal((await patchGroup(await entraGroup(), operation)).externalId, externalId);
});

passes(MICROSOFT, "Patch group: add and remove a member", async () => {
  const [made, ann, bob] = [await entraGroup(), await entraUser(), await entraUser()];
  const members = (...of: Made[]) => of.map(({ id }) => ({ $ref: null, value: id }));
  const added = await patchGroup(made, { op: "Add", path: "members", value: members(ann, bob) });
  assert.equal(added.members.length, 2);
  const removed = await patchGroup(made, { op: "Remove", path: "members", value: members(ann) });
  assert.deepEqual(
    removed.members.map(({ value }: AnyJson) => value),
    [bob.id],
  );
});

passes(MICROSOFT, "Delete a group", async () => {
  const { path } = await entraGroup();
  assert.equal((await client.delete(path)).status, 204);
  refused(await client.get(path), 404, undefined, /no Group/);
});

passes(MICROSOFT_PREVIEW, "Patch user: several operations on different attributes", async () => {
  const body = await patchUser(
    await entraUser(),
    { op: "Remove", path: 'emails[type eq "work"].value' },
    { op: "Add", path: "title", value: "T" },
    { op: "Replace", path: "displayName", value: "D" },
    { op: "Remove", path: "name.formatted" },
  );
  assert.deepEqual([body.title, body.displayName, body.name.formatted], ["T", "D", undefined]);
  assert.ok((body.emails ?? []).every(({ value }: AnyJson) => value === undefined));
});

passes(MICROSOFT_PREVIEW, "Patch user: several operations on the same attribute", async () => {
  const path = 'emails[type eq "work"].value';
  const body = await patchUser(
    await entraUser(),
    { op: "Remove", path },
    { op: "Add", path, value: "b@example.com" },
    { op: "Replace", path, value: "c@example.com" },
  );
  assert.deepEqual(
    body.emails.map(({ value }: AnyJson) => value),
    ["c@example.com"],
  );
});

passes(MICROSOFT_PREVIEW, "Delete a user that does not exist", async () => {
  refused(await client.delete(`/Users/${crypto.randomUUID()}`), 404, undefined, /no User/);
});

passes(MICROSOFT_PREVIEW, "Delete the same user twice", async () => {
  const { path } = await entraUser();
  assert.equal((await client.delete(path)).status, 204);
  refused(await client.delete(path), 404, undefined, /no User/);
});

passes(MICROSOFT_PREVIEW, "Patch group: several operations on different attributes", async () => {
  const [made, ann] = [await entraGroup(), await entraUser()];
  const [displayName, externalId] = [unique("Renamed_"), crypto.randomUUID()];
  const body = await patchGroup(
    made,
    { op: "Add", path: "members", value: [{ value: ann.id }] },
    { op: "Replace", path: "displayName", value: displayName },
    { op: "Replace", path: "externalId", value: externalId },
  );
  assert.deepEqual([body.displayName, body.externalId, body.members.length], [displayName, externalId, 1]);
});

passes(MICROSOFT_PREVIEW, "Delete a group that does not exist", async () => {
  refused(await client.delete(`/Groups/${crypto.randomUUID()}`), 404, undefined, /no Group/);
});

passes(MICROSOFT_PREVIEW, "Delete the same group twice", async () => {
  const { path } = await entraGroup();
  assert.equal((await client.delete(path)).status, 204);
  refused(await client.delete(path), 404, undefined, /no Group/);
});
