import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { newestManifest } from "./manifest/manifest.ts";
import type { BackupStatus } from "./status.ts";
import { QUICK, withConstants } from "./testing/constants.ts";
import { flapping } from "./testing/flapping.ts";
import { until } from "./testing/until.ts";

withConstants(QUICK);
const { Host, restoredFrom, targetFolder } = await import("./testing/host.ts");

const isTime = (text: string | null | undefined) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(text ?? "");

const isNow = (text: string | null | undefined) =>
  isTime(text) && Math.abs(Date.parse(text ?? "") - Date.now()) < 30_000;

suite("the status", { concurrency: true }, () => {
  test("of a standby that has not written shows what it started with, and no activity", async (t) => {
    const { target } = targetFolder(t);
    const writer = await Host.primary(t, target);
    await writer.write(1);
    const status = (await Host.start(t, target)).replica.status();
    const { restoredFrom: from, lastRestore, clock, ...rest } = status;
    assert.ok(isNow(from?.time));
    assert.ok(clock?.isTrusted && clock.jumpedMs === 0 && Math.abs(clock.aheadOfTargetMs) < 60_000);
    assert.deepEqual(rest, {
      backupCount: 1,
      lastBackupTime: from?.time ?? "",
      lastBackupSucceeded: null,
      lastError: null,
      mode: "directory",
      target: target.name,
      durability: { configured: "semi-sync", inForce: "semi-sync" },
      role: "standby",
      epoch: 0,
      lag: { ms: 0, commits: 0, bytes: 0 },
      targetLatencyMs: null,
      errors: 0,
      walBytes: 0,
      lastPlainCopy: null,
      lastSnapshot: null,
      restorePathObjects: 0,
      lastScrub: null,
      restorable: null,
      shipped: { segments: 0, bytes: 0, commits: 0 },
    } satisfies Partial<BackupStatus>);
    assert.equal(from?.kind, "target");
    assert.ok(isTime(from?.time) && (from?.slot ?? 0) > 1);
    assert.ok(isNow(lastRestore?.time));
    assert.deepEqual(
      [lastRestore?.objects, lastRestore?.bytes, lastRestore?.verdict],
      [from?.objects, from?.bytes, "ok"],
    );
  });

  test("of the primary counts what it has shipped, and what a restore would read", async (t) => {
    const { target } = targetFolder(t);
    const host = await Host.primary(t, target);
    const before = host.replica.status().shipped;
    for (let value = 1; value <= 3; value++) await host.write(value);
    host.insert(4, 5);
    await host.replica.durable(true);
    const status = host.replica.status();
    assert.equal(status.role, "primary");
    assert.equal(status.epoch, 1);
    assert.equal(status.shipped.commits - before.commits, 5);
    assert.equal(status.shipped.segments - before.segments, 4);
    assert.ok(status.shipped.bytes > before.bytes);
    assert.deepEqual(status.lag, { ms: 0, commits: 0, bytes: 0 });
    assert.ok(status.walBytes > 4 * 4_096);
    const { p50, p99 } = status.targetLatencyMs ?? { p50: -1, p99: -1 };
    assert.ok(0 < p50 && p50 <= p99);
    const { objects, point } = await restoredFrom(t, target);
    assert.equal(status.restorePathObjects, objects);
    assert.equal(status.restorable?.newest, new Date(point.timeMs).toISOString());
    const { manifest } = await newestManifest(target);
    assert.equal(status.restorable?.oldest, new Date(manifest?.bases[0]?.timeMs ?? 0).toISOString());
    assert.deepEqual([status.errors, status.lastError, status.lastRestore], [0, null, null]);
    assert.ok(isNow(status.lastSnapshot?.time) && (status.lastSnapshot?.bytes ?? 0) > 0);
    assert.deepEqual([status.backupCount, status.lastPlainCopy, status.lastBackupSucceeded], [1, null, true]);
    assert.equal(status.lastBackupTime, status.restorable?.newest);
  });

  test("counts the bases and plain copies of all instances since replication began", async (t) => {
    const { target } = targetFolder(t);
    const first = await Host.primary(t, target);
    await first.write(1);
    const made = await first.replica.backupNow();
    assert.deepEqual([made.backupCount, made.lastBackupSucceeded], [2, true]);
    assert.ok(isNow(made.lastPlainCopy?.time));
    await first.write(2);
    await first.close();
    const second = await Host.primary(t, target);
    assert.equal(second.replica.status().backupCount, 4, "a plain copy and a base at the end");
    assert.ok(isNow(second.replica.status().lastPlainCopy?.time));
    assert.equal((await second.replica.backupNow()).backupCount, 5);
  });

  test("shows a failed plain copy, and the next successful one", async (t) => {
    const { target } = targetFolder(t);
    let isFull = false;
    const flap = flapping(target, ({ op, key }) =>
      isFull && op === "replace" && key === "scim.db" ? { kind: "refused", fault: "full" } : undefined,
    );
    const host = await Host.primary(t, flap.target);
    const { lastPlainCopy } = await host.replica.backupNow();
    isFull = true;
    await host.write(1);
    await assert.rejects(host.replica.backupNow());
    const failed = host.replica.status();
    assert.equal(failed.lastBackupSucceeded, false);
    assert.deepEqual(failed.lastPlainCopy, { time: lastPlainCopy?.time, succeeded: false });
    assert.match(failed.lastError ?? "", /scim\.db/);
    assert.ok(failed.errors > 0);
    isFull = false;
    const made = await host.replica.backupNow();
    assert.deepEqual([made.lastBackupSucceeded, made.backupCount, made.lastError], [true, 3, null]);
  });

  test("shows how much is not at the target, and since when", async (t) => {
    const flap = flapping(targetFolder(t).target);
    const host = await Host.primary(t, flap.target, { durability: "async" });
    flap.isAway = true;
    host.insert(1);
    await until(() => host.replica.status().errors > 0, "a failure");
    host.insert(2, 3);
    const { lag, durability } = host.replica.status();
    assert.equal(lag.commits, 3);
    assert.ok(lag.bytes >= 3 * 4_096 && lag.bytes < 20 * 4_096, `${lag.bytes}`);
    assert.ok(lag.ms > 0 && Number.isInteger(lag.ms));
    assert.deepEqual(durability, { configured: "async", inForce: "async" });
    flap.isAway = false;
    await host.replica.durable(true);
    assert.deepEqual(host.replica.status().lag, { ms: 0, commits: 0, bytes: 0 });
  });

  test("after a hand-over is that of a standby, with the earlier activity", async (t) => {
    const { target } = targetFolder(t);
    const before = await Host.primary(t, target);
    await before.write(1, 2);
    const { shipped } = before.replica.status();
    const after = await Host.primary(t, target);
    await until(() => before.replica.role === "standby", "the standby");
    const status = before.replica.status();
    assert.deepEqual([status.role, status.shipped, status.walBytes], ["standby", shipped, 0]);
    assert.deepEqual([after.replica.status().role, after.replica.status().epoch], ["primary", 2]);
  });

  test("of an instance that was replaced while the target was away shows no lag", async (t) => {
    const { target } = targetFolder(t);
    const flap = flapping(target);
    const before = await Host.primary(t, flap.target);
    await before.write(1);
    flap.isAway = true;
    before.insert(2);
    await before.told(/accepts no data at the moment/);
    assert.ok(before.replica.status().lastError);
    await Host.primary(t, target);
    flap.isAway = false;
    await until(() => before.replica.role === "standby", "the standby");
    const { lag, durability, lastError, errors } = before.replica.status();
    assert.deepEqual(lag, { ms: 0, commits: 0, bytes: 0 });
    assert.deepEqual([durability?.inForce, lastError, errors > 0], ["semi-sync", null, true]);
    assert.equal((await target.list("replica/orphan/")).length, 1);
  });

  test("can be written as JSON", async (t) => {
    const { target } = targetFolder(t);
    const host = await Host.primary(t, target);
    await host.write(1);
    const status = host.replica.status();
    assert.deepEqual(JSON.parse(JSON.stringify(status)), status);
  });
});
