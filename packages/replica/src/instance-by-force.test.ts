import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { describe, suite, type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { hasCode } from "./errors.ts";
import { CLAIMS, LOG, readTail } from "./log/log.ts";
import { slotKey } from "./target/target.ts";
import { faultyTarget } from "./target/testing/faulty.ts";
import { QUICK, withConstants } from "./testing/constants.ts";
import { flapping } from "./testing/flapping.ts";
import type { Host as HostType } from "./testing/host.ts";
import { until } from "./testing/until.ts";

const ANSWERS_WITHIN_MS = QUICK["lease/lease.ts"].OWNER_ANSWERS_WITHIN_MS;
withConstants({ ...QUICK, "primary/watch.ts": { LOOKS_PER_FOREIGN_SLOT: 1 } });
const { Host, restoredFrom, rowsOf, targetFolder } = await import("./testing/host.ts");

const rows = (host: HostType) =>
  host.database
    .prepare("SELECT a FROM t ORDER BY a")
    .all()
    .map(({ a }) => a as number);

suite("taking over by force", { concurrency: true }, () => {
  describe("a primary that is gone", () => {
    test("is reported as gone after its time to respond, and is fenced by force", async (t) => {
      const { target } = targetFolder(t);
      const before = await Host.primary(t, target);
      await before.write(1, 2);
      before.die(t);
      const after = await Host.start(t, target);
      const startedMs = performance.now();
      await after.replica.ownerless;
      assert.ok(performance.now() - startedMs > ANSWERS_WITHIN_MS - 50);
      await after.promote();
      assert.doesNotMatch(after.lines.join("\n"), /Asking/);
      assert.deepEqual(rows(after), [1, 2]);
      await after.write(3);
      assert.deepEqual((await restoredFrom(t, target)).rows, [1, 2, 3]);
    });

    test("does not hide one that has come since: that one is asked to hand over", async (t) => {
      const { target } = targetFolder(t);
      const first = await Host.primary(t, target);
      await first.write(1);
      first.die(t);
      // It reads so slowly that it is still following the log when it is promoted.
      const slow = faultyTarget(target, ({ op, key }) =>
        op === "read" && key.startsWith(LOG) ? { kind: "late-answer", ms: 60 } : undefined,
      );
      const waiting = await Host.start(t, slow);
      await waiting.replica.ownerless;
      const second = await Host.primary(t, target);
      const { operations } = waiting.target;
      const before = operations.length;
      await second.write(2);
      await until(() => operations.slice(before).some(({ op }) => op === "list"), "the standby to follow");
      await waiting.promote();
      assert.match(waiting.lines.join("\n"), /Asking the primary to hand over/);
      const fences = (await readTail(target, 1)).flatMap((content) =>
        content.state === "whole" && content.record.kind === "fence" ? [content.record.epoch] : [],
      );
      assert.deepEqual(fences, [1, 2, 3]);
      assert.deepEqual(rows(waiting), [1, 2]);
    });

    test("is not asked again by its successor", async (t) => {
      const { target } = targetFolder(t);
      const before = await Host.primary(t, target);
      await before.write(1);
      before.die(t);
      const first = await Host.start(t, target);
      await first.promote();
      await sleep(300);
      assert.deepEqual(first.demotions, [], "its own intent is not for itself");
      assert.equal(first.replica.role, "primary");
    });

    test("leaves unfinished slots, which a standby passes", async (t) => {
      const { target } = targetFolder(t);
      const first = await Host.primary(t, target);
      await first.write(1);
      const standby = await Host.start(t, target);
      first.die(t);
      const { nextSlot } = await restoredFrom(t, target);
      // Two newcomers that died between claiming and filling a slot.
      for (const slot of [nextSlot, nextSlot + 1]) {
        await target.create(slotKey(CLAIMS, slot), Buffer.alloc(0));
        await target.create(slotKey(LOG, slot), Buffer.alloc(0));
      }
      const next = await Host.primary(t, target);
      await next.write(2);
      await until(() => rowsOf(standby.file).includes(2), "the row");
    });
  });

  describe("a primary that is fenced by force while it is alive", () => {
    /** A primary that cannot reach the target and has an unshipped row, and the newcomer. */
    async function partitioned(t: TestContext) {
      const { target } = targetFolder(t);
      const state = flapping(target);
      const before = await Host.primary(t, state.target);
      await before.write(1);
      state.isAway = true;
      const after = await Host.start(t, target);
      await after.promote();
      return { target, before, after, state };
    }

    test("acknowledges nothing more, and tells clients to retry", async (t) => {
      const { before, state } = await partitioned(t);
      before.insert(2);
      const answer = before.replica.durable(true) as Promise<void>;
      state.isAway = false;
      await assert.rejects(answer, (error: Error) => hasCode(error, "not-durable") && (error.retryAfterMs ?? 0) > 0);
      await until(() => before.demotions.length > 0, "the end");
      await assert.rejects(before.replica.durable() as Promise<void>, { code: "not-durable" });
    });

    test("notices without a write, closes its connections before the file is touched, and stands by with the new state", async (t) => {
      const { before, after, state } = await partitioned(t);
      await after.write(10);
      state.isAway = false;
      await until(() => before.replica.role === "standby", "the copy");
      assert.deepEqual(before.demotions, ["fenced"]);
      await until(() => rowsOf(before.file).includes(10), "the row");
      assert.deepEqual(rowsOf(before.file), [1, 10]);
      await after.write(11);
      await until(() => rowsOf(before.file).includes(11), "the next row");
    });

    test("leaves its unshipped changes as an orphan, which can be restored", async (t) => {
      const { target, before, after, state } = await partitioned(t);
      await after.write(10);
      before.insert(2);
      await sleep(50);
      before.insert(3);
      state.isAway = false;
      await until(() => before.replica.role === "standby", "the copy");
      const orphans = await target.list("replica/orphan/");
      assert.equal(orphans.length, 1);
      assert.match(before.lines.join("\n"), new RegExp(`kept as ${orphans[0]}`));
      assert.deepEqual((await restoredFrom(t, target, { orphan: orphans[0] as string })).rows, [1, 2, 3]);
      assert.deepEqual((await restoredFrom(t, target)).rows, [1, 10]);
    });

    test("leaves no orphan if it had shipped everything", async (t) => {
      const { target, before, state } = await partitioned(t);
      state.isAway = false;
      await until(() => before.replica.role === "standby", "the copy");
      assert.deepEqual(await target.list("replica/orphan/"), []);
    });

    test("keeps the file if changes could not be salvaged", async (t) => {
      const { target } = targetFolder(t);
      const state = flapping(target);
      const noOrphans = faultyTarget(state.target, ({ key }) =>
        key.startsWith("replica/orphan/") ? { kind: "refused", fault: "full" } : undefined,
      );
      const before = await Host.primary(t, noOrphans);
      await before.write(1);
      state.isAway = true;
      const after = await Host.primary(t, target);
      await after.write(10);
      before.insert(2);
      state.isAway = false;
      await until(() => before.replica.role === "standby", "the copy");
      assert.match(before.lines.join("\n"), /error: .*could not be salvaged/);
      assert.deepEqual(rowsOf(before.file), [1, 10]);
      const aside = readdirSync(before.folder).find((name) => name.includes("set-aside") && !name.endsWith("-wal"));
      assert.ok(aside, readdirSync(before.folder).join(" "));
      assert.deepEqual(rowsOf(`${before.folder}/${aside}`), [1, 2]);
    });

    test("can be closed while its copy is being restored, and leaves nothing behind", async (t) => {
      const { target } = targetFolder(t);
      let isSlow = false;
      const state = flapping(target, ({ op, key }) =>
        isSlow && op === "read" && key.startsWith("replica/snap/") ? { kind: "delay", ms: 700 } : undefined,
      );
      const before = await Host.primary(t, state.target);
      await before.write(1);
      state.isAway = true;
      const after = await Host.primary(t, target);
      await after.write(10);
      isSlow = true;
      state.isAway = false;
      await before.told(/Restoring the database/);
      assert.equal(before.replica.role, "fenced");
      await before.close();
      const left = readdirSync(before.folder);
      await sleep(1_000);
      assert.deepEqual(readdirSync(before.folder), left);
      assert.deepEqual(
        left.filter((name) => name.includes("restoring")),
        [],
      );
      assert.doesNotMatch(before.lines.join("\n"), /Database restored/);
    });

    test("releases waiting responses even during a hand-over", async (t) => {
      const { target } = targetFolder(t);
      let isSlow = false;
      const slow = faultyTarget(target, ({ op }) =>
        op === "slot" && isSlow ? { kind: "delay", ms: 4 * ANSWERS_WITHIN_MS } : undefined,
      );
      const before = await Host.primary(t, slow);
      await before.write(1);
      const after = await Host.start(t, target);
      isSlow = true;
      await after.promote();
      assert.match(after.lines.join("\n"), /by force|counts as gone/);
      await until(() => before.demotions.length > 0, "the end of the one before");
      await until(() => !before.isPaused, "writes to be let go");
      await until(() => before.replica.role === "standby", "the copy");
    });
  });
});
