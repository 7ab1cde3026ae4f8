import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import { hasCode, notDurable, type ReplicaError } from "../errors.ts";
import type { Durability } from "../status.ts";
import { AWAY_AFTER_MS, Gate } from "./gate.ts";
import type { Proof } from "./ownership.ts";

/** A gate, and the modes it reports. Time stands still until `pass` is called. */
function open(t: TestContext, configured: Durability, prove: () => Promise<Proof> = async () => "owner") {
  t.mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  const modes: Durability[] = [];
  const pass = async (ms: number) => {
    t.mock.timers.tick(ms);
    await new Promise(setImmediate);
  };
  return { gate: new Gate(configured, (inForce) => modes.push(inForce), prove), modes, pass };
}

/** The current state of a response. */
async function stateOf(answer: Promise<unknown> | undefined): Promise<string> {
  let state = answer === undefined ? "nothing to wait for" : "pending";
  answer?.then(
    () => {
      state = "resolved";
    },
    (error: ReplicaError) => {
      state = error.code;
    },
  );
  // After all pending reactions.
  await new Promise(setImmediate);
  return state;
}

const statesOf = (...answers: readonly (Promise<unknown> | undefined)[]) => Promise.all(answers.map(stateOf));

describe("a response", () => {
  test("waits for nothing before the first commit, in any mode", (t) => {
    for (const mode of ["async", "semi-sync", "sync"] as const) {
      const { gate } = open(t, mode);
      assert.equal(gate.wait(false), undefined);
      assert.equal(gate.wait(true), undefined);
      t.mock.timers.reset();
    }
  });

  test("does not wait in mode async", (t) => {
    const { gate } = open(t, "async");
    gate.commit();
    assert.equal(gate.wait(false), undefined);
  });

  for (const mode of ["semi-sync", "sync"] as const) {
    test(`waits in mode ${mode} until everything committed so far has arrived`, async (t) => {
      const { gate } = open(t, mode);
      gate.commit();
      const first = gate.wait(false);
      gate.commit();
      const second = gate.wait(false);
      gate.departed();
      gate.arrived(1);
      assert.deepEqual(await statesOf(first, second), ["resolved", "pending"]);
      gate.arrived(2);
      assert.equal(await stateOf(second), "resolved");
      assert.equal(gate.wait(false), undefined);
    });
  }

  for (const mode of ["semi-sync", "sync"] as const) {
    test(`does not wait in mode ${mode} for commits that no response depends on, unless it insists on the target`, async (t) => {
      const { gate } = open(t, mode);
      gate.commit(false);
      assert.equal(gate.wait(false), undefined);
      gate.commit();
      gate.commit(false);
      const [answer, remote] = [gate.wait(false), gate.wait(true)];
      gate.departed();
      gate.arrived(2);
      assert.deepEqual(await statesOf(answer, remote), ["resolved", "pending"]);
      assert.equal(gate.wait(false), undefined);
      gate.arrived(3);
      assert.equal(await stateOf(remote), "resolved");
    });
  }

  test("does not wait for later commits", async (t) => {
    const { gate } = open(t, "sync");
    gate.commit();
    const answer = gate.wait(false);
    gate.commit();
    gate.commit();
    gate.departed();
    gate.arrived(1);
    assert.equal(await stateOf(answer), "resolved");
  });
});

describe("a target that does not respond", () => {
  test("is away after two seconds, not earlier", async (t) => {
    const { gate, modes, pass } = open(t, "semi-sync");
    gate.commit();
    gate.departed();
    await pass(AWAY_AFTER_MS - 1);
    assert.equal(gate.isAway, false);
    await pass(1);
    assert.equal(gate.isAway, true);
    assert.equal(AWAY_AFTER_MS, 2_000);
    assert.deepEqual(modes, ["async"]);
  });

  test("gets this time for each flight: many normal flights do not make it away", async (t) => {
    const { gate, modes, pass } = open(t, "semi-sync");
    for (let flight = 1; flight <= 5; flight++) {
      gate.commit();
      gate.departed();
      await pass(AWAY_AFTER_MS - 1);
      gate.arrived(flight);
    }
    await pass(AWAY_AFTER_MS);
    assert.deepEqual(modes, []);
  });

  test("releases waiting responses in mode semi-sync, and later ones do not wait", async (t) => {
    const { gate, pass } = open(t, "semi-sync");
    gate.commit();
    const answer = gate.wait(false);
    gate.departed();
    assert.equal(await stateOf(answer), "pending");
    await pass(AWAY_AFTER_MS);
    assert.equal(await stateOf(answer), "resolved");
    assert.equal(gate.inForce, "async");
    assert.equal(gate.configured, "semi-sync");
    gate.commit();
    assert.equal(gate.wait(false), undefined);
  });

  test("makes mode sync refuse waiting and new changes, with a time to retry", async (t) => {
    const { gate, modes, pass } = open(t, "sync");
    gate.commit();
    const waiting = gate.wait(false) as Promise<void>;
    gate.departed();
    const isNotDurable = (error: unknown) => hasCode(error, "target-away") && (error.retryAfterMs ?? 0) > 0;
    await Promise.all([assert.rejects(waiting, isNotDurable), pass(AWAY_AFTER_MS)]);
    await assert.rejects(gate.wait(false) as Promise<void>, isNotDurable);
    assert.equal(gate.inForce, "sync");
    assert.deepEqual(modes, ["sync"]);
  });

  test("is back only when it has everything", async (t) => {
    const { gate, modes, pass } = open(t, "semi-sync");
    gate.commit();
    gate.departed();
    gate.commit();
    await pass(AWAY_AFTER_MS);
    gate.arrived(1);
    assert.equal(gate.isAway, true);
    assert.equal(gate.wait(false), undefined);
    gate.departed();
    gate.arrived(2);
    assert.equal(gate.isAway, false);
    assert.deepEqual(modes, ["async", "semi-sync"]);
    gate.commit();
    assert.equal(await stateOf(gate.wait(false)), "pending");
  });

  test("is back too once a flight that took everything arrives in time, even if more was committed since", async (t) => {
    const { gate, modes, pass } = open(t, "semi-sync");
    gate.commit();
    gate.departed();
    await pass(AWAY_AFTER_MS);
    gate.arrived(0);
    gate.departed();
    gate.commit();
    await pass(AWAY_AFTER_MS - 1);
    gate.arrived(1);
    assert.deepEqual(modes, ["async", "semi-sync"]);
  });

  test("is not back after a flight that took only a part", async (t) => {
    const { gate, modes, pass } = open(t, "semi-sync");
    gate.commit();
    gate.commit();
    gate.departed();
    await pass(AWAY_AFTER_MS);
    gate.arrived(0);
    gate.departed();
    gate.arrived(1);
    assert.deepEqual(modes, ["async"]);
  });

  test("is not away because this process was stopped repeatedly", async (t) => {
    const ticks: (() => void)[] = [];
    const { gate } = open(t, "semi-sync");
    t.mock.method(globalThis, "setInterval", (tick: () => void) => {
      ticks.push(tick);
    });
    let nowMs = 0;
    t.mock.method(performance, "now", () => nowMs);
    gate.commit();
    const answer = gate.wait(false);
    gate.departed();
    // A stopped process finds each interval due once, however long it was stopped.
    for (let stop = 1; stop < 20; stop++) {
      nowMs += 2_250;
      for (const tick of ticks) tick();
      assert.equal(await stateOf(answer), "pending");
    }
    for (const tick of ticks) tick();
    assert.equal(await stateOf(answer), "resolved", "two seconds in which it ran are two seconds");
  });

  test("releases nothing before it has shown who owns the log", async (t) => {
    const proof = Promise.withResolvers<Proof>();
    const { gate, modes, pass } = open(t, "semi-sync", () => proof.promise);
    gate.commit();
    const answer = gate.wait(false);
    gate.departed();
    await pass(2 * AWAY_AFTER_MS);
    assert.equal(await stateOf(answer), "pending");
    proof.resolve("owner");
    assert.equal(await stateOf(answer), "resolved");
    assert.deepEqual(modes, ["async"]);
  });

  test("releases nothing if another instance has taken over", async (t) => {
    const { gate, modes, pass } = open(t, "semi-sync", async () => "fenced");
    gate.commit();
    const answer = gate.wait(false) as Promise<void>;
    gate.departed();
    await pass(2 * AWAY_AFTER_MS);
    assert.equal(await stateOf(answer), "pending");
    gate.close(notDurable("another instance is the primary", 1));
    assert.equal(await stateOf(answer), "not-durable");
    assert.deepEqual(modes, []);
  });

  test("is not away if the change arrives while it is asked who owns the log", async (t) => {
    const proof = Promise.withResolvers<Proof>();
    const { gate, modes, pass } = open(t, "semi-sync", () => proof.promise);
    gate.commit();
    gate.departed();
    await pass(AWAY_AFTER_MS);
    gate.arrived(1);
    proof.resolve("no-answer");
    await pass(0);
    assert.deepEqual(modes, []);
  });

  test("a long outage is reported once", async (t) => {
    const { gate, modes, pass } = open(t, "semi-sync");
    for (let flight = 1; flight <= 4; flight++) {
      gate.commit();
      gate.departed();
      await pass(3 * AWAY_AFTER_MS);
    }
    assert.deepEqual(modes, ["async"]);
  });
});

describe("a response that insists on the target", () => {
  for (const mode of ["async", "semi-sync"] as const) {
    test(`waits for it also in mode ${mode}, and while it is away`, async (t) => {
      const { gate, pass } = open(t, mode);
      gate.commit();
      const before = gate.wait(true);
      gate.departed();
      await pass(AWAY_AFTER_MS);
      const after = gate.wait(true);
      assert.deepEqual(await statesOf(before, after), ["pending", "pending"]);
      gate.arrived(1);
      assert.deepEqual(await statesOf(before, after), ["resolved", "resolved"]);
    });
  }

  test("is refused after ten seconds, and no other", async (t) => {
    const { gate } = open(t, "semi-sync");
    gate.commit();
    const insisting = gate.wait(true);
    const patient = gate.wait(false);
    t.mock.timers.tick(5_000);
    const later = gate.wait(true);
    t.mock.timers.tick(5_000);
    assert.deepEqual(await statesOf(insisting, later, patient), ["target-away", "pending", "pending"]);
    gate.arrived(1);
    assert.deepEqual(await statesOf(later, patient), ["resolved", "resolved"]);
  });
});

describe("after the gate is closed", () => {
  test("waiting and new responses get the reason", async (t) => {
    const { gate } = open(t, "semi-sync");
    gate.commit();
    const waiting = [gate.wait(false), gate.wait(true)] as Promise<void>[];
    const reason = notDurable("another one is the writer", 1);
    gate.close(reason);
    for (const answer of [...waiting, gate.wait(false) as Promise<void>]) await assert.rejects(answer, reason);
  });

  test("the target is no longer reported as away", async (t) => {
    const { gate, modes, pass } = open(t, "semi-sync");
    gate.commit();
    gate.departed();
    gate.close(new Error("closed"));
    await pass(AWAY_AFTER_MS);
    assert.deepEqual(modes, []);
  });
});

describe("lag", () => {
  test("counts the commits that are not at the target, and the age of the oldest", (t) => {
    let nowMs = 1_000;
    t.mock.method(performance, "now", () => nowMs);
    const { gate } = open(t, "async");
    assert.deepEqual([gate.lagMs, gate.unshippedCommits, gate.committed], [0, 0, 0]);
    gate.commit();
    nowMs += 30;
    gate.departed();
    nowMs += 10;
    gate.commit();
    gate.commit();
    nowMs += 5;
    assert.deepEqual([gate.lagMs, gate.unshippedCommits, gate.committed], [45, 3, 3]);
    gate.arrived(1);
    assert.deepEqual([gate.lagMs, gate.unshippedCommits], [5, 2], "the oldest that is left came after the flight left");
    gate.arrived(3);
    assert.deepEqual([gate.lagMs, gate.unshippedCommits], [0, 0]);
  });
});
