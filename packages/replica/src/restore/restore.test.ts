import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, test } from "node:test";
import { RestoreImpossible, TargetError } from "../errors.ts";
import { faultyTarget } from "../target/testing/faulty.ts";
import { History } from "./fixture.ts";
import { type RestoreOptions, type RestoreProgress, type RestoreResult, restore } from "./restore.ts";

const insert = (rows: number) =>
  `WITH RECURSIVE n (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < ${rows})
   INSERT INTO t SELECT value, hex(randomblob(60)) FROM n`;
const INSERT = insert(20);

async function restored(history: History, options: RestoreOptions = {}): Promise<RestoreResult & { database: Buffer }> {
  const result = await restore(history.target, history.restored, options);
  return { ...result, database: readFileSync(history.restored) };
}

const impossible = (obstacle: string, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof RestoreImpossible, String(error));
  assert.equal(error.obstacle, obstacle, error.message);
  assert.match(error.message, message);
  return true;
};

describe("the restored file equals the database, byte by byte", () => {
  test("after each link of the log, as the log grows", async (t) => {
    const history = await new History(t).begin();
    for (const sql of [
      INSERT,
      "UPDATE t SET b = 'x' WHERE a % 3 = 0",
      INSERT,
      "DELETE FROM t WHERE a % 2",
      "VACUUM",
      INSERT,
    ]) {
      await history.commit(sql);
      const { database, point } = await restored(history);
      assert.ok(database.equals(history.last.database), sql);
      const { database: _, ...expected } = history.last;
      assert.deepEqual(point, expected);
    }
  });

  test("at each earlier link, by its time", async (t) => {
    const history = await new History(t).begin();
    for (let at = 0; at < 6; at++) await history.commit(INSERT);
    for (const { timeMs, database, slot } of history.states) {
      for (const atMs of [timeMs, timeMs + 99]) {
        const result = await restored(history, { atMs });
        assert.equal(result.point.slot, slot);
        assert.ok(result.database.equals(database));
      }
    }
  });

  test("if a base lies in the middle of a pack, between its parts or within one", async (t) => {
    const history = await new History(t).begin();
    for (const laterMs of [2_000, 2_000, 300, 300, 2_000]) {
      await history.commit(INSERT, laterMs);
      await history.enter(await history.snapshot());
    }
    await history.commit(INSERT, 2_000);
    await history.pack();
    const bases = history.manifest?.bases ?? [];
    for (let kept = bases.length; kept > 0; kept--) {
      await history.publish({ bases: bases.slice(0, kept) });
      assert.ok((await restored(history)).database.equals(history.last.database));
    }
  });

  test("after it shrank, and after it grew again", async (t) => {
    const history = await new History(t).begin();
    const sizes: number[] = [];
    for (const sql of [insert(500), "DELETE FROM t WHERE a > 10", "VACUUM", insert(300), "DELETE FROM t", "VACUUM"]) {
      await history.commit(sql, 1_000);
      const { database } = await restored(history);
      assert.ok(database.equals(history.last.database), sql);
      sizes.push(database.length);
    }
    assert.ok((sizes[2] as number) < (sizes[1] as number));
    await history.pack();
    for (const { timeMs, database } of history.states) {
      assert.ok((await restored(history, { atMs: timeMs })).database.equals(database));
    }
  });

  test("with pages of 512 and of 65536 bytes", async (t) => {
    for (const pageSize of [512, 65_536]) {
      const history = await new History(t, pageSize).begin();
      await history.commit(INSERT);
      const { database } = await restored(history);
      assert.ok(database.equals(history.last.database));
      assert.equal(database.readUInt16BE(16), pageSize === 65_536 ? 1 : pageSize);
    }
  });

  test("also without pages", async (t) => {
    const history = new History(t);
    await history.baseOf(Buffer.alloc(0), 4_096);
    assert.equal((await restored(history)).database.length, 0);
  });
});

describe("an existing file", () => {
  test("is replaced, and SQLite's files beside it are removed and named", async (t) => {
    const history = await new History(t).begin();
    writeFileSync(history.restored, "old");
    const companions = ["-journal", "-wal", "-shm"].map((suffix) => history.restored + suffix);
    for (const companion of companions) writeFileSync(companion, "stale");
    const { removed, database } = await restored(history);
    assert.deepEqual([...removed].sort(), [...companions].sort());
    assert.ok(database.equals(history.last.database));
    assert.deepEqual(
      readdirSync(history.folder).filter((name) => name.startsWith("restored")),
      ["restored.db"],
    );
    assert.equal(statSync(history.restored).mode & 0o777, 0o600);
    assert.deepEqual((await restored(history)).removed, []);
  });

  test("is unchanged if the restore fails, and nothing else is left", async (t) => {
    const history = await new History(t).begin();
    const base = history.states[0];
    assert.ok(base);
    await history.alter((await history.target.list("replica/snap/"))[0] as string, () => undefined);
    writeFileSync(history.restored, "old");
    writeFileSync(`${history.restored}-wal`, "its log");
    writeFileSync(`${history.restored}.restoring`, "of a restore that was killed");
    await assert.rejects(restored(history), impossible("damaged", /snap/));
    assert.equal(readFileSync(history.restored, "utf8"), "old");
    assert.equal(readFileSync(`${history.restored}-wal`, "utf8"), "its log");
    assert.deepEqual(
      readdirSync(history.folder).filter((name) => name.startsWith("restored")),
      ["restored.db", "restored.db-wal"],
    );
  });

  test("keeps the files beside it if it cannot be replaced", async (t) => {
    const history = await new History(t).begin();
    mkdirSync(history.restored);
    writeFileSync(`${history.restored}-wal`, "its log");
    await assert.rejects(restore(history.target, history.restored), impossible("local", /folder/));
    assert.equal(readFileSync(`${history.restored}-wal`, "utf8"), "its log");
    assert.ok(!existsSync(`${history.restored}-wal.replaced`));
  });

  test("may be open: its reader continues with the old one", async (t) => {
    const history = await new History(t).begin();
    const old = new DatabaseSync(history.restored);
    t.after(() => old.close());
    old.exec("PRAGMA journal_mode = WAL; CREATE TABLE old (a); INSERT INTO old VALUES (1); BEGIN");
    const count = old.prepare("SELECT count(*) AS n FROM old");
    assert.deepEqual({ ...count.get() }, { n: 1 });
    const { removed, database } = await restored(history);
    assert.equal(removed.length, 2);
    assert.ok(database.equals(history.last.database));
    old.exec("COMMIT");
    assert.deepEqual({ ...count.get() }, { n: 1 });
  });
});

test("a restored database works", async (t) => {
  const history = await new History(t).begin();
  await history.commit(INSERT);
  await restored(history);
  const database = new DatabaseSync(history.restored);
  assert.deepEqual({ ...database.prepare("SELECT count(*) AS n FROM t").get() }, { n: 20 });
  assert.deepEqual({ ...database.prepare("PRAGMA journal_mode").get() }, { journal_mode: "wal" });
  database.exec(INSERT);
  database.close();
});

test("progress never falls and ends with the total, also if an object is skipped", async (t) => {
  for (const damage of [false, true]) {
    const history = await new History(t).begin();
    await history.commit(insert(200));
    await history.pack();
    await history.commit(INSERT);
    // It is read after the base.
    if (damage) await history.alter(history.manifest?.packs[0]?.key as string, () => Buffer.from("?"));
    const told: RestoreProgress[] = [];
    const { database, objects } = await restored(history, { onProgress: (progress) => told.push(progress) });
    assert.ok(database.equals(history.last.database));
    assert.ok(told.length >= objects);
    for (const [at, { doneBytes, totalBytes }] of told.entries()) {
      assert.ok(doneBytes >= (told[at - 1]?.doneBytes ?? 0) && doneBytes <= totalBytes);
    }
    assert.equal(told.at(-1)?.doneBytes, told.at(-1)?.totalBytes);
    if (!damage) assert.equal(told.at(-1)?.objects, objects);
  }
});

describe("the result", () => {
  test("lets a primary continue: checksum, free slot, highest epoch, whether the log is released", async (t) => {
    const history = await new History(t).begin();
    await history.commit(INSERT);
    await history.pack();
    await history.commit(INSERT);
    await history.enter(await history.snapshot());
    await history.commit(INSERT);
    const live = await restored(history);
    assert.equal(live.databaseId, history.databaseId);
    assert.equal(live.checksum.value, history.last.checksum);
    assert.deepEqual([live.nextSlot, live.maxEpoch, live.released], [6, 1, false]);
    await history.released();
    const gone = await restored(history);
    assert.deepEqual([gone.nextSlot, gone.maxEpoch, gone.released], [7, 1, true]);
    await history.fence();
    const claimed = await restored(history);
    assert.deepEqual([claimed.nextSlot, claimed.maxEpoch, claimed.released], [8, 2, false]);
    assert.equal(claimed.point.epoch, 1);
  });

  test("counts the objects and bytes read", async (t) => {
    const history = await new History(t).begin();
    await history.commit(INSERT);
    await history.pack();
    await history.commit(INSERT);
    const { objects, bytes, durationMs } = await restored(history);
    assert.equal(objects, 3);
    assert.ok(bytes > 1_000);
    assert.ok(durationMs > 0);
  });
});

describe("an orphan", () => {
  test("restores the database of its writer", async (t) => {
    const history = await new History(t).begin();
    await history.commit(INSERT);
    const { key, state } = await history.orphan("DELETE FROM t WHERE a = 3; INSERT INTO t VALUES (1, 'unsaved')");
    const { database, point } = await restored(history, { orphan: key });
    assert.ok(database.equals(state.database));
    const { database: _, ...expected } = state;
    assert.deepEqual(point, expected);
  });

  test("is applied to the state of its own epoch, whatever the next writer did", async (t) => {
    const history = await new History(t).begin();
    await history.commit(INSERT);
    const { key, state } = await history.orphan("INSERT INTO t VALUES (1, 'unsaved')");
    await history.fence();
    await history.commit(INSERT, 5_000);
    await history.pack();
    await history.enter(await history.snapshot());
    await history.commit("DELETE FROM t", 5_000);
    assert.ok((await restored(history, { orphan: key })).database.equals(state.database));
    assert.ok((await restored(history)).database.equals(history.last.database));
  });

  test("may repeat changes that turned out to be in the log", async (t) => {
    const history = await new History(t).begin();
    const before = await history.commit(INSERT);
    await history.commit("INSERT INTO t VALUES (1, 'in flight')");
    // The same pages again, and others.
    const { key, state } = await history.orphan("UPDATE t SET b = 'all'; VACUUM", before);
    assert.ok((await restored(history, { orphan: key })).database.equals(state.database));
  });

  test("that does not match is rejected: of another state, damaged, missing, or not an orphan", async (t) => {
    const history = await new History(t).begin();
    const first = await history.commit(INSERT);
    const { key } = await history.orphan("INSERT INTO t VALUES (1, 'unsaved')");
    const other = await history.orphan("INSERT INTO t VALUES (1, 'unsaved')", { ...first, hash: "ab".repeat(32) });
    const later = await history.orphan("UPDATE t SET b = 'other'", { ...first, slot: 90 });
    const few = await history.orphan("INSERT INTO t VALUES (1, 'unsaved')", first);
    for (const { key } of [other, later]) {
      await assert.rejects(restored(history, { orphan: key }), impossible("out-of-range", /do not fit/));
    }
    await assert.rejects(
      restored(history, { orphan: few.key }),
      impossible("damaged", /the database restored with it is wrong/),
    );
    await history.alter(key, (bytes) => bytes.subarray(0, -1));
    await assert.rejects(restored(history, { orphan: key }), impossible("damaged", /orphan/));
    await assert.rejects(restored(history, { orphan: "replica/orphan/none" }), impossible("out-of-range", /no object/));
    const fence = "replica/log/0000000000000001";
    await assert.rejects(restored(history, { orphan: fence }), impossible("out-of-range", /fence/));
    assert.ok(!existsSync(history.restored));
  });
});

describe("a restore stops", () => {
  test("with a TargetError if the target cannot be reached, at any moment", async (t) => {
    const history = await new History(t).begin();
    await history.commit(INSERT);
    await history.pack();
    await history.commit(INSERT);
    let failing = 0;
    // The number of operations varies, because prefetching depends on what arrives first.
    for (let isFailed = true; isFailed; failing++) {
      writeFileSync(history.restored, "old");
      isFailed = false;
      let at = 0;
      const target = faultyTarget(history.target, () => {
        if (at++ !== failing) return undefined;
        isFailed = true;
        return { kind: "refused", fault: "unreachable" };
      });
      const outcome = await restore(target, history.restored).catch((error) => error);
      assert.equal(outcome instanceof TargetError, isFailed, `operation ${failing}: ${outcome}`);
      assert.equal(readFileSync(history.restored, "utf8") === "old", isFailed);
    }
    assert.ok(failing > 8);
  });

  test("on request, at any moment", async (t) => {
    const history = await new History(t).begin();
    for (let at = 0; at < 3; at++) await history.commit(INSERT);
    for (let stopping = 1; stopping <= 4; stopping++) {
      const stop = new AbortController();
      let told = 0;
      const onProgress = () => {
        if (++told === stopping) stop.abort(new Error("no longer wanted"));
      };
      await assert.rejects(restored(history, { onProgress, signal: stop.signal }), /^Error: no longer wanted$/);
    }
    assert.deepEqual(
      readdirSync(history.folder).filter((name) => name.startsWith("restored")),
      [],
    );
  });

  test("if the file cannot be written", async (t) => {
    const history = await new History(t).begin();
    const file = join(history.folder, "none", "restored.db");
    await assert.rejects(restore(history.target, file), impossible("local", /does not exist\. Create it/));
  });

  test("if SQLite finds damage, unless the check is off", async (t) => {
    const history = await new History(t).begin();
    const damaged = Buffer.from((await history.commit(INSERT)).database);
    damaged.fill(0, 2 * 1_024, 3 * 1_024);
    await history.baseOf(damaged, 1_024);
    await assert.rejects(restored(history), impossible("damaged", /it was already damaged when it was stored/));
    assert.ok((await restored(history, { check: "none" })).database.equals(history.last.database));
  });
});
