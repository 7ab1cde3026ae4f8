import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { MANIFESTS } from "../manifest/manifest.ts";
import { slotKey } from "../target/target.ts";
import { dropNumbered, isWorthRemoving, mayBeRemoved, takeRemovable } from "./compaction.ts";

const LOG = "replica/log/";
const MINUTE_MS = 60_000;

test("consecutive objects dropped within a minute share a note, whatever else was dropped", () => {
  let dropped = dropNumbered([], LOG, 3, 10, 1_000);
  dropped = dropNumbered(dropped, MANIFESTS, 1, 1, 1_500);
  dropped = dropNumbered(dropped, LOG, 11, 20, 2_000);
  dropped = dropNumbered(dropped, MANIFESTS, 2, 2, 2_500);
  assert.deepEqual(dropped, [
    { key: slotKey(LOG, 3), through: 20, atMs: 2_000 },
    { key: slotKey(MANIFESTS, 1), through: 2, atMs: 2_500 },
  ]);
});

test("a gap in the numbers or a minute in between starts a new note", () => {
  const dropped = dropNumbered([], LOG, 3, 10, 1_000);
  assert.equal(dropNumbered(dropped, LOG, 12, 13, 1_000).length, 2);
  assert.equal(dropNumbered(dropped, LOG, 11, 13, 1_000 + MINUTE_MS).length, 2);
});

test("objects may be removed after ten minutes, manifests after an hour, fences at their time", () => {
  const at = (key: string, ageMs: number) => mayBeRemoved({ key, atMs: 5_000_000_000 - ageMs }, 5_000_000_000);
  assert.equal(at("replica/L1/x", 10 * MINUTE_MS - 1), false);
  assert.equal(at("replica/L1/x", 10 * MINUTE_MS), true);
  assert.equal(at(`${MANIFESTS}x`, 59 * MINUTE_MS), false);
  assert.equal(at(`${MANIFESTS}x`, 60 * MINUTE_MS), true);
  assert.equal(at(`${LOG}x`, -30 * 86_400_000), false);
});

test("taking in portions returns every dropped number once, and no other", () => {
  const runs = fc.array(fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 0, max: 3 })), { minLength: 1 });
  fc.assert(
    fc.property(runs, fc.integer({ min: 1, max: 50 }), (lengths, limit) => {
      let dropped = [{ key: "replica/L1/other", atMs: 0 }] as ReturnType<typeof dropNumbered>;
      const numbers: number[] = [];
      let next = 1;
      for (const [length, gap] of lengths) {
        next += gap;
        dropped = dropNumbered(dropped, LOG, next, next + length - 1, 0);
        for (let number = next; number < next + length; number++) numbers.push(number);
        next += length;
      }
      const taken: string[] = [];
      while (dropped.length > 0) {
        const { keys, rest } = takeRemovable(dropped, 3_600_000, limit);
        assert.ok(keys.length > 0 && keys.length <= limit);
        taken.push(...keys);
        dropped = rest;
      }
      assert.deepEqual(taken, ["replica/L1/other", ...numbers.map((number) => slotKey(LOG, number))]);
    }),
  );
});

test("objects that may not be removed yet stay noted", () => {
  const dropped = [
    { key: "replica/L1/old", atMs: 0 },
    { key: "replica/L1/new", atMs: 3_600_000 },
  ];
  const { keys, rest } = takeRemovable(dropped, 3_600_000, 10);
  assert.deepEqual(keys, ["replica/L1/old"]);
  assert.deepEqual(rest, [dropped[1]]);
});

test("removing is worth a manifest if more than the last manifest is removed", () => {
  const isWorth = (...keys: readonly string[]) =>
    isWorthRemoving(
      keys.map((key) => ({ key, atMs: 0 })),
      5_000_000_000,
    );
  assert.equal(isWorth(), false);
  assert.equal(isWorth(slotKey(MANIFESTS, 7)), false);
  assert.equal(isWorth(slotKey(MANIFESTS, 7), slotKey(MANIFESTS, 9)), true);
  assert.equal(isWorth(slotKey(LOG, 7)), true);
  assert.equal(isWorthRemoving([{ key: slotKey(MANIFESTS, 7), through: 8, atMs: 0 }], 5_000_000_000), true);
  assert.equal(isWorthRemoving([{ key: slotKey(LOG, 7), atMs: 5_000_000_000 }], 5_000_000_000), false);
});
