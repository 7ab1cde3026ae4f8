import assert from "node:assert/strict";
import { after, test } from "node:test";
import { ReplicaError, TargetError } from "@scimtool/replica/errors";
import { startApplication, TEST_SECRET } from "../../testing/application.ts";
import { isProblem } from "../../testing/assert-answer.ts";
import { FAKE_STATUS, fakeReplica } from "../../testing/replica.ts";
import { SKIP_ON_POSTGRES } from "../../testing/store.ts";

const replica = fakeReplica();
replica.status = FAKE_STATUS;
const server = await startApplication({ backupTarget: "/mnt/backup" }, replica.environment);
const alone = await startApplication();
after(async () => {
  await server.close();
  await alone.close();
});
const anybody = server.connect(undefined);
const { admin } = server;
const provisioner = server.connect(TEST_SECRET);
const stranger = server.connect("guessed");
const aloneAdmin = alone.admin;
const aloneAnybody = alone.connect(undefined);

test("without a secret, the status has the number of copies and the time of the last one", async () => {
  const answer = await anybody.get("/api/backup/status");
  assert.equal(answer.status, 200);
  assert.deepEqual(answer.body, { backupCount: 7, lastBackupTime: "2026-08-01T12:00:00.000Z" });
  assert.match(String(answer.headers["content-type"]), /^application\/json/);
  assert.equal(answer.headers["cache-control"], "no-store");
});

test("with the admin secret it is complete", async () => {
  assert.deepEqual((await admin.get("/api/backup/status")).body, FAKE_STATUS);
});

test("a wrong secret gets 401, the SCIM secret 403, and no response says more", async () => {
  for (const [method, path] of [
    ["GET", "/api/backup/status"],
    ["POST", "/api/backup/trigger"],
    ["GET", "/metrics"],
  ] as const) {
    const unknown = await stranger.send(method, path);
    isProblem(unknown, 401, /not known here. Copy the admin secret/);
    assert.match(String(unknown.headers["www-authenticate"]), /^Bearer realm="administration", error="invalid_token"$/);
    isProblem(await provisioner.send(method, path), 403, /SCIM secret; it does not open administration/);
    isProblem(await anybody.send(method, path, { headers: { authorization: "Basic x" } }), 401, /form "Bearer/);
  }
  isProblem(await anybody.send("POST", "/api/backup/trigger"), 401, /Send the header/);
  isProblem(await anybody.get("/metrics"), 401, /Send the header/);
});

test("a trigger makes a backup and returns the status, with any body", async () => {
  let count = 7;
  replica.backupNow = async () => ({ ...FAKE_STATUS, backupCount: ++count });
  assert.equal((await admin.send("POST", "/api/backup/trigger")).body.backupCount, 8);
  const headers = { "content-type": "application/json" };
  for (const body of ["", "{}", "{"]) {
    assert.equal((await admin.send("POST", "/api/backup/trigger", { body, headers })).status, 200, body);
  }
  assert.equal(count, 11);
});

test("a trigger that fails now gets 503 with the reason and when to retry", async (t) => {
  replica.backupNow = () => Promise.reject(new ReplicaError("not-primary", "This instance is a standby.", 1_000));
  const standby = await admin.send("POST", "/api/backup/trigger");
  isProblem(standby, 503, /^This instance is a standby\.$/);
  assert.equal(standby.headers["retry-after"], "1");
  const away = new TargetError("unreachable", "/mnt/backup does not answer. Mount it.");
  replica.backupNow = () => Promise.reject(away);
  isProblem(await admin.send("POST", "/api/backup/trigger"), 503, /Mount it/);
  t.mock.method(process.stderr, "write", () => true);
  replica.backupNow = () => Promise.reject(new Error("internals"));
  isProblem(await admin.send("POST", "/api/backup/trigger"), 500, /log shows the cause/);
});

test("without a target the status has mode none, and a trigger gets 409", { skip: SKIP_ON_POSTGRES }, async () => {
  const { body } = await aloneAdmin.get("/api/backup/status");
  assert.deepEqual([body.mode, body.backupCount, body.lastBackupTime, body.durability], ["none", 0, null, null]);
  assert.deepEqual(Object.keys(body).toSorted(), Object.keys(FAKE_STATUS).toSorted());
  assert.deepEqual((await aloneAnybody.get("/api/backup/status")).body, { backupCount: 0, lastBackupTime: null });
  isProblem(await aloneAdmin.send("POST", "/api/backup/trigger"), 409, /no backup target.*--backup-target/);
});

test("responses of administration do not wait", async () => {
  replica.durable = () => new Promise(() => undefined);
  assert.equal((await admin.get("/api/backup/status")).status, 200);
  assert.equal((await anybody.get("/readyz")).status, 200);
  replica.durable = () => undefined;
});
