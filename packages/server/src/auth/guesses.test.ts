import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  type CredentialCheck,
  forbidden,
  insufficientScope,
  invalidToken,
  type Refused,
  undecided,
} from "./decision.ts";
import { Guesses } from "./guesses.ts";

const NOW_MS = 1_000_000;
const SHORT = "correct-horse";
const LONG = "a-secret-of-thirty-two-character";
const RIGHT = { accepted: true } as const;
const WRONG = invalidToken("not known", failedBy("token"));

function failedBy(check: CredentialCheck) {
  return { check, expected: "", received: "", remedy: "" };
}

/** What becomes of a secret, and whether it was looked at. */
async function tried(guesses: Guesses, secret: string, outcome: typeof RIGHT | Refused, address = "a") {
  let isLookedAt = false;
  const decided = await guesses.limit(address, secret, NOW_MS, () => {
    isLookedAt = true;
    return outcome;
  });
  return { status: decided.accepted ? 200 : decided.status, isLookedAt };
}

async function afterTenWrong(address = "a"): Promise<Guesses> {
  const guesses = new Guesses();
  for (let time = 0; time < 10; time++) assert.equal((await tried(guesses, SHORT, WRONG, address)).status, 401);
  return guesses;
}

describe("after ten wrong secrets from an address", () => {
  test("one that may be a guess is not looked at, so that no answer tells whether it is right", async () => {
    const guesses = await afterTenWrong();
    for (const outcome of [RIGHT, WRONG])
      assert.deepEqual(await tried(guesses, SHORT, outcome), { status: 429, isLookedAt: false });
    assert.equal((await tried(guesses, SHORT, RIGHT, "b")).status, 200, "from elsewhere it is");
  });

  test("one that no guess hits is let in if it is right", async () => {
    const guesses = await afterTenWrong();
    assert.equal((await tried(guesses, LONG, WRONG)).status, 429);
    assert.equal((await tried(guesses, LONG, RIGHT)).status, 200);
  });

  test("a right one is let in where the address has shown one before", async () => {
    const guesses = new Guesses();
    const viewer = insufficientScope("looks only", failedBy("scope"), "write");
    assert.equal((await tried(guesses, SHORT, viewer)).status, 403);
    for (let time = 0; time < 10; time++) await tried(guesses, SHORT, WRONG);
    assert.equal((await tried(guesses, SHORT, WRONG)).status, 429);
    assert.equal((await tried(guesses, SHORT, RIGHT)).status, 200);
  });
});

test("what is right, for something else, or cannot be told is not counted; what was not looked up is", async () => {
  const cases: readonly (readonly [typeof RIGHT | Refused, number])[] = [
    [RIGHT, 200],
    [insufficientScope("", failedBy("scope"), "write"), 403],
    [undecided("no database", failedBy("token"), 1_000), 503],
    [forbidden("a SCIM secret", failedBy("purpose")), 403],
    [undecided("too many look-ups", failedBy("rate"), 1_000), 429],
  ];
  for (const [outcome, last] of cases) {
    const guesses = new Guesses();
    let status = 0;
    for (let time = 0; time < 50; time++) ({ status } = await tried(guesses, SHORT, outcome));
    assert.equal(status, last, JSON.stringify(outcome));
  }
});

test("many that are looked up at the same time are counted, and one whose look-up fails is not", async () => {
  const guesses = new Guesses();
  const { promise, resolve } = Promise.withResolvers<typeof WRONG>();
  const pending = Array.from({ length: 20 }, () => guesses.limit("a", SHORT, NOW_MS, () => promise));
  resolve(WRONG);
  const statuses = (await Promise.all(pending)).map((outcome) => (outcome.accepted ? 200 : outcome.status));
  assert.deepEqual([statuses.filter((status) => status === 401).length, statuses.at(-1)], [10, 429]);
  for (const fail of [() => Promise.reject(new Error("closed")), () => assert.fail("closed")]) {
    const others = new Guesses();
    for (let time = 0; time < 20; time++)
      await assert.rejects(async () => others.limit<typeof RIGHT>("a", SHORT, NOW_MS, fail), /closed/);
  }
});

test("an endpoint says of a secret that it is one of administration until too many others were wrong", () => {
  const guesses = new Guesses();
  const told = (secret: string) =>
    guesses.mayTell("a", secret, forbidden("of administration", failedBy("purpose")), NOW_MS);
  for (let time = 0; time < 200; time++) assert.ok(told(SHORT));
  for (let time = 0; time < 100; time++) assert.ok(guesses.mayTell("a", SHORT, WRONG, NOW_MS));
  assert.deepEqual([told(SHORT), told(LONG)], [false, true]);
});
