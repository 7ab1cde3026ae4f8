import assert from "node:assert/strict";
import { rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { startApplication, testFolder } from "../testing/application.ts";
import { refused, succeeded } from "../testing/assert-answer.ts";
import { FAKE_STATUS, fakeReplica, holdAnswersOf } from "../testing/replica.ts";
import { restoredFolder, startReplicated, usersOf } from "../testing/replicated.ts";
import { user } from "../testing/scim-bodies.ts";

test("the replica owns the database's log: it is notified of commits, and finds the log after the end", async (t) => {
  const replica = fakeReplica("at-once");
  const dataDir = testFolder();
  t.after(() => rmSync(dataDir, { recursive: true, force: true }));
  const sizes: number[] = [];
  replica.close = async () => {
    sizes.push(statSync(join(dataDir, "scim.db-wal")).size);
  };
  const { client, application } = await startApplication({ dataDir, backupTarget: "x" }, replica.environment);
  replica.events.length = 0;
  succeeded(await client.post("/Users", user("x")), 201);
  client.close();
  await application.close();
  // The last use of the secret is written at the end too.
  assert.deepEqual(replica.events, ["changed", "changed", "close"]);
  assert.ok((sizes[0] ?? 0) > 0);
});

test("at the end the server is first not ready, then answers, closes the database, and ships the rest", async (t) => {
  const replica = fakeReplica("at-once");
  const running = await startReplicated(t, replica);
  const answers = holdAnswersOf(replica);
  const held = running.client.get("/Users");
  await answers.held;
  let closedMs: number | undefined;
  replica.close = async (withinMs) => {
    closedMs = withinMs;
  };
  const closing = running.application.close(8_000);
  await delay(100);
  assert.deepEqual(closedMs, undefined);
  answers.release();
  succeeded(await held, 200);
  await closing;
  assert.ok(closedMs !== undefined && closedMs > 6_000 && closedMs < 8_000, `${closedMs}`);
});

test("a response that never comes does not use the time for shipping", async (t) => {
  const replica = fakeReplica("at-once");
  const running = await startReplicated(t, replica);
  const answers = holdAnswersOf(replica);
  const held = assert.rejects(running.client.get("/Users"));
  await answers.held;
  let closedMs: number | undefined;
  replica.close = async (withinMs) => {
    closedMs = withinMs;
  };
  await running.application.close(4_000);
  await held;
  // Two fifths of the time, minus the delay of a busy machine.
  assert.ok(closedMs !== undefined && closedMs >= 400 && closedMs <= 1_610, `${closedMs}`);
});

test("changes that cannot be shipped at the end are reported, and the server still ends", async (t) => {
  const replica = fakeReplica("at-once");
  const running = await startReplicated(t, replica);
  replica.close = () => Promise.reject(new Error("the target is away"));
  await running.application.close();
  assert.ok(replica.lines.some((line) => /^error: .*the target is away/.test(line)));
});

test("another program's database stops the start, as a primary and as a standby, and stays unchanged", async (t) => {
  for (const promotable of ["at-once", "when-needed"] as const) {
    const dataDir = testFolder();
    t.after(() => rmSync(dataDir, { recursive: true, force: true }));
    const database = new DatabaseSync(join(dataDir, "scim.db"));
    database.exec("CREATE TABLE books (title TEXT)");
    database.close();
    const replica = fakeReplica(promotable);
    const start = () => startApplication({ dataDir, backupTarget: "/mnt/backup" }, replica.environment);
    await assert.rejects(start(), /scim\.db: the database belongs to another program/);
    assert.equal(replica.events.at(-1), "close");
    replica.status = { ...FAKE_STATUS, target: "/mnt/backup" };
    await assert.rejects(
      start(),
      /the database at the backup target \/mnt\/backup cannot be opened: .* another program.* Empty the target or choose/,
    );
  }
});

test("a database that cannot be opened when needed is reported in the log, and the request gets 503", async (t) => {
  const replica = fakeReplica("when-needed");
  const running = await startReplicated(t, replica, { dataDir: await restoredFolder() });
  replica.promote = async () => {
    const database = new DatabaseSync(join(running.dataDir, "scim.db"));
    database.exec("PRAGMA user_version = 999");
    database.close();
  };
  const answer = await usersOf(running);
  refused(answer, 503, undefined, /cannot open its database; its log has the cause/);
  assert.equal(answer.headers["retry-after"], "30");
  assert.ok(replica.lines.some((line) => /^error: .*newer SCIMTool/.test(line)));
});

test("an invalid target is rejected with the setting's name", async () => {
  await assert.rejects(
    startApplication({ backupTarget: "impossible" }, fakeReplica().environment),
    /--backup-target \(BACKUP_TARGET\): it is impossible\./,
  );
});
