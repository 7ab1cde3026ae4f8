import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, suite, test } from "node:test";
import { setImmediate, setTimeout as sleep } from "node:timers/promises";
import { readSlot } from "../log/log.ts";
import { type Manifest, newestManifest } from "../manifest/manifest.ts";
import type { Target } from "../target/target.ts";
import { faultyTarget } from "../target/testing/faulty.ts";
import { QUICK, withConstants } from "../testing/constants.ts";
import { temporaryFolder } from "../testing/folder.ts";
import type { Host as HostType } from "../testing/host.ts";
import { isWrite } from "../testing/mortal.ts";
import { until } from "../testing/until.ts";

const GRACE_MS = 700;
withConstants({
  ...QUICK,
  "primary/maintenance.ts": {
    BASE_PACE: 0,
    PERIOD_MS: 30,
    PAUSE_AFTER_FAILURE_MS: 100,
    FIRST_SCRUB_MS: 1_000,
    SCRUB_PERIOD_MS: 1_000,
  },
  "compaction/compaction.ts": {
    FANOUT: 4,
    MIN_DELTA_BYTES: 200_000,
    GRACE_MS,
    MANIFEST_GRACE_MS: GRACE_MS,
    NOTED_TOGETHER_MS: 100,
  },
});
const { Host, restoredFrom, targetFolder } = await import("../testing/host.ts");

/** Rows on many pages; each transaction changes one of them. */
const TABLES = 40;

/** Writes until stopped: every transaction changes one common page and one of many others. */
function writeSteadily(host: HostType): { readonly stop: () => Promise<number> } {
  host.commit(
    "CREATE TABLE first (a); CREATE TABLE last (a); INSERT INTO first VALUES (0); INSERT INTO last VALUES (0)",
  );
  for (let table = 0; table < TABLES; table++) host.commit(`CREATE TABLE many${table} (a)`);
  let isStopped = false;
  let transactions = 0;
  const work = (async () => {
    while (!isStopped) {
      if (host.isPaused) {
        await setImmediate();
        continue;
      }
      const value = ++transactions;
      host.commit(
        `BEGIN; UPDATE first SET a = ${value}; INSERT INTO many${value % TABLES} VALUES (${value}); UPDATE last SET a = ${value}; COMMIT`,
      );
      await host.replica.durable();
    }
  })();
  const stop = async () => {
    isStopped = true;
    await work;
    return transactions;
  };
  return { stop };
}

/** The last transaction in a copy, which must contain all before it. */
function lastTransaction(file: string): number {
  const database = new DatabaseSync(`file:${file}?immutable=1`);
  try {
    assert.deepEqual({ ...database.prepare("PRAGMA integrity_check").get() }, { integrity_check: "ok" });
    const { a: first } = database.prepare("SELECT a FROM first").get() as { a: number };
    const { a: last } = database.prepare("SELECT a FROM last").get() as { a: number };
    assert.equal(first, last);
    const values: number[] = [];
    for (let table = 0; table < TABLES; table++) {
      for (const { a } of database.prepare(`SELECT a FROM many${table}`).all()) values.push(a as number);
    }
    values.sort((left, right) => left - right);
    assert.deepEqual(
      values,
      Array.from({ length: last }, (_, at) => at + 1),
    );
    return last;
  } finally {
    database.close();
  }
}

async function manifestOf(target: Target): Promise<Manifest> {
  return (await newestManifest(target)).manifest as Manifest;
}

/** Writes links one by one. */
async function writeLinks(host: HostType, from: number, through: number): Promise<void> {
  for (let value = from; value <= through; value++) await host.write(value);
}

/** Changes so much that a base becomes due. */
async function makeNoise(host: HostType): Promise<void> {
  host.commit("CREATE TABLE IF NOT EXISTS noise (a); DELETE FROM noise; INSERT INTO noise VALUES (randomblob(400000))");
  await host.replica.durable(true);
}

/**
 * Packs distinguish seconds, and merge within a second: waits until the next second begins.
 * @returns the last moment of the previous one
 */
async function endOfSecond(): Promise<number> {
  const nextMs = Math.floor(Date.now() / 1_000) * 1_000 + 1_000;
  await until(() => Date.now() >= nextMs, "the next second");
  return nextMs - 1;
}

const upTo = (last: number) => Array.from({ length: last }, (_, at) => at + 1);

suite("maintenance", { concurrency: true }, () => {
  describe("during continuous writes", () => {
    test("each plain copy is one moment of the database, and opens directly", async (t) => {
      const { target, folder } = targetFolder(t);
      const host = await Host.primary(t, target);
      const writer = writeSteadily(host);
      const moments: number[] = [];
      for (let copy = 0; copy < 2; copy++) {
        await host.replica.backupNow();
        moments.push(lastTransaction(join(folder, "scim.db")));
      }
      const written = await writer.stop();
      assert.ok((moments[0] as number) < (moments.at(-1) as number) && (moments.at(-1) as number) <= written);
      assert.ok(host.replica.status().backupCount >= 3);
      assert.equal(host.replica.status().lastError, null);
    });

    test("bases are made, and equal the database at their link", async (t) => {
      const { target } = targetFolder(t);
      const host = await Host.primary(t, target);
      const writer = writeSteadily(host);
      host.commit("CREATE TABLE noise (a)");
      for (let row = 0; row < 25; row++) {
        host.commit("INSERT INTO noise VALUES (randomblob(200000))");
        await host.replica.durable();
      }
      const base = await until(async () => {
        const { manifest } = await newestManifest(target);
        return manifest !== undefined && manifest.bases.length > 1 && manifest.bases.at(-1);
      }, "a second base");
      await writer.stop();
      assert.ok(base.bytes > 4_000_000);
      assert.equal(host.replica.status().lastError, null);
      const { file, point } = await restoredFrom(t, target, { atMs: base.timeMs });
      assert.ok(point.slot >= base.slot);
      lastTransaction(file);
    });
  });

  describe("a backlog", () => {
    test("is merged, so that a restore reads few objects, and removed later", async (t) => {
      const { target } = targetFolder(t);
      const first = await Host.primary(t, target);
      await writeLinks(first, 1, 6);
      const fence = (await target.list("replica/log/")).length;
      const host = await Host.primary(t, target);
      await writeLinks(host, 7, 30);
      const { tailSlot, packs } = await until(async () => {
        const manifest = await manifestOf(target);
        return manifest.packs.some(({ level }) => level === 2) && manifest.tailSlot > fence + 4 && manifest;
      }, "packs of the second level");
      assert.ok(packs.length < 10);
      assert.ok(host.replica.status().restorePathObjects < 16);
      const early = await target.list("replica/log/");
      assert.ok(
        early.some((key) => Number(key.slice(-16)) > 2 && Number(key.slice(-16)) < tailSlot - 4),
        "not at once",
      );
      assert.deepEqual((await restoredFrom(t, target)).rows, upTo(30));

      const isLink = async (key: string) => {
        const content = await readSlot(target, Number(key.slice(-16)));
        return content.state === "whole" && content.record.kind === "segment" && content.slot < tailSlot;
      };
      await until(async () => {
        const links = await Promise.all((await target.list("replica/log/")).map(isLink));
        return !links.includes(true);
      }, "the links to be removed");
      const kinds = await Promise.all(
        (await target.list("replica/log/")).map((key) => readSlot(target, Number(key.slice(-16)))),
      );
      const fences = kinds.filter((content) => content.state === "whole" && content.record.kind === "fence");
      assert.equal(fences.length, 2, "fences stay for a month");
      const merged = (await manifestOf(target)).packs.map(({ key }) => key);
      await until(async () => {
        const there = [...(await target.list("replica/L1/")), ...(await target.list("replica/L2/"))];
        return there.every((key) => merged.includes(key));
      }, "merged packs to be removed");
      assert.deepEqual((await restoredFrom(t, target)).rows, upTo(30));
    });

    test("does not cause endless writes: without changes, maintenance stops", async (t) => {
      const { target } = targetFolder(t);
      const host = await Host.primary(t, target);
      await writeLinks(host, 1, 20);
      const isAtRest = async () => {
        const before = host.target.operations.filter(isWrite).length;
        await sleep(1.3 * GRACE_MS);
        return host.target.operations.filter(isWrite).length === before;
      };
      await until(isAtRest, "rest", 20_000);
      const manifests = await target.list("replica/man/");
      assert.ok(manifests.length <= 3, `${manifests.length} manifests`);
      assert.ok(manifests.length < (await manifestOf(target)).number);
    });

    test("is merged later if the target fails for a while, and shipping continues meanwhile", async (t) => {
      const { target } = targetFolder(t);
      let isFull = true;
      const full = faultyTarget(target, ({ op, key }) =>
        isFull && op === "create" && key.startsWith("replica/L1/") ? { kind: "refused", fault: "full" } : undefined,
      );
      const host = await Host.primary(t, full);
      await writeLinks(host, 1, 12);
      await until(() => host.replica.status().errors > 1, "a failure, and another");
      assert.match(host.replica.status().lastError ?? "", /L1.*refused/);
      assert.deepEqual((await manifestOf(target)).packs, []);
      assert.deepEqual((await restoredFrom(t, target)).rows, upTo(12));
      isFull = false;
      await until(async () => (await manifestOf(target)).packs.length > 0, "a pack");
      assert.deepEqual((await restoredFrom(t, target)).rows, upTo(12));
    });
  });

  describe("data beyond the retention", () => {
    test("is dropped with the next base, and every later moment can be restored", async (t) => {
      const { target } = targetFolder(t);
      const retentionMs = 2_000;
      const host = await Host.primary(t, target, { retentionMs });
      const moments: { readonly atMs: number; readonly rows: number[] }[] = [];
      const seen = new Set([(await manifestOf(target)).bases[0]?.key]);
      for (let round = 1; round <= 5; round++) {
        await host.write(2 * round - 1);
        await makeNoise(host);
        await until(async () => seen.add((await manifestOf(target)).bases.at(-1)?.key).size > round, "a base");
        // After the base, so that later links are needed too.
        await host.write(2 * round);
        moments.push({ atMs: await endOfSecond(), rows: upTo(2 * round) });
      }
      const { bases, packs } = await manifestOf(target);
      const oldestMs = bases.at(-1)?.timeMs as number;
      assert.ok(bases.length < 5, `${bases.length} bases`);
      assert.ok(packs.every(({ toSlot }) => toSlot > (bases[0]?.slot as number)));
      for (const { atMs, rows } of moments) {
        if (atMs >= oldestMs - retentionMs) assert.deepEqual((await restoredFrom(t, target, { atMs })).rows, rows);
      }
      await until(async () => {
        const kept = (await manifestOf(target)).bases.map(({ key }) => key).sort();
        return (await target.list("replica/snap/")).join() === kept.join();
      }, "old bases to be removed");
    });
  });

  test("is not dropped while the clock is far off", async (t) => {
    const { target } = targetFolder(t);
    const skewed: Target = { ...target, clockMs: async () => (await target.clockMs()) - 86_400_000 };
    const host = await Host.primary(t, skewed, { retentionMs: 1 });
    const first = (await manifestOf(target)).bases[0]?.key;
    const seen = new Set([first]);
    for (let round = 1; round <= 3; round++) {
      await makeNoise(host);
      await until(async () => seen.add((await manifestOf(target)).bases.at(-1)?.key).size > round, "a base");
    }
    assert.equal((await manifestOf(target)).bases[0]?.key, first);
  });

  describe("everything that a restore would read is verified", () => {
    test("and found intact", async (t) => {
      const { target } = targetFolder(t);
      const host = await Host.primary(t, target);
      await writeLinks(host, 1, 9);
      const { lastScrub } = await until(
        () => host.replica.status().lastScrub !== null && host.replica.status(),
        "a scrub",
      );
      assert.equal(lastScrub?.verdict, "ok");
      assert.ok(
        (lastScrub?.durationMs ?? -1) >= 0 && Math.abs(Date.parse(lastScrub?.time ?? "") - Date.now()) < 10_000,
      );
    });

    test("and so is the local database: damage is reported with what to do", async (t) => {
      const { target } = targetFolder(t);
      const folder = temporaryFolder(t);
      const local = new DatabaseSync(join(folder, "test.db"));
      local.exec(`CREATE TABLE large (a);
        WITH RECURSIVE n (v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM n WHERE v < 500)
        INSERT INTO large SELECT hex(randomblob(1000)) FROM n`);
      local.close();
      const host = await Host.primary(t, target, { folder });
      // In another process: closing the file in this one would drop SQLite's locks.
      const script =
        "const f = fs.openSync(process.argv[1], 'r+'); fs.writeSync(f, Buffer.alloc(4096, 7), 0, 4096, 40960)";
      execFileSync(process.execPath, ["-e", script, host.file]);
      await host.told(/error: .*test\.db is damaged, and so is its copy at .*: .*Stop the server/);
      assert.match(host.replica.status().lastScrub?.verdict ?? "", /^The local database is damaged: /);
      assert.ok(!host.lines.some((line) => /a new base is being made/.test(line)));
    });

    test("and damage is repaired by a new base", async (t) => {
      const { target, folder } = targetFolder(t);
      const host = await Host.primary(t, target);
      await writeLinks(host, 1, 9);
      const { packs } = await until(async () => {
        const manifest = await manifestOf(target);
        return manifest.packs.length > 0 && manifest;
      }, "a pack");
      const key = packs[0]?.key as string;
      const bytes = (await target.read(key)) as Buffer;
      writeFileSync(join(folder, key), bytes.fill(7, 40, 80));
      await until(() => host.lines.some((line) => /is damaged; a new base is being made/.test(line)), "the finding");
      await until(async () => (await manifestOf(target)).bases.length > 1, "a new base");
      assert.deepEqual((await restoredFrom(t, target)).rows, upTo(9));
    });
  });
});
