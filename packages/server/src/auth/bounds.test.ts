import assert from "node:assert/strict";
import { test } from "node:test";
import { BoundedMap } from "./bounded-map.ts";
import { RateLimit } from "./rate-limit.ts";

test("a full map forgets what was put first; putting again makes it the last", () => {
  const map = new BoundedMap<string, number>(2);
  map.set("a", 1);
  map.set("b", 2);
  map.set("a", 3);
  map.set("c", 4);
  assert.deepEqual([map.get("a"), map.get("b"), map.get("c"), map.size], [3, undefined, 4, 2]);
  map.delete("a");
  assert.deepEqual([map.get("a"), map.size], [undefined, 1]);
  map.clear();
  assert.deepEqual([map.get("c"), map.size], [undefined, 0]);
});

test("a limit lets a burst through, then so many per second, and never saves up more than the burst", () => {
  const limit = new RateLimit({ burst: 3, perSecond: 2 });
  const takenAt = (nowMs: number) => [1, 2, 3, 4, 5].filter(() => limit.take(nowMs)).length;
  assert.equal(takenAt(1_000_000), 3);
  assert.equal(takenAt(1_000_499), 0);
  assert.equal(takenAt(1_000_500), 1);
  assert.equal(takenAt(1_002_000), 3);
  assert.equal(takenAt(9_000_000), 3);
});

test("a clock that is set back neither opens nor closes a limit", () => {
  const limit = new RateLimit({ burst: 1, perSecond: 1 });
  assert.ok(limit.take(1_000_000));
  assert.ok(!limit.take(500_000));
  assert.ok(limit.take(501_000));
});

test("a limit tells how long to wait, which costs nothing, and what is given back counts again", () => {
  const limit = new RateLimit({ burst: 1, perSecond: 0.5 });
  assert.equal(limit.waitMs(1_000_000), 0);
  assert.ok(limit.take(1_000_000));
  assert.equal(limit.waitMs(1_000_500), 1_500);
  assert.equal(limit.waitMs(1_002_000), 0);
  assert.ok(limit.take(1_002_000));
  limit.giveBack();
  limit.giveBack();
  assert.ok(limit.take(1_002_000));
  assert.ok(!limit.take(1_002_000));
});
