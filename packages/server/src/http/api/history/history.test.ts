import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { startApplication, TEST_SECRET } from "../../../testing/application.ts";
import { done, isProblem } from "../../../testing/assert-answer.ts";
import type { AnyJson } from "../../../testing/client.ts";
import { makeEndpoint } from "../../../testing/endpoint.ts";
import { group, user } from "../../../testing/scim-bodies.ts";

const VIEWER_SECRET = "test-viewer-secret";

const server = await startApplication({ viewerSecret: VIEWER_SECRET });
const { admin, client } = server;
const viewer = server.connect(VIEWER_SECRET);
const provisioner = server.connect(TEST_SECRET);
after(server.close);

const AT = "/api/endpoints/default";

async function created(userName: string, attributes: object = {}): Promise<string> {
  return done(await client.post("/Users", user(userName, attributes)), 201).id;
}

async function createdGroup(displayName: string, members: readonly string[]): Promise<string> {
  const values = members.map((value) => ({ value }));
  return done(await client.post("/Groups", group(displayName, { members: values })), 201).id;
}

async function titled(id: string, value: string): Promise<void> {
  assert.equal((await client.patch(`/Users/${id}`, [{ op: "replace", path: "title", value }])).status, 200);
}

async function read(path: string): Promise<AnyJson> {
  return done(await admin.get(AT + path));
}

function textsOf({ entries }: AnyJson): string[] {
  return entries.map(({ sentences }: AnyJson) => sentences.map(({ text }: AnyJson) => text).join("; "));
}

describe("the versions of a resource", () => {
  test("are listed with client, exchange, and each attribute before and after", async () => {
    const id = await created("versions", { displayName: "Vera Sion", title: "Clerk" });
    await titled(id, "Lead");
    const { total, entries, next } = await read(`/history/${id}`);
    assert.deepEqual([total, next, entries.length], [2, null, 2]);
    const [{ key, at, exchange, actor, sentences, ...entry }, first] = entries;
    assert.deepEqual(entry, {
      resource: { id, type: "User", label: "Vera Sion" },
      revision: 2,
      action: "modify",
      changes: [{ kind: "attribute", path: "title", before: "Clerk", after: "Lead" }],
    });
    assert.ok(key > first.key);
    assert.match(at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.ok(Number.isSafeInteger(exchange) && exchange > first.exchange);
    assert.deepEqual(Object.keys(actor), ["credential", "dialect", "dialectName"]);
    assert.equal(typeof actor.credential, "string");
    assert.match(actor.dialectName, /client/);
    assert.deepEqual(sentences, [
      {
        kind: "user.changed",
        text: `"${actor.credential}" changed Vera's title from Clerk to Lead`,
        attributes: [{ path: "title", name: "title", before: "Clerk", after: "Lead" }],
      },
    ]);
    assert.equal(first.sentences[0].attributes.find(({ path }: AnyJson) => path === "title").before, null);
  });

  test("are paged", async () => {
    const id = await created("paged");
    for (const title of ["a", "b", "c", "d"]) await titled(id, title);
    const { entries: all } = await read(`/history/${id}`);
    const page = await read(`/history/${id}?limit=2`);
    assert.deepEqual([page.total, page.entries, page.next], [5, all.slice(0, 2), all[1].key]);
    const rest = await read(`/history/${id}?before=${page.next}&limit=500`);
    assert.deepEqual([rest.total, rest.entries, rest.next], [5, all.slice(2), null]);
  });

  test("are those of one endpoint", async () => {
    const elsewhere = await makeEndpoint(server, "elsewhere", {});
    const id = done(await elsewhere.post("/Users", user("apart")), 201).id;
    assert.equal((await read(`/history/${id}`)).total, 0);
    assert.equal((await read(`/timeline/${id}`)).total, 0);
    assert.equal(done(await admin.get(`/api/endpoints/elsewhere/history/${id}`)).total, 1);
    isProblem(await admin.get(`${AT}/history/${id}/state?revision=1`), 404, /No resource has the ID/);
    isProblem(await admin.post(`${AT}/history/${id}/restore`, { revision: 1 }), 404, /No resource has the ID/);
  });
});

test("a timeline contains the changes of a resource, and those of others that concern it", async () => {
  const id = await created("timeline", { displayName: "Tim Line" });
  const finance = await createdGroup("Timed", [id, await created("other")]);
  assert.equal((await client.delete(`/Users/${id}`)).status, 204);
  const found = await read(`/timeline/${id}`);
  assert.equal(found.total, 4);
  assert.deepEqual(
    found.entries.map(({ role, action, resource }: AnyJson) => [role, action, resource.label]),
    [
      ["removed", "modify", "Timed"],
      ["own", "delete", "Tim Line"],
      ["added", "create", "Timed"],
      ["own", "create", "Tim Line"],
    ],
  );
  const by = found.entries[0].actor.credential;
  assert.deepEqual(textsOf(found), [
    `"${by}" removed Tim Line from Timed`,
    `"${by}" deleted Tim Line`,
    `"${by}" added Tim Line to Timed`,
    `"${by}" created Tim Line`,
  ]);
  const value = { value: id, type: "User", display: "Tim Line" };
  assert.deepEqual(found.entries[2].changes, [{ kind: "collection", path: "members", added: [value], removed: [] }]);
  const page = await read(`/timeline/${id}?limit=1`);
  assert.deepEqual([page.entries, page.next], [found.entries.slice(0, 1), found.entries[0].key]);
  const { entries } = await read("/deleted?limit=1");
  assert.deepEqual([entries[0].resource.id, entries[0].action, "role" in entries[0]], [id, "delete", false]);
  assert.equal((await read(`/history/${finance}`)).total, 2);
});

test("a timeline lists at most 100 members of a change, and their number", async () => {
  const members = [];
  for (let at = 0; at < 130; at++) members.push({ value: (await client.post("/Users", user(`member${at}`))).body.id });
  const schemas = ["urn:ietf:params:scim:schemas:core:2.0:Group"];
  const { id } = (await client.post("/Groups", { schemas, displayName: "Many", members })).body;
  const [{ changes }] = (await read(`/timeline/${id}`)).entries;
  const change = changes.find(({ kind }: AnyJson) => kind === "collection");
  assert.deepEqual([change.added.length, change.counts], [100, { added: 130, removed: 0 }]);
  const [version] = (await read(`/history/${id}`)).entries;
  assert.equal(version.changes.find(({ kind }: AnyJson) => kind === "collection").added.length, 130);
});

test("a timeline page includes the requests of its time that failed or have findings", async () => {
  const id = await created("beside", { displayName: "Be Side" });
  assert.equal((await client.patch(`/Users/${id}`, [{ op: "remove" }])).status, 400);
  await titled(id, "Lead");
  assert.equal((await client.put(`/Users/${id}`, user("beside", { displayName: "Be Side" }))).status, 200);
  assert.equal((await client.delete(`/Users/${id}`)).status, 204);
  assert.equal((await client.get(`/Users/${id}`)).status, 404);
  const shown = ({ method, status, findings }: AnyJson) => [method, status, findings.map(({ kind }: AnyJson) => kind)];
  const expected = [
    ["GET", 404, []],
    ["PUT", 200, ["loss.cleared"]],
    ["PATCH", 400, []],
  ];
  for (let tries = 0; ; tries++) {
    const { exchanges } = await read(`/timeline/${id}`);
    if (exchanges.length < expected.length && tries < 250) await setTimeout(20);
    else {
      assert.deepEqual(exchanges.map(shown), expected);
      break;
    }
  }
  const paged: AnyJson[] = [];
  for (let next = ""; ; ) {
    const page = await read(`/timeline/${id}?limit=1${next}`);
    paged.push(...page.exchanges);
    if (page.next === null) break;
    next = `&before=${page.next}`;
  }
  assert.deepEqual(paged.map(shown), expected);
});

test("deleted resources are listed by type, whatever else was deleted since", async () => {
  const id = await created("listed.by.type");
  const groups: string[] = [];
  for (const name of ["First", "Second", "Third"]) groups.push(await createdGroup(`${name} listed`, []));
  await client.delete(`/Users/${id}`);
  for (const group of groups) await client.delete(`/Groups/${group}`);
  const idsOf = ({ entries }: AnyJson) => entries.map(({ resource }: AnyJson) => resource.id);
  assert.deepEqual(idsOf(await read("/deleted?type=User&limit=1")), [id]);
  const page = await read("/deleted?type=Group&limit=2");
  assert.deepEqual([idsOf(page), page.total], [groups.slice(1).reverse(), 3]);
  const rest = await read(`/deleted?type=Group&limit=2&before=${page.next}`);
  assert.deepEqual([idsOf(rest), rest.next], [groups.slice(0, 1), null]);
  isProblem(await admin.get(`${AT}/deleted?type=Users`), 400, /"type" must be User or Group/);
});

describe("an earlier state", () => {
  test("is read by version or by time", async () => {
    const id = await created("stated", { title: "Clerk" });
    await titled(id, "Lead");
    const { entries } = await read(`/history/${id}`);
    const first = await read(`/history/${id}/state?revision=1`);
    assert.deepEqual(first, {
      resource: { schemas: [(user("x") as AnyJson).schemas[0]], id, userName: "stated", title: "Clerk" },
      revision: 1,
      at: entries[1].at,
      isCurrent: false,
    });
    const now = await read(`/history/${id}/state?at=0s`);
    assert.deepEqual([now.resource.title, now.revision, now.at, now.isCurrent], ["Lead", 2, entries[0].at, true]);
    assert.deepEqual(await read(`/history/${id}/state?at=2020-01-01`), {
      resource: null,
      revision: null,
      at: null,
      isCurrent: false,
    });
    assert.equal((await read(`/history/${id}/state?at=${entries[0].at}`)).revision, 2);
    isProblem(await admin.get(`${AT}/history/${id}/state?revision=3`), 404, /never had a version 3/);
  });

  test("requires exactly one of the two", async () => {
    for (const query of ["", "?revision=1&at=1h", "?revision=", "?at="]) {
      isProblem(await admin.get(`${AT}/history/x/state${query}`), 400, /one of "revision".*"at"/);
    }
    for (const query of ["?revision=0", "?revision=x", "?revision=1.5"]) {
      isProblem(await admin.get(`${AT}/history/x/state${query}`), 400, /"revision" must be a whole number/);
    }
    isProblem(await admin.get(`${AT}/history/x/state?at=noon`), 400, /"at" must be a time/);
    isProblem(await admin.get(`${AT}/history/x/state?when=1h`), 400, /"when" is not known.*revision, at/);
    for (const body of [{}, { revision: 1, at: "1h" }]) {
      isProblem(await admin.post(`${AT}/history/x/restore`, body), 400, /one of "revision".*"at"/);
    }
    for (const revision of [0, 1.5, "one", null, [1, 2]]) {
      isProblem(await admin.post(`${AT}/history/x/restore`, { revision }), 400, /"revision" must be a whole number/);
    }
    isProblem(await admin.post(`${AT}/history/x/restore`, { at: 5 }), 400, /"at" must be a string/);
    isProblem(await admin.post(`${AT}/history/x/restore`, { version: 1 }), 400, /"version" is not known/);
  });
});

describe("restoring", () => {
  test("makes an earlier state the newest version, as an administrator's write", async () => {
    const id = await created("restored", { title: "Clerk" });
    await titled(id, "Lead");
    const { resource, revision, changes } = done(await admin.post(`${AT}/history/${id}/restore`, { revision: 1 }));
    assert.deepEqual(resource, (await read(`/history/${id}/state?revision=1`)).resource);
    assert.deepEqual([revision, changes], [3, [{ kind: "attribute", path: "title", before: "Lead", after: "Clerk" }]]);
    const found = done(await client.get(`/Users/${id}`));
    assert.deepEqual([found.title, found.meta.version], ["Clerk", 'W/"3"']);
    const [entry] = (await read(`/history/${id}`)).entries;
    assert.deepEqual([entry.action, entry.revision, entry.changes], ["restore", 3, changes]);
    assert.ok(Number.isSafeInteger(entry.exchange), "it says by which exchange");
    assert.equal(entry.actor.dialect, "manual");
    assert.equal(entry.sentences[0].text, "An administrator restored restored to an earlier version");
    const again = done(await admin.post(`${AT}/history/${id}/restore`, { revision: 1 }));
    assert.deepEqual([again.changes, again.revision, again.resource], [[], 3, resource]);
    assert.equal((await read(`/history/${id}`)).total, 3);
  });

  test("by time restores a deleted resource with its groups", async () => {
    const id = await created("returning");
    const groupId = await createdGroup("Returned to", [id]);
    const { at } = (await read(`/history/${id}`)).entries[0];
    assert.equal((await client.delete(`/Users/${id}`)).status, 204);
    isProblem(await admin.post(`${AT}/history/${id}/restore`, { at: "0s" }), 409, /did not exist then/);
    const restored = done(await admin.post(`${AT}/history/${id}/restore`, { at }));
    assert.deepEqual([restored.revision, restored.resource.userName], [2, "returning"]);
    const found = done(await client.get(`/Users/${id}`));
    assert.deepEqual(
      found.groups.map(({ value }: AnyJson) => value),
      [groupId],
    );
    const list = done(await client.get(`/Users?filter=${encodeURIComponent('userName eq "RETURNING"')}`));
    assert.equal(list.totalResults, 1);
    const restoredGroup = done(await admin.post(`${AT}/history/${groupId}/restore`, { revision: 2 }));
    assert.deepEqual(restoredGroup.resource.members, undefined);
    const filled = done(await admin.post(`${AT}/history/${groupId}/restore`, { revision: 1 }));
    assert.deepEqual(filled.resource.members, [{ value: id, type: "User", display: "returning" }]);
  });

  test("a taken value is rejected", async () => {
    const id = await created("contested");
    assert.equal((await client.delete(`/Users/${id}`)).status, 204);
    const holder = await created("contested", { displayName: "Con Tested" });
    const refused = await admin.post(`${AT}/history/${id}/restore`, { revision: 1 });
    const advice = "Change its userName or delete it, then restore this one\\.";
    isProblem(refused, 409, new RegExp(`taken by the User "Con Tested" \\(id ${holder}\\)\\. ${advice}$`));
    assert.equal((await client.get(`/Users/${id}`)).status, 404);
  });
});

test("history is for administrators; viewers can read it and restore nothing", async () => {
  const id = await created("guarded");
  for (const path of [`/history/${id}`, `/timeline/${id}`, "/deleted", `/history/${id}/state?revision=1`]) {
    assert.equal((await viewer.get(AT + path)).status, 200, path);
    isProblem(await provisioner.get(AT + path), 403, /does not open administration/);
    isProblem(
      await admin.get(`/api/endpoints/nowhere${path}`),
      404,
      /There is no endpoint "nowhere"\. There are: default/,
    );
  }
  isProblem(await viewer.post(`${AT}/history/${id}/restore`, { revision: 1 }), 403, /./);
  isProblem(await provisioner.post(`${AT}/history/${id}/restore`, { revision: 1 }), 403, /./);
  isProblem(await admin.post(`/api/endpoints/nowhere/history/${id}/restore`, { revision: 1 }), 404, /no endpoint/);
});

test("the page parameters of a history must be numbers", async () => {
  for (const path of ["/history/x", "/timeline/x", "/deleted"]) {
    for (const query of ["limit=0", "limit=501", "limit=x", "limit=-1"]) {
      isProblem(await admin.get(`${AT}${path}?${query}`), 400, /"limit" must be a whole number from 1 to 500/);
    }
    isProblem(await admin.get(`${AT}${path}?before=0`), 400, /"before" must be a whole number of 1 or more/);
    isProblem(await admin.get(`${AT}${path}?after=1`), 400, /"after" is not known here.*before, limit/);
  }
});
