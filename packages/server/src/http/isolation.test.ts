import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { startApplication } from "../testing/application.ts";
import { refused, succeeded } from "../testing/assert-answer.ts";
import type { Answer, Client } from "../testing/client.ts";
import { ENTERPRISE, group, USER, user } from "../testing/scim-bodies.ts";

// Two endpoints with the same people: no request to one of them shows anything of the other.

const server = await startApplication();
const { admin } = server;
after(server.close);

type Side = {
  readonly name: string;
  readonly client: Client;
  readonly secret: string;
  readonly user: string;
  readonly boss: string;
  readonly group: string;
};

async function make(method: string, path: string, body: object): Promise<Answer["body"]> {
  const answer = await admin.send(method, path, { body });
  assert.equal(answer.status, 201, answer.text);
  return answer.body;
}

async function open(name: string): Promise<Side> {
  await make("POST", "/api/endpoints", { name });
  const { secret } = await make("POST", `/api/endpoints/${name}/credentials`, { kind: "token", label: "test" });
  const client = server.connect(secret, `/scim/endpoints/${name}/v2`);
  const boss = succeeded(await client.post("/Users", user("carol", { displayName: `Carol of ${name}` })), 201).id;
  const schemas = [USER, ENTERPRISE];
  const anna = { schemas, externalId: "e-1", emails: [{ value: "anna@example.com", type: "work" }] };
  const body = user("anna", { ...anna, [ENTERPRISE]: { employeeNumber: "1", manager: { value: boss } } });
  const { id } = succeeded(await client.post("/Users", body), 201);
  const members = [{ value: id }];
  const { id: guides } = succeeded(await client.post("/Groups", group("Guides", { members })), 201);
  return { name, client, secret, user: id, boss, group: guides };
}

const [here, there] = [await open("here"), await open("there")];

async function everything({ client }: Side): Promise<string> {
  const [users, groups] = [await client.get("/Users?count=1000"), await client.get("/Groups?count=1000")];
  return users.text + groups.text;
}

/** Asserts that a response names nothing of the other side. */
function isForeign({ text }: Answer, other: Side): void {
  for (const id of [other.user, other.boss, other.group]) assert.ok(!text.includes(id), text);
  assert.ok(!text.includes(`of ${other.name}`), text);
}

describe("an endpoint", () => {
  test("has its own people, groups and names, and equal ones do not conflict", async () => {
    for (const [side, other] of [
      [here, there],
      [there, here],
    ] as const) {
      const users = await side.client.get("/Users");
      assert.equal(users.body.totalResults, 2);
      isForeign(users, other);
      isForeign(await side.client.get("/Groups"), other);
      isForeign(await side.client.get("/"), other);
    }
  });

  test("cannot be opened by a token of another one, on any route", async () => {
    const crossing = server.connect(here.secret, "/scim/endpoints/there/v2");
    const onDefault = server.connect(here.secret, "/scim/v2");
    for (const [method, path] of [
      ["GET", "/Users"],
      ["POST", "/Users"],
      ["POST", "/Users/.search"],
      ["GET", `/Users/${there.user}`],
      ["PUT", `/Users/${there.user}`],
      ["PATCH", `/Users/${there.user}`],
      ["DELETE", `/Users/${there.user}`],
      ["GET", `/Groups/${there.group}`],
      ["GET", "/"],
      ["POST", "/.search"],
      ["POST", "/Bulk"],
      ["GET", "/Me"],
      ["GET", "/Schemas"],
      ["GET", "/ResourceTypes"],
      ["GET", "/ServiceProviderConfig"],
      ["GET", "/nowhere"],
    ] as const) {
      const sent = method === "GET" || method === "DELETE" ? {} : { body: {} };
      for (const client of [crossing, onDefault]) {
        const answer = await client.send(method, path, sent);
        refused(answer, 403, undefined, /belongs to another endpoint/);
        isForeign(answer, there);
      }
    }
  });

  test("does not know resources of another one by ID, to read, change or delete", async () => {
    const before = await everything(there);
    const { client } = here;
    for (const path of [`/Users/${there.user}`, `/Groups/${there.group}`]) {
      refused(await client.get(path), 404, undefined, /no (?:User|Group)/);
      refused(await client.patch(path, [{ op: "replace", path: "displayName", value: "x" }]), 404, undefined, /no/);
      refused(await client.delete(path), 404, undefined, /no/);
    }
    refused(await client.put(`/Users/${there.user}`, user("anna")), 404, undefined, /no User/);
    refused(await client.put(`/Groups/${there.group}`, group("Guides")), 404, undefined, /no Group/);
    assert.equal(await everything(there), before);
  });

  test("finds nothing of another one, by any filter, sort or search", async () => {
    for (const filter of [
      'userName eq "anna"',
      'emails.value eq "anna@example.com"',
      'externalId eq "e-1"',
      `${ENTERPRISE}:employeeNumber eq "1"`,
      `${ENTERPRISE}:manager.value eq "${there.boss}"`,
      `groups.value eq "${there.group}"`,
      `id eq "${there.user}"`,
      'displayName co "of"',
      "id pr",
    ]) {
      const path = `?filter=${encodeURIComponent(filter)}&sortBy=userName`;
      isForeign(await here.client.get(`/Users${path}`), there);
      isForeign(await here.client.get(`/?filter=${encodeURIComponent(filter)}`), there);
      const schemas = ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"];
      isForeign(await here.client.post("/.search", { schemas, filter }), there);
    }
    const members = `/Groups?filter=${encodeURIComponent(`members.value eq "${there.user}"`)}`;
    assert.equal((await here.client.get(members)).body.totalResults, 0);
  });

  test("does not continue a page of another one by its cursor", async () => {
    const { nextCursor } = (await there.client.get("/Users?cursor&count=1")).body;
    assert.equal(typeof nextCursor, "string");
    const answer = await here.client.get(`/Users?cursor=${nextCursor}&count=1`);
    refused(answer, 400, "invalidCursor", /belongs to another query/);
    isForeign(answer, there);
  });

  test("treats resources of another one as unknown, as member and as manager", async () => {
    const before = await everything(there);
    const { client } = here;
    const made = await client.post("/Groups", group("Mixed", { members: [{ value: there.user }] }));
    assert.deepEqual(succeeded(made, 201).members, [{ value: there.user }]);
    const managed = user("berta", { schemas: [USER, ENTERPRISE], [ENTERPRISE]: { manager: { value: there.boss } } });
    assert.deepEqual(succeeded(await client.post("/Users", managed), 201)[ENTERPRISE].manager, { value: there.boss });
    assert.equal(await everything(there), before);
    const bulk = {
      schemas: ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
      Operations: [
        { method: "DELETE", path: `/Users/${there.user}` },
        { method: "PATCH", path: `/Groups/${there.group}`, data: { Operations: [{ op: "remove", path: "members" }] } },
      ],
    };
    const { Operations } = succeeded(await client.post("/Bulk", bulk), 200);
    assert.deepEqual(
      Operations.map(({ status }: { status: string }) => status),
      ["404", "404"],
    );
    assert.equal(await everything(there), before);
  });

  test("has its own /Me: the user to whom its token is bound", async () => {
    const body = { kind: "token", label: "anna", user: here.user };
    const { secret } = await make("POST", "/api/endpoints/here/credentials", body);
    const me = server.connect(secret, "/scim/endpoints/here/v2");
    assert.equal(succeeded(await me.get("/Me"), 200).id, here.user);
    refused(await here.client.get("/Me"), 404, undefined, /not bound to a user/);
    const foreign = await admin.post("/api/endpoints/here/credentials", { ...body, label: "x", user: there.user });
    assert.equal(foreign.status, 400, foreign.text);
  });

  test("is configured, emptied and deleted without any effect on another one", async () => {
    const before = await everything(there);
    const patch = { settings: { profile: "strict", unique: [], limits: { maxPageSize: 1 } } };
    assert.equal((await admin.send("PATCH", "/api/endpoints/here", { body: patch })).status, 200);
    assert.equal((await admin.post("/api/endpoints/here/empty", { confirm: "here" })).status, 200);
    assert.equal((await here.client.get("/Users")).body.totalResults, 0);
    assert.equal(await everything(there), before);
    const answer = await admin.send("DELETE", "/api/endpoints/here", { body: { confirm: "here" } });
    assert.equal(answer.status, 204, answer.text);
    const gone = await here.client.get("/Users");
    assert.ok(gone.status === 401 || gone.status === 403, gone.text);
    isForeign(gone, there);
    assert.equal(await everything(there), before);
  });
});
