import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { DatabaseChecksum } from "./checksum.ts";

const PAGE_SIZE = 512;
const NOTHING = "0000000000000000";

const image = (seed: number) => Buffer.alloc(PAGE_SIZE, `image ${seed}.`);

/** The checksum of a database with these page images, from the first page on. */
function checksumOf(seeds: readonly number[]): string {
  const checksum = new DatabaseChecksum(PAGE_SIZE);
  for (const [at, seed] of seeds.entries()) checksum.set(at + 1, image(seed));
  return checksum.value;
}

const databases = fc.array(fc.nat(5), { maxLength: 20 });

test("a database without pages has the checksum of nothing", () => {
  assert.equal(new DatabaseChecksum(PAGE_SIZE).value, NOTHING);
  assert.equal(checksumOf([]), NOTHING);
});

test("a known database has the same checksum as in earlier versions", () => {
  assert.equal(checksumOf([1, 2, 3]), "121c07fcba3a2b64");
});

test("the order of pages and their earlier images do not matter", () => {
  const changes = fc.array(fc.tuple(fc.integer({ min: 1, max: 20 }), fc.nat(5)), { maxLength: 40 });
  fc.assert(
    fc.property(databases, changes, fc.boolean(), (seeds, meanwhile, sizeFirst) => {
      const checksum = new DatabaseChecksum(PAGE_SIZE);
      for (const [page, seed] of meanwhile) checksum.set(page, image(seed));
      if (sizeFirst) checksum.resize(seeds.length);
      for (const [at, seed] of [...seeds.entries()].reverse()) checksum.set(at + 1, image(seed));
      checksum.resize(seeds.length);
      assert.equal(checksum.value, checksumOf(seeds));
    }),
  );
});

test("different databases have different checksums, even if pages were only swapped or repeated", () => {
  fc.assert(
    fc.property(databases, databases, (left, right) => {
      fc.pre(left.join() !== right.join());
      assert.notEqual(checksumOf(left), checksumOf(right));
    }),
  );
  assert.notEqual(checksumOf([1, 2, 3]), checksumOf([3, 2, 1]));
  assert.notEqual(checksumOf([1, 2, 1, 2]), checksumOf([2, 1, 2, 1]));
  assert.notEqual(checksumOf([1, 1]), checksumOf([2, 2]));
});

test("each half detects a change by itself", () => {
  const [before, after] = [checksumOf([1, 2, 3]), checksumOf([1, 2, 4])];
  assert.notEqual(before.slice(0, 8), after.slice(0, 8));
  assert.notEqual(before.slice(8), after.slice(8));
});

test("a flipped bit anywhere in a page changes the checksum", () => {
  const checksum = new DatabaseChecksum(PAGE_SIZE);
  checksum.set(1, image(1));
  checksum.set(2, image(2));
  const before = checksum.value;
  for (let at = 0; at < PAGE_SIZE; at++) {
    const damaged = image(2);
    damaged[at] = (damaged[at] ?? 0) ^ 0x04;
    checksum.set(2, damaged);
    assert.notEqual(checksum.value, before, `byte ${at}`);
  }
  checksum.set(2, image(2));
  assert.equal(checksum.value, before);
});

test("truncated pages do not count again when the database grows", () => {
  const checksum = new DatabaseChecksum(PAGE_SIZE);
  for (let page = 1; page <= 1_000; page++) checksum.set(page, image(page));
  checksum.resize(2);
  const cut = checksum.value;
  checksum.resize(1_000);
  assert.equal(checksum.value, cut);
  checksum.resize(0);
  assert.equal(checksum.value, NOTHING);
});

test("the lock-byte page does not count, its neighbours do", () => {
  const pageSize = 65_536;
  const lockBytePage = 2 ** 30 / pageSize + 1;
  const checksum = new DatabaseChecksum(pageSize);
  checksum.set(lockBytePage, Buffer.alloc(pageSize, 1));
  assert.equal(checksum.value, NOTHING);
  for (const page of [lockBytePage - 1, lockBytePage + 1]) {
    const before = checksum.value;
    checksum.set(page, Buffer.alloc(pageSize, 1));
    assert.notEqual(checksum.value, before);
  }
});

test("a copy is independent", () => {
  const checksum = new DatabaseChecksum(PAGE_SIZE);
  checksum.set(1, image(1));
  const before = checksum.value;
  const copy = checksum.clone();
  assert.equal(copy.value, before);
  copy.set(1, image(2));
  copy.set(2, image(2));
  assert.equal(copy.value, checksumOf([2, 2]));
  assert.equal(checksum.value, before);
  checksum.set(1, image(3));
  assert.equal(checksum.value, checksumOf([3]));
  const another = checksum.clone();
  another.resize(0);
  assert.equal(another.value, NOTHING);
});

test("an invalid page is rejected", () => {
  const checksum = new DatabaseChecksum(PAGE_SIZE);
  assert.throws(() => checksum.set(0, image(1)), RangeError);
  assert.throws(() => checksum.set(1.5, image(1)), RangeError);
  assert.throws(() => checksum.set(1, Buffer.alloc(PAGE_SIZE - 1)), RangeError);
});
