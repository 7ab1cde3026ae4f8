import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import { SteadyClock } from "./clock.ts";
import type { Target } from "./target/target.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const BEGIN_MS = Date.UTC(2026, 11, 2);

function begin(t: TestContext, aheadOfTargetMs = 0) {
  const wall = { nowMs: BEGIN_MS };
  const boot = { sinceMs: 5_000 };
  t.mock.method(Date, "now", () => wall.nowMs);
  const pass = (ms: number) => {
    wall.nowMs += ms;
    boot.sinceMs += ms;
  };
  return { wall, pass, clock: new SteadyClock(aheadOfTargetMs, () => boot.sinceMs) };
}

const targetAt = (clockMs: () => number) => ({ clockMs: async () => clockMs() }) as Target;

describe("the clock", () => {
  test("is trusted while it agrees with the time since boot and with the target", async (t) => {
    const { wall, pass, clock } = begin(t);
    pass(40 * DAY_MS);
    assert.equal(clock.nowMs(), wall.nowMs);
    const status = await clock.compare(targetAt(() => wall.nowMs + 1_000));
    assert.deepEqual(status, { aheadOfTargetMs: -1_000, jumpedMs: 0, isTrusted: true });
  });

  test("is not trusted once somebody has set it, even if the target's clock agrees; time continues", async (t) => {
    const { wall, pass, clock } = begin(t);
    pass(DAY_MS);
    wall.nowMs += 400 * DAY_MS;
    const status = await clock.compare(targetAt(() => wall.nowMs));
    assert.deepEqual(status, { aheadOfTargetMs: 0, jumpedMs: 400 * DAY_MS, isTrusted: false });
    assert.equal(clock.nowMs(), BEGIN_MS + DAY_MS);
    wall.nowMs -= 400 * DAY_MS;
    assert.equal((await clock.compare(targetAt(() => wall.nowMs))).isTrusted, true);
  });

  test("may be corrected by less than an hour", (t) => {
    const { wall, clock } = begin(t);
    wall.nowMs -= HOUR_MS - 1;
    assert.equal(clock.nowMs(), wall.nowMs);
    assert.equal(clock.status().isTrusted, true);
  });

  test("is not trusted while it differs from the target's by an hour", async (t) => {
    const { wall, clock } = begin(t, -HOUR_MS);
    assert.equal(clock.status().isTrusted, false);
    assert.equal((await clock.compare(targetAt(() => wall.nowMs))).isTrusted, true);
  });
});
