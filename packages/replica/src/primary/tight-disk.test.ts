import assert from "node:assert/strict";
import fs, { statSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { dirname } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { QUICK, withConstants } from "../testing/constants.ts";
import { flapping } from "../testing/flapping.ts";
import type { Host as HostType } from "../testing/host.ts";
import { until } from "../testing/until.ts";

const MIB = 1_024 ** 2;

withConstants({
  ...QUICK,
  "primary/gate.ts": { AWAY_AFTER_MS: 400, MAX_REMOTE_WAIT_MS: 20_000 },
  "primary/watch.ts": { LOOKS_PER_FOREIGN_SLOT: 1, TIDY_MS: 20 },
});
const { Host, restoredFrom, targetFolder } = await import("../testing/host.ts");

const { statfsSync } = fs;

/** The size of the disks of these folders. */
const disks = new Map<string, number>();

fs.statfsSync = ((folder: string) => {
  const totalBytes = disks.get(folder);
  if (totalBytes === undefined) return statfsSync(folder);
  const usedBytes = fs.readdirSync(folder).reduce((sum, name) => sum + sizeOf(`${folder}/${name}`), 0);
  return { bavail: Math.max(0, totalBytes - usedBytes), blocks: totalBytes, bsize: 1 };
}) as typeof statfsSync;
syncBuiltinESMExports();

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

const ROW_BYTES = 100_000;

function insertLarge(host: HostType, value: number): void {
  host.commit(`INSERT INTO t VALUES (${value}, zeroblob(${ROW_BYTES}))`);
}

/** Writes until a change is refused, waiting while writes are held. @returns the number of changes */
async function fill(host: HostType, from: number): Promise<number> {
  for (let value = from; ; value++) {
    await until(() => !host.isPaused, "writes to be let go on");
    if (host.replica.refusal() !== undefined) return value - from;
    insertLarge(host, value);
    await host.replica.durable();
    await sleep(0);
  }
}

test("on a tight disk, shipped changes do not take space twice: nothing is refused before the database fills it", async (t) => {
  const { target } = targetFolder(t);
  const host = await Host.primary(t, target);
  disks.set(dirname(host.file), 60 * MIB);
  const written = await fill(host, 1);
  assert.match(host.replica.refusal()?.reason ?? "", /disk of the database is full: 1\d MB are left/);
  assert.match(host.replica.status().lastError ?? "", /disk of the database is full/);
  assert.ok(written * ROW_BYTES > 36 * MIB, `${written} rows`);
  await host.replica.durable(true);
  await until(() => sizeOf(`${host.file}-wal`) < 2 * MIB, "a short log");
  assert.equal((await restoredFrom(t, target)).rows.length, written);
});

test("a change refused for a log that has been shipped since is accepted again, without another write", async (t) => {
  const host = await Host.primary(t, targetFolder(t).target);
  for (let value = 1; value <= 250; value++) insertLarge(host, value);
  await host.replica.durable(true);
  disks.set(dirname(host.file), 60 * MIB);
  await until(() => sizeOf(`${host.file}-wal`) < MIB, "a short log");
  await until(() => host.replica.refusal() === undefined, "changes to be taken");
  assert.equal(host.database.prepare("SELECT count(*) AS count FROM t").get()?.["count"], 250);
});

test("with the target away, a log that fills the disk is given up before changes are refused permanently", async (t) => {
  const flap = flapping(targetFolder(t).target);
  const host = await Host.primary(t, flap.target, { durability: "async" });
  disks.set(dirname(host.file), 30 * MIB);
  flap.isAway = true;
  for (let value = 1; value <= 250; value++) {
    // A row that is overwritten: the WAL grows, the database hardly.
    host.commit(`REPLACE INTO t VALUES (1, zeroblob(${ROW_BYTES}))`);
    await sleep(2);
  }
  await host.told(/has been unreachable for a long time/);
  await until(() => host.replica.refusal() === undefined, "changes to be taken");
  flap.isAway = false;
  await host.told(/has the whole database again/);
  await host.write(2);
  assert.deepEqual((await restoredFrom(t, flap.target)).rows, [1, 2]);
});

test("a full disk is reported even while the target is away and no change is accepted without it", async (t) => {
  const flap = flapping(targetFolder(t).target);
  const host = await Host.primary(t, flap.target, { durability: "sync" });
  flap.isAway = true;
  host.insert(1);
  host.replica.durable()?.catch(() => {});
  await until(() => host.replica.refusal() !== undefined, "a target that is away");
  assert.equal(host.replica.refusal()?.diskFull, false);
  disks.set(dirname(host.file), 16 * MIB);
  await until(() => host.replica.refusal()?.diskFull === true, "a full disk");
  disks.delete(dirname(host.file));
  flap.isAway = false;
});
