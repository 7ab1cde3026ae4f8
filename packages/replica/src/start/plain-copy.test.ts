import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, type TestContext, test } from "node:test";
import { hasCode } from "../errors.ts";
import { directoryTarget } from "../target/directory.ts";
import { temporaryFolder } from "../testing/folder.ts";
import { takePlainCopy } from "./plain-copy.ts";

const MIB = 1_024 * 1_024;

/** A database of this many rows of a kilobyte, as an older tool would write it, and the file to fetch it to. */
function open(t: TestContext, rows: number) {
  const folder = temporaryFolder(t);
  const made = join(folder, "made.db");
  const database = new DatabaseSync(made);
  database.exec("CREATE TABLE t (a PRIMARY KEY, b); BEGIN");
  const insert = database.prepare("INSERT INTO t VALUES (?, randomblob(1000))");
  for (let row = 0; row < rows; row++) insert.run(row);
  database.exec("COMMIT");
  database.close();
  const local = join(folder, "local");
  return {
    target: directoryTarget(join(folder, "target")),
    bytes: readFileSync(made),
    local,
    file: join(folder, "test.db"),
    folder,
  };
}

describe("a lone plain copy", () => {
  for (const rows of [0, 100, 9_000]) {
    test(`of ${rows} rows is taken byte by byte, and only a note of that is left`, async (t) => {
      const { target, bytes, file, folder } = open(t, rows);
      await target.create("scim.db", bytes);
      assert.equal(await takePlainCopy(target, "scim.db", file), bytes.length);
      assert.ok(readFileSync(file).equals(bytes));
      if (rows === 9_000) assert.ok(bytes.length > 8 * MIB, "in more than one piece");
      assert.deepEqual(readdirSync(folder).sort(), ["made.db", "target", "test.db", "test.db-replica"]);
    });
  }

  test("may be missing", async (t) => {
    const { target, file, folder } = open(t, 1);
    assert.equal(await takePlainCopy(target, "scim.db", file), undefined);
    assert.deepEqual(readdirSync(folder), ["made.db"]);
  });

  const damages: readonly (readonly [string, (bytes: Buffer) => Buffer])[] = [
    ["is cut off", (bytes) => bytes.subarray(0, 5 * 4_096)],
    ["has a page of something else", (bytes) => Buffer.from(bytes).fill(7, 5 * 4_096, 6 * 4_096)],
    ["lost a page", (bytes) => Buffer.concat([bytes.subarray(0, 3 * 4_096), bytes.subarray(4 * 4_096)])],
    [
      "is no database at all",
      () => Buffer.from("These are not the bytes of a database, but somebody's notes. ".repeat(99)),
    ],
  ];
  for (const [what, damage] of damages) {
    test(`that ${what} is rejected with what to do, and no file is left`, async (t) => {
      const { target, bytes, file, folder } = open(t, 100);
      await target.create("scim.db", damage(bytes));
      await assert.rejects(takePlainCopy(target, "scim.db", file), (error: Error) => {
        assert.ok(hasCode(error, "start-failed"));
        assert.match(error.message, /scim\.db.*not a complete database.*(\.recover).*--init/);
        return true;
      });
      assert.deepEqual(readdirSync(folder).sort(), ["made.db", "target"]);
    });
  }

  test("is taken again after an interrupted attempt", async (t) => {
    const { target, bytes, file } = open(t, 100);
    await target.create("scim.db", bytes);
    writeFileSync(`${file}.restoring`, Buffer.alloc(bytes.length * 2, 9));
    await takePlainCopy(target, "scim.db", file);
    assert.ok(readFileSync(file).equals(bytes));
  });
});
