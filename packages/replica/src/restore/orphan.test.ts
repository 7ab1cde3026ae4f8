import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { DatabaseChecksum } from "../checksum.ts";
import { decodeRecord, NO_HASH, type Segment } from "../log/record.ts";
import type { Head } from "../primary/shipper.ts";
import { directoryTarget } from "../target/directory.ts";
import { bytesElsewhere, temporaryFolder } from "../testing/folder.ts";
import { WalReader } from "../wal/wal.ts";
import { salvage } from "./orphan.ts";

const PAGE_SIZE = 4_096;

test("changes in flight and later commits are stored, each page in its last state", async (t) => {
  const folder = temporaryFolder(t);
  const file = join(folder, "test.db");
  const database = new DatabaseSync(file);
  database.exec("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; CREATE TABLE a (x); CREATE TABLE b (x)");
  const wal = new WalReader(`${file}-wal`);
  t.after(() => {
    wal.close();
    database.close();
  });
  const lease = { databaseId: "0197a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b", epoch: 3, writer: crypto.randomUUID() };
  const head: Head = {
    ...{ slot: 7, hash: NO_HASH, timeMs: 0, epoch: 3, lastCommit: 10, pageSize: PAGE_SIZE, databasePages: 0 },
    checksum: "0".repeat(16),
  };
  database.exec("INSERT INTO a VALUES (zeroblob(3000)); INSERT INTO b VALUES (zeroblob(3000))");
  const change = wal.next();
  assert.ok(change !== undefined);
  const checksum = new DatabaseChecksum(PAGE_SIZE);
  for (const [page, image] of change.pages) checksum.set(page, image);
  const link = { previousSlot: 7, previousHash: NO_HASH, pageSize: PAGE_SIZE, databasePages: change.databasePages };
  const inFlight: Segment = {
    ...{ kind: "segment", ...lease, slot: 8, timeMs: 0, ...link, firstCommit: 11, lastCommit: 13 },
    ...{ checksum: checksum.value, pages: change.pages },
  };
  database.exec("BEGIN; INSERT INTO b VALUES (randomblob(500)); CREATE TABLE c (x); COMMIT");

  const target = directoryTarget(join(folder, "target"));
  const key = (await salvage(target, lease, head, inFlight, wal, checksum)) as string;
  const record = (await decodeRecord((await target.read(key)) as Buffer)) as Segment;
  assert.deepEqual([record.firstCommit, record.lastCommit, record.checksum], [11, 14, checksum.value]);
  database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  const bytes = bytesElsewhere(file);
  assert.equal(record.pages.size, bytes.length / PAGE_SIZE);
  for (const [page, image] of record.pages)
    assert.ok(bytes.subarray((page - 1) * PAGE_SIZE, page * PAGE_SIZE).equals(image), `page ${page}`);
  assert.equal(await salvage(target, lease, head, undefined, wal, checksum), undefined);
});
