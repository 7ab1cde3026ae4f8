import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, suite, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { hasCode } from "./errors.ts";
import { readTail } from "./log/log.ts";
import { newestManifest } from "./manifest/manifest.ts";
import type { Target } from "./target/target.ts";
import { faultyTarget } from "./target/testing/faulty.ts";
import { QUICK, withConstants } from "./testing/constants.ts";
import { flapping } from "./testing/flapping.ts";
import { temporaryFolder } from "./testing/folder.ts";
import type { Host as HostType } from "./testing/host.ts";
import { isWrite } from "./testing/mortal.ts";
import { until } from "./testing/until.ts";

const COOL_DOWN_MS = 3_000;
const NOBODY_CAME_MS = 400;
withConstants({
  ...QUICK,
  // The primaries in these tests are alive; only the machine may be slow.
  "lease/lease.ts": { ...QUICK["lease/lease.ts"], OWNER_ANSWERS_WITHIN_MS: 20_000 },
  "instance.ts": { ...QUICK["instance.ts"], COOL_DOWN_MS, NOBODY_CAME_MS },
  "primary/primary.ts": { HAND_OVER_MS: 500 },
  "primary/watch.ts": { LOOKS_PER_FOREIGN_SLOT: 1 },
});
const { Host, restoredFrom, rowsOf, targetFolder } = await import("./testing/host.ts");
const { writeIntent } = await import("./lease/lease.ts");

const rows = (host: HostType) =>
  host.database
    .prepare("SELECT a FROM t ORDER BY a")
    .all()
    .map(({ a }) => a as number);

/** Kinds of the records in the log, in order. */
async function recordsOf(target: Target): Promise<string[]> {
  const slots = await readTail(target, 1);
  return slots.map((content) => (content.state === "whole" ? content.record.kind : content.state));
}

async function isPending(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol("pending");
  return (await Promise.race([promise, sleep(0, pending)])) === pending;
}

suite("an instance", { concurrency: true }, () => {
  describe("a live primary", () => {
    test("hands over to a newcomer with every acknowledged change, and stands by", async (t) => {
      const { target } = targetFolder(t);
      const before = await Host.primary(t, target);
      await before.write(1, 2);
      const after = await Host.start(t, target);
      await after.promote();
      assert.deepEqual(rows(after), [1, 2]);
      await until(() => before.replica.role === "standby", "the one before to stand by");
      assert.deepEqual(before.demotions, ["handed-over"]);
      assert.match(before.lines.join("\n"), /handing over/);
      assert.doesNotMatch(after.lines.join("\n"), /by force/);
      assert.ok(after.replica.status().epoch > before.replica.status().epoch);
      await after.write(3);
      await until(() => rowsOf(before.file).includes(3), "the row at the one before");
      assert.equal(before.isPaused, false);
    });

    test("ships changes that nobody waits for before it hands over", async (t) => {
      const { target } = targetFolder(t);
      const before = await Host.primary(t, target, { durability: "async" });
      for (let value = 1; value <= 50; value++) before.insert(value);
      const after = await Host.primary(t, target);
      assert.equal(rows(after).length, 50);
      assert.deepEqual(await target.list("replica/orphan/"), []);
    });

    test("responds to a presence request, so a newcomer takes nothing from it", async (t) => {
      const { target } = targetFolder(t);
      const owner = await Host.primary(t, target);
      const newcomer = await Host.start(t, target);
      assert.equal(newcomer.replica.promotable, "when-needed");
      const isAnswered = ({ op, key }: { readonly op: string; readonly key: string }) =>
        op === "remove" && key.startsWith("replica/presence/");
      await until(() => newcomer.target.operations.some(isAnswered), "an answer");
      assert.equal(await isPending(newcomer.replica.ownerless), true);
      await until(async () => (await target.list("replica/presence/")).length === 0, "the answer to be removed");
      await owner.write(1);
      assert.deepEqual(owner.demotions, []);
    });

    test("refuses writes during a hand-over, and releases waiting ones afterwards", async (t) => {
      const { target } = targetFolder(t);
      const slow = faultyTarget(target, ({ op }) => (op === "slot" ? { kind: "late-answer", ms: 100 } : undefined));
      const before = await Host.primary(t, slow);
      const after = await Host.start(t, target);
      before.insert(1);
      const promoted = after.promote();
      await before.told(/handing over/);
      assert.match(before.replica.refusal()?.reason ?? "", /taking over/);
      await promoted;
      assert.deepEqual(rows(after), [1]);
      await until(() => !before.isPaused, "writes to be let go");
      assert.ok(before.replica.refusal());
    });

    test("that cannot ship its changes does not hand over, and continues", async (t) => {
      const { target } = targetFolder(t);
      let isStuck = false;
      const stuck = faultyTarget(target, ({ op }) =>
        op === "slot" && isStuck ? { kind: "refused", fault: "full" } : undefined,
      );
      const owner = await Host.primary(t, stuck);
      isStuck = true;
      owner.insert(1);
      await writeIntent(target, { id: "a newcomer", wants: "hand-over" });
      await owner.told(/handing over/);
      await until(() => owner.replica.refusal() === undefined && !owner.isPaused, "writes to go on");
      assert.equal(owner.replica.role, "primary");
      isStuck = false;
      await owner.write(2);
      assert.deepEqual((await restoredFrom(t, target)).rows, [1, 2]);
    });
  });

  describe("a primary that stopped", () => {
    test("cleanly leaves nothing to ask for", async (t) => {
      const { target } = targetFolder(t);
      const before = await Host.primary(t, target);
      await before.write(1);
      await before.close();
      const after = await Host.start(t, target);
      await after.replica.ownerless;
      await after.promote();
      const asked = after.target.operations.filter(({ op, key }) => op === "replace" && key === "replica/intent");
      assert.deepEqual(asked, []);
      assert.deepEqual(rows(after), [1]);
    });

    test("cleanly after the newcomer started is succeeded at once", async (t) => {
      const { target } = targetFolder(t);
      const before = await Host.primary(t, target);
      const after = await Host.start(t, target);
      await before.write(1);
      await before.close();
      await after.promote();
      assert.doesNotMatch(after.lines.join("\n"), /by force/);
      assert.deepEqual(rows(after), [1]);
    });
  });

  describe("after a hand-over", () => {
    test("the database is not taken back at once, but later", async (t) => {
      const { target } = targetFolder(t);
      const before = await Host.primary(t, target);
      const after = await Host.primary(t, target);
      await after.write(1);
      const refusedAt = performance.now();
      await assert.rejects(
        before.promote(),
        (error: Error) => hasCode(error, "not-primary") && (error.retryAfterMs ?? 0) > 0,
      );
      assert.deepEqual(after.demotions, []);
      const taken = await until(
        async () =>
          before.promote().then(
            () => true,
            () => undefined,
          ),
        "the database back",
        8_000,
      );
      assert.ok(taken && performance.now() - refusedAt > COOL_DOWN_MS / 2);
      assert.deepEqual(rows(before), [1]);
      assert.deepEqual(after.demotions, ["handed-over"]);
    });

    test("it is taken back sooner if nobody took it", async (t) => {
      const { target } = targetFolder(t);
      const before = await Host.primary(t, target);
      await writeIntent(target, { id: "somebody who dies", wants: "hand-over" });
      await until(() => before.replica.role === "standby", "the hand-over");
      await assert.rejects(before.promote(), { code: "not-primary" });
      await sleep(NOBODY_CAME_MS);
      await before.promote();
      assert.equal(before.replica.role, "primary");
    });
  });

  describe("a promotion", () => {
    test("is one attempt for all simultaneous calls", async (t) => {
      const { target } = targetFolder(t);
      const host = await Host.start(t, target);
      await Promise.all([host.replica.promote(), host.replica.promote(), host.promote()]);
      await host.replica.promote();
      assert.equal((await recordsOf(target)).filter((kind) => kind === "fence").length, 1);
    });

    test("succeeds for one of two simultaneous instances, and nothing acknowledged is lost", async (t) => {
      const { target } = targetFolder(t);
      const owner = await Host.primary(t, target);
      await owner.write(1);
      const newcomers = await Promise.all([Host.start(t, target), Host.start(t, target)]);
      await Promise.allSettled(newcomers.map((host) => host.promote()));
      const acknowledged = [1];
      for (const [at, host] of newcomers.entries()) {
        if (host.replica.role !== "primary") continue;
        await host.write(at + 2).then(
          () => acknowledged.push(at + 2),
          () => {},
        );
      }
      assert.ok(acknowledged.length > 1, "somebody is the writer");
      const restored = (await restoredFrom(t, target)).rows;
      assert.deepEqual(
        acknowledged.filter((value) => !restored.includes(value)),
        [],
      );
    });

    test("fails if the target does, and can be repeated", async (t) => {
      const { target } = targetFolder(t);
      const state = flapping(target);
      const host = await Host.start(t, state.target);
      state.isAway = true;
      await assert.rejects(
        host.promote(),
        (error: Error) => hasCode(error, "not-primary") && (error.retryAfterMs ?? 0) > 0,
      );
      assert.equal(host.replica.role, "standby");
      state.isAway = false;
      await host.promote();
      await host.write(1);
      assert.deepEqual((await restoredFrom(t, target)).rows, [1]);
    });
  });

  describe("a standby", () => {
    test("follows the log, and may not write", async (t) => {
      const { target } = targetFolder(t);
      const writer = await Host.primary(t, target);
      const standby = await Host.start(t, target);
      await writer.write(1, 2, 3);
      await until(() => rowsOf(standby.file).length === 3, "the rows");
      for (const sql of ["DELETE FROM t WHERE a < 3", "VACUUM"]) writer.commit(sql);
      await until(() => rowsOf(standby.file).length === 1, "the deletion");
      assert.match(standby.replica.refusal()?.reason ?? "", /not the primary/);
      await assert.rejects(standby.replica.durable() as Promise<void>, { code: "not-durable" });
      await assert.rejects(standby.replica.backupNow(), { code: "not-primary" });
      standby.replica.changed();
    });

    test("that slept while the log was packed and removed is restored again", async (t) => {
      const { target } = targetFolder(t);
      let isAsleep = false;
      const sleepy = faultyTarget(target, () => (isAsleep ? { kind: "refused", fault: "unreachable" } : undefined));
      const writer = await Host.primary(t, target);
      await writer.write(1);
      const standby = await Host.start(t, sleepy);
      isAsleep = true;
      for (let value = 2; value < 30; value++) await writer.write(value);
      const manifest = await until(async () => {
        const { manifest } = await newestManifest(target);
        return manifest !== undefined && manifest.packs.length > 0 && manifest;
      }, "a pack");
      for (const key of await target.list("replica/log/")) {
        if (Number(key.slice(-16)) < manifest.tailSlot) await target.remove(key);
      }
      isAsleep = false;
      await standby.promote();
      assert.match(standby.lines.join("\n"), /restored again/);
      assert.equal(rows(standby).length, 29);
    });

    test("is restored again if a person restarts the log with another database", async (t) => {
      const { target } = targetFolder(t);
      const writer = await Host.primary(t, target);
      await writer.write(1);
      const standby = await Host.start(t, target);
      const folder = join(temporaryFolder(t), "local");
      mkdirSync(folder);
      const other = new DatabaseSync(join(folder, "test.db"));
      other.exec("CREATE TABLE t (a INTEGER PRIMARY KEY, b); INSERT INTO t VALUES (77, 'other')");
      other.close();
      const replacing = await Host.primary(t, target, { folder, init: true });
      assert.doesNotMatch(replacing.lines.join("\n"), /by force/);
      await until(() => rowsOf(standby.file).includes(77), "the other database");
      assert.deepEqual(rowsOf(standby.file), [77]);
      assert.match(standby.lines.join("\n"), /restored again/);
    });
  });

  describe("closing", () => {
    test("ships the rest, releases the log, and leaves a base and a plain copy", async (t) => {
      const { target, folder } = targetFolder(t);
      const host = await Host.primary(t, target, { durability: "async" });
      for (let value = 1; value <= 20; value++) host.insert(value);
      await host.close();
      assert.equal(
        (await recordsOf(target)).findLast((kind) => kind !== "torn"),
        "released",
      );
      const { rows: restored, objects } = await restoredFrom(t, target);
      assert.equal(restored.length, 20);
      assert.equal(objects, 1, "the base has everything");
      assert.equal(rowsOf(`${folder}/scim.db`).length, 20);
    });

    test("keeps its deadline if the target does not respond", async (t) => {
      const { target } = targetFolder(t);
      let isSilent = false;
      const silent: Target = faultyTarget(target, () => (isSilent ? { kind: "delay", ms: 4_000 } : undefined));
      const host = await Host.primary(t, silent, { durability: "async" });
      await host.write(1);
      isSilent = true;
      host.insert(2);
      const startedMs = performance.now();
      await host.close(300);
      const tookMs = performance.now() - startedMs;
      assert.ok(tookMs >= 300 && tookMs < 2_500, `${tookMs} ms`);
      assert.match(host.lines.join("\n"), /error: Stopping with \d+ commits that are not at/);
    });

    test("writes nothing on a standby", async (t) => {
      const { target } = targetFolder(t);
      const writer = await Host.primary(t, target);
      await writer.write(1);
      const standby = await Host.start(t, target);
      const before = await recordsOf(target);
      await standby.close();
      assert.deepEqual(await recordsOf(target), before);
      assert.deepEqual(rowsOf(standby.file), [1]);
    });

    test("ends a promotion", async (t) => {
      const { target } = targetFolder(t);
      const owner = await Host.primary(t, target);
      owner.die(t);
      const host = await Host.start(t, target);
      const promoted = host.replica.promote().catch(() => {});
      await host.told(/Asking the primary/);
      await host.close();
      await promoted;
      assert.doesNotMatch(host.lines.join("\n"), /by force|is now the primary/);
      await assert.rejects(host.replica.promote(), { code: "not-primary" });
      await Host.start(t, target, { folder: host.folder });
    });

    test("can be done twice", async (t) => {
      const { target } = targetFolder(t);
      const host = await Host.primary(t, target);
      await host.write(1);
      await Promise.all([host.close(), host.close()]);
      await host.close();
      assert.deepEqual((await restoredFrom(t, target)).rows, [1]);
    });

    test("releases the folder and every file", async (t) => {
      const { target } = targetFolder(t);
      const host = await Host.primary(t, target);
      await host.write(1);
      await host.close();
      assert.ok(!existsSync(`${host.file}-wal`));
      const open = readdirSync("/proc/self/fd").filter((descriptor) => {
        try {
          return readlinkSync(`/proc/self/fd/${descriptor}`).startsWith(host.folder);
        } catch {
          return false;
        }
      });
      assert.deepEqual(open, []);
    });
  });

  describe("without changes", () => {
    test("neither the primary nor the standby writes to the target", async (t) => {
      const { target } = targetFolder(t);
      const writer = await Host.primary(t, target, { plainIntervalMs: 100 });
      const standby = await Host.start(t, target);
      await writer.write(1, 2);
      const { slot } = (await restoredFrom(t, target)).point;
      await until(async () => (await newestManifest(target)).manifest?.plain?.slot === slot, "a plain copy");
      // The presence request has been answered.
      await until(
        () => standby.target.operations.some(({ op, key }) => op === "remove" && /presence/.test(key)),
        "that",
      );
      /** What both do meanwhile: for at least this time, and until they have looked several times. */
      const doneIn = async (ms: number) => {
        const before = [writer, standby].map((host) => host.target.operations.length);
        const since = () => [writer, standby].map((host, at) => host.target.operations.slice(before[at]));
        await sleep(ms);
        await until(() => since().every(({ length }) => length > 5), "looks of both");
        return since().flat();
      };
      await until(async () => !(await doneIn(300)).some(isWrite), "the end of what was begun");
      assert.deepEqual((await doneIn(600)).filter(isWrite), []);
    });
  });
});
