import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type TestContext, test } from "node:test";
import { afterwards, temporaryFolder } from "../testing/folder.ts";
import { checkLive } from "./check.ts";

const PAGE_BYTES = 4_096;

/** A database during writes: its WAL is not in the file, except for what `checkpoint` copies. */
function liveDatabase(t: TestContext) {
  const file = join(temporaryFolder(t), "live.db");
  const database = new DatabaseSync(file);
  afterwards(t, () => database.close());
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0;
    CREATE TABLE "odd "" name" (a, b); CREATE INDEX i ON "odd "" name" (a); CREATE TABLE other (a);
    WITH RECURSIVE n (v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM n WHERE v < 500)
    INSERT INTO "odd "" name" SELECT v, hex(randomblob(100)) FROM n`);
  return { file, database };
}

/** In another process: closing the file in this one would drop SQLite's locks. */
function damagePage(file: string, page: number): void {
  const at = String((page - 1) * PAGE_BYTES + 200);
  const script =
    "const f=fs.openSync(process.argv[1],'r+'); fs.writeSync(f,Buffer.alloc(3000,7),0,3000,+process.argv[2])";
  execFileSync(process.execPath, ["-e", script, file, at]);
}

test("an intact database passes during writes, which can continue", async (t) => {
  const { file, database } = liveDatabase(t);
  const checking = checkLive(file);
  for (let value = 0; value < 50; value++)
    database.exec(`INSERT INTO other VALUES (${value}); CREATE TABLE IF NOT EXISTS t${value} (a)`);
  for (let value = 0; value < 50; value++) database.exec(`DROP TABLE t${value}`);
  assert.equal(await checking, undefined);
  database.exec("PRAGMA wal_checkpoint(TRUNCATE); BEGIN IMMEDIATE; INSERT INTO other VALUES (51)");
  // The check has not released the locks of this process.
  const other = "new (require('node:sqlite').DatabaseSync)(process.argv[1]).exec('BEGIN IMMEDIATE')";
  assert.throws(() => execFileSync(process.execPath, ["-e", other, file], { stdio: "pipe" }), /locked/);
  database.exec("COMMIT");
  assert.equal(await checkLive(file), undefined);
});

test("a damaged page is found in any table", async (t) => {
  const { file, database } = liveDatabase(t);
  database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  database.prepare("SELECT count(*) FROM other").get();
  const root = database.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'i'").get() as { rootpage: number };
  damagePage(file, root.rootpage + 3);
  assert.match((await checkLive(file)) ?? "", /\S/);
});

test("a file that cannot be read is not mistaken for a damaged one", async (t) => {
  await assert.rejects(checkLive(join(temporaryFolder(t), "none.db")), { obstacle: "local" });
});

test("a check ends on request", async (t) => {
  const { file } = liveDatabase(t);
  const stop = new AbortController();
  const checking = checkLive(file, stop.signal);
  stop.abort(new Error("no longer wanted"));
  await assert.rejects(checking, /no longer wanted/);
});
