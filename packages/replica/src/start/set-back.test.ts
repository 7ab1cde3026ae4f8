import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { suite, test } from "node:test";
import { hasCode } from "../errors.ts";
import { QUICK, withConstants } from "../testing/constants.ts";
import { temporaryFolder } from "../testing/folder.ts";
import type { Host as HostType } from "../testing/host.ts";

withConstants(QUICK);
const { Host, restoredFrom, targetFolder } = await import("../testing/host.ts");

const SELECT = "SELECT a FROM t ORDER BY a";
const rows = (host: HostType) =>
  host.database
    .prepare(SELECT)
    .all()
    .map(({ a }) => a);

function rowsIn(file: string) {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    return database
      .prepare(SELECT)
      .all()
      .map(({ a }) => a);
  } finally {
    database.close();
  }
}

type Test = Parameters<typeof temporaryFolder>[0];

/** A primary that wrote rows 1, 2 and 3, and a way to set its target back to row 1. */
async function running(t: Test) {
  const { target, folder } = targetFolder(t);
  const host = await Host.primary(t, target);
  await host.write(1);
  const snapshot = join(temporaryFolder(t), "snapshot");
  cpSync(folder, snapshot, { recursive: true });
  await host.write(2, 3);
  const setBack = () => {
    rmSync(folder, { recursive: true, force: true });
    cpSync(snapshot, folder, { recursive: true });
  };
  return { target, host, setBack };
}

/** As {@link running}, but it has ended, and the target was set back. */
async function ended(t: Test, end: "stopped" | "killed") {
  const { target, host, setBack } = await running(t);
  if (end === "stopped") await host.close();
  const folder = end === "stopped" ? host.folder : host.die(t);
  const file = join(folder, "test.db");
  if (end === "killed") {
    const database = new DatabaseSync(file);
    database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    database.close();
  }
  setBack();
  return { target, folder, file };
}

const isRefusal = (error: unknown) =>
  hasCode(error, "start-failed") &&
  /was set back: .* move the local file away .* start with --init/.test(error.message);

suite("a target that was set back to an earlier state", { concurrency: true }, () => {
  for (const end of ["stopped", "killed"] as const) {
    test(`stops the start of the server whose later changes it lacks (${end})`, async (t) => {
      const { target, folder, file } = await ended(t, end);
      await assert.rejects(Host.start(t, target, { folder }), isRefusal);
      assert.deepEqual(rowsIn(file), [1, 2, 3]);
    });
  }

  test("gets the local file with --init", async (t) => {
    const { target, folder } = await ended(t, "stopped");
    const host = await Host.primary(t, target, { folder, init: true });
    assert.deepEqual(rows(host), [1, 2, 3]);
    await host.write(4);
    assert.deepEqual((await restoredFrom(t, target)).rows, [1, 2, 3, 4]);
  });

  test("is continued from once the local file has been moved away", async (t) => {
    const { target, folder } = await ended(t, "stopped");
    renameSync(folder, `${folder}-moved`);
    const host = await Host.primary(t, target, { folder });
    assert.deepEqual(rows(host), [1]);
  });

  test("does not count as set back if the local file lost its own last changes", async (t) => {
    const { target } = targetFolder(t);
    const before = await Host.primary(t, target);
    await before.write(1);
    const folder = join(temporaryFolder(t), "older");
    // In another process: closing the file in this one would drop SQLite's locks.
    execFileSync("cp", ["-r", before.folder, folder]);
    await before.write(2, 3);
    before.die(t);
    rmSync(join(folder, "test.db-lock"), { force: true });
    const host = await Host.primary(t, target, { folder });
    assert.deepEqual(rows(host), [1, 2, 3]);
  });

  test("is named while the server runs, and nothing local is removed", async (t) => {
    const { host, setBack } = await running(t);
    setBack();
    await host.told(/error: .* was set back to an earlier state while this server ran/);
    await host.told(/error: The copy could not be restored, trying again: .* was set back: /);
    assert.ok(!host.lines.some((line) => line.includes("Another instance has taken over")));
    assert.deepEqual(rowsIn(host.file), [1, 2, 3]);
  });

  test("is named too if a change is written just then", async (t) => {
    const { host, setBack } = await running(t);
    setBack();
    host.insert(4);
    await assert.rejects(host.replica.durable() as Promise<void>, (error) => hasCode(error, "not-durable"));
    await host.told(/error: The copy could not be restored, trying again: .* was set back: /);
    assert.deepEqual(rowsIn(host.file), [1, 2, 3, 4]);
  });
});
