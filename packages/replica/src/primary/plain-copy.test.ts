import assert from "node:assert/strict";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, type TestContext, test } from "node:test";
import { temporaryFolder } from "../testing/folder.ts";
import { plainStream } from "./base.ts";
import { DatabaseFile } from "./checkpointer.ts";

/** A checkpointed database in WAL mode, and a reader of its file. */
async function open(t: TestContext, pageSize: number, rows: number) {
  const folder = temporaryFolder(t);
  const file = join(folder, "test.db");
  const database = new DatabaseSync(file);
  database.exec(`PRAGMA page_size = ${pageSize}; PRAGMA journal_mode = WAL; CREATE TABLE t (a)`);
  const insert = database.prepare("INSERT INTO t VALUES (randomblob(700))");
  database.exec("BEGIN");
  for (let row = 0; row < rows; row++) insert.run();
  database.exec("COMMIT");
  database.close();
  const databaseFile = await DatabaseFile.open(file);
  return { folder, file, databaseFile, databasePages: readFileSync(file).length / pageSize };
}

async function copied(stream: AsyncIterable<Buffer>): Promise<{ readonly bytes: Buffer; readonly largest: number }> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return { bytes: Buffer.concat(chunks), largest: Math.max(...chunks.map(({ length }) => length)) };
}

describe("the plain copy", () => {
  for (const [pageSize, rows] of [
    [512, 10],
    [4_096, 5_000],
    [65_536, 100],
  ] as const) {
    test(`of a database with pages of ${pageSize} bytes equals the file, except for the two bytes of the journal mode`, async (t) => {
      const { file, databaseFile, databasePages } = await open(t, pageSize, rows);
      const read = (first: number, into: Buffer) => databaseFile.readPages(first, into, pageSize);
      const { bytes, largest } = await copied(plainStream({ pageSize, databasePages }, read));
      databaseFile.close();
      const original = readFileSync(file);
      assert.deepEqual([...original.subarray(18, 20)], [2, 2]);
      assert.deepEqual([...bytes.subarray(18, 20)], [1, 1]);
      original.fill(1, 18, 20);
      assert.ok(bytes.equals(original));
      assert.ok(largest <= 1_024 * 1_024);
    });
  }

  test("opens read-only, without files beside it", async (t) => {
    const { folder, databaseFile, databasePages } = await open(t, 4_096, 30);
    const read = (first: number, into: Buffer) => databaseFile.readPages(first, into, 4_096);
    const { bytes } = await copied(plainStream({ pageSize: 4_096, databasePages }, read));
    databaseFile.close();
    const copy = join(folder, "copy.db");
    writeFileSync(copy, bytes, { mode: 0o400 });
    const database = new DatabaseSync(copy, { readOnly: true });
    assert.deepEqual({ ...database.prepare("PRAGMA journal_mode").get() }, { journal_mode: "delete" });
    assert.equal(database.prepare("SELECT count(*) AS n FROM t").get()?.n, 30);
    database.close();
  });

  test("of a database without pages is empty", async () => {
    const read = async () => assert.fail();
    assert.equal((await copied(plainStream({ pageSize: 4_096, databasePages: 0 }, read))).bytes.length, 0);
  });
});

describe("the database file", () => {
  test("returns pages unchanged, and zeros after its end", async (t) => {
    const { file, databaseFile, databasePages } = await open(t, 4_096, 3);
    const original = readFileSync(file);
    assert.equal(statSync(file).size, original.length);
    const read = Buffer.alloc((databasePages + 1) * 4_096, 7);
    await databaseFile.readPages(2, read, 4_096);
    assert.ok(read.subarray(0, original.length - 4_096).equals(original.subarray(4_096)));
    assert.ok(read.subarray(original.length - 4_096).every((byte) => byte === 0));
    databaseFile.close();
  });

  test("returns nothing after it is closed", async (t) => {
    const { databaseFile } = await open(t, 4_096, 3);
    databaseFile.close();
    await assert.rejects(databaseFile.readPages(1, Buffer.alloc(4_096), 4_096), /closed/);
  });
});
