import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { describe, type TestContext, test } from "node:test";
import { databasePlace } from "../../../testing/database.ts";
import { Connection } from "../connection.ts";
import { openSqliteStore } from "../store.ts";
import { giveBackSpace, rewriteToGiveBack, setUpToGiveBack } from "./retention-space.ts";

const PAGE_BYTES = 4_096;
const MIB = 1_024 * 1_024;

type Made = { readonly file: string; readonly database: DatabaseSync };

/** A database with this many rows of 16 KiB; every second one can be removed. */
function make(t: TestContext, { isSet, rows }: { readonly isSet: boolean; readonly rows: number }): Made {
  const place = databasePlace();
  const database = new DatabaseSync(place.file);
  t.after(() => {
    if (database.isOpen) database.close();
    place.remove();
  });
  if (isSet) setUpToGiveBack(database);
  database.exec("PRAGMA journal_mode = WAL; CREATE TABLE t (a INTEGER PRIMARY KEY, b BLOB); BEGIN");
  const insert = database.prepare("INSERT INTO t VALUES (?, randomblob(16384))");
  for (let row = 0; row < rows; row++) insert.run(row);
  database.exec("COMMIT");
  return { file: place.file, database };
}

function connect(t: TestContext, file: string): Connection {
  const connection = new Connection(file, { readOnly: false, cacheKibibytes: 1_024 });
  t.after(() => connection.close());
  return connection;
}

function pragma(database: DatabaseSync, name: string): number {
  return Number(Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0]);
}

/** The content of all rows. */
function contentOf(database: DatabaseSync): unknown {
  return database.prepare("SELECT count(*), sum(a), sum(length(b)), group_concat(hex(substr(b, 1, 4))) FROM t").get();
}

describe("free space", () => {
  test("is returned to the file system in small steps, except for the next records", (t) => {
    const { file, database } = make(t, { isSet: true, rows: 1_000 });
    database.exec("DELETE FROM t WHERE a % 2 = 0");
    const content = contentOf(database);
    database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    const before = statSync(file).size;
    const connection = connect(t, file);
    let steps = 0;
    for (let isDone = false; !isDone; steps++) {
      assert.ok(steps < 100);
      const pages = pragma(database, "page_count");
      isDone = giveBackSpace(connection);
      const given = pages - pragma(database, "page_count");
      // Including the pages with the parents of other pages.
      assert.ok(given >= 32 && given <= 34, `${given} pages in step ${steps}`);
    }
    // More than 2,000 pages are free; 1,024 of them stay.
    assert.ok(steps > 10, `${steps} steps`);
    const free = pragma(database, "freelist_count");
    assert.ok(free >= 1_024 && free < 1_024 + 32, `${free} pages are free`);
    database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    const after = statSync(file).size;
    assert.equal(after, pragma(database, "page_count") * PAGE_BYTES);
    assert.ok(before - after > 3.5 * MIB, `${after} bytes after ${before}`);
    assert.deepEqual(contentOf(database), content);
    assert.equal(database.prepare("PRAGMA integrity_check").get()?.["integrity_check"], "ok");
    assert.equal(giveBackSpace(connection), true);
    assert.equal(pragma(database, "freelist_count"), free);
  });

  test("is returned with its transaction, or not at all", (t) => {
    const { file, database } = make(t, { isSet: true, rows: 1_000 });
    database.exec("DELETE FROM t WHERE a % 2 = 0");
    const [pages, content] = [pragma(database, "page_count"), contentOf(database)];
    const connection = connect(t, file);
    connection.run("BEGIN IMMEDIATE");
    connection.run("SAVEPOINT job");
    giveBackSpace(connection);
    connection.run("ROLLBACK TO job");
    connection.run("RELEASE job");
    connection.run("COMMIT");
    assert.equal(pragma(database, "page_count"), pages);
    assert.deepEqual(contentOf(database), content);
    assert.equal(database.prepare("PRAGMA integrity_check").get()?.["integrity_check"], "ok");
  });

  test("stays if the database is not set up to return it", (t) => {
    const { file, database } = make(t, { isSet: false, rows: 1_000 });
    database.exec("DELETE FROM t WHERE a % 2 = 0");
    const pages = pragma(database, "page_count");
    assert.equal(giveBackSpace(connect(t, file)), true);
    assert.equal(pragma(database, "page_count"), pages);
  });
});

describe("a database", () => {
  test("that is new can return space from the start", (t) => {
    const place = databasePlace();
    t.after(() => place.remove());
    const database = new DatabaseSync(place.file);
    setUpToGiveBack(database);
    database.exec("CREATE TABLE t (a)");
    assert.equal(pragma(database, "auto_vacuum"), 2);
    const other = new DatabaseSync(place.file);
    const version = pragma(database, "data_version");
    setUpToGiveBack(other);
    rewriteToGiveBack(other);
    other.close();
    assert.equal(pragma(database, "data_version"), version, "nothing was written");
    database.close();
  });

  test("that the replica has created can, once it is rewritten", (t) => {
    const place = databasePlace();
    t.after(() => place.remove());
    const database = new DatabaseSync(place.file);
    database.exec("PRAGMA journal_mode = WAL");
    setUpToGiveBack(database);
    database.exec("CREATE TABLE t (a)");
    assert.equal(pragma(database, "auto_vacuum"), 0);
    rewriteToGiveBack(database);
    assert.equal(pragma(database, "auto_vacuum"), 2);
    database.close();
  });

  test("that is small is set up once, and keeps its content", (t) => {
    const { file, database } = make(t, { isSet: false, rows: 100 });
    const content = contentOf(database);
    const reading = new DatabaseSync(file, { readOnly: true });
    reading.exec("BEGIN; SELECT * FROM t LIMIT 1");
    rewriteToGiveBack(database);
    reading.exec("COMMIT");
    reading.close();
    assert.equal(pragma(database, "auto_vacuum"), 2);
    assert.deepEqual(contentOf(database), content);
  });

  test("that is opened returns space, whoever created it", async (t) => {
    for (const begin of [
      "",
      "PRAGMA journal_mode = WAL",
      "PRAGMA journal_mode = WAL; CREATE TABLE t (a); DROP TABLE t",
    ]) {
      const place = databasePlace();
      t.after(() => place.remove());
      const database = new DatabaseSync(place.file);
      database.exec(begin);
      for (const options of [{ replicated: { onCommit: () => undefined } }, {}]) {
        await openSqliteStore(place.file, options).close();
        const other = new DatabaseSync(place.file);
        assert.equal(pragma(other, "auto_vacuum"), 2, begin);
        other.close();
      }
      database.close();
    }
  });

  test("that is large stays unchanged", (t) => {
    const { database } = make(t, { isSet: false, rows: (33 * MIB) / 16_384 });
    rewriteToGiveBack(database);
    assert.equal(pragma(database, "auto_vacuum"), 0);
  });

  test("that cannot be rewritten now still works", (t) => {
    const { file, database } = make(t, { isSet: false, rows: 10 });
    const writing = new DatabaseSync(file);
    writing.exec("BEGIN IMMEDIATE");
    rewriteToGiveBack(database);
    writing.exec("ROLLBACK");
    writing.close();
    assert.equal(pragma(database, "auto_vacuum"), 0);
    database.exec("INSERT INTO t VALUES (77, NULL)");
    rewriteToGiveBack(database);
    assert.equal(pragma(database, "auto_vacuum"), 2);
  });
});
