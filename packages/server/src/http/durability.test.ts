import assert from "node:assert/strict";
import { after, beforeEach, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { ReplicaError } from "@scimtool/replica/errors";
import { startApplication, TEST_ADMIN_SECRET } from "../testing/application.ts";
import { refused, succeeded } from "../testing/assert-answer.ts";
import type { Answer } from "../testing/client.ts";
import { fakeReplica, holdAnswersOf } from "../testing/replica.ts";
import { group, user } from "../testing/scim-bodies.ts";

const replica = fakeReplica();
const server = await startApplication({ backupTarget: "fake" }, replica.environment);
const { client } = server;
after(server.close);
beforeEach(() => {
  replica.durable = () => undefined;
  replica.refusal = () => undefined;
  replica.events.length = 0;
});

const anna = succeeded(await client.post("/Users", user("anna")), 201);
const there = succeeded(await client.post("/Groups", group("There")), 201);

const SEARCH = { schemas: ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], count: 1 };

/** Long enough for a response on the loopback interface that does not wait. */
const ANSWER_MS = 60;

test("every response waits until its data is durable: writes, reads and errors alike", async () => {
  const requests: [string, () => Promise<Answer>, status: number][] = [
    ["POST", () => client.post("/Users", user("held")), 201],
    ["PUT", () => client.put(`/Users/${anna.id}`, user("anna", { title: "x" })), 200],
    ["PATCH", () => client.patch(`/Groups/${there.id}`, [{ op: "replace", path: "displayName", value: "T" }]), 204],
    ["DELETE of nobody", () => client.delete("/Users/nobody"), 404],
    ["GET", () => client.get(`/Users/${anna.id}`), 200],
    ["HEAD", () => client.send("HEAD", `/Users/${anna.id}`), 200],
    ["a long list", () => client.get("/Users"), 200],
    [".search", () => client.post("/Users/.search", SEARCH), 200],
    ["a user who is not there", () => client.get("/Users/nobody"), 404],
    ["a name that is taken", () => client.post("/Users", user("anna")), 409],
    ["a body that is none", () => client.post("/Users", "{"), 400],
    ["a path that is none", () => client.get("/Nothing"), 404],
    ["a method that is none", () => client.send("POST", `/Users/${anna.id}`), 405],
  ];
  for (const [name, request, status] of requests) {
    const answers = holdAnswersOf(replica);
    let isAnswered = false;
    const answer = request().then((answer) => {
      isAnswered = true;
      return answer;
    });
    await answers.held;
    await delay(ANSWER_MS);
    assert.equal(isAnswered, false, `${name} was answered too early`);
    answers.release();
    assert.equal((await answer).status, status, name);
  }
});

test("a write is checked after its commit, and once", async () => {
  replica.durable = () => {
    replica.events.push("durable");
    return undefined;
  };
  succeeded(await client.post("/Users", user("ordered")), 201);
  assert.deepEqual(replica.events, ["changed", "durable"]);
});

test("an unauthenticated request is refused at once", async () => {
  replica.durable = () => new Promise(() => undefined);
  assert.equal((await client.get("/Users", { authorization: undefined })).status, 401);
  assert.equal((await client.get("/Users", { authorization: "Bearer wrong" })).status, 401);
  assert.equal((await client.get("/Users", { authorization: `Bearer ${TEST_ADMIN_SECRET}` })).status, 403);
});

test("a change that could not be made durable gets 503, with when to retry, and that it may or may not be kept", async () => {
  replica.durable = () => Promise.reject(new ReplicaError("not-durable", "The target does not answer.", 2_300));
  const created = await client.post("/Users", user("uncertain"));
  refused(created, 503, undefined, /^The target does not answer\. The change may or may not be kept\. Read /);
  assert.equal(created.headers["retry-after"], "3");
  assert.deepEqual([created.headers.etag, created.headers.location], [undefined, undefined]);
  const read = await client.get(`/Users/${anna.id}`);
  refused(read, 503, undefined, /The current data may or may not be kept/);
  assert.equal(read.headers.etag, undefined);
  refused(await client.get("/Users"), 503, undefined, /may or may not be kept/);
  refused(await client.delete("/Users/nobody"), 503, undefined, /may or may not be kept/);
  replica.durable = () => Promise.reject(new ReplicaError("not-durable", "Away.", 0));
  assert.equal((await client.get("/Users")).headers["retry-after"], "1");
});

test("another failure of the wait is a 500 without internals", async (t) => {
  t.mock.method(process.stderr, "write", () => true);
  replica.durable = () => Promise.reject(new Error("a secret of the house"));
  const answer = await client.get("/Users");
  refused(answer, 500, undefined, /log shows the cause/);
});

test("Prefer: durability=remote waits for the target in any mode, and the response confirms it", async () => {
  const asked: boolean[] = [];
  replica.durable = (remote) => {
    asked.push(remote === true);
    return remote ? Promise.resolve() : undefined;
  };
  for (const prefer of ["durability=remote", 'return=minimal, Durability="remote"', "durability = remote; x=y"]) {
    const answer = await client.post("/Users/.search", SEARCH, { prefer });
    assert.equal(answer.headers["preference-applied"], "durability=remote", prefer);
  }
  assert.deepEqual(asked, [true, true, true]);
  for (const prefer of ["durability=local", "durability=remotely", "x-durability=remote", "return=minimal"]) {
    const answer = await client.get("/Users?count=0", { prefer });
    assert.equal(answer.headers["preference-applied"], undefined, prefer);
  }
  replica.durable = () => Promise.reject(new ReplicaError("not-durable", "Away.", 1_000));
  const failed = await client.get("/Users", { prefer: "durability=remote" });
  assert.deepEqual([failed.status, failed.headers["preference-applied"]], [503, undefined]);
});

test("a write that could not be durable is not tried: 503, or 507 if the disk is full; reads continue", async () => {
  for (const [diskFull, status] of [
    [false, 503],
    [true, 507],
  ] as const) {
    replica.refusal = () => ({ reason: "Handing over.", retryAfterMs: 1_500, diskFull });
    const writes = [
      await client.post("/Users", user("late")),
      await client.put(`/Users/${anna.id}`, user("anna")),
      await client.patch(`/Users/${anna.id}`, [{ op: "remove", path: "title" }]),
      await client.delete(`/Users/${anna.id}`),
    ];
    for (const answer of writes) {
      refused(answer, status, undefined, /^Handing over\. The request changed nothing\.$/);
      assert.equal(answer.headers["retry-after"], "2");
    }
    succeeded(await client.get(`/Users/${anna.id}`), 200);
    succeeded(await client.post("/Users/.search", SEARCH), 200);
  }
  assert.ok(!replica.events.includes("changed"));
});

test("a write that waits too long for the end of a pause gets 503, and changes nothing", async (t) => {
  const resume = await replica.host().pauseWrites();
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const writing = client.post("/Users", user("paused"));
  while (true) {
    await new Promise(setImmediate);
    t.mock.timers.tick(100);
    const state = await Promise.race([writing, new Promise<undefined>((resolve) => setImmediate(resolve, undefined))]);
    if (state !== undefined) break;
  }
  t.mock.timers.reset();
  resume();
  const answer = await writing;
  refused(answer, 503, undefined, /The request changed nothing; send it again/);
  assert.equal(answer.headers["retry-after"], "1");
  assert.equal((await client.get('/Users?filter=userName+eq+"paused"')).body.totalResults, 0);
});
