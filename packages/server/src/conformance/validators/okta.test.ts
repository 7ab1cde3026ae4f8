import assert from "node:assert/strict";
import { before } from "node:test";
import { refused, succeeded } from "../../testing/assert-answer.ts";
import type { AnyJson } from "../../testing/client.ts";
import { LIST_RESPONSE, USER } from "../../testing/scim-bodies.ts";
import { type Made, startWorld } from "../world.ts";
import { OKTA, passes } from "./lists.ts";

const { client, unique, make } = await startWorld();

/** As the spec test sends them. */
const HEADERS = {
  accept: "application/scim+json",
  "accept-charset": "utf-8",
  "content-type": "application/scim+json; charset=utf-8",
  "user-agent": "OKTA SCIM Integration",
};
const GROUPS_LIMIT_MS = 600;

const get = (path: string, headers: object = {}) => client.get(path, { ...HEADERS, ...headers });
const find = (userName: string) => get(`/Users?filter=${encodeURIComponent(`userName eq "${userName}"`)}`);
const userBody = (userName: string) => ({
  schemas: [USER],
  userName,
  name: { givenName: "Runscope", familyName: `User ${userName}` },
  emails: [{ primary: true, value: `${userName}@example.com`, type: "work" }],
  displayName: `Runscope User ${userName}`,
  active: true,
});
const oktaUser = () => make("/Users", userBody(unique("runscope")));

let first: Made;
before(async () => {
  first = await oktaUser();
});

function isWhole({ id, name, userName, active, emails }: AnyJson): void {
  for (const text of [id, name.familyName, name.givenName, userName, emails[0].value]) assert.ok(text.length > 0);
  assert.equal(typeof active, "boolean");
}

passes(OKTA, "Test Users endpoint", async () => {
  const { schemas, itemsPerPage, startIndex, totalResults, Resources } = succeeded(
    await get("/Users?count=1&startIndex=1"),
    200,
  );
  assert.deepEqual(schemas, [LIST_RESPONSE]);
  for (const number of [itemsPerPage, startIndex, totalResults]) assert.equal(typeof number, "number");
  assert.equal(Resources.length, 1);
  isWhole(Resources[0]);
});

passes(OKTA, "Get Users/{id}", async () => {
  const body = succeeded(await get(first.path), 200);
  isWhole(body);
  assert.equal(body.id, first.id);
});

passes(OKTA, "Test invalid User by username", async () => {
  const { schemas, totalResults } = succeeded(await find("nobody@example.com"), 200);
  assert.deepEqual([schemas, totalResults], [[LIST_RESPONSE], 0]);
});

passes(OKTA, "Test invalid User by ID", async () => {
  refused(await get(`/Users/${crypto.randomUUID()}`), 404, undefined, /no User/);
});

passes(OKTA, "Make sure random user doesn't exist", async () => {
  const { schemas, totalResults } = succeeded(await find(`${crypto.randomUUID()}@example.com`), 200);
  assert.deepEqual([schemas, totalResults], [[LIST_RESPONSE], 0]);
});

passes(OKTA, "Create Okta user with realistic values", async () => {
  const body = userBody(unique("runscope"));
  const headers = { accept: "application/scim+json; charset=utf-8", "content-type": "application/json" };
  const { id, meta: _, ...created } = succeeded(await client.post("/Users", body, headers), 201);
  assert.ok(id.length > 0);
  assert.deepEqual(created, body);
});

passes(OKTA, "Verify that user was created", async () => {
  const made = await oktaUser();
  const { userName, name } = succeeded(await get(made.path), 200);
  assert.deepEqual([userName, name], [made.body.userName, made.body.name]);
});

passes(OKTA, "Expect failure when recreating user with same values", async () => {
  refused(await client.post("/Users", userBody(first.body.userName), HEADERS), 409, "uniqueness", /is taken/);
});

passes(OKTA, "Username Case Sensitivity Check", async () => {
  const { Resources } = succeeded(await find(first.body.userName.toUpperCase()), 200);
  assert.equal(Resources[0].id, first.id);
});

passes(OKTA, "Verify Groups endpoint", async () => {
  const begin = performance.now();
  const { Resources = [], totalResults } = succeeded(await get("/Groups"), 200);
  assert.ok(performance.now() - begin < GROUPS_LIMIT_MS);
  assert.ok(Array.isArray(Resources) && typeof totalResults === "number");
});

passes(OKTA, "Check status 401", async () => {
  const answer = await get('/Users?filter=userName+eq+"X"', { authorization: "non-token" });
  refused(answer, 401, undefined, /./);
});

passes(OKTA, "Check status 404", async () => {
  refused(await get("/Users/00919288221112222"), 404, undefined, /no User/);
});
