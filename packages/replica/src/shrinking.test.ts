import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { suite, type TestContext, test } from "node:test";
import { setImmediate, setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { newestManifest } from "./manifest/manifest.ts";
import { QUICK, withConstants } from "./testing/constants.ts";
import { flapping } from "./testing/flapping.ts";
import type { Host as HostType } from "./testing/host.ts";
import { until } from "./testing/until.ts";

// A database that shrinks (https://sqlite.org/pragma.html#pragma_auto_vacuum) during replication.

/** How long replaced bases are kept: longer than any restore needs, even on a busy machine. */
const GRACE_MS = 3_000;

withConstants({
  ...QUICK,
  "primary/maintenance.ts": { PERIOD_MS: 30, PAUSE_AFTER_FAILURE_MS: 100, BASE_PACE: 0 },
  "compaction/compaction.ts": {
    FANOUT: 4,
    MIN_DELTA_BYTES: 300_000,
    GRACE_MS,
    MANIFEST_GRACE_MS: GRACE_MS,
    NOTED_TOGETHER_MS: 100,
  },
  "primary/gate.ts": { AWAY_AFTER_MS: 400, MAX_REMOTE_WAIT_MS: 20_000 },
  "primary/local-log.ts": {
    CHECKPOINT_BYTES: 200_000,
    RESTART_BYTES: 2_000_000,
    OUTGROWN_BYTES: 4_000_000,
    PAUSE_AGAIN_MS: 200,
  },
});
const { Host, restoredFrom, targetFolder } = await import("./testing/host.ts");

const PAGE_BYTES = 4_096;

/** Makes the database return free pages from now on, which rewrites it, and creates a table. */
function prepare({ database, replica }: HostType): void {
  database.exec("PRAGMA auto_vacuum = INCREMENTAL; VACUUM;");
  database.exec("CREATE TABLE content (a INTEGER PRIMARY KEY, b BLOB, c TEXT); CREATE INDEX content_c ON content (c)");
  replica.changed();
}

function pagesOf({ database }: HostType, pragma: "page_count" | "freelist_count" = "page_count"): number {
  return database.prepare(`PRAGMA ${pragma}`).get()?.[pragma] as number;
}

function grow(host: HostType, rows: number): void {
  host.commit(`
    INSERT INTO content (b, c)
      WITH RECURSIVE series (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM series WHERE value < ${rows})
      SELECT randomblob(abs(random()) % 12000), hex(randomblob(8)) FROM series`);
}

/** Returns this many pages, in its own transaction. */
function shrink(host: HostType, pages: number): void {
  host.commit(`PRAGMA incremental_vacuum(${pages})`);
}

const CONTENT = "SELECT a, hex(substr(b, 1, 8)) AS b, length(b) AS bytes, c FROM content ORDER BY a";

function contentOf(file: string): unknown[] {
  const database = new DatabaseSync(`file:${file}?immutable=1`);
  try {
    assert.equal(database.prepare("PRAGMA integrity_check").get()?.["integrity_check"], "ok");
    return database.prepare(CONTENT).all();
  } finally {
    database.close();
  }
}

const shown = ({ database }: HostType) => database.prepare(CONTENT).all();

/** Asserts that the restored database equals this one, byte by byte. Stops the primary. */
async function assertSameBytes(t: TestContext, host: HostType, target: Parameters<typeof restoredFrom>[1]) {
  await host.replica.durable(true);
  const content = shown(host);
  const restored = await restoredFrom(t, target, { check: "full" });
  await host.close();
  assert.ok(readFileSync(restored.file).equals(readFileSync(host.file)));
  assert.deepEqual(contentOf(restored.file), content);
}

suite("a shrinking database", { concurrency: true }, () => {
  test("is restored byte by byte, as it was before, during and after", async (t) => {
    const { target } = targetFolder(t);
    const host = await Host.primary(t, target);
    prepare(host);
    const moments: { readonly atMs: number; readonly pages: number; readonly content: unknown[] }[] = [];
    const remember = async () => {
      await host.replica.durable(true);
      const nextMs = Math.floor(Date.now() / 1_000) * 1_000 + 1_000;
      moments.push({ atMs: nextMs - 1, pages: pagesOf(host), content: shown(host) });
      await until(() => Date.now() >= nextMs, "the next second");
    };
    grow(host, 800);
    await remember();
    host.commit("DELETE FROM content WHERE a % 8 > 0");
    while (pagesOf(host, "freelist_count") > 0) {
      shrink(host, 64);
      // Some steps share a flight; others have their own.
      if (pagesOf(host) % 3 === 0) await host.replica.durable(true);
    }
    await remember();
    grow(host, 500);
    await remember();
    const [large, small, again] = moments.map(({ pages }) => pages);
    assert.ok((small ?? 0) < (large ?? 0) / 3 && (again ?? 0) > (small ?? 0) * 2, [large, small, again].join());
    for (const { atMs, pages, content } of moments) {
      const restored = await restoredFrom(t, target, { atMs, check: "full" });
      assert.equal(statSync(restored.file).size, pages * PAGE_BYTES);
      assert.deepEqual(contentOf(restored.file), content);
    }
    await assertSameBytes(t, host, target);
  });

  test("has a smaller file after a checkpoint, and a smaller plain copy", async (t) => {
    const { target, folder } = targetFolder(t);
    const host = await Host.primary(t, target);
    prepare(host);
    grow(host, 600);
    await host.replica.backupNow();
    const before = statSync(host.file).size;
    assert.equal(before, pagesOf(host) * PAGE_BYTES);
    host.commit("DELETE FROM content WHERE a % 10 > 0");
    shrink(host, 100_000);
    await host.replica.backupNow();
    assert.equal(statSync(host.file).size, pagesOf(host) * PAGE_BYTES);
    assert.ok(statSync(host.file).size < before / 4);
    const plain = join(folder, "scim.db");
    assert.equal(statSync(plain).size, pagesOf(host) * PAGE_BYTES);
    assert.deepEqual(contentOf(plain), shown(host));
    await assertSameBytes(t, host, target);
  });

  test("is smaller at a standby too, which can become the primary and change its size", async (t) => {
    const { target } = targetFolder(t);
    const first = await Host.primary(t, target);
    prepare(first);
    grow(first, 300);
    const second = await Host.start(t, target);
    await first.replica.durable(true);
    await until(() => statSync(second.file).size === pagesOf(first) * PAGE_BYTES, "the standby to have it");
    first.commit("DELETE FROM content WHERE a % 6 > 0");
    for (let step = 0; step < 5; step++) {
      shrink(first, 50);
      await first.replica.durable(true);
    }
    await until(() => statSync(second.file).size === pagesOf(first) * PAGE_BYTES, "the standby to be smaller");
    assert.doesNotMatch(second.lines.join("\n"), /restored again/);
    const content = shown(first);
    await second.promote();
    assert.deepEqual(shown(second), content);
    grow(second, 200);
    second.commit("DELETE FROM content WHERE a % 3 = 0");
    shrink(second, 100_000);
    await assertSameBytes(t, second, target);
  });

  test("continues from the local disk after a kill in the middle, without a restore", async (t) => {
    const { target } = targetFolder(t);
    let host = await Host.primary(t, target);
    prepare(host);
    grow(host, 400);
    await host.replica.durable(true);
    for (let round = 0; round < 3; round++) {
      host.commit(`DELETE FROM content WHERE a % 4 = ${round}`);
      for (let step = 0; step < 4; step++) {
        shrink(host, 40);
        // So that the file has already been truncated when it happens, or only partly.
        if (step === round) await host.replica.backupNow();
      }
      // The log shows a larger database, and then a smaller one.
      shrink(host, 100_000);
      grow(host, 60);
      host.commit("DELETE FROM content WHERE a > 380");
      shrink(host, 100_000);
      const content = shown(host);
      host = await Host.primary(t, target, { folder: host.die(t) });
      assert.deepEqual(shown(host), content);
      assert.match(host.lines.join("\n"), /The local database .*continues where it stopped/);
      grow(host, 30);
    }
    await assertSameBytes(t, host, target);
  });

  test("keeps every base and copy intact that is made during changes of size", async (t) => {
    const { target, folder } = targetFolder(t);
    const host = await Host.primary(t, target);
    prepare(host);
    grow(host, 200);
    let isOver = false;
    const writing = (async () => {
      for (let turn = 0; !isOver; turn++) {
        if (host.isPaused) await setImmediate();
        else if (turn % 4 === 0) grow(host, 60);
        else if (turn % 4 === 1) host.commit(`DELETE FROM content WHERE a % 5 = ${turn % 5} OR a % 7 = ${turn % 7}`);
        else shrink(host, 30);
        await (turn % 3 === 0 ? sleep(2) : host.replica.durable());
      }
    })();
    const bases = new Set<number>();
    // How much is written between two copies depends on the machine, and so does how many have their own base.
    for (let copy = 0; copy < 6 || (bases.size <= 2 && copy < 60); copy++) {
      await host.replica.backupNow();
      contentOf(join(folder, "scim.db"));
      await restoredFrom(t, target, { check: "full" });
      for (const { databasePages } of (await newestManifest(target)).manifest?.bases ?? []) bases.add(databasePages);
    }
    isOver = true;
    await writing;
    assert.ok(bases.size > 2, `bases of ${[...bases]} pages`);
    assert.equal(host.replica.status().lastError, null);
    await assertSameBytes(t, host, target);
  });

  for (const isLong of [false, true]) {
    test(`is restored correctly after a ${isLong ? "long" : "short"} outage in which it shrank`, async (t) => {
      const { target: plain } = targetFolder(t);
      const outage = flapping(plain);
      const host = await Host.primary(t, outage.target);
      prepare(host);
      grow(host, 300);
      await host.replica.durable(true);
      outage.isAway = true;
      host.commit("DELETE FROM content WHERE a % 5 > 0");
      shrink(host, 100_000);
      if (isLong) {
        const isGivenUp = () => host.lines.some((line) => /has been unreachable for a long time/.test(line));
        for (let step = 0; !isGivenUp() && step < 200; step++) {
          grow(host, 40);
          host.commit("DELETE FROM content WHERE a > 300");
          shrink(host, 100_000);
          await sleep(20);
        }
        assert.ok(isGivenUp());
      }
      outage.isAway = false;
      await assertSameBytes(t, host, plain);
    });
  }

  test("is restored correctly after any changes, however they are shipped", async (t) => {
    const step = fc.oneof(
      fc.record({ does: fc.constant("grow" as const), size: fc.integer({ min: 1, max: 120 }) }),
      fc.record({ does: fc.constant("delete" as const), size: fc.integer({ min: 1, max: 5 }) }),
      fc.record({ does: fc.constant("shrink" as const), size: fc.integer({ min: 1, max: 400 }) }),
      fc.record({ does: fc.constant("change" as const), size: fc.integer({ min: 2, max: 9 }) }),
      fc.record({ does: fc.constantFrom("ship" as const, "back up" as const), size: fc.constant(0) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40, size: "max" }), async (steps) => {
        const { target } = targetFolder(t);
        const host = await Host.primary(t, target);
        prepare(host);
        for (const { does, size } of steps) {
          if (does === "grow") grow(host, size);
          else if (does === "shrink") shrink(host, size);
          else if (does === "delete") host.commit(`DELETE FROM content WHERE a % ${size} = 0`);
          else if (does === "change") host.commit(`UPDATE content SET b = randomblob(3000) WHERE a % ${size} = 0`);
          else await (does === "ship" ? host.replica.durable(true) : host.replica.backupNow());
        }
        await assertSameBytes(t, host, target);
      }),
      { numRuns: 8 },
    );
  });
});
