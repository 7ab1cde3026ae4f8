import assert from "node:assert/strict";
import { test } from "node:test";
import { slotWrites } from "./target.ts";

const bytes = Buffer.from("x");

test("a call begins when the previous one has ended, in any way", async () => {
  const events: string[] = [];
  const write = slotWrites(async (slot) => {
    events.push(`${slot} begins`);
    await new Promise((resolve) => setImmediate(resolve));
    events.push(`${slot} ends`);
    if (slot === 1) throw new Error("failed");
    return "written";
  });
  const results = await Promise.allSettled([1, 2, 3].map((slot) => write(slot, bytes)));
  assert.deepEqual(
    results.map(({ status }) => status),
    ["rejected", "fulfilled", "fulfilled"],
  );
  assert.deepEqual(events, ["1 begins", "1 ends", "2 begins", "2 ends", "3 begins", "3 ends"]);
});

test("after a failure, the same slot accepts only the same bytes, and another slot any", async () => {
  const write = slotWrites(async (_, given) => {
    if (given.byteLength === 1) throw new Error("failed");
    return "written";
  });
  await assert.rejects(write(1, bytes), /failed/);
  await assert.rejects(write(1, Buffer.from("other")), /Slot 1 was already tried with other bytes/);
  await assert.rejects(write(1, Buffer.from("x")), /failed/);
  assert.equal(await write(2, Buffer.from("other")), "written");
});
