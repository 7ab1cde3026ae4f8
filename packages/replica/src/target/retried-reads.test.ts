import assert from "node:assert/strict";
import { test } from "node:test";
import { withRetriedReads } from "./retried-reads.ts";
import { type Target, TargetError, type TargetFault } from "./target.ts";

/** A target whose first operations fail. */
function failing(times: number, fault: TargetFault): { readonly target: Target; readonly calls: () => number } {
  let calls = 0;
  const operation = async () => {
    calls++;
    if (calls <= times) throw new TargetError(fault, "failed");
    return Buffer.from("content");
  };
  const target = { read: operation, list: async () => [String(await operation())], create: operation };
  return { target: withRetriedReads(target as unknown as Target), calls: () => calls };
}

test("a read that fails twice is had at the third attempt", async () => {
  assert.equal(String(await failing(2, "unreachable").target.read("key")), "content");
  assert.deepEqual(await failing(2, "unreachable").target.list("prefix"), ["content"]);
});

test("a read that fails three times has failed", async () => {
  const { target, calls } = failing(3, "unreachable");
  await assert.rejects(target.read("key"), TargetError);
  assert.equal(calls(), 3);
});

test("what will not be better at once is not tried again", async () => {
  const { target, calls } = failing(1, "denied");
  await assert.rejects(target.read("key"), TargetError);
  assert.equal(calls(), 1);
});

test("writing is not tried again", async () => {
  const { target, calls } = failing(1, "unreachable");
  await assert.rejects(target.create("key", Buffer.alloc(1)), TargetError);
  assert.equal(calls(), 1);
});
