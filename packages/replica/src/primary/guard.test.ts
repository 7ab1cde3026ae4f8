import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, type TestContext, test } from "node:test";
import { afterwards, bytesElsewhere, temporaryFolder } from "../testing/folder.ts";
import { WalReader } from "../wal/wal.ts";
import { Checkpointer, DatabaseFile } from "./checkpointer.ts";
import { Guard } from "./guard.ts";

/** Each on its own page: a checkpoint does not copy an earlier image of a page that changes again after a pin. */
const TABLES = 10;

/** A database whose file is complete; a writer, a guard, and a checkpointer. */
async function open(t: TestContext) {
  const file = join(temporaryFolder(t), "test.db");
  const database = new DatabaseSync(file);
  database.exec("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; PRAGMA synchronous = OFF");
  for (let table = 0; table < TABLES; table++) database.exec(`CREATE TABLE t${table} (a)`);
  const guard = new Guard(file);
  const databaseFile = await DatabaseFile.open(file);
  const checkpointer = new Checkpointer({ file, databaseFile, guard });
  const wal = new WalReader(`${file}-wal`);
  afterwards(t, async () => {
    wal.close();
    await checkpointer.close();
    guard.close();
    database.close();
    databaseFile.close();
  });
  await checkpointer.passive();
  const write = (table: number) => {
    database.exec(`INSERT INTO t${table} VALUES (1)`);
    wal.next();
  };
  return { file, database, guard, checkpointer, wal, write };
}

/** The tables that have rows in the file itself, without its WAL. */
function inFile(file: string): number[] {
  const copy = `${file}.copy`;
  writeFileSync(copy, bytesElsewhere(file));
  const database = new DatabaseSync(`file:${copy}?immutable=1`);
  try {
    const tables = Array.from({ length: TABLES }, (_, at) => at);
    return tables.filter((table) => database.prepare(`SELECT 1 FROM t${table}`).get() !== undefined);
  } finally {
    database.close();
  }
}

describe("a checkpoint", () => {
  test("copies committed changes into the file if nothing is pinned", async (t) => {
    const { file, checkpointer, write } = await open(t);
    write(1);
    const { isWhole, walFrames, checkpointedFrames } = await checkpointer.passive();
    assert.deepEqual([isWhole, checkpointedFrames], [true, walFrames]);
    assert.deepEqual(inFile(file), [1]);
  });

  test("copies changes before a pin, and none after it", async (t) => {
    const { file, guard, checkpointer, wal, write } = await open(t);
    write(1);
    const pin = guard.pin();
    const pinnedFrames = wal.position.frames;
    write(2);
    write(3);
    const { walFrames, checkpointedFrames } = await checkpointer.passive();
    assert.equal(checkpointedFrames, pinnedFrames);
    assert.ok(walFrames > pinnedFrames);
    assert.deepEqual(inFile(file), [1]);
    pin.release();
    await checkpointer.passive();
    assert.deepEqual(inFile(file), [1, 2, 3]);
  });

  test("stops at the oldest of many pins", async (t) => {
    const { file, guard, checkpointer, write } = await open(t);
    const pins = [1, 2, 3, 4].map((value) => {
      write(value);
      return guard.pin();
    });
    write(5);
    await checkpointer.passive();
    assert.deepEqual(inFile(file), [1]);
    pins[2]?.release();
    pins[0]?.release();
    await checkpointer.passive();
    assert.deepEqual(inFile(file), [1, 2]);
    pins[1]?.release();
    await checkpointer.passive();
    assert.deepEqual(inFile(file), [1, 2, 3, 4]);
    pins[3]?.release();
  });

  test("copies nothing while the whole file is pinned, even if the log has restarted since", async (t) => {
    const { file, guard, checkpointer, wal, write } = await open(t);
    write(1);
    await checkpointer.passive();
    const pin = guard.pin();
    const before = bytesElsewhere(file);
    const generation = wal.generation();
    for (let table = 2; table < TABLES; table++) write(table);
    assert.notEqual(wal.generation(), generation);
    await checkpointer.passive();
    assert.ok(bytesElsewhere(file).equals(before));
    pin.release();
    await checkpointer.passive();
    assert.equal(inFile(file).length, TABLES - 1);
  });

  test("is held back by every sharer of a pin", async (t) => {
    const { file, guard, checkpointer, write } = await open(t);
    write(1);
    const pin = guard.pin();
    const shared = pin.share();
    write(2);
    pin.release();
    pin.release();
    await checkpointer.passive();
    assert.deepEqual(inFile(file), [1]);
    shared.release();
    await checkpointer.passive();
    assert.deepEqual(inFile(file), [1, 2]);
  });

  test("of another connection or process is held back too", async (t) => {
    const { file, guard, wal, write } = await open(t);
    write(1);
    const pin = guard.pin();
    const { frames } = wal.position;
    // Another process, such as a person's shell, with SQLite's defaults except for a checkpoint after every page.
    const script = `
      const { DatabaseSync } = require("node:sqlite");
      const database = new DatabaseSync(process.argv[1]);
      database.exec("PRAGMA wal_autocheckpoint = 1");
      for (let table = 2; table < 8; table++) database.exec("INSERT INTO t" + table + " VALUES (1)");
      const { checkpointed } = database.prepare("PRAGMA wal_checkpoint(PASSIVE)").get();
      console.log(checkpointed);
      database.close();`;
    const checkpointed = execFileSync(process.execPath, ["-e", script, file], { encoding: "utf8" });
    assert.equal(Number(checkpointed), frames);
    assert.deepEqual(inFile(file), [1]);
    assert.equal(wal.next()?.commits, 6, "what it committed is in the log");
    pin.release();
  });
});

describe("the log", () => {
  test("does not restart while a moment in it is pinned, even if everything before is copied", async (t) => {
    const { guard, checkpointer, wal, write } = await open(t);
    write(1);
    const { generation } = wal.position;
    const pin = guard.pin();
    await checkpointer.passive();
    write(2);
    await checkpointer.passive();
    write(3);
    assert.equal(wal.position.generation, generation);
    pin.release();
  });

  test("restarts with the next commit once it is copied completely and pinned again", async (t) => {
    const { guard, checkpointer, wal, write } = await open(t);
    write(1);
    const { generation = 0 } = wal.position;
    const before = guard.pin();
    await checkpointer.passive();
    const afresh = guard.pin();
    before.release();
    write(2);
    assert.equal(wal.position.generation, generation + 1);
    assert.equal(wal.position.frames, 1);
    afresh.release();
  });
});

test("pins need only as many connections as are held at a time", async (t) => {
  const { guard, file } = await open(t);
  const descriptors = () =>
    readdirSync("/proc/self/fd")
      .map((descriptor) => pathOf(descriptor))
      .filter((path) => path === file);
  const together = () => {
    for (const pin of [guard.pin(), guard.pin(), guard.pin()]) pin.release();
  };
  together();
  const connections = descriptors().length;
  for (let round = 0; round < 100; round++) together();
  assert.equal(descriptors().length, connections);
});

function pathOf(descriptor: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return "";
  }
}
