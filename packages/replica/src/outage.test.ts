import assert from "node:assert/strict";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, suite, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { hasCode } from "./errors.ts";
import { readTail } from "./log/log.ts";
import { faultyTarget } from "./target/testing/faulty.ts";
import { QUICK, withConstants } from "./testing/constants.ts";
import { flapping } from "./testing/flapping.ts";
import type { Host as HostType } from "./testing/host.ts";
import { until } from "./testing/until.ts";

const AWAY_AFTER_MS = 400;
const OUTGROWN_BYTES = 400_000;
const RESTART_BYTES = 200_000;
withConstants({
  ...QUICK,
  "primary/gate.ts": { AWAY_AFTER_MS, MAX_REMOTE_WAIT_MS: 1_000 },
  "primary/local-log.ts": {
    OUTGROWN_BYTES,
    CHECKPOINT_BYTES: 50_000,
    RESTART_BYTES,
    PAUSE_AGAIN_MS: 200,
  },
  "primary/watch.ts": { LOOKS_PER_FOREIGN_SLOT: 1, TIDY_MS: 20 },
});
const { Host, restoredFrom, rowsOf, targetFolder } = await import("./testing/host.ts");

const walBytes = (host: HostType) => statSync(`${host.file}-wal`).size;

const rows = (host: HostType) =>
  host.database
    .prepare("SELECT a FROM t ORDER BY a")
    .all()
    .map(({ a }) => a as number);

const upTo = (last: number) => Array.from({ length: last }, (_, at) => at + 1);

/** Rows on separate pages, so that each adds more than a page to the log. */
function insertLarge(host: HostType, from: number, through: number): void {
  for (let value = from; value <= through; value++) host.commit(`INSERT INTO t VALUES (${value}, zeroblob(9000))`);
}

/** Writes until the log is given up, and then as much again. @returns the last row */
async function outgrow(host: HostType, from: number): Promise<number> {
  let last = from - 1;
  await until(
    () => {
      insertLarge(host, last + 1, last + 10);
      last += 10;
      return host.lines.some((line) => /has been unreachable for a long time/.test(line));
    },
    "the log to be given up",
    20_000,
  );
  for (let round = 0; round < 10; round++) {
    insertLarge(host, last + 1, last + 10);
    last += 10;
    await sleep(30);
  }
  return last;
}

/**
 * Writes steadily, except while writes are held, many times the log's limit. Slows down if a busy machine copies the
 * log too slowly.
 * @returns the last row
 */
async function writeSteadily(host: HostType, from: number): Promise<number> {
  let last = from - 1;
  while ((last - from) * 12_000 < 40 * OUTGROWN_BYTES) {
    if (!host.isPaused) insertLarge(host, last + 1, ++last);
    const length = walBytes(host) / OUTGROWN_BYTES;
    assert.ok(length < 15, `the log is ${length} times as long as it may be`);
    await sleep(length > 8 ? 100 : 0);
  }
  return last;
}

async function kindsOf(target: Parameters<typeof readTail>[0]): Promise<string[]> {
  const slots = await readTail(target, 1);
  return slots.flatMap((content) => (content.state === "whole" ? [content.record.kind] : []));
}

suite("an outage", { concurrency: true }, () => {
  describe("while the target is away", () => {
    test("mode semi-sync acknowledges local changes after a while, reports it, and recovers by itself", async (t) => {
      const flap = flapping(targetFolder(t).target);
      const host = await Host.primary(t, flap.target);
      assert.deepEqual(host.replica.status().durability, { configured: "semi-sync", inForce: "semi-sync" });
      flap.isAway = true;
      host.insert(1);
      const startedMs = performance.now();
      await host.replica.durable();
      assert.ok(performance.now() - startedMs > AWAY_AFTER_MS / 2);
      assert.deepEqual(host.replica.status().durability, { configured: "semi-sync", inForce: "async" });
      assert.match(
        host.lines.join("\n"),
        /warn: .* accepts no data at the moment: continuing without it, durability is async\. Its last error: [^.]*injected/,
      );
      host.insert(2);
      assert.equal(host.replica.durable(), undefined);
      assert.equal(host.replica.refusal(), undefined);
      const { lag, errors, lastError } = host.replica.status();
      assert.ok(lag.commits === 2 && lag.ms >= AWAY_AFTER_MS / 2 && lag.bytes > 8_000, JSON.stringify(lag));
      assert.ok(errors > 0 && /injected/.test(lastError ?? ""));
      flap.isAway = false;
      await host.told(/info: .* has everything again; durability is semi-sync/);
      assert.deepEqual(host.replica.status().lag, { ms: 0, commits: 0, bytes: 0 });
      await until(() => host.replica.status().lastError === null, "the outage's errors to be over");
      assert.ok(host.replica.status().errors >= errors);
      assert.deepEqual((await restoredFrom(t, flap.target)).rows, [1, 2]);
    });

    test("writes are not held for a plain copy that cannot be made", async (t) => {
      const flap = flapping(targetFolder(t).target);
      const host = await Host.primary(t, flap.target, { durability: "async", plainIntervalMs: 100 });
      await host.write(1);
      flap.isAway = true;
      host.insert(2);
      await host.told(/accepts no data at the moment/);
      await until(() => !host.isPaused, "the end of what began before that was known");
      for (let look = 0; look < 150; look++) {
        assert.ok(!host.isPaused);
        await sleep(10);
      }
      flap.isAway = false;
      await host.write(3);
    });

    test("mode sync acknowledges nothing, refuses new changes, and recovers by itself", async (t) => {
      const flap = flapping(targetFolder(t).target);
      const host = await Host.primary(t, flap.target, { durability: "sync" });
      flap.isAway = true;
      host.insert(1);
      await assert.rejects(host.replica.durable() as Promise<void>, { code: "target-away" });
      const refusal = host.replica.refusal();
      assert.match(refusal?.reason ?? "", /accepts no data at the moment/);
      assert.deepEqual([refusal?.diskFull, (refusal?.retryAfterMs ?? 0) > 0], [false, true]);
      assert.match(
        host.lines.join("\n"),
        /error: .* accepts no data at the moment: changes are rejected until it does\. Its last error: [^.]*injected/,
      );
      flap.isAway = false;
      await until(() => host.replica.refusal() === undefined, "writes to be accepted");
      host.insert(2);
      await host.replica.durable();
      assert.deepEqual((await restoredFrom(t, flap.target)).rows, [1, 2]);
    });

    test("a request that insists on the target is refused after a while", async (t) => {
      const flap = flapping(targetFolder(t).target);
      const host = await Host.primary(t, flap.target, { durability: "async" });
      flap.isAway = true;
      host.insert(1);
      await assert.rejects(
        host.replica.durable(true) as Promise<void>,
        (error: Error) => hasCode(error, "target-away") && (error.retryAfterMs ?? 0) > 0,
      );
      flap.isAway = false;
      await host.write(2);
    });

    test("a requested backup is refused after a while, with the cause", async (t) => {
      const flap = flapping(targetFolder(t).target);
      const host = await Host.primary(t, flap.target);
      flap.isAway = true;
      host.insert(1);
      const told = {
        code: "not-durable",
        message: /target does not have every change yet\. Its last error: .*log\//,
      };
      await assert.rejects(host.replica.backupNow(), told);
      flap.isAway = false;
      assert.equal((await host.replica.backupNow()).lastBackupSucceeded, true);
    });
  });

  describe("when the target was away until the log became too large", () => {
    test("the log restarts anyway, and the target gets the whole database later", async (t) => {
      const flap = flapping(targetFolder(t).target);
      const host = await Host.primary(t, flap.target);
      await host.write(1);
      flap.isAway = true;
      const last = await outgrow(host, 2);
      const outgrownBytes = walBytes(host);
      for (let round = 0; round < 20; round++) {
        host.commit(`UPDATE t SET b = zeroblob(9000) WHERE a = ${2 + round}`);
        await sleep(30);
      }
      assert.ok(walBytes(host) < outgrownBytes + 300_000, `${walBytes(host)} bytes after ${outgrownBytes}`);
      assert.deepEqual((await restoredFrom(t, flap.target).catch(() => ({ rows: [] }))).rows, []);
      flap.isAway = false;
      await host.told(/has the whole database again/);
      assert.deepEqual((await restoredFrom(t, flap.target)).rows, upTo(last));
      await host.write(last + 1);
      assert.deepEqual((await restoredFrom(t, flap.target)).rows, upTo(last + 1));
      assert.deepEqual(host.replica.status().lag, { ms: 0, commits: 0, bytes: 0 });
      assert.equal(host.replica.status().durability?.inForce, "semi-sync");
    });

    test("the log stays short during continuous writes, and nothing is lost", async (t) => {
      const flap = flapping(targetFolder(t).target);
      const host = await Host.primary(t, flap.target, { durability: "async" });
      await host.write(1);
      flap.isAway = true;
      const outgrown = await outgrow(host, 2);
      await until(() => walBytes(host) < OUTGROWN_BYTES, "a short log");
      const last = await writeSteadily(host, outgrown + 1);
      const again = await Host.start(t, flapping(flap.target).target, { folder: host.die(t) }).catch(() => undefined);
      assert.equal(again, undefined, "the target is away");
      flap.isAway = false;
      const next = await Host.primary(t, flap.target, { folder: host.die(t) });
      assert.deepEqual(rows(next), upTo(last));
      assert.deepEqual((await restoredFrom(t, flap.target)).rows, upTo(last));
    });

    test("the log stays short even if the target is away again before the base is in its log", async (t) => {
      let isSlotRefused = false;
      let last = 0;
      const flap = flapping(targetFolder(t).target, ({ op, key }) => {
        if (last > 0 && op === "create" && key.startsWith("replica/snap/")) isSlotRefused = true;
        return isSlotRefused && op === "slot" ? { kind: "refused", fault: "unreachable" } : undefined;
      });
      const host = await Host.primary(t, flap.target, { durability: "async" });
      flap.isAway = true;
      last = await outgrow(host, 1);
      await until(() => walBytes(host) < OUTGROWN_BYTES, "a short log");
      flap.isAway = false;
      await until(() => isSlotRefused, "the base");
      const written = await writeSteadily(host, last + 1);
      last = 0;
      isSlotRefused = false;
      await host.told(/has the whole database again/);
      await host.write(written + 1);
      assert.deepEqual((await restoredFrom(t, flap.target)).rows, upTo(written + 1));
      assert.ok((await kindsOf(flap.target)).filter((kind) => kind === "base").length > 2);
    });

    test("changes after the moment of the base are not acknowledged", async (t) => {
      let isHeld = false;
      const flap = flapping(targetFolder(t).target, ({ op, key }) => {
        if (op === "slot" && isHeld) return { kind: "delay", ms: 600 };
        if (op === "create" && key.startsWith("replica/snap/")) isHeld = true;
        return undefined;
      });
      const host = await Host.primary(t, flap.target, { durability: "async" });
      isHeld = false;
      flap.isAway = true;
      const last = await outgrow(host, 1);
      // As soon as writes continue, one commits that is not in the base.
      host.whenResumed(() => host.insert(last + 1));
      flap.isAway = false;
      await until(() => rows(host).includes(last + 1), "the row");
      await host.replica.durable(true)?.catch(() => {});
      const isAcknowledged = host.replica.status().lag.commits === 0;
      const { rows: restored } = await restoredFrom(t, flap.target);
      if (isAcknowledged) assert.ok(restored.includes(last + 1));
      isHeld = false;
      await until(async () => (await restoredFrom(t, flap.target)).rows.includes(last + 1), "the row at the target");
    });

    test("nothing is lost after a kill: the local file continues", async (t) => {
      const flap = flapping(targetFolder(t).target);
      const host = await Host.primary(t, flap.target, { durability: "async" });
      await host.write(1);
      flap.isAway = true;
      const last = await outgrow(host, 2);
      const folder = host.die(t);
      flap.isAway = false;
      const again = await Host.primary(t, flap.target, { folder });
      assert.deepEqual(rows(again), upTo(last));
      assert.deepEqual((await restoredFrom(t, flap.target)).rows, upTo(last));
    });

    test("nothing is lost after a kill while the target gets the base, or just after", async (t) => {
      for (const moment of ["replica/snap/", "replica/log/"]) {
        const { target } = targetFolder(t);
        let isGone = false;
        const flap = flapping(target);
        const dying = faultyTarget(flap.target, ({ op, key }) => {
          if (isGone) return { kind: "refused", fault: "unreachable" };
          if (!flap.isAway && last > 0 && op !== "read" && op !== "list" && key.startsWith(moment)) {
            isGone = true;
            return { kind: "error-after", fault: "unreachable" };
          }
          return undefined;
        });
        let last = 0;
        const host = await Host.primary(t, dying, { durability: "async" });
        flap.isAway = true;
        last = await outgrow(host, 1);
        flap.isAway = false;
        await until(() => isGone, `the end at ${moment}`);
        host.insert(last + 1);
        await sleep(50);
        const again = await Host.primary(t, target, { folder: host.die(t) });
        assert.deepEqual(rows(again), upTo(last + 1), moment);
        await again.replica.durable(true);
        assert.deepEqual((await restoredFrom(t, target)).rows, upTo(last + 1), moment);
      }
    });

    test("if another instance takes over, the local changes are set aside, and no orphan is incomplete", async (t) => {
      const { target } = targetFolder(t);
      const flap = flapping(target);
      const host = await Host.primary(t, flap.target, { durability: "async" });
      await host.write(1);
      flap.isAway = true;
      const last = await outgrow(host, 2);
      const other = await Host.primary(t, target);
      await other.write(10_000);
      flap.isAway = false;
      await until(() => host.replica.role === "standby" && rowsOf(host.file).includes(10_000), "the copy");
      assert.deepEqual(rowsOf(host.file), [1, 10_000]);
      for (const orphan of await target.list("replica/orphan/")) await restoredFrom(t, target, { orphan });
      const aside = readdirSync(host.folder).find((name) => name.includes("set-aside") && !name.endsWith("-wal"));
      assert.deepEqual(rowsOf(join(host.folder, aside as string)), upTo(last));
    });

    test("a short outage later does not need another base", async (t) => {
      const flap = flapping(targetFolder(t).target);
      const host = await Host.primary(t, flap.target);
      flap.isAway = true;
      const last = await outgrow(host, 1);
      flap.isAway = false;
      await host.told(/has the whole database again/);
      await host.write(last + 1);
      const bases = (await kindsOf(flap.target)).filter((kind) => kind === "base").length;
      flap.isAway = true;
      host.insert(last + 2);
      await host.replica.durable();
      await sleep(300);
      flap.isAway = false;
      await host.write(last + 3);
      assert.equal((await kindsOf(flap.target)).filter((kind) => kind === "base").length, bases);
      assert.deepEqual((await restoredFrom(t, flap.target)).rows, upTo(last + 3));
    });

    test("a failed base is tried again", async (t) => {
      let failures = 0;
      let isPrimary = false;
      const flap = flapping(targetFolder(t).target, ({ op, key }) =>
        isPrimary && op === "create" && key.startsWith("replica/snap/") && failures++ < 2
          ? { kind: "refused", fault: "full" }
          : undefined,
      );
      const host = await Host.primary(t, flap.target, { durability: "async" });
      isPrimary = true;
      flap.isAway = true;
      const last = await outgrow(host, 1);
      flap.isAway = false;
      await host.told(/has the whole database again/, 20_000);
      assert.ok(failures > 2);
      await host.write(last + 1);
      assert.deepEqual((await restoredFrom(t, flap.target)).rows, upTo(last + 1));
    });
  });

  describe("the local log", () => {
    test("restarts during continuous writes, and stays short", async (t) => {
      const { target } = targetFolder(t);
      const host = await Host.primary(t, target);
      let largest = 0;
      let value = 0;
      while (value * 12_000 < 6 * RESTART_BYTES) {
        if (!host.isPaused) insertLarge(host, value + 1, ++value);
        await host.replica.durable();
        await sleep(0);
        largest = Math.max(largest, walBytes(host));
      }
      assert.ok(largest < 3 * RESTART_BYTES, `${largest} bytes`);
      assert.deepEqual((await restoredFrom(t, target)).rows, upTo(value));
    });

    test("is copied into the database file only as far as the target has it, with any checkpoint", async (t) => {
      const flap = flapping(targetFolder(t).target);
      const host = await Host.primary(t, flap.target, { durability: "async" });
      await host.write(1);
      flap.isAway = true;
      insertLarge(host, 2, 12);
      host.database.exec("PRAGMA wal_checkpoint(PASSIVE)");
      const folder = host.die(t);
      flap.isAway = false;
      const again = await Host.start(t, flap.target, { folder });
      assert.equal(again.replica.status().restoredFrom?.kind, "local");
      await again.promote();
      assert.deepEqual(rows(again), upTo(12));
    });
  });
});
