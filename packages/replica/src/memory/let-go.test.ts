import assert from "node:assert/strict";
import { test } from "node:test";
import { letGo } from "./let-go.ts";

test("the memory of a large buffer is given back at once", () => {
  const before = process.memoryUsage().arrayBuffers;
  for (let round = 0; round < 20; round++) {
    const bytes = Buffer.alloc(1_000_000);
    const part = bytes.subarray(10, 20);
    letGo(part);
    assert.deepEqual([bytes.length, part.length], [0, 0]);
  }
  assert.ok(process.memoryUsage().arrayBuffers - before < 2_000_000);
});

test("a small buffer, which may share its memory with others, stays as it is", () => {
  for (const bytes of [Buffer.from("small"), Buffer.allocUnsafe(10_000), Buffer.alloc(65_536)]) {
    const { length } = bytes;
    letGo(bytes);
    assert.equal(bytes.length, length);
  }
});
