import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  type CredentialCheck,
  forbidden,
  insufficientScope,
  invalidToken,
  type Refused,
  unavailable,
} from "./decision.ts";
import { FailedAttempts, GuessLimiter, RateLimit } from "./rate-limit.ts";

test("a limit allows a burst, then a constant rate, and never saves up more than the burst", () => {
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

test("asking a limit how long to wait does not count, and an undone one can be used again", () => {
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

const NOW_MS = 1_000_000;

test("an address may send ten wrong secrets, then one every ten seconds; others are not affected", () => {
  const wrong = new FailedAttempts();
  for (let time = 0; time < 10; time++) assert.equal(wrong.begin("a", NOW_MS), 0);
  assert.equal(wrong.begin("a", NOW_MS), 10_000);
  assert.equal(wrong.begin("a", NOW_MS + 4_000), 6_000);
  assert.equal(wrong.begin("b", NOW_MS + 4_000), 0);
  assert.equal(wrong.begin("a", NOW_MS + 10_000), 0);
  assert.equal(wrong.begin("a", NOW_MS + 10_000), 10_000);
});

test("all addresses together may send a hundred wrong secrets, then one every two seconds", () => {
  const wrong = new FailedAttempts();
  for (let address = 0; address < 100; address++) assert.equal(wrong.begin(`a${address}`, NOW_MS), 0);
  assert.equal(wrong.begin("another", NOW_MS), 2_000);
  assert.equal(wrong.begin("another", NOW_MS + 2_000), 0);
});

test("a secret that was not wrong does not count, for the address and overall", () => {
  const wrong = new FailedAttempts();
  for (let time = 0; time < 200; time++) {
    assert.equal(wrong.begin("a", NOW_MS), 0);
    wrong.takeBack("a");
  }
  for (let time = 0; time < 10; time++) assert.equal(wrong.begin("a", NOW_MS), 0);
  assert.equal(wrong.begin("a", NOW_MS), 10_000);
});

test("a secret that is not allowed does not count", () => {
  const wrong = new FailedAttempts();
  for (let time = 0; time < 500; time++) wrong.begin("a", NOW_MS);
  for (let address = 0; address < 90; address++) assert.equal(wrong.begin(`b${address}`, NOW_MS), 0);
  assert.equal(wrong.begin("c", NOW_MS), 2_000);
  for (let time = 0; time < 20; time++) wrong.begin("c", NOW_MS);
  for (let time = 0; time < 10; time++) {
    assert.equal(wrong.begin("c", NOW_MS + 20_000), 0, "it was not let through because of the others");
  }
});

const SHORT = "correct-horse";
const LONG = "a-secret-of-thirty-two-character";
const RIGHT = { accepted: true } as const;
const WRONG = invalidToken("not known", failedBy("token"));

function failedBy(check: CredentialCheck) {
  return { check, expected: "", received: "", remedy: "" };
}

/** The result for a secret, and whether it was checked. */
async function tried(guessLimiter: GuessLimiter, secret: string, outcome: typeof RIGHT | Refused, address = "a") {
  let isLookedAt = false;
  const decided = await guessLimiter.limit(address, secret, NOW_MS, () => {
    isLookedAt = true;
    return outcome;
  });
  return { status: decided.accepted ? 200 : decided.status, isLookedAt };
}

async function afterTenWrong(address = "a"): Promise<GuessLimiter> {
  const guessLimiter = new GuessLimiter();
  for (let time = 0; time < 10; time++) assert.equal((await tried(guessLimiter, SHORT, WRONG, address)).status, 401);
  return guessLimiter;
}

describe("after ten wrong secrets from an address", () => {
  test("a secret that may be a guess is not checked, so no answer reveals whether it is correct", async () => {
    const guessLimiter = await afterTenWrong();
    for (const outcome of [RIGHT, WRONG])
      assert.deepEqual(await tried(guessLimiter, SHORT, outcome), { status: 429, isLookedAt: false });
    assert.equal((await tried(guessLimiter, SHORT, RIGHT, "b")).status, 200, "from elsewhere it is");
  });

  test("a correct secret that is too long to guess is accepted", async () => {
    const guessLimiter = await afterTenWrong();
    assert.equal((await tried(guessLimiter, LONG, WRONG)).status, 429);
    assert.equal((await tried(guessLimiter, LONG, RIGHT)).status, 200);
  });

  test("a correct secret is accepted from an address that sent one before", async () => {
    const guessLimiter = new GuessLimiter();
    const viewer = insufficientScope("looks only", failedBy("scope"), "write");
    assert.equal((await tried(guessLimiter, SHORT, viewer)).status, 403);
    for (let time = 0; time < 10; time++) await tried(guessLimiter, SHORT, WRONG);
    assert.equal((await tried(guessLimiter, SHORT, WRONG)).status, 429);
    assert.equal((await tried(guessLimiter, SHORT, RIGHT)).status, 200);
  });
});

test("correct secrets, secrets for something else, and undecided ones do not count; those not looked up do", async () => {
  const cases: readonly (readonly [typeof RIGHT | Refused, number])[] = [
    [RIGHT, 200],
    [insufficientScope("", failedBy("scope"), "write"), 403],
    [unavailable("no database", failedBy("token"), 1_000), 503],
    [forbidden("a SCIM secret", failedBy("purpose")), 403],
    [unavailable("too many look-ups", failedBy("rate"), 1_000), 429],
  ];
  for (const [outcome, last] of cases) {
    const guessLimiter = new GuessLimiter();
    let status = 0;
    for (let time = 0; time < 50; time++) ({ status } = await tried(guessLimiter, SHORT, outcome));
    assert.equal(status, last, JSON.stringify(outcome));
  }
});

test("secrets looked up at the same time count, and one whose look-up fails does not", async () => {
  const guessLimiter = new GuessLimiter();
  const { promise, resolve } = Promise.withResolvers<typeof WRONG>();
  const pending = Array.from({ length: 20 }, () => guessLimiter.limit("a", SHORT, NOW_MS, () => promise));
  resolve(WRONG);
  const statuses = (await Promise.all(pending)).map((outcome) => (outcome.accepted ? 200 : outcome.status));
  assert.deepEqual([statuses.filter((status) => status === 401).length, statuses.at(-1)], [10, 429]);
  for (const fail of [() => Promise.reject(new Error("closed")), () => assert.fail("closed")]) {
    const others = new GuessLimiter();
    for (let time = 0; time < 20; time++)
      await assert.rejects(async () => others.limit<typeof RIGHT>("a", SHORT, NOW_MS, fail), /closed/);
  }
});

test("an endpoint says that a secret is one of administration until too many others were wrong", () => {
  const guessLimiter = new GuessLimiter();
  const told = (secret: string) =>
    guessLimiter.mayDisclose("a", secret, forbidden("of administration", failedBy("purpose")), NOW_MS);
  for (let time = 0; time < 200; time++) assert.ok(told(SHORT));
  for (let time = 0; time < 100; time++) assert.ok(guessLimiter.mayDisclose("a", SHORT, WRONG, NOW_MS));
  assert.deepEqual([told(SHORT), told(LONG)], [false, true]);
});
