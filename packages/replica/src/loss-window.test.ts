import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { faultyTarget } from "./target/testing/faulty.ts";
import { withConstants } from "./testing/constants.ts";
import { flapping } from "./testing/flapping.ts";
import type { Host as HostType } from "./testing/host.ts";
import { until } from "./testing/until.ts";

// So that no flight starts because of a poll for unreported commits.
withConstants({ "primary/shipper.ts": { POLL_MS: 60_000 } });
const { Host, restoredFrom, targetFolder } = await import("./testing/host.ts");
const { LOSS_WINDOW_MS } = await import("./primary/gate.ts");

/** How long one write of the slow target takes. */
const LATENCY_MS = 400;

/** A flight in progress and the next one; anything more means that the writer waited needlessly. */
const SLOW_LAG_MS = 2 * LATENCY_MS + 100;

const upTo = (last: number) => Array.from({ length: last }, (_, at) => at + 1);

/** Commits a row about every 15 ms. @returns when each was committed, and the largest delay of the timer */
async function writeFor(
  host: HostType,
  ms: number,
  each: () => void,
): Promise<{ committedMs: number[]; lateMs: number }> {
  const committedMs: number[] = [];
  let lateMs = 0;
  for (const endMs = performance.now() + ms; performance.now() < endMs; ) {
    host.insert(committedMs.length + 1);
    committedMs.push(performance.now());
    each();
    const startedMs = performance.now();
    await sleep(15);
    lateMs = Math.max(lateMs, performance.now() - startedMs - 15);
  }
  return { committedMs, lateMs };
}

suite("mode async", { concurrency: true }, () => {
  test(`loses less than a second, even if each write takes ${LATENCY_MS} ms`, async (t) => {
    const { target } = targetFolder(t);
    let isSlow = false;
    const departuresMs: number[] = [];
    const slow = faultyTarget(target, ({ op }) => {
      if (!isSlow || op !== "slot") return undefined;
      departuresMs.push(performance.now());
      return { kind: "delay", ms: LATENCY_MS };
    });
    const host = await Host.primary(t, slow, { durability: "async" });
    isSlow = true;
    let mostLagMs = 0;
    const { committedMs, lateMs } = await writeFor(host, 3_000, () => {
      mostLagMs = Math.max(mostLagMs, host.replica.status().lag.ms);
    });
    const diedMs = performance.now();
    host.die(t);
    // Commits made during a flight do not wait again: on an idle machine, the next flight leaves at once.
    const pausesMs = departuresMs.slice(1).map((ms, at) => ms - (departuresMs[at] as number) - LATENCY_MS);
    assert.ok(Math.min(...pausesMs) < 150, `${pausesMs.map(Math.round)} ms between flights`);
    assert.ok(mostLagMs < SLOW_LAG_MS + 3 * lateMs, `${mostLagMs} ms, with timers late by ${lateMs} ms`);
    const safe = committedMs.filter((ms) => ms < diedMs - LOSS_WINDOW_MS - lateMs).length;
    const { rows } = await restoredFrom(t, target);
    assert.ok(safe > 50 && rows.length >= safe, `${rows.length} of ${committedMs.length} rows, ${safe} at least`);
    assert.deepEqual(rows, upTo(rows.length));
  });

  test("continues without the target, and reports when more than a second would be lost", async (t) => {
    const flap = flapping(targetFolder(t).target);
    const host = await Host.primary(t, flap.target, { durability: "async" });
    flap.isAway = true;
    const { committedMs } = await writeFor(host, 2_600, () => {
      const { lag } = host.replica.status();
      // The two values are read one after the other.
      if (Math.abs(lag.ms - LOSS_WINDOW_MS) > 100)
        assert.equal(lag.exceedsLossWindow ?? false, lag.ms > LOSS_WINDOW_MS);
      assert.equal(host.replica.refusal(), undefined);
      assert.equal(host.replica.durable(), undefined);
    });
    const { lag, durability } = host.replica.status();
    assert.ok(lag.exceedsLossWindow && lag.ms > 2_000 && lag.commits >= committedMs.length, JSON.stringify(lag));
    assert.deepEqual(durability, { configured: "async", inForce: "async" });
    await host.told(/warn: .* accepts no data at the moment: continuing without it/);
    assert.equal(host.replica.status().lastBackupSucceeded, false);
    flap.isAway = false;
    await until(() => host.replica.status().lag.commits === 0, "everything to be there");
    assert.deepEqual(host.replica.status().lag, { ms: 0, commits: 0, bytes: 0 });
    await host.told(/info: .* has everything again/);
    assert.deepEqual((await restoredFrom(t, flap.target)).rows, upTo(committedMs.length));
  });

  test("semi-sync without the target reports it too, but not while responses wait", async (t) => {
    const flap = flapping(targetFolder(t).target);
    const host = await Host.primary(t, flap.target);
    flap.isAway = true;
    host.insert(1);
    const waiting = host.replica.durable();
    await sleep(LOSS_WINDOW_MS + 200);
    const { lag, durability } = host.replica.status();
    assert.equal(lag.exceedsLossWindow === true, durability?.inForce === "async");
    await waiting;
    assert.equal(host.replica.status().lag.exceedsLossWindow, true);
    flap.isAway = false;
    await until(() => host.replica.status().durability?.inForce === "semi-sync", "the target");
    assert.equal(host.replica.status().lag.exceedsLossWindow, undefined);
  });
});
