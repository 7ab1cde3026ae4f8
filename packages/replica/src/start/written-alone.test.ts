import assert from "node:assert/strict";
import { cpSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { suite, test } from "node:test";
import { hasCode } from "../errors.ts";
import { lockLocally } from "../local/lock.ts";
import { directoryTarget } from "../target/directory.ts";
import { QUICK, withConstants } from "../testing/constants.ts";
import { temporaryFolder } from "../testing/folder.ts";

withConstants(QUICK);
const { Host, restoredFrom, rowsOf, targetFolder } = await import("../testing/host.ts");

/** Writes a row like a host without a target. @returns all rows */
function writeAlone(folder: string, value: number): unknown[] {
  const file = join(folder, "test.db");
  const unlock = lockLocally(file);
  const database = new DatabaseSync(file);
  database.prepare("INSERT INTO t VALUES (?, 'alone')").run(value);
  database.close();
  unlock();
  return rowsOf(file);
}

const refused = (pattern: RegExp) => (error: unknown) => hasCode(error, "start-failed") && pattern.test(error.message);

suite("a copy that was written without a target since", { concurrency: true }, () => {
  for (const isReplaced of [false, true]) {
    const what = isReplaced ? "nor is another that lies in its place" : "and is not replaced by it";
    test(`is not discarded for the plain copy that it was taken from, ${what}`, async (t) => {
      const { target } = targetFolder(t);
      const made = join(temporaryFolder(t), "made.db");
      const database = new DatabaseSync(made);
      database.exec("CREATE TABLE t (a INTEGER PRIMARY KEY, b); INSERT INTO t VALUES (3, 'local')");
      await target.create("scim.db", readFileSync(made));
      database.exec("INSERT INTO t VALUES (9, 'local')");
      database.close();
      const folder = (await Host.start(t, target)).die(t);
      const file = join(folder, "test.db");
      if (isReplaced) cpSync(made, file);
      else writeAlone(folder, 9);
      await assert.rejects(Host.start(t, target, { folder }), refused(/There is a database here .* and another at/));
      assert.deepEqual(rowsOf(file), [3, 9]);
    });
  }

  for (const isMoved of [false, true]) {
    test(`is not overwritten by a restore, nor is the target's database lost (${isMoved ? "moved away" : "--init"})`, async (t) => {
      const { target } = targetFolder(t);
      const writer = await Host.primary(t, target);
      await writer.write(1);
      const folder = (await Host.start(t, target)).die(t);
      await writer.write(2);
      await writer.close();
      const alone = writeAlone(folder, 9);
      await assert.rejects(Host.start(t, target, { folder }), refused(/There is a database here .* and another at/));
      assert.deepEqual(rowsOf(join(folder, "test.db")), alone);
      if (isMoved) rmSync(join(folder, "test.db"));
      const host = await Host.primary(t, target, { folder, init: !isMoved });
      await host.write(10);
      assert.deepEqual((await restoredFrom(t, target)).rows, isMoved ? [1, 2, 10] : [...alone, 10]);
    });
  }

  test("is not overwritten even if its last changes are only in its log", async (t) => {
    const { target } = targetFolder(t);
    const writer = await Host.primary(t, target);
    await writer.write(1);
    await writer.close();
    const folder = (await Host.start(t, target)).die(t);
    const unlock = lockLocally(join(folder, "test.db"));
    const database = new DatabaseSync(join(folder, "test.db"));
    database.exec("PRAGMA journal_mode = WAL; INSERT INTO t VALUES (9, 'alone')");
    const killed = join(temporaryFolder(t), "killed");
    cpSync(folder, killed, { recursive: true, filter: (path) => !path.endsWith("-lock") });
    database.close();
    unlock();
    await assert.rejects(
      Host.start(t, target, { folder: killed }),
      refused(/There is a database here .* and another at/),
    );
    assert.deepEqual(rowsOf(join(killed, "test.db")), [1, 9]);
  });

  test("is not written to a missing mount", async (t) => {
    const { target, folder: mount } = targetFolder(t);
    const writer = await Host.primary(t, target);
    await writer.write(1);
    await writer.close();
    const folder = (await Host.start(t, target)).die(t);
    writeAlone(folder, 9);
    rmSync(mount, { recursive: true });
    await assert.rejects(
      Host.start(t, directoryTarget(mount), { folder }),
      refused(/is empty, but held the database of .* Is it mounted/),
    );
  });

  test("is restored without asking if nothing was written", async (t) => {
    const { target } = targetFolder(t);
    const writer = await Host.primary(t, target);
    await writer.write(1);
    await writer.close();
    const folder = (await Host.start(t, target)).die(t);
    lockLocally(join(folder, "test.db"))();
    const host = await Host.primary(t, target, { folder });
    await host.write(2);
    assert.deepEqual((await restoredFrom(t, target)).rows, [1, 2]);
  });
});
