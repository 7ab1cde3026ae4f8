import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { ReplicaError } from "@scimtool/replica/errors";
import { TEST_ADMIN_SECRET, TEST_SECRET } from "../testing/application.ts";
import { refused, succeeded } from "../testing/assert-answer.ts";
import { fakeReplica, holdAnswersOf } from "../testing/replica.ts";
import { restoredFolder, skipTime, startReplicated, usersOf } from "../testing/replicated.ts";
import { user } from "../testing/scim-bodies.ts";

test("the replica gets the settings, and is promoted before the server listens if no other instance can be the primary", async (t) => {
  const replica = fakeReplica("at-once");
  const backup = { backupIntervalMs: 1_000, backupRetentionMs: 60_000, backupDurability: "sync", init: true } as const;
  const running = await startReplicated(t, replica, backup);
  assert.deepEqual(replica.events.slice(0, 2), ["start", "promote"]);
  const { file, target, durability, plainIntervalMs, retentionMs, init } = replica.options();
  assert.equal(file, join(running.dataDir, "scim.db"));
  assert.deepEqual(
    [target.name, durability, plainIntervalMs, retentionMs, init],
    ["/mnt/backup", "sync", 1_000, 60_000, true],
  );
  assert.equal(await running.readiness(), "200 ready");
  assert.ok(running.application.isServing());
  succeeded(await usersOf(running), 200);
});

test("a standby is ready, opens nothing, and becomes the primary only for a provisioner", async (t) => {
  const replica = fakeReplica("when-needed");
  const running = await startReplicated(t, replica, { dataDir: await restoredFolder() });
  const { client, root } = running;
  assert.equal(await running.readiness(), "200 ready (standby)");
  assert.equal((await root.get("/healthz")).status, 200);
  refused(await client.get("/Users", { authorization: undefined }), 401, undefined, /Authorization/);
  refused(await client.get("/Users", { authorization: "Bearer guessed" }), 401, undefined, /not known here/);
  refused(
    await client.get("/Users", { authorization: `Bearer ${TEST_ADMIN_SECRET}` }),
    403,
    undefined,
    /administration/,
  );
  assert.equal((await root.get("/api/backup/status", { authorization: `Bearer ${TEST_ADMIN_SECRET}` })).status, 200);
  assert.deepEqual(replica.events, ["start"]);
  assert.ok(!existsSync(join(running.dataDir, "scim.db-wal")) && !existsSync(join(running.dataDir, "scim.db-shm")));
});

test("many requests to a standby promote it once, wait, and are all answered", async (t) => {
  const replica = fakeReplica("when-needed");
  const { promise, resolve } = Promise.withResolvers<void>();
  replica.promote = () => promise;
  const running = await startReplicated(t, replica, { dataDir: await restoredFolder() });
  const told: string[] = [];
  running.application.onServing(({ scim }) => told.push(scim.kind));
  const waiting = Array.from({ length: 10 }, () => usersOf(running));
  for (let tries = 0; !replica.events.includes("promote") && tries < 200; tries++) await delay(20);
  await delay(50);
  assert.deepEqual([replica.events, told], [["start", "promote"], []]);
  assert.equal(await running.readiness(), "200 ready (standby)");
  resolve();
  for (const answer of await Promise.all(waiting)) assert.equal(succeeded(answer, 200).totalResults, 1);
  assert.deepEqual([await running.readiness(), told], ["200 ready", ["given"]]);
  assert.equal(replica.events.filter((event) => event === "promote").length, 1);
});

test("a standby knows the secrets of the restored database and those set now, but not the replaced ones", async (t) => {
  const settings = { dataDir: await restoredFolder(), scimSharedSecret: undefined, adminSecret: "given-now" };
  const replica = fakeReplica("when-needed");
  const { root, client } = await startReplicated(t, replica, settings);
  const statusWith = async (secret: string) =>
    (await root.get("/api/backup/status", { authorization: `Bearer ${secret}` })).status;
  assert.deepEqual([await statusWith("given-now"), await statusWith(TEST_ADMIN_SECRET)], [200, 401]);
  assert.deepEqual(replica.events, ["start"]);
  succeeded(await client.get("/Users", { authorization: `Bearer ${TEST_SECRET}` }), 200);
  assert.deepEqual([await statusWith("given-now"), await statusWith(TEST_ADMIN_SECRET)], [200, 401]);
});

test("a standby without a database knows the secrets that are set", async (t) => {
  const replica = fakeReplica("when-needed");
  const running = await startReplicated(t, replica);
  refused(await running.client.get("/Users", { authorization: "Bearer x" }), 401, undefined, /not known/);
  assert.equal(succeeded(await usersOf(running), 200).totalResults, 0);
});

test("while another instance is the primary, requests get 503 and it is not asked again too soon", async (t) => {
  const replica = fakeReplica("when-needed");
  replica.promote = async () => {
    throw new ReplicaError("not-primary", "Another instance is the writer.", 4_000);
  };
  const running = await startReplicated(t, replica, { dataDir: await restoredFolder() });
  const first = await usersOf(running);
  refused(first, 503, undefined, /^Another instance is the writer\.$/);
  assert.equal(first.headers["retry-after"], "4");
  const second = await usersOf(running);
  refused(second, 503, undefined, /Another instance/);
  assert.match(String(second.headers["retry-after"]), /^[34]$/);
  assert.deepEqual(replica.events, ["start", "promote"]);
  assert.ok(replica.lines.some((line) => /^warn: .*Another instance is the writer/.test(line)));
  replica.promote = async () => undefined;
  skipTime(t, 4_001);
  succeeded(await usersOf(running), 200);
});

test("a promotion before listening that another instance wins leaves a standby", async (t) => {
  const replica = fakeReplica("at-once");
  replica.promote = async () => {
    throw new ReplicaError("not-primary", "Another instance was faster.", 1_000);
  };
  const running = await startReplicated(t, replica, { dataDir: await restoredFolder() });
  assert.equal(await running.readiness(), "200 ready (standby)");
  assert.equal((await usersOf(running)).headers["retry-after"], "1");
});

test("a standby takes over by itself if the primary no longer responds", async (t) => {
  const replica = fakeReplica("when-needed");
  const running = await startReplicated(t, replica, { dataDir: await restoredFolder() });
  const serving = Promise.withResolvers<void>();
  running.application.onServing(() => serving.resolve());
  replica.loseOwner();
  await serving.promise;
  assert.equal(await running.readiness(), "200 ready");
});

test("once another instance has taken over, the database is closed and requests get 503; later it is opened again", async (t) => {
  const replica = fakeReplica("at-once");
  const running = await startReplicated(t, replica);
  const { client } = running;
  succeeded(await client.post("/Users", user("before")), 201);
  const opened: number[] = [];
  running.application.onServing(() => opened.push(opened.length));
  for (const [why, readiness] of [
    ["handed-over", "200 ready (standby)"],
    ["fenced", "503 fenced"],
  ] as const) {
    replica.role = why === "fenced" ? "fenced" : "standby";
    await replica.host().demoted(why);
    // Nobody has the file open: it can be replaced.
    const exclusive = new DatabaseSync(join(running.dataDir, "scim.db"), { timeout: 0 });
    exclusive.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT;");
    exclusive.close();
    assert.equal(await running.readiness(), readiness);
    const promotions = replica.events.filter((event) => event === "promote").length;
    const answer = await client.post("/Users", user("meanwhile"));
    refused(answer, 503, undefined, /Another instance of this server has taken over/);
    assert.match(String(answer.headers["retry-after"]), /^[45]$/);
    refused(await client.get("/Users", { authorization: "Bearer wrong" }), 401, undefined, /not known/);
    assert.equal(replica.events.filter((event) => event === "promote").length, promotions);
    replica.role = "standby";
    assert.equal(await running.readiness(), "200 ready (standby)");
    skipTime(t, 5_001);
    assert.equal(succeeded(await usersOf(running), 200).totalResults, 1);
    assert.equal(await running.readiness(), "200 ready");
    t.mock.restoreAll();
  }
  assert.deepEqual(opened, [0, 1, 2]);
});

test("a write in progress when another instance takes over is told so, and a waiting one is not written", async (t) => {
  const replica = fakeReplica("at-once");
  const running = await startReplicated(t, replica);
  succeeded(await usersOf(running), 200);
  await replica.host().pauseWrites();
  const waiting = running.client.post("/Users", user("waiting"));
  // Until it has arrived.
  await delay(300);
  await replica.host().demoted("handed-over");
  refused(await waiting, 503, undefined, /changed nothing; send it again/);
  skipTime(t, 5_001);
  assert.equal(succeeded(await usersOf(running), 200).totalResults, 0);
});

test("a waiting response gets 503 when the primary is fenced", async (t) => {
  const replica = fakeReplica("at-once");
  const running = await startReplicated(t, replica);
  const answers = holdAnswersOf(replica);
  const held = running.client.post("/Users", user("held"));
  await answers.held;
  await replica.host().demoted("fenced");
  answers.fail(new ReplicaError("not-durable", "Another instance is the writer now.", 5_000));
  refused(await held, 503, undefined, /^Another instance is the writer now\. The change may or may not be kept/);
});

test("a pause that began while the database was being opened holds it as well", async (t) => {
  const replica = fakeReplica("when-needed");
  let resume: (() => void) | undefined;
  replica.promote = async () => {
    resume = await replica.host().pauseWrites();
  };
  const running = await startReplicated(t, replica, { dataDir: await restoredFolder() });
  const waiting = usersOf(running);
  await delay(100);
  assert.ok(!running.application.isServing());
  resume?.();
  succeeded(await waiting, 200);
});
