import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { statSync } from "node:fs";
import { open as openFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type TestContext, test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { afterwards, bytesElsewhere, temporaryFolder } from "../testing/folder.ts";
import { until } from "../testing/until.ts";
import { WalReader } from "../wal/wal.ts";
import { Checkpointer } from "./checkpointer.ts";
import { Guard } from "./guard.ts";

/** A database with one commit in its WAL that is not in its file. */
async function begin(t: TestContext, sync = async () => {}) {
  const file = join(temporaryFolder(t), "test.db");
  const database = new DatabaseSync(file);
  database.exec("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; PRAGMA synchronous = OFF");
  database.exec("CREATE TABLE t (a); PRAGMA wal_checkpoint(PASSIVE)");
  const guard = new Guard(file);
  const checkpointer = new Checkpointer({ file, databaseFile: { sync }, guard });
  const wal = new WalReader(`${file}-wal`);
  afterwards(t, async () => {
    wal.close();
    await checkpointer.close();
    guard.close();
    database.close();
  });
  const commit = () => {
    database.exec("INSERT INTO t VALUES (1)");
    while (wal.next() !== undefined);
  };
  commit();
  const inFile = () => bytesElsewhere(file);
  return { file, checkpointer, commit, wal, inFile, pin: () => guard.pin() };
}

/** The method that syncs an opened file. */
async function syncOfFiles(t: TestContext, before: () => void): Promise<void> {
  const handle = await openFile(import.meta.filename);
  const { sync } = handle;
  t.mock.method(Object.getPrototypeOf(handle), "sync", function (this: typeof handle) {
    before();
    return sync.call(this);
  });
  await handle.close();
}

test("the log is synced before any of it is copied into the file", async (t) => {
  const { checkpointer, inFile } = await begin(t);
  const before = inFile();
  const whileSyncing: Buffer[] = [];
  await syncOfFiles(t, () => whileSyncing.push(inFile()));
  assert.equal((await checkpointer.passive()).isWhole, true);
  assert.deepEqual(whileSyncing, [before]);
  assert.notDeepEqual(inFile(), before);
});

test("changes committed during the sync are not copied with the rest", async (t) => {
  const { checkpointer, commit } = await begin(t);
  await syncOfFiles(t, commit);
  const { isWhole, walFrames, checkpointedFrames } = await checkpointer.passive();
  assert.deepEqual([isWhole, walFrames - checkpointedFrames > 0], [false, true]);
});

test("the log does not restart before the file is synced", async (t) => {
  const { promise: isOnDisk, resolve } = Promise.withResolvers<void>();
  const { checkpointer, commit, wal } = await begin(t, () => isOnDisk);
  const { generation = 0 } = wal.position;
  const { promise: copied, resolve: onCopied } = Promise.withResolvers<boolean>();
  const done = checkpointer.passive(({ isWhole }) => onCopied(isWhole));
  assert.equal(await copied, true);
  commit();
  const before = wal.position.generation;
  resolve();
  await done;
  assert.equal(before, generation);
  // The commit above was written to the restarted WAL.
  await checkpointer.passive();
  commit();
  assert.equal(wal.position.generation, generation + 1);
});

test("while another process checkpoints, the result does not count as complete", async (t) => {
  const { checkpointer, file, pin } = await begin(t);
  // It waits for the pin, and nobody else may checkpoint meanwhile.
  const script = `
    const { DatabaseSync } = require("node:sqlite");
    const database = new DatabaseSync(process.argv[1], { timeout: 60_000 });
    database.prepare("PRAGMA wal_checkpoint(TRUNCATE)").get();`;
  const held = pin();
  const other = spawn(process.execPath, ["-e", script, file]);
  const ended = once(other, "exit");
  afterwards(t, async () => {
    held.release();
    await ended;
  });
  await until(async () => !(await checkpointer.passive()).isWhole, "the other process to begin");
  held.release();
  assert.deepEqual(await ended, [0, null]);
  assert.equal((await checkpointer.passive()).isWhole, true);
});

test("the result of a checkpoint is returned once the file is synced, and a failing disk is reported", async (t) => {
  let refusal: Error | undefined;
  const synced: string[] = [];
  const { checkpointer } = await begin(t, async () => {
    await nextTurn();
    synced.push("file");
    if (refusal !== undefined) throw refusal;
  });
  assert.equal(await checkpointer.passive(() => synced.join()), "");
  assert.deepEqual(synced, ["file"]);
  refusal = new Error("no space left");
  await assert.rejects(checkpointer.passive(), /no space left/);
  refusal = undefined;
  assert.equal((await checkpointer.passive()).isWhole, true, "the next one is no worse for it");
});

test("the log is truncated once the file has all of it, and restarts", async (t) => {
  const { file, checkpointer, commit, wal, pin } = await begin(t);
  const logBytes = () => statSync(`${file}-wal`).size;
  const { bytes } = wal.position;
  assert.equal(await checkpointer.truncate(), false, "not of what is not in the file");
  await checkpointer.passive();
  // A reader that uses only the file does not block checkpoints, but keeps later pages out of the file.
  const held = pin();
  assert.deepEqual([await checkpointer.truncate(), logBytes()], [true, 0]);
  assert.equal(wal.next(), undefined);
  commit();
  assert.deepEqual([wal.position.bytes, logBytes()], [bytes, bytes]);
  assert.equal(await checkpointer.truncate(), false);
  assert.deepEqual([(await checkpointer.passive()).checkpointedFrames, logBytes() > 0], [0, true]);
  held.release();
  assert.equal((await checkpointer.passive()).isWhole, true);
});

test("a reader of an older state keeps the log long, and nobody waits for it", async (t) => {
  const { file, checkpointer, commit, pin } = await begin(t);
  const held = pin();
  commit();
  const before = statSync(`${file}-wal`).size;
  const startedMs = performance.now();
  await checkpointer.passive();
  assert.equal(await checkpointer.truncate(), false);
  assert.ok(performance.now() - startedMs < 2_500, "SQLite would wait for 5 s");
  assert.equal(statSync(`${file}-wal`).size, before);
  held.release();
  await checkpointer.passive();
  assert.equal(await checkpointer.truncate(), true);
});
