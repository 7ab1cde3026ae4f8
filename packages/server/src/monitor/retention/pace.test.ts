import assert from "node:assert/strict";
import { test } from "node:test";
import { type Pauses, pause } from "./pace.ts";

const PAUSES: Pauses = { quiet: { timesWork: 3, leastMs: 40 }, busy: { timesWork: 6, leastMs: 400 } };

/** Timers may be early by a fraction of their unit. */
const EARLY_MS = 1;

async function lengthOf(workMs: number): Promise<number> {
  const beganMs = performance.now();
  await pause(workMs, PAUSES, new AbortController().signal);
  return performance.now() - beganMs;
}

test("a pause is in proportion to the work before it, but not too short", async () => {
  const short: number[] = [];
  // The machine may have others to serve at times.
  while (short.length < 4 || (Math.min(...short) >= 90 && short.length < 20)) short.push(await lengthOf(2));
  assert.ok(Math.min(...short) >= 40 - EARLY_MS && Math.min(...short) < 90, short.join());
  const long = await lengthOf(30);
  assert.ok(long >= 90 - EARLY_MS, `${long} ms`);
});

test("a pause is longer while the event loop has something to do", async (t) => {
  const others = setInterval(() => {
    for (const endMs = performance.now() + 6; performance.now() < endMs; );
  }, 8);
  t.after(() => clearInterval(others));
  for (const workMs of [1, 100]) {
    const ms = await lengthOf(workMs);
    assert.ok(ms >= Math.max(400, 6 * workMs) - EARLY_MS, `${ms} ms`);
  }
});

test("a pause ends when it is told to", async () => {
  const stopping = new AbortController();
  const pausing = pause(100_000, PAUSES, stopping.signal);
  stopping.abort();
  await assert.rejects(pausing, { name: "AbortError" });
});
