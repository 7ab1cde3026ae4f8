import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { inOrder } from "./async.ts";

test("results have the order of the items, whichever is ready first", async () => {
  const results: number[] = [];
  for await (const result of inOrder([30, 1, 15, 2], 3, (ms) => sleep(ms, ms))) results.push(result);
  assert.deepEqual(results, [30, 1, 15, 2]);
});

test("no more items than allowed are in progress", async () => {
  let underWay = 0;
  let most = 0;
  const work = async () => {
    most = Math.max(most, ++underWay);
    await sleep(1);
    underWay--;
  };
  for await (const _ of inOrder(Array.from({ length: 20 }), 4, work));
  assert.equal(most, 4);
});

test("a failure is reported in its turn; later ones cause no unhandled rejection", async () => {
  const results: number[] = [];
  const work = async (item: number) => {
    await sleep(item === 2 ? 5 : 1);
    if (item >= 2) throw new Error(`${item}`);
    return item;
  };
  await assert.rejects(async () => {
    for await (const result of inOrder([1, 2, 3, 4], 4, work)) results.push(result);
  }, /^Error: 2$/);
  assert.deepEqual(results, [1]);
});

test("the byte limit bounds the items in progress; a larger item runs alone", async () => {
  const underWay = new Set<number>();
  const together: number[][] = [];
  const work = async (bytes: number) => {
    underWay.add(bytes);
    together.push([...underWay]);
    await sleep(1);
    return bytes;
  };
  const room = { maxBytes: 10, bytesOf: (bytes: number) => bytes };
  const results: number[] = [];
  for await (const result of inOrder([4, 6, 1, 25, 2], 3, work, room)) {
    underWay.delete(result);
    results.push(result);
  }
  assert.deepEqual(results, [4, 6, 1, 25, 2]);
  assert.deepEqual(together, [[4], [4, 6], [6, 1], [25], [2]]);
});
