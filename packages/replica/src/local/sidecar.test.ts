import assert from "node:assert/strict";
import { existsSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "../testing/folder.ts";
import { noteClaim, noteCopy, readSidecar, removeSidecar, type Sidecar, writeSidecar } from "./sidecar.ts";

const SIDECAR: Sidecar = {
  databaseId: "d0a1",
  epoch: 3,
  writer: "w0a1",
  aheadOf: [{ slot: 7, hash: "ab" }],
};

test("a sidecar is read as written, and the last write counts", (t) => {
  const file = join(temporaryFolder(t), "test.db");
  assert.equal(readSidecar(file), undefined);
  writeSidecar(file, SIDECAR);
  assert.deepEqual(readSidecar(file), SIDECAR);
  writeSidecar(file, { ...SIDECAR, epoch: 4, aheadOf: [] });
  assert.deepEqual(readSidecar(file), { ...SIDECAR, epoch: 4, aheadOf: [] });
  assert.equal(readSidecar(`${file}2`), undefined);
});

test("it is readable only by its owner, and leaves nothing else behind", (t) => {
  const folder = temporaryFolder(t);
  writeSidecar(join(folder, "test.db"), SIDECAR);
  assert.deepEqual(readdirSync(folder), ["test.db-replica"]);
  assert.equal(statSync(join(folder, "test.db-replica")).mode & 0o777, 0o600);
});

test("a damaged or truncated one counts as missing", (t) => {
  const file = join(temporaryFolder(t), "test.db");
  writeFileSync(`${file}-replica`, '{"databaseId":"d0a1","ep');
  assert.equal(readSidecar(file), undefined);
  writeSidecar(file, SIDECAR);
  writeFileSync(`${file}-replica.part`, "cut o");
  assert.deepEqual(readSidecar(file), SIDECAR);
});

test("it can be removed, also if it is missing", (t) => {
  const file = join(temporaryFolder(t), "test.db");
  writeSidecar(file, SIDECAR);
  removeSidecar(file);
  assert.equal(readSidecar(file), undefined);
  removeSidecar(file);
});

test("a copy is marked, and the mark disappears when a primary writes it", (t) => {
  const file = join(temporaryFolder(t), "test.db");
  writeSidecar(file, SIDECAR);
  noteCopy(file, "/mnt/backup");
  assert.equal(readSidecar(file)?.isCopy, true);
  assert.deepEqual(readSidecar(file)?.aheadOf, []);
  writeSidecar(file, SIDECAR);
  assert.equal(readSidecar(file)?.isCopy, undefined);
});

test("a claim is noted once beside everything else, and removed once the epoch is known", (t) => {
  const file = join(temporaryFolder(t), "test.db");
  noteClaim(file);
  assert.equal(readSidecar(file), undefined, "nothing is known of the file: nothing is noted");
  noteCopy(file, "/mnt/backup");
  const copy = readSidecar(file);
  noteClaim(file);
  assert.deepEqual(readSidecar(file), copy);
  writeSidecar(file, SIDECAR);
  const claim = noteClaim(file);
  assert.deepEqual(readSidecar(file), { ...SIDECAR, claim });
  assert.equal(noteClaim(file), claim);
  writeSidecar(file, { ...SIDECAR, epoch: 4, writer: claim });
  assert.notEqual(noteClaim(file), claim);
});

test("a full disk is reported with what to do, and the earlier note stays valid", (t) => {
  if (!existsSync("/dev/full")) return t.skip("only Linux has a disk that is always full");
  const file = join(temporaryFolder(t), "test.db");
  writeSidecar(file, SIDECAR);
  symlinkSync("/dev/full", `${file}-replica.part`);
  assert.throws(() => writeSidecar(file, { ...SIDECAR, epoch: 4 }), /test\.db-replica .* disk is full\. Free .*ENOSPC/);
  assert.deepEqual(readSidecar(file), SIDECAR);
});
