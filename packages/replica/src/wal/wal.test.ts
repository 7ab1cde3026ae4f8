import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type TestContext, test } from "node:test";
import fc from "fast-check";
import { type WalChange, WalReader } from "./wal.ts";

type World = {
  readonly database: DatabaseSync;
  readonly wal: WalReader;
  readonly file: string;
  readonly folder: string;
};

function open(t: TestContext): World {
  const folder = mkdtempSync(join(tmpdir(), "scimtool-wal-"));
  const file = join(folder, "test.db");
  const database = new DatabaseSync(file);
  database.exec("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; PRAGMA synchronous = NORMAL;");
  const wal = new WalReader(`${file}-wal`);
  t.after(() => {
    wal.close();
    database.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return { database, wal, file, folder };
}

/** A copy of the database, made of the changes that the reader returns. */
class Copy {
  readonly #pages: Buffer[] = [];
  #databasePages = 0;

  apply(change: WalChange | undefined): void {
    if (change === undefined) return;
    for (const [page, image] of change.pages) this.#pages[page - 1] = Buffer.from(image);
    this.#databasePages = change.databasePages;
  }

  bytes(): Buffer {
    return Buffer.concat(this.#pages.slice(0, this.#databasePages));
  }
}

test("each transaction is read once", (t) => {
  const { database, wal } = open(t);
  database.exec("CREATE TABLE t (a)");
  assert.equal(wal.next()?.commits, 1);
  assert.equal(wal.next(), undefined);
  database.exec("INSERT INTO t VALUES (1)");
  database.exec("INSERT INTO t VALUES (2)");
  const change = wal.next();
  assert.equal(change?.commits, 2);
  assert.deepEqual([...(change?.pages.keys() ?? [])], [2]);
  assert.equal(change?.databasePages, 2);
  assert.equal(wal.next(), undefined);
});

test("uncommitted changes are not read, even if they are in the log", (t) => {
  const { database, wal, file } = open(t);
  database.exec("CREATE TABLE t (a)");
  wal.next();
  database.exec("PRAGMA cache_size = 5; BEGIN");
  const insert = database.prepare("INSERT INTO t VALUES (randomblob(3000))");
  for (let row = 0; row < 100; row++) insert.run();
  assert.ok(readFileSync(`${file}-wal`).length > 100_000, "the cache has spilled into the log");
  assert.equal(wal.next(), undefined);
  database.exec("ROLLBACK");
  assert.equal(wal.next(), undefined);
  database.exec("INSERT INTO t VALUES (1)");
  assert.equal(wal.next()?.commits, 1);
});

test("without a log there is nothing to read", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "scimtool-wal-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const wal = new WalReader(join(folder, "none-wal"));
  assert.equal(wal.next(), undefined);
  writeFileSync(join(folder, "none-wal"), "");
  assert.equal(wal.next(), undefined);
  wal.close();
});

test("after a checkpoint the log restarts and is followed from there", (t) => {
  const { database, wal } = open(t);
  database.exec("CREATE TABLE t (a)");
  const before = wal.next();
  for (const mode of ["TRUNCATE", "RESTART"]) {
    database.exec(`PRAGMA wal_checkpoint(${mode})`);
    assert.equal(wal.next(), undefined);
    database.exec("INSERT INTO t VALUES (1)");
    const change = wal.next();
    assert.equal(change?.commits, 1);
    assert.notEqual(change?.generation, before?.generation);
  }
});

test("applied page by page, the changes give the database byte by byte", (t) => {
  const statements = fc.constantFrom(
    "INSERT INTO t SELECT value, randomblob(200) FROM generate_series(1, 50)",
    "INSERT INTO t VALUES (abs(random()) % 1000, randomblob(3000))",
    "UPDATE t SET b = randomblob(100) WHERE a % 3 = 0",
    "DELETE FROM t WHERE a % 2 = 0",
    "DELETE FROM t",
    "VACUUM",
    "PRAGMA wal_checkpoint(TRUNCATE)",
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(statements, fc.boolean()), { minLength: 1, maxLength: 25 }), (steps) => {
      const { database, wal, file } = open(t);
      const copy = new Copy();
      database.exec("CREATE TABLE t (a, b); CREATE INDEX t_a ON t (a)");
      for (const [statement, looks] of steps) {
        // Only changes that were read may be checkpointed.
        if (looks || statement.startsWith("PRAGMA")) copy.apply(wal.next());
        database.exec(statement.replace("FROM generate_series(1, 50)", SERIES));
      }
      copy.apply(wal.next());
      database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
      assert.ok(copy.bytes().equals(readFileSync(file)));
    }),
    { numRuns: 40 },
  );
});

/** SQLite as built into Node has no generate_series. */
const SERIES =
  "FROM (WITH RECURSIVE series (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM series WHERE value < 50) SELECT value FROM series)";

test("a log that is truncated anywhere gives the complete transactions", (t) => {
  const { database, file, folder } = open(t);
  database.exec("CREATE TABLE t (a)");
  for (let row = 0; row < 5; row++) database.exec(`INSERT INTO t VALUES (${row})`);
  const whole = readFileSync(`${file}-wal`);
  const frameBytes = 24 + 4096;
  for (let length = 0; length <= whole.length; length += 1_373) {
    const cut = join(folder, "cut-wal");
    copyFileSync(`${file}-wal`, cut);
    truncateSync(cut, length);
    const reader = new WalReader(cut);
    const frames = Math.max(0, Math.floor((length - 32) / frameBytes));
    // The first transaction has two frames, each later one has one.
    assert.equal(reader.next()?.commits ?? 0, Math.max(0, frames - 1), `cut off after ${length} bytes`);
    reader.close();
  }
});

test("a frame with a flipped bit ends the read", (t) => {
  const { database, file, folder } = open(t);
  database.exec("CREATE TABLE t (a)");
  for (let row = 0; row < 3; row++) database.exec(`INSERT INTO t VALUES (${row})`);
  const whole = readFileSync(`${file}-wal`);
  const damaged = join(folder, "damaged-wal");
  for (let at = 32 + 3 * 4_120; at < whole.length; at += 97) {
    const bytes = Buffer.from(whole);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    writeFileSync(damaged, bytes);
    const reader = new WalReader(damaged);
    const commits = reader.next()?.commits ?? 0;
    assert.ok(commits <= 3, `a bit of byte ${at} was flipped and ${commits} transactions were read`);
    reader.close();
  }
});

test("a flipped bit in a frame's header, including its salts, ends the read", (t) => {
  const { database, file, folder } = open(t);
  database.exec("CREATE TABLE t (a)");
  for (let row = 0; row < 3; row++) database.exec(`INSERT INTO t VALUES (${row})`);
  const whole = readFileSync(`${file}-wal`);
  const damaged = join(folder, "damaged-wal");
  const lastFrame = whole.length - (24 + 4_096);
  for (let at = lastFrame; at < lastFrame + 24; at++) {
    const bytes = Buffer.from(whole);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    writeFileSync(damaged, bytes);
    const reader = new WalReader(damaged);
    assert.equal(reader.next()?.commits, 3, `a bit of byte ${at - lastFrame} of the last frame's header`);
    reader.close();
  }
});

test("a file that is not a log is rejected", (t) => {
  const { folder } = open(t);
  const file = join(folder, "other-wal");
  writeFileSync(file, "This is no write-ahead log, but something that a person wrote down here.");
  const reader = new WalReader(file);
  assert.throws(() => reader.next(), /does not begin as a write-ahead log/);
  reader.close();
});

test("a read in pieces ends each piece with a commit, and the pieces are complete", (t) => {
  const { database, file, wal } = open(t);
  database.exec("CREATE TABLE t (a)");
  for (let row = 0; row < 40; row++) database.exec("INSERT INTO t VALUES (randomblob(6000))");
  const all = new WalReader(`${file}-wal`);
  const whole = new Copy();
  whole.apply(all.next());
  const pieced = new Copy();
  let commits = 0;
  const pieces: WalChange[] = [];
  for (let change = wal.next(50_000); change !== undefined; change = wal.next(50_000)) {
    pieced.apply(change);
    commits += change.commits;
    pieces.push(change);
  }
  assert.ok(pieced.bytes().equals(whole.bytes()));
  assert.equal(commits, 41);
  assert.ok(pieces.length > 3);
  assert.deepEqual(
    pieces.map(({ more }) => more),
    pieces.map((_, at) => at < pieces.length - 1),
  );
  for (const { pages } of pieces) assert.ok(pages.size * 4_096 < 50_000 + 4 * 4_096);
  all.close();
});

test("a transaction is read completely, however small the requested piece is", (t) => {
  const { database, wal } = open(t);
  database.exec("CREATE TABLE t (a)");
  assert.equal(wal.next(1)?.commits, 1);
  database.exec("INSERT INTO t VALUES (zeroblob(100000))");
  const change = wal.next(1);
  assert.equal(change?.commits, 1);
  assert.ok((change?.pages.size ?? 0) > 24);
  assert.equal(wal.next(1), undefined);
});

test("for a page that an uncommitted transaction writes again, the committed image is returned", (t) => {
  const { database, wal, file, folder } = open(t);
  database.exec("CREATE TABLE t (a); INSERT INTO t VALUES (zeroblob(200000))");
  const committed = new Copy();
  committed.apply(new WalReader(`${file}-wal`).next());
  database.exec("PRAGMA cache_size = 5; BEGIN; UPDATE t SET a = randomblob(200000)");
  const spilled = join(folder, "spilled-wal");
  copyFileSync(`${file}-wal`, spilled);
  database.exec("COMMIT");
  const reader = new WalReader(spilled);
  const copy = new Copy();
  copy.apply(reader.next());
  assert.ok(copy.bytes().equals(committed.bytes()));
  // The rest of the transaction, and the part that was read already and did not count.
  copyFileSync(`${file}-wal`, spilled);
  copy.apply(reader.next());
  committed.apply(wal.next());
  assert.ok(copy.bytes().equals(committed.bytes()));
  reader.close();
});

test("a reader reports its position in the log in frames, as SQLite counts them", (t) => {
  const { database, wal } = open(t);
  assert.deepEqual(wal.position, { generation: undefined, frames: 0, bytes: 0 });
  database.exec("CREATE TABLE t (a)");
  database.exec("INSERT INTO t VALUES (1)");
  wal.next(1);
  const { log } = database.prepare("PRAGMA wal_checkpoint(PASSIVE)").get() as { log: number };
  assert.equal(wal.position.frames, log - 1);
  wal.next();
  assert.deepEqual(wal.position, { generation: wal.generation(), frames: log, bytes: 32 + log * 4_120 });
  const before = wal.generation() ?? 0;
  database.exec("INSERT INTO t VALUES (2)");
  assert.equal(wal.generation(), before + 1, "the log has begun anew");
  wal.next();
  assert.deepEqual(wal.position, { generation: wal.generation(), frames: 1, bytes: 32 + 4_120 });
});

test("bytes ahead are those not read yet, without remains of the previous log", (t) => {
  const { database, wal } = open(t);
  assert.equal(wal.bytesAhead(1_000_000), 0);
  database.exec("CREATE TABLE t (a)");
  for (let row = 0; row < 9; row++) database.exec("INSERT INTO t VALUES (1)");
  assert.equal(wal.bytesAhead(1_000_000), 11 * 4_120);
  assert.ok(wal.bytesAhead(10_000) >= 10_000 && wal.bytesAhead(10_000) < 10_000 + 4_120);
  wal.next();
  assert.equal(wal.bytesAhead(1_000_000), 0);
  database.exec("INSERT INTO t VALUES (2)");
  assert.equal(wal.bytesAhead(1_000_000), 4_120);
  database.exec("PRAGMA wal_checkpoint(PASSIVE)");
  database.exec("INSERT INTO t VALUES (3)");
  assert.equal(wal.bytesAhead(1_000_000), 4_120, "of the log that has begun anew");
  wal.next();
  assert.equal(wal.bytesAhead(1_000_000), 0);
  assert.equal(wal.fileBytes(), 32 + 12 * 4_120, "the file keeps its length");
});
