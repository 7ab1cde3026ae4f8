import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite, type TestContext, test } from "node:test";
import { hasCode, TargetError } from "../errors.ts";
import { CLAIMS, LOG, readTail } from "../log/log.ts";
import { newestManifest } from "../manifest/manifest.ts";
import { slotKey, type Target } from "../target/target.ts";
import { QUICK, withConstants } from "../testing/constants.ts";
import type { Host as HostType } from "../testing/host.ts";
import { until } from "../testing/until.ts";

withConstants(QUICK);
const { Host, restoredFrom, targetFolder } = await import("../testing/host.ts");

const rowsOf = (host: HostType) =>
  host.database
    .prepare("SELECT a FROM t ORDER BY a")
    .all()
    .map(({ a }) => a);

const upTo = (last: number) => Array.from({ length: last }, (_, at) => at + 1);

/** A database whose newest base is complete, and whose last link in the log is damaged. */
async function damaged(t: TestContext, damage: (bytes: Buffer) => Buffer) {
  const { target, folder } = targetFolder(t);
  const host = await Host.primary(t, target);
  await host.write(...upTo(5));
  await host.close();
  const { manifest } = await newestManifest(target);
  const link = (await readTail(target, 1)).findLast(
    (content) => content.state === "whole" && content.record.kind === "segment",
  );
  assert.ok(link !== undefined && manifest?.bases.at(-1)?.slot === link.slot && manifest.tailSlot <= link.slot);
  const key = slotKey(LOG, link.slot);
  writeFileSync(join(folder, key), damage((await target.read(key)) as Buffer));
  return { target, key, local: host.folder };
}

suite("a start with a log whose last link is damaged, if the newest base has its state", {
  concurrency: true,
}, () => {
  for (const [name, damage] of [
    ["cut off", (bytes: Buffer) => bytes.subarray(0, bytes.length / 2)],
    ["emptied", () => Buffer.alloc(0)],
    ["changed", (bytes: Buffer) => Buffer.from(bytes).fill(7, 200, 210)],
  ] as const) {
    for (const isLocal of [false, true]) {
      test(`succeeds, reports what was skipped, and continues: ${name}, ${isLocal ? "with" : "without"} the local file`, async (t) => {
        const { target, key, local } = await damaged(t, damage);
        const host = await Host.primary(t, target, isLocal ? { folder: local } : {});
        assert.match(host.lines.join("\n"), new RegExp(`warn: ${key} cannot be read any more.*nothing is lost`));
        assert.equal(host.replica.status().restoredFrom?.kind, isLocal ? "local" : "target");
        for (let value = 6; value <= 45; value++) await host.write(value);
        await until(async () => ((await newestManifest(target)).manifest?.packs.length ?? 0) > 1, "packs");
        assert.equal(host.replica.status().lastError, null);
        const { rows, warnings } = await restoredFrom(t, target);
        assert.deepEqual(rows, upTo(45));
        assert.deepEqual(warnings, []);
        // A standby, and another newcomer.
        const next = await Host.primary(t, target);
        await next.write(46);
        assert.deepEqual((await restoredFrom(t, target)).rows, upTo(46));
      });
    }
  }
});

/** Like blobs: a slot is written as a whole, and none is claimed in advance. */
const writingWhole = (target: Target): Target => ({
  ...target,
  writesWholeSlots: true,
  openSlots: (prefix) => ({
    write: async (slot, bytes) => {
      const key = slotKey(prefix, slot);
      if ((await target.create(key, bytes)) === "created") return "written";
      return (await target.read(key))?.equals(bytes) ? "written" : "taken";
    },
    firstForeign: (slot) => slot + 1,
    close: async () => {},
  }),
});

suite("a start with a log whose last link is damaged, if nothing else has its content", { concurrency: true }, () => {
  for (const [name, damage, isWhole] of [
    ["cut off", (bytes: Buffer) => bytes.subarray(0, bytes.length / 2), false],
    ["emptied", () => Buffer.alloc(0), false],
    ["changed", (bytes: Buffer) => Buffer.from(bytes).fill(7, 200, 210), false],
    ["cut off, at a target that writes slots whole", (bytes: Buffer) => bytes.subarray(0, bytes.length / 2), true],
    ["emptied, at a target that writes slots whole", () => Buffer.alloc(0), true],
  ] as const) {
    test(`is rejected, and continues without it only with --init: ${name}`, async (t) => {
      const { target: inFolder, folder } = targetFolder(t);
      const target = isWhole ? writingWhole(inFolder) : inFolder;
      const host = await Host.primary(t, target);
      await host.write(1, 2);
      await host.write(3);
      host.die(t);
      const link = (await readTail(target, 1)).findLast(({ state }) => state === "whole");
      const key = slotKey(LOG, link?.slot ?? 0);
      writeFileSync(join(folder, key), damage((await target.read(key)) as Buffer));
      await assert.rejects(Host.start(t, target), (error) => {
        assert.ok(hasCode(error, "start-failed"), String(error));
        assert.match(error.message, new RegExp(`${key}: it is not a complete record.* (are|may be) lost.* --init`));
        return true;
      });
      const next = await Host.primary(t, target, { init: true });
      assert.deepEqual(rowsOf(next), [1, 2]);
    });
  }

  test("is not rejected because an instance was killed while it took the log from a killed one", async (t) => {
    const { target } = targetFolder(t);
    const host = await Host.primary(t, target);
    await host.write(1, 2);
    host.die(t);
    const dying: Target = {
      ...target,
      openSlots: () => ({
        // Creates its slot and is killed before filling it.
        write: async (slot) => {
          await target.create(slotKey(LOG, slot), Buffer.alloc(0));
          throw new TargetError("unreachable", "killed");
        },
        firstForeign: (slot) => slot + 2,
        close: async () => {},
      }),
    };
    const { fence } = await import("../lease/lease.ts");
    const claim = { databaseId: randomUUID(), writer: randomUUID(), fromSlot: 1, minEpoch: 1, timeMs: 0 };
    await assert.rejects(fence(dying, claim), TargetError);
    const [last, before] = (await readTail(target, 1)).toReversed();
    assert.deepEqual([last?.state, before?.state], ["torn", "torn"]);
    const next = await Host.primary(t, target);
    assert.deepEqual(rowsOf(next), [1, 2]);
    assert.deepEqual(await target.list(CLAIMS), []);
  });
});
