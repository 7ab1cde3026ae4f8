import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { databasePlace } from "../../testing/database.ts";
import { Connection } from "./connection.ts";
import { marksOf, QueryMarks } from "./page-marks.ts";

const place = (key: number) => ({ key, value: null });

describe("what is known of a query", () => {
  test("gives the last mark that is not beyond an offset, in whatever order they came", () => {
    const marks = new QueryMarks();
    assert.equal(marks.nearest(0), undefined);
    for (const offset of [300, 100, 200, 100]) marks.note(offset, place(offset));
    const found = [99, 100, 199, 200, 1_000].map((offset) => marks.nearest(offset)?.offset);
    assert.deepEqual(found, [undefined, 100, 100, 200, 300]);
    assert.deepEqual(marks.nearest(250)?.position, place(200));
  });

  test("stays small, keeps the place where a walk goes on, and others all along the way", () => {
    const marks = new QueryMarks();
    const nearest = (offset: number) => marks.nearest(offset)?.offset ?? 0;
    for (let offset = 100; offset <= 1_000_000; offset += 100) {
      marks.note(offset, place(offset));
      assert.equal(nearest(offset), offset);
    }
    const known = new Set<number>();
    for (let offset = 0; offset <= 1_000_000; offset += 100) known.add(nearest(offset));
    assert.ok(known.size <= 257, `${known.size} marks`);
    for (let offset = 0; offset <= 1_000_000; offset += 100) {
      assert.ok(offset - nearest(offset) <= 1_000_000 / 64, `from ${nearest(offset)} to ${offset}`);
    }
  });

  test("keeps the place of a walk through the midst of what is known", () => {
    const marks = new QueryMarks();
    for (let offset = 0; offset < 256; offset++) marks.note(offset * 1_000, place(offset));
    for (let offset = 100_100; offset < 101_000; offset += 100) {
      marks.note(offset, place(offset));
      assert.equal(marks.nearest(offset)?.offset, offset);
    }
  });

  test("holds no long text", () => {
    const marks = new QueryMarks();
    marks.note(5, { key: 1, value: "x".repeat(201) });
    assert.equal(marks.nearest(9), undefined);
  });

  test("is kept for the last 64 queries, short ones, of a connection that only reads, until something is written", () => {
    const { file, remove } = databasePlace();
    const writer = new Connection(file, { readOnly: false, cacheKibibytes: 64 });
    writer.database.exec("PRAGMA journal_mode = WAL; CREATE TABLE t (a)");
    const reader = new Connection(file, { readOnly: true, cacheKibibytes: 64 });
    try {
      assert.equal(marksOf(writer, "q"), undefined);
      assert.equal(marksOf(reader, "q".repeat(2_001)), undefined);
      const known = marksOf(reader, "q");
      for (let other = 0; other < 63; other++) marksOf(reader, `other ${other}`);
      assert.equal(marksOf(reader, "q"), known);
      for (let other = 0; other < 63; other++) marksOf(reader, `more ${other}`);
      assert.equal(marksOf(reader, "q"), known);
      for (let other = 0; other < 64; other++) marksOf(reader, `another ${other}`);
      assert.notEqual(marksOf(reader, "q"), known);

      const before = marksOf(reader, "q");
      reader.run("BEGIN");
      assert.equal(marksOf(reader, "q"), before);
      writer.run("INSERT INTO t VALUES (1)");
      // What this one reads is what it was.
      assert.equal(marksOf(reader, "q"), before);
      reader.run("COMMIT");
      assert.notEqual(marksOf(reader, "q"), before);
    } finally {
      reader.close();
      writer.close();
      remove();
    }
  });
});
