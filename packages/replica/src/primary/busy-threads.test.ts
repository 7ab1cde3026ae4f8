import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { closeSync, constants, open, openSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { withConstants } from "../testing/constants.ts";
import { afterwards, bytesElsewhere, temporaryFolder } from "../testing/folder.ts";

const PATIENCE_MS = 1_000;

withConstants({ "primary/checkpointer.ts": { PATIENCE_MS } });
const { Checkpointer } = await import("./checkpointer.ts");
const { DatabaseFile } = await import("./checkpointer.ts");
const { Guard } = await import("./guard.ts");

/** More than Node's I/O threads. */
const THREADS = 40;

test("a target that occupies all I/O threads does not keep the log from being copied", async (t) => {
  const folder = temporaryFolder(t);
  const file = join(folder, "test.db");
  const database = new DatabaseSync(file);
  database.exec("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; CREATE TABLE t (a)");
  const databaseFile = await DatabaseFile.open(file);
  const guard = new Guard(file);
  const checkpointer = new Checkpointer({ file, databaseFile, guard });
  await checkpointer.passive();
  database.exec("INSERT INTO t VALUES (1)");
  const before = bytesElsewhere(file);
  const pipe = join(folder, "pipe");
  execFileSync("mkfifo", [pipe]);
  // Opening a pipe for reading waits for a writer.
  const opened = Array.from(
    { length: THREADS },
    () =>
      new Promise<number>((resolve, reject) => open(pipe, "r", (error, fd) => (error ? reject(error) : resolve(fd)))),
  );
  let writer: number | undefined;
  afterwards(t, async () => {
    writer ??= openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK);
    for (const reader of await Promise.all(opened)) closeSync(reader);
    closeSync(writer);
    await checkpointer.close();
    guard.close();
    database.close();
    databaseFile.close();
  });
  assert.equal((await checkpointer.passive()).isWhole, true);
  assert.notDeepEqual(bytesElsewhere(file), before);
  // Not every attempt waits: writes may be held meanwhile.
  database.exec("INSERT INTO t VALUES (2)");
  const startedMs = performance.now();
  assert.equal((await checkpointer.passive()).isWhole, true);
  assert.equal(await checkpointer.truncate(), true);
  assert.ok(performance.now() - startedMs < PATIENCE_MS);
});
