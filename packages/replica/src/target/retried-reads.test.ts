import assert from "node:assert/strict";
import { test } from "node:test";
import { TargetError, type TargetFault } from "../errors.ts";
import { withRetriedReads } from "./open-target.ts";
import type { Target } from "./target.ts";

/** A target whose first calls fail with these faults; later calls succeed. */
function failing(faults: readonly (TargetFault | undefined)[], operation?: () => Promise<void>) {
  let calls = 0;
  const run = async () => {
    const fault = faults[calls++];
    await operation?.();
    if (fault !== undefined) throw new TargetError(fault, "failed");
    return Buffer.from("content");
  };
  const target = { read: run, list: async () => [String(await run())], create: run };
  return { target: withRetriedReads(target as unknown as Target), calls: () => calls };
}

test("a read that fails three times succeeds at the fourth attempt", async () => {
  const faults = ["unreachable", "full", "unreachable"] as const;
  assert.equal(String(await failing(faults).target.read("key")), "content");
  assert.deepEqual(await failing(faults).target.list("prefix"), ["content"]);
});

test("a read that fails four times fails", async () => {
  const { target, calls } = failing(Array(10).fill("unreachable"));
  await assert.rejects(target.read("key"), TargetError);
  assert.equal(calls(), 4);
});

test("the pauses between attempts grow", async () => {
  const pausesMs: number[][] = [[], [], []];
  for (let round = 0; round < 3; round++) {
    const startedMs: number[] = [];
    const { target } = failing(Array(3).fill("unreachable"), async () => {
      startedMs.push(performance.now());
    });
    await target.read("key");
    for (const [at, pauses] of pausesMs.entries()) pauses.push((startedMs[at + 1] ?? 0) - (startedMs[at] ?? 0));
  }
  // A busy machine makes them longer, never shorter.
  const [first = 0, second = 0, third = 0] = pausesMs.map((pauses) => Math.min(...pauses));
  assert.ok(first < second && second < third, pausesMs.join("; "));
});

test("a read that is slow to fail is not repeated", async (t) => {
  let nowMs = 0;
  t.mock.method(performance, "now", () => nowMs);
  const { target, calls } = failing(["unreachable"], async () => {
    nowMs += 2_000;
  });
  await assert.rejects(target.read("key"), TargetError);
  assert.equal(calls(), 1);
});

for (const fault of ["denied", "missing", "read-only"] as const) {
  test(`a fault that will not pass soon is not repeated: ${fault}`, async () => {
    const { target, calls } = failing([fault]);
    await assert.rejects(target.read("key"), TargetError);
    assert.equal(calls(), 1);
  });
}

test("a permission that existed before is tried again", async () => {
  const { target } = failing([undefined, "denied"]);
  await target.read("key");
  assert.equal(String(await target.read("key")), "content");
});

test("other errors are not repeated", async () => {
  let calls = 0;
  const read = async () => {
    calls++;
    throw new RangeError("a mistake");
  };
  await assert.rejects(withRetriedReads({ read } as unknown as Target).read("key"), RangeError);
  assert.equal(calls, 1);
});

test("writes are not repeated", async () => {
  const { target, calls } = failing(["unreachable"]);
  await assert.rejects(target.create("key", Buffer.alloc(1)), TargetError);
  assert.equal(calls(), 1);
});
